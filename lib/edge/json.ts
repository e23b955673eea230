/**
 * @file JSON that means one thing: `JSON.parse`, and an error where an object names a key twice.
 *
 * The standard leaves repeated keys open and `JSON.parse` keeps the last, so two readers of one file may see different weights.
 */
import * as E from "fp-ts/lib/Either.js";
import type { FluxionError } from "../core/errors.js";
import { brief, type Caller } from "./decode.js";
import { printable } from "./printable.js";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

/** The first key that stands twice in one object of a text that is known to be valid JSON. */
const repeatedKey = (text: string): string | undefined => {
  const objects: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === OPEN) objects.push(new Set());
    else if (code === CLOSE) objects.pop();
    else if (code === QUOTE) {
      const start = i++;
      let isPlain = true;
      for (; text.charCodeAt(i) !== QUOTE; i++) {
        if (text.charCodeAt(i) !== BACKSLASH) continue;
        isPlain = false;
        i++;
      }
      let next = i + 1;
      while (isSpace(text.charCodeAt(next))) next++;
      if (text.charCodeAt(next) !== COLON) continue;
      const key = isPlain ? text.slice(start + 1, i) : (JSON.parse(text.slice(start, i + 1)) as string);
      const seen = objects.at(-1) as Set<string>;
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return undefined;
};

/** More than any configuration, index or vocabulary has; they would take minutes and memory without an end. */
const [MOST_KEYS, MOST_LISTS] = [2 ** 20, 2 ** 21];

/** Whether a text may have more keys, or more objects and lists, than are read: a look at its characters, in strings too. */
const isTooMuch = (text: string): boolean => {
  if (text.length <= MOST_KEYS) return false;
  let [keys, lists] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === COLON) keys++;
    else if (code === OPEN || code === OPEN_LIST) lists++;
  }
  return keys > MOST_KEYS || lists > MOST_LISTS;
};

/** Parses JSON from a source (a file, part of a file) that is named in the error. */
export const parseJson = <Err extends FluxionError>(
  text: string,
  caller: Caller<Err>,
  source: string,
): E.Either<Err, unknown> => {
  if (isTooMuch(text)) {
    const [what, expected] = ["there is too much in this JSON", `at most ${MOST_KEYS} keys and ${MOST_LISTS} lists`];
    return E.left(new caller.error({ where: caller.where, what, expected, at: source }));
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const got = text.trim() === "" ? "no text" : `${printable((cause as Error).message)}; it begins ${brief(text, 40)}`;
    return E.left(
      new caller.error({ where: caller.where, what: "not valid JSON", expected: "JSON", got, at: source }, { cause }),
    );
  }
  const key = repeatedKey(text);
  if (key === undefined) return E.right(value);
  return E.left(
    new caller.error({
      where: caller.where,
      what: "a key stands twice in one object",
      expected: "each key once",
      got: brief(key),
      at: source,
    }),
  );
};
