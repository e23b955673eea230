/** @file What messages about the arguments of a call advise: the name to write, and how to write a value. */
import { isDType } from "./aval.js";
import { similar } from "./closest.js";
import { isNumber } from "./kinds.js";
import type { Signature } from "./parse-signature.js";
import { isTensor } from "./tensor.js";

/** Names that JAX, NumPy, optax and PyTorch have for options, or that are often written for them, beside those here. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  lr: ["learningRate", "rate"],
  stepSize: ["learningRate"],
  wd: ["weightDecay"],
  num: ["n"],
  dim: ["axis"],
  dims: ["axes", "axis"],
  axes: ["axis"],
  axis: ["axes", "dimension"],
  staticArgnums: ["static"],
  staticArgnames: ["static"],
  donateArgnums: ["donate"],
  numClasses: ["classes"],
  low: ["minval"],
  high: ["maxval"],
};

/** The known name that stands here for another one. */
export const meantBy = (name: string, known: readonly string[]): string | undefined => {
  const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return (
    OTHER_NAMES[camel]?.find((other) => known.includes(other)) ?? (known.length > 0 ? similar(name, known) : undefined)
  );
};

/** Parameters that are lists, whose numbers are often given one by one. */
const LISTS = new Set("shape axes axis times sizes dims perm starts sliceSizes".split(" "));

/** How to write numbers of a list that were given one by one, as in `np.reshape(x, 4, 1)`. */
const inOneList = (where: string, { names }: Signature, args: readonly unknown[]): string | undefined => {
  const at = args.findIndex((x, i) => isNumber(x) && LISTS.has(names[i]));
  const rest = args.slice(at);
  if (at < 0 || rest.length < 2 || !rest.every(isNumber)) return undefined;
  return `give them in one list: ${where}(${[...names.slice(0, at), `[${rest.join(", ")}]`].join(", ")})`;
};

/** Transformations with one parameter beside options give a function, to which the arguments of `f` go. */
const givesFunction = (where: string, { names }: Signature): boolean =>
  names[0] === "f" && names.every((name) => name === "f" || name === "{}") && where !== "scope";

/** What to do about more arguments than a function takes. */
export const surplusHint = (where: string, taken: Signature, args: readonly unknown[]): string | undefined => {
  if (givesFunction(where, taken)) return `${where} gives a function, which takes the arguments: ${where}(f)(...)`;
  const list = inOneList(where, taken, args);
  if (list !== undefined) return list;
  return taken.options >= 0 ? "options are given by name, in one object" : undefined;
};

/** What to do about a value in the place of options. */
export const optionsHint = (where: string, taken: Signature, args: readonly unknown[]): string => {
  const [keys, given] = [[...taken.keys], args[taken.options]];
  if (givesFunction(where, taken) && isTensor(given)) return surplusHint(where, taken, args) as string;
  const list = inOneList(where, taken, args);
  if (list !== undefined) return list;
  if (taken.keys.has("static") && (isNumber(given) || Array.isArray(given))) {
    return `name it: { static: [${given}] } to make arguments static`;
  }
  return `name it: { ${keys[0]}: ... }`;
};

/** What to do about an argument in another's place. */
export const misplacedHint = ({ keys, keywords }: Signature, given: unknown): string | undefined =>
  isDType(given) && (keys.has("dtype") || keywords.has("dtype")) ? `name it: { dtype: "${given}" }` : undefined;

/** What to use instead of a function whose arguments were left out, where the call has a meaning elsewhere. */
const INSTEAD: Readonly<Record<string, string>> = {
  "np.where": "np.where chooses between two values; np.nonzero and np.argwhere give the places",
};

/** What to do about an argument that is missing, where that is more than to give it. */
export const missingHint = (where: string): string | undefined => INSTEAD[where];
