/** @file White space as Unicode defines it. */
export const WHITE_SPACE = /\p{White_Space}+/u;
const LEADING = /^\p{White_Space}+/u;
const SPACE = /^\p{White_Space}$/u;

/** Text without white space at its beginning. */
export const trimStart = (text: string): string => text.replace(LEADING, "");

/** Text without white space at its end. */
export const trimEnd = (text: string): string => {
  let end = text.length; // a pattern that ends in `$` would be tried at every space of a long run of them
  while (end > 0 && SPACE.test(text[end - 1] as string)) end--;
  return text.slice(0, end);
};
