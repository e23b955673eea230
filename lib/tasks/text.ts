/**
 * @file The string functions that T5's preprocessors are made of. Their white space is RE2's: tab, newline, form feed, return, space. Their order
 * of strings is Python's.
 */
import { takes } from "../core/composite.js";

const SPACES = /[\t\n\f\r ]+/g;
const PUNCTUATION = /[!-/:-@[-`{-~]/g;

/** Replaces each run of white space by one space, at the ends too. */
const collapse = (text: string): string => text.replace(SPACES, " ");

/**
 * Puts a space on both sides of each of the 32 ASCII punctuation characters, and replaces each run of white space by one space.
 *
 * @see T5's `pad_punctuation`; SQuAD, MRQA
 * @example padPunctuation("Why (not)?") // "Why ( not ) ? "
 */
export const padPunctuation = takes("padPunctuation(text)", (text: string): string =>
  collapse(text.replace(PUNCTUATION, (mark) => ` ${mark} `)),
);

/**
 * Joins texts by a space, and replaces each run of white space by one space.
 *
 * @see T5's `_string_join`
 */
export const joinTexts = takes("joinTexts(texts)", (texts: readonly string[]): string => collapse(texts.join(" ")));

/**
 * Drops everything up to and including the first space: the name of the task. A text without a space stays.
 *
 * @see prompt-tuning's `remove_first_text_token`
 */
export const dropFirstWord = takes("dropFirstWord(text)", (text: string): string => text.replace(/^[^ ]* /, ""));

/** The nearest whole number; of two equally near ones the even one. */
const roundHalfToEven = (x: number): number => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

/**
 * The target of a similarity from 0 to 5 of STS-B: the nearest fifth, with one decimal. Computed in float32.
 *
 * @see T5's `stsb`
 * @example stsbTarget(2.5) // "2.4"
 */
export const stsbTarget = takes("stsbTarget(similarity)", (similarity: number): string =>
  (roundHalfToEven(Math.fround(Math.fround(similarity) * 5)) / 5).toFixed(1),
);

/** What T5 writes as the target of a row without a label. */
export const NO_TARGET = "<unk>";

/**
 * `k1: v1 k2: v2 …` in the order given; values stay as they are.
 *
 * @see T5's `glue` preprocessor, without the name of the benchmark
 */
export const fieldsText = takes(
  "fieldsText(fields)",
  (fields: readonly (readonly [key: string, value: string])[]): string =>
    fields.map(([key, value]) => `${key}: ${value}`).join(" "),
);

/** A UTF-16 unit's place in the order of code points: surrogates stand for code points above all others. */
const rank = (unit: number): number => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit);

/** Compares strings by code point, as Python does; JavaScript's own order compares UTF-16 units. */
export const byCodePoint = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
};
