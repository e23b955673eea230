/**
 * @file What a public function takes, as messages show it: `np.sum(x, { axis, keepDims })`.
 *
 * The text stands beside each function, held to its types by a test. It is what calls from plain JavaScript are checked against, and
 * what takes JAX's habits: the axis alone in place of options, and options in place of the axis.
 */
import { isDType } from "./aval.js";
import type { Contract } from "./caller.js";
import { similar } from "./closest.js";
import { ArgumentError } from "./errors.js";
import { isHostArray } from "./host.js";
import { type Kind, kindOf, suspectOf } from "./parameters.js";
import { isTensor } from "./tensor.js";

/** Arguments that may be given by name in every function. */
const KEYWORDS = ["axis", "dtype"];
/** The rooms whose functions take no objects but options, so that all arguments but the first may be given by name. */
const BY_NAME = /^(?:np|lax|nn|random|ops|scipy)\./;

const isNumber = (x: unknown): boolean => typeof x === "number";
const isNumbers = (x: unknown): boolean => isNumber(x) || (Array.isArray(x) && x.every(isNumber));
/** Options that a value of their type alone stands for, where a function has one of them. */
const LEADS: Readonly<Record<string, (x: unknown) => boolean>> = {
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
  learningRate: (x) => isNumber(x) || typeof x === "function" || isTensor(x),
};

interface Signature {
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
  readonly kinds: readonly (readonly [place: number, kind: Kind])[];
  /** Where the shape is; -1 where there is none. */
  readonly shape: number;
}

const parse = (text: string, required: number): Signature => {
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
    shape: names.indexOf("shape"),
  };
};

/** What was given, in a few words. */
export const wordsOf = (x: unknown): string => {
  if (isTensor(x)) return `a tensor, ${x.describe()}`;
  if (Array.isArray(x)) return `a list of ${x.length}`;
  if (typeof x === "object" && x !== null) return `{ ${Object.keys(x).join(", ")} }`;
  return typeof x === "function" ? "a function" : String(x);
};

/** What a function of any number of arguments was given, which may be one list of them. */
export const listed = (given: readonly unknown[]): readonly unknown[] =>
  given.length === 1 && Array.isArray(given[0]) ? given[0] : given;

const refuse = (where: string, { text }: Signature, what: string, got: string, hint?: string): never => {
  throw new ArgumentError({ where, what, expected: text, got, hint });
};

const checkedOptions = (where: string, signature: Signature, given: unknown): unknown => {
  const { keys, leads } = signature;
  const lead = leads.find((name) => LEADS[name](given));
  if (lead !== undefined) return { [lead]: given };
  if (typeof given !== "object" || given === null || Array.isArray(given) || isTensor(given)) {
    const hint = `name it: { ${[...keys][0]}: ... }`;
    return refuse(where, signature, "options are an object", wordsOf(given), hint);
  }
  for (const [key, value] of Object.entries(given)) {
    if (keys.has(key)) {
      const kind = value === undefined ? undefined : kindOf(where, key);
      if (kind?.is(value) !== false) continue;
      return refuse(where, signature, `${key} is not ${kind.what}`, wordsOf(value), kind.hint);
    }
    const near = similar(key, [...keys]);
    const hint = near === undefined ? undefined : `did you mean "${near}"?`;
    return refuse(where, signature, `there is no option "${key}"`, wordsOf(given), hint);
  }
  return given;
};

/** Whether a function was given to `map` of an array, which passes an index and the array too. */
const isMapped = (args: readonly unknown[]): boolean =>
  args.length === 3 && Array.isArray(args[2]) && args[2][args[1] as number] === args[0];

/** Whether a function was given to `reduce` of an array, which passes an index and the array too. */
const isReduced = (args: readonly unknown[]): boolean => args.length === 4 && isMapped(args.slice(1));

