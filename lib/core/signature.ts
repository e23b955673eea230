/**
 * @file What a public function takes, as messages show it: `np.sum(x, { axis, keepDims })`.
 *
 * The text stands beside each function, held to its types by a test. It is what calls from plain JavaScript are checked against, and
 * what takes JAX's habits: the axis alone in place of options, and options in place of the axis.
 */
import type { Contract } from "./caller.js";
import { ArgumentError, isFluxionError } from "./errors.js";
import { isHostArray } from "./host.js";
import { type Kind, TENSOR_LIKE } from "./kinds.js";
import { kindOf, suspectOf } from "./parameters.js";
import { type Held, KEYWORDS, LEADS, parse, type Signature } from "./parse-signature.js";
import { meantBy, misplacedHint, missingHint, optionsHint, surplusHint } from "./remedies.js";
import { isTensor } from "./tensor.js";

/** What was given, in a few words. */
export const wordsOf = (x: unknown): string => {
  if (isTensor(x)) return `a tensor, ${x.describe()}`;
  if (Array.isArray(x)) return `a list of ${x.length}`;
  if (typeof x === "bigint") return `${x}n`;
  if (isPlain(x)) return `{ ${Object.keys(x).join(", ")} }`.replace("{  }", "{}");
  if (typeof x === "object" && x !== null) return `a ${x.constructor?.name ?? "record"}`;
  if (typeof x === "string") return JSON.stringify(x);
  return typeof x === "function" ? "a function" : String(x);
};

/** What a function of any number of arguments was given, which may be one list of them. */
export const listed = (given: readonly unknown[]): readonly unknown[] =>
  given.length === 1 && Array.isArray(given[0]) ? given[0] : given;

/** How to come by a value of the kind. */
const hintOf = (kind: Kind | undefined, given: unknown): string | undefined =>
  typeof kind?.hint === "function" ? kind.hint(given) : kind?.hint;

const refuse = (where: string, { text }: Signature, what: string, got: string, hint?: string): never => {
  throw new ArgumentError({ where, what, expected: text, got, hint });
};

/** What is said of an option of another kind. @throws {ArgumentError} */
const checkOption = (where: string, signature: Signature, key: string, value: unknown): void => {
  const kind = value === undefined ? undefined : signature.kindsOfKeys.get(key);
  if (kind === undefined || kind.is(value)) return;
  refuse(where, signature, `${key} is not ${kind.what}`, wordsOf(value), hintOf(kind, value));
};

