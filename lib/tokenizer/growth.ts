/**
 * @file Bounds on what normalisation makes of a text: the steps come from a file, which may say that each letter becomes a thousand, ten times over.
 *
 * NFKC makes at most 18 characters of one, and the map of T5 and mT5 33 bytes of three.
 */
import { DataError } from "../core/errors.js";

/** Characters, or bytes, for one; and in all for the shortest texts. */
const TIMES = 64;
const ROOM = 4096;

/** The most characters or bytes that may come out of `length`. */
export const mostOf = (length: number): number => ROOM + TIMES * length;

/** The longest replacement in a map of characters, in bytes. */
export const LONGEST_REPLACEMENT = ROOM;

/** The error of a text that became longer than `most`. */
export const outgrown = (most: number): DataError =>
  new DataError({
    where: "tokenizer.encode",
    what: "normalisation makes a text too long",
    expected: `at most ${TIMES} times its length and ${ROOM} more, which is ${most}`,
    got: "more",
    hint: "the vocabulary's steps insert text at each place; take the files of the model's own repository",
  });
