/**
 * @file Python's string functions, which the reference's metrics are made of. JavaScript's have other sets of white space and of
 * numbers.
 */
import { takes } from "../core/composite.js";

/** Unicode's white space, as Python's numbers may have it around them; U+FEFF is none. */
const BLANK = "\\t-\\r\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
/** What `str.isspace` holds for: the separators U+001C to U+001F too. */
const SPACE = `[${BLANK}\\u001c-\\u001f]+`;
const [RUNS, START, END] = [new RegExp(SPACE), new RegExp(`^${SPACE}`), new RegExp(`${SPACE}$`)];

/** `str.lstrip()`: the text without white space at its start. */
export const stripStart = (text: string): string => text.replace(START, "");

/** `str.strip()`: the text without white space at its ends. */
export const strip = (text: string): string => stripStart(text).replace(END, "");

/** `str.split()`: the words between runs of white space. */
export const splitWords = (text: string): string[] => text.split(RUNS).filter((word) => word !== "");

/** `str.lower()`. JavaScript's function is the same, with the final sigma and the dotted capital I. */
export const lower = (text: string): string => text.toLowerCase();

/** The value of a decimal digit of any script. Unicode keeps the ten digits of a script together, in order. */
const digitValue = (digit: string): number => {
  const code = digit.codePointAt(0) as number;
  let before = 0;
  while (/\p{Nd}/u.test(String.fromCodePoint(code - before - 1))) before++;
  return before % 10;
};

const toAsciiDigits = (text: string): string => text.replace(/\p{Nd}/gu, (digit) => `${digitValue(digit)}`);

const DIGITS = "\\d+(?:_\\d+)*";
const AROUND = new RegExp(`^[${BLANK}]+|[${BLANK}]+$`, "g");
const WHOLE = new RegExp(`^${DIGITS}$`);
const NUMBER = new RegExp(`^[+-]?(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:e[+-]?${DIGITS})?$`, "i");
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
const NAN = /^[+-]?nan$/i;

/**
 * The number in a text, as Python's `float` reads it: white space around it, digits of any script, `1_000`, `.5`, `inf` and `nan`
 * are fine; `0x10`, `1,5` and the empty text are not.
 *
 * @param otherwise  what a text that is not a number gives
 * @see T5's `string_to_float`
 * @example stringToFloat(" 3.8\n") // 3.8
 * @example stringToFloat("two") // -1
 */
export const stringToFloat = takes("stringToFloat(text, otherwise)", (text: string, otherwise = -1): number => {
  const number = toAsciiDigits(text.replace(AROUND, ""));
  if (NUMBER.test(number)) return Number(number.replaceAll("_", ""));
  const infinite = INFINITE.exec(number);
  if (infinite !== null) return infinite[1] === "-" ? -Infinity : Infinity;
  return NAN.test(number) ? Number.NaN : otherwise;
});

/** The number that a word of letters and digits is, as Python's `int` reads it; undefined for any other word. */
export const wholeNumber = (word: string): number | undefined => {
  const number = toAsciiDigits(word);
  return WHOLE.test(number) ? Number(number.replaceAll("_", "")) : undefined;
};
