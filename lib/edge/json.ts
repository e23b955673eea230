/**
 * @file JSON that means one thing: `JSON.parse`, and an error where an object names a key twice.
 *
 * The standard leaves repeated keys open and `JSON.parse` keeps the last, so two readers of one file may see different weights.
 */
import * as E from "fp-ts/lib/Either.js";
import type { FluxionError } from "../core/errors.js";
import { brief, type Caller } from "./decode.js";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const COLON = 0x3a;

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
      for (; text.charCodeAt(i) !== QUOTE; i++) if (text.charCodeAt(i) === BACKSLASH) i++;
      let next = i + 1;
      while (isSpace(text.charCodeAt(next))) next++;
      if (text.charCodeAt(next) !== COLON) continue;
      const key = JSON.parse(text.slice(start, i + 1)) as string;
      const seen = objects.at(-1) as Set<string>;
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return undefined;
};

/** A message of `JSON.parse` quotes the text as it is, and a terminal would obey its control characters. */
const withoutControls = (message: string): string =>
  message.replace(/\p{Cc}/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Parses JSON from a source (a file, part of a file) that is named in the error. */
export const parseJson = <Err extends FluxionError>(
  text: string,
  caller: Caller<Err>,
  source: string,
): E.Either<Err, unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const got =
      text.trim() === "" ? "no text" : `${withoutControls((cause as Error).message)}; it begins ${brief(text, 40)}`;
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
