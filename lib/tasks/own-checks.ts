/** @file Checks of a task of own rows before a row is read: unknown keys, and values of another kind. */
import { closest } from "../core/closest.js";
import { ArgumentError } from "../core/errors.js";
import { brief } from "../edge/decode.js";

/** The error of a task. @param at  the key that is wrong */
export const badTask = (what: string, expected: string, got: string, at: string, hint?: string): ArgumentError =>
  new ArgumentError({ where: "task", what, expected, got, at, hint });

type Bag = Readonly<Record<string, unknown>>;

export const isBag = (value: unknown): value is Bag =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Other words for a key. */
const ALSO: Readonly<Record<string, string>> = {
  dev: "validation",
  eval: "validation",
  label: "target",
  text: "input",
};

const meant = (name: string, known: readonly string[]): string => {
  const also = ALSO[name];
  if (also !== undefined && known.includes(also)) return also;
  return known.find((key) => name.length > 2 && key.startsWith(name)) ?? closest(name, known);
};

/** @throws {ArgumentError} for a key that is not known, with the closest one */
export const checkKeys = (value: object, known: readonly string[], at: string): void => {
  const other = Object.keys(value).find((key) => !known.includes(key));
  if (other === undefined) return;
  throw badTask("there is no such key", known.join(", "), other, at, `did you mean ${meant(other, known)}?`);
};

type Kind = readonly [expected: string, is: (value: unknown) => boolean];

const isFilled = (value: unknown): boolean => typeof value === "string" && value.trim() !== "";
const isFunction = (value: unknown): boolean => typeof value === "function";
const DECODER: Kind = ["a decoder of io-ts", (value) => isBag(value) && isFunction(value.decode)];
const METRICS: Kind = ["functions by name", (value) => isBag(value) && Object.values(value).every(isFunction)];
const FUNCTION: Kind = ["a function", isFunction];
const TEXT: Kind = ["a text", (value) => typeof value === "string"];
const NAME: Kind = ["a text that is not empty", isFilled];
const FIELD: Kind = ["the name of a column, or a function", (value) => typeof value === "string" || isFunction(value)];
const LABELS: Kind = [
  "texts in an array",
  (value) => Array.isArray(value) && value.every((label) => typeof label === "string"),
];

const checkKinds = (value: Bag, kinds: Readonly<Record<string, Kind>>): void => {
  for (const [key, [expected, is]] of Object.entries(kinds)) {
    if (!is(value[key])) throw badTask(`the value of ${key} is of another kind`, expected, brief(value[key]), key);
  }
};

const orNone = ([expected, is]: Kind): Kind => [expected, (value) => value === undefined || is(value)];

const OWN_KINDS = {
  name: NAME,
  title: orNone(TEXT),
  licence: orNone(TEXT),
  labels: orNone(LABELS),
  row: orNone(DECODER),
  input: FIELD,
  target: FIELD,
  metrics: orNone(METRICS),
} as const;

/** Keys of a task of own rows. */
const OWN_KEYS = ["name", "title", "licence", "labels", "train", "validation", "test", "row", "input", "target"];

/** @throws {ArgumentError} for a task of own rows with a key that is not known, or a value of another kind */
export const checkOwn = (own: object): void => {
  checkKeys(own, [...OWN_KEYS, "metrics"], "task");
  checkKinds(own as Bag, OWN_KINDS);
};

const SPEC_KINDS = {
  name: NAME,
  splits: ["rows by split", isBag],
  row: DECODER,
  examples: FUNCTION,
  read: FUNCTION,
  correct: FUNCTION,
  metrics: METRICS,
} as const;

/** @throws {ArgumentError} for a task with a part that is missing, or of another kind */
export const checkSpec = (spec: object): void => checkKinds(spec as Bag, SPEC_KINDS);

/** @throws {ArgumentError} for what is not an object */
export const checkTask = (value: unknown): void => {
  if (!isBag(value)) throw badTask("not a task", "an object", brief(value), "task");
};

/** @throws {ArgumentError} for a share that is not a part of the rows, or has a seed that is not an integer */
export const checkShare = (at: string, rows: Bag): void => {
  checkKeys(rows, ["share", "seed"], at);
  const { share, seed } = rows;
  if (typeof share !== "number" || !(share > 0 && share < 1))
    throw badTask("a share is not a part of the rows", "a number between 0 and 1", brief(share), at);
  if (seed !== undefined && !Number.isSafeInteger(seed))
    throw badTask("not a seed", "an integer", brief(seed), `${at}.seed`);
};

/** @throws {ArgumentError} for a description of a file that does not tell its path, or a format that is not known */
export const checkFile = (at: string, rows: Bag, formats: readonly string[]): void => {
  if (!isFilled(rows.file)) throw badTask("not a file", "a path", brief(rows.file), `${at}.file`);
  if (typeof rows.format === "string" && formats.includes(rows.format)) return;
  throw badTask("not a format", formats.join(", "), brief(rows.format), `${at}.format`);
};