const surplus = (where: string, signature: Signature, args: readonly unknown[]): never => {
  const inside = isMapped(args) ? "map((x) => ...)" : isReduced(args) ? "reduce((a, b) => ...)" : undefined;
  const mapped = inside === undefined ? undefined : `call it inside a function: xs.${inside}`;
  const named = signature.options >= 0 ? "options are given by name, in one object" : undefined;
  const got = args.length === 1 ? "1 argument" : `${args.length} arguments`;
  return refuse(where, signature, "there are too many arguments", got, mapped ?? named);
};

/** `args` with `value` in place `i`. */
const replaced = (args: readonly unknown[], i: number, value: unknown): readonly unknown[] =>
  Array.from({ length: Math.max(args.length, i + 1) }, (_, j) => (j === i ? value : args[j]));

const isPlain = (x: unknown): x is Readonly<Record<string, unknown>> =>
  typeof x === "object" && x !== null && !Array.isArray(x) && !isTensor(x) && !isHostArray(x);

/** `np.sum(x, 0, { keepDims: true })`: what a value alone stands for, and the other options, as one object. */
const withLead = ({ most, options, leads }: Signature, args: readonly unknown[]): readonly unknown[] => {
  const [given, more] = [args[most - 1], args[most]];
  if (options !== most - 1 || args.length !== most + 1 || !isPlain(more)) return args;
  const lead = leads.find((name) => LEADS[name](given) && !(name in more));
  return lead === undefined ? args : [...args.slice(0, options), { [lead]: given, ...more }];
};

/** The known name that differs at most in case and underscores, as `negative_slope` does from `negativeSlope`. */
const spelledAs = (name: string, known: readonly string[]): string | undefined => {
  const letters = (text: string): string => text.replaceAll("_", "").toLowerCase();
  return known.find((other) => letters(other) === letters(name));
};

/** The arguments and options that the last one names: `{ axis: 1 }` in place of the axis. */
const namedArguments = (where: string, signature: Signature, args: readonly unknown[]): readonly unknown[] => {
  const { keywords, keys, options } = signature;
  const [last, at] = [args.at(-1), args.length - 1];
  if (!isPlain(last) || ![...keywords.values()].some((place) => place >= at)) return args;
  const names = Object.keys(last);
  const isNamed = (name: string): boolean => (keywords.get(name) ?? -1) >= at;
  const known = [...[...keywords.keys()].filter(isNamed), ...keys];
  // Where nothing is known of it, the object is an argument itself, or what the function refuses.
  if (names.length > 0 && !names.some((name) => spelledAs(name, known) !== undefined)) {
    if (!KEYWORDS.some(isNamed)) return args;
  }
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const near = spelledAs(unknown, known);
    const hint = near === undefined ? `by name go: ${known.join(", ")}` : `did you mean "${near}"?`;
    return refuse(where, signature, `there is no option "${unknown}"`, wordsOf(last), hint);
  }
  const [places, others] = [names.filter((name) => !keys.has(name)), names.filter((name) => keys.has(name))];
  const start: readonly unknown[] = args.slice(0, -1);
  const list = places.reduce((xs, name) => replaced(xs, keywords.get(name) as number, last[name]), start);
  if (others.length === 0) return list;
  return replaced(list, options, Object.fromEntries(others.map((name) => [name, last[name]])));
};

/** What a message calls the argument in place `i`. */
const nameOf = ({ names }: Signature, i: number): string => (names[i] === "{}" ? "an object of options" : names[i]);

/** What the argument in place `i` is not. @throws {ArgumentError} */
const refuseKind = (where: string, signature: Signature, i: number, kind: Kind, given: unknown): never =>
  refuse(where, signature, `${signature.names[i]} is not ${kind.what}`, wordsOf(given), kind.hint);

/** The arguments, with a list for a shape that is a number. @throws {ArgumentError} for those that are not what their names say */
const heldToNames = (where: string, signature: Signature, args: readonly unknown[]): readonly unknown[] => {
  const { kinds, required, shape } = signature;
  for (const [i, kind] of kinds) {
    if (!kind.is(args[i]) && (i < required || args[i] !== undefined)) refuseKind(where, signature, i, kind, args[i]);
  }
  return shape >= 0 && typeof args[shape] === "number" ? replaced(args, shape, [args[shape]]) : args;
};

