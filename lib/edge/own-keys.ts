/**
 * @file Keys called `__proto__`, which JSON may have like any other.
 *
 * io-ts copies an object in which it changes a field with `Object.assign`, for which this key is not a field but the prototype of the copy: fields that
 * are missing would then be found in it.
 */
const PROTO = "__proto__";

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
const isTree = (value: unknown): value is object => isObject(value) && !ArrayBuffer.isView(value);

/** Whether an object in a value has a key of this name. It does not recurse: a value may be as deep as its file is long. */
export const hasProtoKey = (root: unknown): boolean => {
  const open: unknown[] = [root];
  for (let next = open.pop(); open.length > 0 || next !== undefined; next = open.pop()) {
    if (!isTree(next)) continue;
    if (Object.hasOwn(next, PROTO)) return true;
    for (const child of Object.values(next)) if (isTree(child)) open.push(child);
  }
  return false;
};

/** A copy of a value of JSON without these keys. */
export const withoutProtoKeys = (root: unknown): unknown => {
  const top: { value?: unknown } = {};
  const open: { readonly from: unknown; readonly to: object; readonly key: string }[] = [
    { from: root, to: top, key: "value" },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { from, to, key } = next;
    const copy: unknown = isTree(from) ? (Array.isArray(from) ? [] : {}) : from;
    (to as Record<string, unknown>)[key] = copy;
    if (!isTree(from)) continue;
    // The last is taken first, so keys go in backwards, and their order stays.
    const entries = Object.entries(from).filter(([name]) => name !== PROTO);
    for (const [name, value] of entries.reverse()) open.push({ from: value, to: copy as object, key: name });
  }
  return top.value;
};
