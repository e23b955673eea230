/**
 * @file What parameters and options of one name are wherever they occur: what calls are held to before the function runs, and what is said
 * of the arguments where it failed with an error of JavaScript.
 */
import { isTensor } from "./tensor.js";

/** A kind of argument. */
export interface Kind {
  readonly is: (x: unknown) => boolean;
  /** As it stands after "is not". */
  readonly what: string;
  /** How to come by one. */
  readonly hint?: string;
}
type Kinds = Readonly<Record<string, Kind>>;

const isNumber = (x: unknown): boolean => typeof x === "number";
const isText = (x: unknown): boolean => typeof x === "string";
const isFunction = (x: unknown): boolean => typeof x === "function";
const isObject = (x: unknown): boolean => typeof x === "object" && x !== null && !isTensor(x);
/** Whether `x` looks like a transformation of gradients: `core` knows no more of them. */
export const isTransformation = (x: unknown): boolean => isObject(x) && isFunction((x as { init?: unknown }).init);

const FUNCTION: Kind = { is: isFunction, what: "a function" };
const NUMBER: Kind = { is: isNumber, what: "a number" };
const LIST: Kind = { is: Array.isArray, what: "a list" };
const OBJECT: Kind = { is: isObject, what: "an object" };
const SCALAR: Kind = { is: (x) => isNumber(x) || isTensor(x), what: "a number or a scalar tensor" };
const RATE: Kind = { is: (x) => SCALAR.is(x) || isFunction(x), what: "a number, a scalar tensor or a schedule" };
const TRANSFORMATION: Kind = { is: isTransformation, what: "a transformation, such as optim.adam(1e-3)" };
const TENSOR: Kind = { is: isTensor, what: "a tensor", hint: "np.array makes one; np's functions take numbers too" };
const TENSOR_LIKE: Kind = {
  is: (x) => isTensor(x) || isNumber(x) || typeof x === "boolean",
  what: "a tensor or a number",
  hint: "make tensors from lists with np.array",
};
const STRUCTURE: Kind = {
  is: (x) => isObject(x) && "kind" in (x as object),
  what: "a structure",
  hint: "tree.structure gives it",
};
const AXES: Kind = {
  is: (x) => x === null || isNumber(x) || (Array.isArray(x) && x.every(isNumber)),
  what: "an axis, or a list of them",
};

const all = (kind: Kind, ...names: readonly string[]): Kinds => Object.fromEntries(names.map((name) => [name, kind]));

/** Names that mean the same in every room. */
const COMMON: Kinds = {
  ...all(FUNCTION, "f", "cond", "body", "whenTrue", "whenFalse", "rule", "fwd", "bwd"),
  ...all(LIST, "primals", "branches"),
  ...all(OBJECT, "adapter", "content", "store", "t5", "task"),
  ...all({ is: isText, what: "the name of a file or folder" }, "path", "dir"),
  policy: { ...FUNCTION, hint: "checkpointPolicies has them by name" },
};
const LENGTHS = ["steps", "warmup", "warmupSteps", "decaySteps", "transitionSteps", "transitionBegin"] as const;
const VALUES = [
  "start",
  "end",
  "power",
  "peakValue",
  "initValue",
  "endValue",
  "decayRate",
  "alpha",
  "exponent",
] as const;
/** Names that mean the same in one room, by the first word of the function's name. */
const ROOMS: Readonly<Record<string, Kinds>> = {
  optim: {
    ...all(NUMBER, ...LENGTHS, ...VALUES),
    ...all(SCALAR, "factor", "limit", "decay", "least", "stepSize", "eta", "gamma"),
    ...all(RATE, "rate", "learningRate"),
    ...all(FUNCTION, "schedule", "make"),
    ...all(TRANSFORMATION, "inner", "fast", "tx"),
    ...all(OBJECT, "transforms", "hyperparams", "boundaries"),
    ...all(LIST, "schedules", "cycles"),
    kind: { is: (x) => x === "linear" || x === "cosine", what: '"linear" or "cosine"' },
    factors: { is: isText, what: 'factors in a text, such as "constant * linear_warmup"' },
  },
  tree: {
    ...all(FUNCTION, "isLeaf", "type"),
    ...all(STRUCTURE, "outer", "inner", "treedef", "expected", "got"),
    path: { ...LIST, what: "a list of keys" },
    leaves: LIST,
    node: OBJECT,
  },
};

/** What the parameter or option of a function has to be, if that can be said before the function runs. */
export const kindOf = (where: string, name: string): Kind | undefined =>
  ROOMS[where.split(".")[0]]?.[name] ?? COMMON[name];

/** Names whose arguments the functions judge themselves, for what is said where they fail. */
const SUSPECTS: Kinds = {
  ...all(TENSOR_LIKE, "x", "y", "z", "a", "b", "low", "high", "logits", "labels", "condition", "values", "indices"),
  ...all(AXES, "axis", "axes", "axis1", "axis2"),
  ...all(LIST, "xs", "arrays", "sizes", "dims", "perm", "starts", "padding", "choices", "conditions"),
  key: { ...TENSOR, what: "a random key", hint: "random.key(0) makes one" },
  shape: { is: (x) => isNumber(x) || Array.isArray(x), what: "a shape, which is a list of whole numbers" },
  lhs: TENSOR,
  rhs: TENSOR,
  operand: TENSOR,
};
/** The same for `lax`, whose functions promote nothing. */
const STRICT: Kinds = all(TENSOR, "x", "y", "a", "b", "low", "high", "indices", "update", "condition", "which");

/** What an argument that made a function fail should have been. */
export const suspectOf = (where: string, name: string): Kind | undefined =>
  kindOf(where, name) ?? (where.startsWith("lax.") ? STRICT[name] : undefined) ?? SUSPECTS[name];