/** @throws {ArgumentError} for a call without arguments */
const missing = (where: string, signature: Signature): never => {
  const name = nameOf(signature, 0);
  return refuse(
    where,
    signature,
    `${name} is missing`,
    "nothing",
    suspectOf(where, signature.names[0])?.hint ?? `give ${name}`,
  );
};

const checked = (where: string, signature: Signature, all: readonly unknown[]): readonly unknown[] => {
  const { most, options } = signature;
  if (all.length === 0 && signature.required > 0) missing(where, signature);
  const args = all.length > most ? withLead(signature, all) : all;
  if (args.length > most) {
    if (most > 1 || !isMapped(args)) surplus(where, signature, args);
    return args.slice(0, most);
  }
  const given = options < 0 ? undefined : args[options];
  if (given === undefined) return heldToNames(where, signature, namedArguments(where, signature, args));
  const right = checkedOptions(where, signature, given);
  return heldToNames(where, signature, right === given ? args : replaced(args, options, right));
};

const isFunction = (x: unknown): boolean => typeof x === "function";

const holdsFunction = (x: unknown): boolean =>
  isFunction(x) || (Array.isArray(x) ? x.some(holdsFunction) : isPlain(x) && Object.values(x).some(isFunction));

/** Whether a call may run a function of the user: one in a place of functions, or one that a list or an object holds. */
const runsTheirs = (where: string, { names }: Signature, args: readonly unknown[]): boolean =>
  args.some((x, i) => {
    if (isFunction(x)) return kindOf(where, names[i] ?? names[names.length - 1])?.is(x) === true;
    return holdsFunction(x);
  });

/** What is wrong with the arguments of a call that failed with an error of JavaScript. */
const explained = (where: string, signature: Signature, args: readonly unknown[], cause: Error): ArgumentError => {
  const { names, required, text } = signature;
  const suspect = names.findIndex((name, i) => {
    if (args[i] === undefined) return i < required;
    return suspectOf(where, name)?.is(args[i]) === false;
  });
  const kind = suspect < 0 ? undefined : suspectOf(where, names[suspect]);
  const name = nameOf(signature, suspect);
  const missing = suspect >= 0 && args[suspect] === undefined;
  const wrong = kind === undefined ? "the arguments do not fit" : `${name} is not ${kind.what}`;
  const got = args.length === 0 ? "nothing" : args.map(wordsOf).join(", ");
  const hint = missing ? (kind?.hint ?? `give ${name}`) : (kind?.hint ?? "give what the signature names, in its order");
  const mismatch = { where, what: missing ? `${name} is missing` : wrong, expected: text, got, hint };
  return new ArgumentError(mismatch, { cause });
};

/** Whether an error is one of JavaScript's for a value of another kind. */
const isMisuse = (error: unknown): error is Error =>
  error instanceof TypeError || (error instanceof RangeError && error.message === "Invalid array length");

/** The contract of a function with a signature; a name alone checks nothing. `required` is how many parameters have no default. */
export const contractOf = (text: string, required: number): Contract => {
  const end = text.indexOf("(");
  const isName = end < 0 || !text.endsWith(")");
  const name = isName ? text : text.slice(0, end);
  if (isName) return { name, check: (args) => args, explain: (_args, error) => error, isTheirs: () => true };
  let parsed: Signature | undefined;
  const signature = (): Signature => {
    parsed ??= parse(text, required);
    return parsed;
  };
  return {
    name,
    check: (args) => checked(name, signature(), args),
    explain: (args, error) => (isMisuse(error) ? explained(name, signature(), args, error) : error),
    isTheirs: (args) => args.length >= required && runsTheirs(name, signature(), args),
  };
};
