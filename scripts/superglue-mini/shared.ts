/** @file What the generators of the synthetic sets share: alternating halves, seeded order, marked spans, files. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";

/** Something for each of the two splits. */
export interface Halves<T> {
  readonly train: T;
  readonly validation: T;
}

export type Half = keyof Halves<unknown>;

/** What the rows of a split are made of. A frame is a text with slots, such as `{n}`. */
export interface Material {
  readonly words: readonly string[];
  readonly frames: readonly string[];
}

/** A value for each split. */
export const both = <T>(make: (half: Half) => T): Halves<T> => ({
  train: make("train"),
  validation: make("validation"),
});

/** The one rule by which words and frames are chosen: train takes the first, third, … of a fixed list, validation the others. */
export const alternate = <T>(list: readonly T[]): Halves<readonly T[]> =>
  both((half) => list.filter((_, i) => i % 2 === (half === "train" ? 0 : 1)));

/** The two files of a set, by their names. */
export const twoFiles = (rows: (half: Half) => readonly object[]): Readonly<Record<string, string>> => ({
  "train.jsonl": toJsonl(rows("train")),
  "val.jsonl": toJsonl(rows("validation")),
});

/** The text of a JSONL file. */
export const toJsonl = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** Writes the files of a data set, by their paths below its folder in `assets`. */
export const writeAsset = (set: string, files: Readonly<Record<string, string | Uint8Array>>): void => {
  const folder = new URL(`../../assets/${set}/`, import.meta.url);
  for (const [path, data] of Object.entries(files)) {
    const file = new URL(path, folder);
    mkdirSync(new URL(".", file), { recursive: true });
    writeFileSync(file, data);
  }
};

/** The items in an order that depends on the seed alone: that of the hashes of seed and position. */
export const shuffled = <T>(items: readonly T[], seed: string): T[] =>
  items
    .map((item, i) => ({ item, key: createHash("sha256").update(`${seed}/${i}`).digest("hex") }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ item }) => item);

/** What `make` gives for 0, 1, …: of the attempts at each the first that shares no key with those before it. */
export const distinct = <T>(
  count: number,
  make: (i: number, attempt: number) => T,
  keys: (made: T) => readonly string[],
): T[] => {
  const seen = new Set<string>();
  const next = (i: number, attempt: number): T => {
    const made = make(i, attempt);
    const own = keys(made);
    if (own.some((key) => seen.has(key))) return next(i, attempt + 1);
    for (const key of own) seen.add(key);
    return made;
  };
  return Array.from({ length: count }, (_, i) => next(i, 0));
};

/** The item whose turn it is. */
export const turn = <T>(items: readonly T[], i: number): T => items[i % items.length];

/** The text of a frame whose slots are filled. Functions keep `$` in a word an ordinary character. */
export const fill = (frame: string, slots: Readonly<Record<string, string>>): string =>
  frame.replace(/\{(\w*)\}/g, (_, slot: string) => slots[slot]);

/** The text with its first letter in upper case. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A piece of a text, in Unicode code points; `end` is the first one after it. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text without its square brackets, and the spans that they enclosed. */
export const unmark = (marked: string): { readonly text: string; readonly spans: readonly Span[] } => {
  const parts = marked.split(/[[\]]/); // every second part stood in brackets
  let start = 0;
  const spans = parts.map((text) => {
    const span = { start, end: start + [...text].length, text };
    start = span.end;
    return span;
  });
  return { text: parts.join(""), spans: spans.filter((_, i) => i % 2 === 1) };
};
