/**
 * @file What a public function takes, as messages show it: `np.sum(x, { axis, keepDims })`.
 *
 * The text stands beside each function, held to its types by a test. It is what calls from plain JavaScript are checked against, and
 * what takes JAX's habits: the axis alone in place of options, and options in place of the axis.
 */
import { isDType } from "./aval.js";
import { similar } from "./closest.js";
import { ArgumentError } from "./errors.js";
import { isHostArray } from "./host.js";
import { isTensor } from "./tensor.js";

/** Arguments that may also be given by name. */
const KEYWORDS = ["axis", "dtype"] as const;

const isNumber = (x: unknown): boolean => typeof x === "number";
const isNumbers = (x: unknown): boolean => isNumber(x) || (Array.isArray(x) && x.every(isNumber));
/** Options that a value of their type alone stands for, where a function has one of them. */
const LEADS: Readonly<Record<string, (x: unknown) => boolean>> = {
  axis: (x) => x === null || isNumbers(x),
  argnums: isNumbers,
  inAxes: (x) => isNumber(x) || Array.isArray(x),
  numSegments: isNumber,
  dtype: isDType,
  learningRate: (x) => isNumber(x) || typeof x === "function" || isTensor(x),
};

/** The parameters of a signature, without those of the options. */
type Split<S extends string> = S extends `${infer Head}, ${infer Tail}` ? [Head, ...Split<Tail>] : [S];
type NamesOf<S extends string> = S extends `${string}(${infer Inside})` ? Split<Inside> : [];
type Named<P, K extends string> = K extends keyof NonNullable<P> ? NonNullable<P>[K] : never;
/** What may stand for options; tensors, which have a dtype too, are not options. */
type LeadOf<P> = "aval" extends keyof NonNullable<P>
  ? never
  : Named<P, "axis"> | Named<P, "numSegments"> | Named<P, "dtype">;
type Keyword = (typeof KEYWORDS)[number];
/** The arguments `A`, with the axis (or dtype) alone for options that have one, and `{ axis }` for an axis. */
export type Accepted<S extends string, A extends readonly unknown[]> = {
  [K in keyof A]: K extends keyof NamesOf<S>
    ? NamesOf<S>[K] extends infer N extends Keyword
      ? A[K] | { readonly [P in N]?: A[K] | undefined }
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
  readonly leads: readonly string[];
  /** Where the function is that is called, mapped or transformed. */
  readonly f: number;
  /** The arguments that options may name too, by their places. */
  readonly keywords: ReadonlyMap<string, number>;
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
    f: names.indexOf("f"),
    keys,
    leads: Object.keys(LEADS).filter((name) => keys.has(name)),
    keywords: new Map(KEYWORDS.filter((name) => names.includes(name)).map((name) => [name, names.indexOf(name)])),
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

const checkedOptions = (where: string, signature: Signature, given: unknown): unknown => {
  const { keys, leads } = signature;
  const lead = leads.find((name) => LEADS[name](given));
  if (lead !== undefined) return { [lead]: given };
  if (typeof given !== "object" || given === null || Array.isArray(given) || isTensor(given)) {
    const hint = `name it: { ${[...keys][0]}: ... }`;
    return refuse(where, signature, "options are an object", wordsOf(given), hint);
  }
  for (const key in given) {
    if (keys.has(key)) continue;
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

/** The arguments and options that the last one names: `{ axis: 1 }` in place of the axis. */
const namedArguments = (where: string, signature: Signature, args: readonly unknown[]): readonly unknown[] => {
  const { keywords, keys, options } = signature;
  const [last, at] = [args.at(-1), args.length - 1];
  if (keywords.size === 0 || !isPlain(last) || ![...keywords.values()].some((place) => place >= at)) return args;
  const names = Object.keys(last);
  const unknown = names.find((name) => !keys.has(name) && (keywords.get(name) ?? -1) < at);
  if (unknown !== undefined) {
    const hint = `by name go: ${[...keywords.keys(), ...keys].join(", ")}`;
    return refuse(where, signature, `there is no option "${unknown}"`, wordsOf(last), hint);
  }
  const [places, others] = [names.filter((name) => !keys.has(name)), names.filter((name) => keys.has(name))];
  const start: readonly unknown[] = args.slice(0, -1);
  const list = places.reduce((xs, name) => replaced(xs, keywords.get(name) as number, last[name]), start);
  if (others.length === 0) return list;
  return replaced(list, options, Object.fromEntries(others.map((name) => [name, last[name]])));
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
  const check: Check = (all) => {
    parsed ??= parse(text);
    const { most, options, f } = parsed;
    const args = all.length > most ? withLead(parsed, all) : all;
    if (args.length > most) {
      if (most > 1 || !isMapped(args)) surplus(name, parsed, args);
      return args.slice(0, most);
    }
    if (f >= 0 && typeof args[f] !== "function") refuse(name, parsed, "f is not a function", wordsOf(args[f]));
    const given = options < 0 ? undefined : args[options];
    if (given !== undefined) {
      const checked = checkedOptions(name, parsed, given);
      return checked === given ? args : replaced(args, options, checked);
    }
    return namedArguments(name, parsed, args);
  };
  return { name, check };
};
