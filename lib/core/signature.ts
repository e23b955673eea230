/**
 * @file What a public function takes, as messages show it: `np.sum(x, { axis, keepDims })`.
 *
 * The text stands beside each function, held to its types by a test. It is what calls from plain JavaScript are checked against, and
 * what takes JAX's habits: the axis alone where options are meant, and options where the axis is meant.
 */
import { closest } from "./closest.js";
import { ArgumentError } from "./errors.js";
import { isTensor } from "./tensor.js";

/** Options that a number or a list alone stands for, where a function has one of them. */
const LEADS = ["axis", "argnums", "numSegments"] as const;

/** The parameters of a signature, without those of the options. */
type Split<S extends string> = S extends `${infer Head}, ${infer Tail}` ? [Head, ...Split<Tail>] : [S];
type NamesOf<S extends string> = S extends `${string}(${infer Inside})` ? Split<Inside> : [];
type Named<P, K extends string> = K extends keyof NonNullable<P> ? NonNullable<P>[K] : never;
type LeadOf<P> = Named<P, "axis"> | Named<P, "numSegments">;
/** The arguments `A`, with the axis alone for options that have one, and `{ axis }` for an axis. */
export type Accepted<S extends string, A extends readonly unknown[]> = {
  [K in keyof A]: K extends keyof NamesOf<S>
    ? NamesOf<S>[K] extends "axis"
      ? A[K] | { readonly axis?: A[K] | undefined }
      : A[K] | LeadOf<A[K]>
    : A[K] | LeadOf<A[K]>;
};

interface Signature {
  readonly text: string;
  /** How many arguments there may be. */
  readonly most: number;
  /** Where the options are, what they may be, and which of them a value alone stands for. */
  readonly options: number;
  readonly keys: ReadonlySet<string>;
  readonly lead: string | undefined;
  /** Where the axis is, if it is an argument. */
  readonly axis: number;
}

const parse = (text: string): Signature => {
  const inside = text.slice(text.indexOf("(") + 1, -1);
  const braces = /\{ ([^}]*) \}/.exec(inside)?.[1];
  const names = inside === "" ? [] : inside.replace(/\{[^}]*\}/, "{}").split(", ");
  const keys = new Set(braces?.split(", "));
  return {
    text,
    most: names.some((name) => name.startsWith("...")) ? Infinity : names.length,
    options: names.indexOf("{}"),
    keys,
    lead: LEADS.find((name) => keys.has(name)),
    axis: names.indexOf("axis"),
  };
};

/** What was given, in a few words. */
const wordsOf = (x: unknown): string => {
  if (isTensor(x)) return `a tensor, ${x.describe()}`;
  if (Array.isArray(x)) return `a list of ${x.length}`;
  if (typeof x === "object" && x !== null) return `{ ${Object.keys(x).join(", ")} }`;
  return typeof x === "function" ? "a function" : String(x);
};

const refuse = (where: string, { text }: Signature, what: string, got: string, hint?: string): never => {
  throw new ArgumentError({ where, what, expected: text, got, hint });
};

const isNumbers = (x: unknown): boolean =>
  typeof x === "number" || (Array.isArray(x) && x.every((item) => typeof item === "number"));

const checkedOptions = (where: string, signature: Signature, given: unknown): unknown => {
  const { keys, lead } = signature;
  if (lead !== undefined && (isNumbers(given) || (given === null && lead === "axis"))) return { [lead]: given };
  if (typeof given !== "object" || given === null || Array.isArray(given) || isTensor(given)) {
    const hint = `name it: { ${[...keys][0]}: ... }`;
    return refuse(where, signature, "options are an object", wordsOf(given), hint);
  }
  for (const key in given) {
    if (keys.has(key)) continue;
    return refuse(
      where,
      signature,
      `there is no option "${key}"`,
      wordsOf(given),
      `did you mean "${closest(key, [...keys])}"?`,
    );
  }
  return given;
};

/** Whether a function was given to `map` of an array, which passes an index and the array too. */
const isMapped = (args: readonly unknown[]): boolean =>
  args.length === 3 && Array.isArray(args[2]) && args[2][args[1] as number] === args[0];

const surplus = (where: string, signature: Signature, args: readonly unknown[]): never => {
  const mapped = isMapped(args) ? "call it inside a function: xs.map((x) => ...)" : undefined;
  const named = signature.options >= 0 ? "options are given by name, in one object" : undefined;
  const got = `${args.length} arguments`;
  return refuse(where, signature, "there are too many arguments", got, mapped ?? named);
};

/** `args` with `value` in place `i`. */
const replaced = (args: readonly unknown[], i: number, value: unknown): readonly unknown[] =>
  args.map((arg, j) => (j === i ? value : arg));

const isAxisOptions = (x: unknown): x is { readonly axis?: unknown } =>
  typeof x === "object" && x !== null && !Array.isArray(x) && !isTensor(x);

const axisOf = (where: string, signature: Signature, given: { readonly axis?: unknown }): unknown => {
  const other = Object.keys(given).find((key) => key !== "axis");
  if (other === undefined) return given.axis;
  return refuse(where, signature, `there is no option "${other}"`, wordsOf(given), "the axis is the only option");
};

/** What checks the arguments of a call, and gives those that the function takes. @throws {ArgumentError} */
export type Check = (args: readonly unknown[]) => readonly unknown[];

const unchecked: Check = (args) => args;

/** The name in a signature, and the check of calls by it; a name alone checks nothing. */
export const signatureOf = (text: string): { readonly name: string; readonly check: Check } => {
  const end = text.indexOf("(");
  if (end < 0 || !text.endsWith(")")) return { name: text, check: unchecked };
  const name = text.slice(0, end);
  let parsed: Signature | undefined;
  const check: Check = (args) => {
    parsed ??= parse(text);
    const { most, options, axis } = parsed;
    if (args.length > most) {
      if (most > 1 || !isMapped(args)) surplus(name, parsed, args);
      return args.slice(0, most);
    }
    const given = options < 0 ? undefined : args[options];
    if (given !== undefined) {
      const checked = checkedOptions(name, parsed, given);
      return checked === given ? args : replaced(args, options, checked);
    }
    const place = axis < 0 ? undefined : args[axis];
    return isAxisOptions(place) ? replaced(args, axis, axisOf(name, parsed, place)) : args;
  };
  return { name, check };
};
