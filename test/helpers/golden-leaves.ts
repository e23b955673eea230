/** @file The leaves of a golden value by their paths: what a reader must have read, and what a corruption alters. */

/** An object that a JSON array holds. */
export type Row = Readonly<Record<string, unknown>>;

/** The leaves below a path: keys joined by dots, without the indices of arrays; `*` is any one key, and "" the top. */
export type Part = string | { readonly path: string; readonly where: (row: Row) => boolean };

/** A value that holds no object: a string, a number, null, or a list of such values. */
export interface Leaf {
  /** Its keys from the top; indices of arrays have `[` in front. */
  readonly keys: readonly string[];
  /** What holds the leaf, and under which key. */
  readonly holder: Record<string, unknown>;
  readonly key: string;
  /** The outermost array element around the leaf; the top where there is none. */
  readonly row: Row;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !ArrayBuffer.isView(value);

/** Whether a value is entered: an object, or an array with an object in it. Typed arrays are leaves. */
export const isEntered = (value: unknown): value is Record<string, unknown> =>
  Array.isArray(value) ? value.some(isEntered) : isObject(value);

/** All leaves below a value. */
export function* leavesOf(value: unknown, keys: readonly string[] = [], row?: Row): Generator<Leaf> {
  if (!isEntered(value)) return;
  const list = Array.isArray(value);
  for (const [key, inner] of Object.entries(value)) {
    const path = [...keys, list ? `[${key}` : key];
    const inside = row ?? (list && isObject(inner) ? inner : undefined);
    if (isEntered(inner)) yield* leavesOf(inner, path, inside);
    else yield { keys: path, holder: value, key, row: inside ?? (value as Row) };
  }
}

const isIndex = (key: string): boolean => key.startsWith("[");

/** Whether a part has this leaf in it. */
export const isIn = (part: Part, { keys, row }: Leaf): boolean => {
  const { path, where } = typeof part === "string" ? { path: part, where: () => true } : part;
  const names = keys.filter((key) => !isIndex(key));
  const wanted = path === "" ? [] : path.split(".");
  return wanted.every((name, i) => name === "*" || name === names[i]) && wanted.length <= names.length && where(row);
};

/** A path in words: `cases[3].loss`. */
export const printKeys = (keys: readonly string[]): string =>
  keys.map((key, i) => (isIndex(key) ? `${key}]` : i === 0 ? key : `.${key}`)).join("");
