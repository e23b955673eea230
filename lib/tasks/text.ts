/** @file The string functions that T5's preprocessors are made of. Their white space is RE2's: tab, newline, form feed, return, space. */

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
export const padPunctuation = (text: string): string => collapse(text.replace(PUNCTUATION, (mark) => ` ${mark} `));

/**
 * Joins texts by a space, and replaces each run of white space by one space.
 *
 * @see T5's `_string_join`
 */
export const joinTexts = (texts: readonly string[]): string => collapse(texts.join(" "));

/**
 * Drops everything up to and including the first space: the name of the task. A text without a space stays.
 *
 * @see prompt-tuning's `remove_first_text_token`
 */
export const dropFirstWord = (text: string): string => text.replace(/^[^ ]* /, "");

/** The nearest whole number; of two equally near ones the even one. */
const roundHalfToEven = (x: number): number => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

/**
 * The target of a similarity from 0 to 5 of STS-B: the nearest fifth, with one decimal. Computed in float32.
 *
 * @see T5's `stsb`
 * @example stsbTarget(2.5) // "2.4"
 */
export const stsbTarget = (similarity: number): string =>
  (roundHalfToEven(Math.fround(Math.fround(similarity) * 5)) / 5).toFixed(1);
