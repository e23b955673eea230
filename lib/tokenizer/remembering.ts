/** @file A function of short texts that remembers its results. */
const MOST = 1 << 16;
const LONGEST = 32;

/** `f` with its results for short texts kept, until they are too many. */
export const remembering = <A>(f: (text: string) => A): ((text: string) => A) => {
  const known = new Map<string, A>();
  return (text) => {
    if (text.length > LONGEST) return f(text);
    const before = known.get(text);
    if (before !== undefined) return before;
    if (known.size === MOST) known.clear();
    const result = f(text);
    known.set(text, result);
    return result;
  };
};