const checkedOptions = (where: string, signature: Signature, args: readonly unknown[]): unknown => {
  const { keys, leads, kindsOfKeys, options } = signature;
  const given = args[options];
  const lead = leads.find((name) => LEADS[name](given));
  if (lead !== undefined) {
    checkOption(where, signature, lead, given);
    return { [lead]: given };
  }
  if (typeof given !== "object" || given === null || Array.isArray(given) || isTensor(given)) {
    // A text alone was to be the option that a value alone stands for.
    if (leads.length === 1 && typeof given === "string") checkOption(where, signature, leads[0], given);
    return refuse(where, signature, "options are an object", wordsOf(given), optionsHint(where, signature, args));
  }
  for (const [key, value] of Object.entries(given)) {
    if (keys.has(key)) {
      if (kindsOfKeys.has(key)) checkOption(where, signature, key, value);
      continue;
    }
    const near = meantBy(key, [...keys]);
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
  const got = args.length === 1 ? "1 argument" : `${args.length} arguments`;
  return refuse(where, signature, "there are too many arguments", got, mapped ?? surplusHint(where, signature, args));
};

/** `args` with `value` in place `i`. */
const replaced = (args: readonly unknown[], i: number, value: unknown): readonly unknown[] =>
  Array.from({ length: Math.max(args.length, i + 1) }, (_, j) => (j === i ? value : args[j]));

/** Whether `x` is an object of names and values, in any realm: no list, no instance of a class such as a typed array or a map. */
const isPlain = (x: unknown): x is Readonly<Record<string, unknown>> => {
  if (typeof x !== "object" || x === null) return false;
  const prototype: unknown = Object.getPrototypeOf(x);
  return (prototype === null || Object.getPrototypeOf(prototype) === null) && !isHostArray(x);
};

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
  if (names.length === 0 && at === 0) return args;
  const isNamed = (name: string): boolean => (keywords.get(name) ?? -1) >= at;
  const known = [...[...keywords.keys()].filter(isNamed), ...keys];
  // Where nothing is known of it, the object is an argument itself, or what the function refuses.
  if (names.length > 0 && !names.some((name) => spelledAs(name, known) !== undefined)) {
    // Nor can it be one where all that may stand is given by name: a function has no object for a default.
    const takesObject = at < signature.required || /Options$/.test(signature.names[at]);
    if (!KEYWORDS.some(isNamed) && takesObject) return args;
  }
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const near = spelledAs(unknown, known) ?? meantBy(unknown, known);
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

/** @throws {ArgumentError} for the argument in place `i`, which was left out */
const missing = (where: string, signature: Signature, i: number, args: readonly unknown[]): never => {
  const [name, kind] = [nameOf(signature, i), suspectOf(where, signature.names[i])];
  const got = args.length === 0 ? "nothing" : args.map(wordsOf).join(", ");
  // How tensors are made is known to who gave one already.
  const hint = i > 0 && kind === TENSOR_LIKE ? undefined : hintOf(kind, undefined);
  return refuse(where, signature, `${name} is missing`, got, missingHint(where) ?? hint ?? `give ${name}`);
};

/** What the argument in place `i` is not. @throws {ArgumentError} */
const refuseKind = (where: string, signature: Signature, [i, kind]: Held, args: readonly unknown[]): never => {
  const given = args[i];
  if (given === undefined) return missing(where, signature, i, args);
  const hint = misplacedHint(signature, given) ?? hintOf(kind, given);
  return refuse(where, signature, `${signature.names[i]} is not ${kind.what}`, wordsOf(given), hint);
};

/** The arguments, with a list for a shape that is a number. @throws {ArgumentError} for those that are not what their names say */
const heldToNames = (where: string, signature: Signature, args: readonly unknown[]): readonly unknown[] => {
  const { kinds, required, shape } = signature;
  for (const held of kinds) {
    const given = args[held[0]];
    if (!held[1].is(given) && (held[0] < required || given !== undefined)) refuseKind(where, signature, held, args);
  }
  return shape >= 0 && typeof args[shape] === "number" ? replaced(args, shape, [args[shape]]) : args;
};

const checked = (where: string, signature: Signature, all: readonly unknown[]): readonly unknown[] => {
  const { most, options } = signature;
  if (all.length === 0 && signature.required > 0) missing(where, signature, 0, []);
  const args = all.length > most ? withLead(signature, all) : all;
  if (args.length > most) {
    if (most > 1 || !isMapped(args)) surplus(where, signature, args);
    return args.slice(0, most);
  }
  const given = options < 0 ? undefined : args[options];
  if (given === undefined) return heldToNames(where, signature, namedArguments(where, signature, args));
  const right = checkedOptions(where, signature, args);
  return heldToNames(where, signature, right === given ? args : replaced(args, options, right));
};

const isFunction = (x: unknown): boolean => typeof x === "function";
const isRecord = (x: unknown): x is object =>
  typeof x === "object" && x !== null && !isTensor(x) && !isHostArray(x) && !ArrayBuffer.isView(x);

const holdsFunction = (x: unknown): boolean =>
  isFunction(x) || (Array.isArray(x) ? x.some(holdsFunction) : isRecord(x) && Object.values(x).some(isFunction));

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
  const isMissing = suspect >= 0 && args[suspect] === undefined;
  const wrong = kind === undefined ? "the arguments do not fit" : `${name} is not ${kind.what}`;
  const got = args.length === 0 ? "nothing" : args.map(wordsOf).join(", ");
  const hint = hintOf(kind, args[suspect]);
  const other = isMissing ? (missingHint(where) ?? `give ${name}`) : "give what the signature names, in its order";
  const what = isMissing ? `${name} is missing` : wrong;
  return new ArgumentError({ where, what, expected: text, got, hint: hint ?? other }, { cause });
};

/** Whether a call failed because an argument without a default was left out: something found undefined in place of a tensor. */
const isLeftOut = (error: unknown, args: readonly unknown[], required: number): boolean =>
  args.length > 0 && args.length < required && isFluxionError(error, "TreeError") && error.mismatch.got === "undefined";

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
    explain: (args, error) => {
      if (isLeftOut(error, args, required)) return missing(name, signature(), args.length, args);
      return isMisuse(error) ? explained(name, signature(), args, error) : error;
    },
    isTheirs: (args) => args.length >= required && runsTheirs(name, signature(), args),
  };
};
