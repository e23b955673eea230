/** @file The text of a signature, `np.sum(x, { axis, keepDims })`, taken apart. */
import { isDType } from "./aval.js";
import { isNumber, type Kind } from "./kinds.js";
import { kindOf } from "./parameters.js";
import { isTensor } from "./tensor.js";

/** Arguments that may be given by name in every function. */
export const KEYWORDS = ["axis", "dtype"];
/** The rooms whose functions take no objects but options, so that all arguments but the first may be given by name. */
const BY_NAME = /^(?:np|lax|nn|random|ops|scipy)\./;

const isNumbers = (x: unknown): boolean => isNumber(x) || (Array.isArray(x) && x.every(isNumber));
/** Options that a value of their type alone stands for, where a function has one of them. */
export const LEADS: Readonly<Record<string, (x: unknown) => boolean>> = {
  // What JAX has in the place before the axis comes first.
  ord: (x) => isNumber(x) || typeof x === "string",
  n: isNumber,
  spacing: isNumber,
  discont: isNumber,
  axis: (x) => x === null || isNumbers(x),
  argnums: isNumbers,
  inAxes: (x) => isNumber(x) || Array.isArray(x),
  numSegments: isNumber,
  dtype: isDType,
  isLeaf: (x) => typeof x === "function",
  learningRate: (x) => isNumber(x) || typeof x === "function" || isTensor(x),
};

/** An argument that has to be of a kind. */
export type Held = readonly [place: number, kind: Kind];

export interface Signature {
  readonly text: string;
  /** The parameters, with `{}` for options. */
  readonly names: readonly string[];
  /** How many of them have no default. */
  readonly required: number;
  /** How many arguments there may be. */
  readonly most: number;
  /** Where the options are, what they may be, and which of them a value alone stands for. */
  readonly options: number;
  readonly keys: ReadonlySet<string>;
  readonly leads: readonly string[];
  /** The arguments that an object may name, by their places. */
  readonly keywords: ReadonlyMap<string, number>;
  /** The arguments that have to be of a kind, by their places. */
  readonly kinds: readonly Held[];
  /** The options that have to be of a kind. */
  readonly kindsOfKeys: ReadonlyMap<string, Kind>;
  /** Where the shape is; -1 where there is none. */
  readonly shape: number;
}

/** What the text of a signature says; `required` is how many parameters have no default. */
export const parse = (text: string, required: number): Signature => {
  const inside = text.slice(text.indexOf("(") + 1, -1);
  const braces = /\{ ([^}]*) \}/.exec(inside)?.[1];
  const names = inside === "" ? [] : inside.replace(/\{[^}]*\}/, "{}").split(", ");
  const keys = new Set(braces?.split(", "));
  const named = names.map((name, i) => [name, i] as const).filter(([name]) => !/[{.]/.test(name));
  const where = text.slice(0, text.indexOf("("));
  return {
    text,
    names,
    required,
    most: names.some((name) => name.startsWith("...")) ? Infinity : names.length,
    options: names.indexOf("{}"),
    keys,
    leads: Object.keys(LEADS).filter((name) => keys.has(name)),
    keywords: new Map(named.filter(([name, i]) => KEYWORDS.includes(name) || (i > 0 && BY_NAME.test(text)))),
    kinds: names.flatMap((name, i) => {
      const kind = kindOf(where, name);
      return kind === undefined ? [] : [[i, kind] as const];
    }),
    kindsOfKeys: new Map(
      [...keys].flatMap((key) => {
        const kind = kindOf(where, key);
        return kind === undefined ? [] : [[key, kind] as const];
      }),
    ),
    shape: names.indexOf("shape"),
  };
};
