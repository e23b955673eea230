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

/** Whether `x` has the shape of a store; `core` cannot import the type. */
const isStore = (x: unknown): boolean => isObject(x) && isFunction((x as { open?: unknown }).open);

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
const TEXT: Kind = { is: isText, what: "a text" };
const TEXT_OR_BYTES: Kind = { is: (x) => isText(x) || x instanceof Uint8Array, what: "a text" };
const BYTES: Kind = { is: (x) => x instanceof Uint8Array, what: "bytes, a Uint8Array" };
const CONFIG: Kind = {
  is: isObject,
  what: "a configuration of T5",
  hint: "loadT5 gives one, t5.configs has them by name",
};
const METHOD: Kind = { is: isObject, what: "a method, such as methods.prompt()" };
const MASK: Kind = {
  is: (x) => isObject(x) || isFunction(x) || isText(x) || typeof x === "boolean",
  what: "a tree, a pattern of paths, or a function that gives a tree",
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

/** One kind for several names. */
const all = (kind: Kind, names: string): Kinds => Object.fromEntries(names.split(" ").map((name) => [name, kind]));

/** Names that mean the same in every room. */
const COMMON: Kinds = {
  ...all(FUNCTION, "f cond body whenTrue whenFalse rule fwd bwd"),
  ...all(LIST, "primals branches"),
  axisName: { is: isText, what: "the name of an axis, a text" },
  axisSize: NUMBER,
  ...all(OBJECT, "adapter content t5 task"),
  ...all({ is: isText, what: "the name of a file or folder" }, "path dir"),
  store: { is: isStore, what: 'a store, such as nodeStore("runs")' },
  policy: { ...FUNCTION, hint: "checkpointPolicies has them by name" },
};
/** Names that mean the same in one room, by the name of the room; functions of the other entries have a name alone. */
const ROOMS: Readonly<Record<string, Kinds>> = {
  "": {
    ...all(TEXT, "name source file folder prediction referent signature baseModel split"),
    ...all(NUMBER, "size batchSize seed epoch count most targetLength eosId padId otherwise"),
    ...all(NUMBER, "similarity classes wallTime resamples level"),
    ...all(LIST, "examples labels fields rows tokens texts groups batchSizes buckets answered"),
    ...all(LIST, "evaluations logLikelihoods voices runs states members lines argv targets"),
    ...all(LIST, "predictions needed consts args names dirs references blocks"),
    ...all(OBJECT, "tokenizer ready model state parts shared position example inserted"),
    ...all(OBJECT, "frozen batch record recipe asked spans jaxpr prim tuned aliases mixtures"),
    ...all(OBJECT, "scores metrics best files options report"),
    ...all(FUNCTION, "metric program now onProgress onStep addressOf"),
    text: TEXT_OR_BYTES,
    bytes: BYTES,
    config: CONFIG,
    method: { ...METHOD, is: (x) => isObject(x) || isText(x) },
    tx: TRANSFORMATION,
    ofRuns: LIST,
  },
  methods: {
    ...all(FUNCTION, "vectors rank"),
    ...all(OBJECT, "frozen tuned"),
    config: CONFIG,
    method: METHOD,
    task: { ...NUMBER, hint: "tasks are counted from 0" },
  },
  t5: {
    ...all(NUMBER, "maxLength rows queries keys buckets maxDistance relative"),
    ...all(OBJECT, "decoder options request"),
    ...all({ ...TENSOR, hint: 'np.array(rows, "int32") makes one of lists of ids' }, "inputs targets labels"),
    config: CONFIG,
  },
  nn: {
    ...all(NUMBER, "inFeatures outFeatures features count rate"),
    kernelSize: LIST,
    cell: { is: isObject, what: "a cell, such as nn.lstmCell(2, 8)" },
  },
  lax: {
    axisName: {
      is: (x) => isText(x) || (Array.isArray(x) && x.every(isText)),
      what: "the name of an axis, or a list of names",
    },
  },
  debug: { format: TEXT },
  "scipy.linalg": {
    factor: { ...LIST, what: "a pair", hint: "choFactor and luFactor give it; choSolve takes [c, lower]" },
  },
  "nn.initializers": all(NUMBER, "value scale stddev lower upper"),
  optim: {
    ...all(NUMBER, "steps warmup warmupSteps decaySteps transitionSteps transitionBegin"),
    ...all(NUMBER, "start end power peakValue initValue endValue decayRate alpha exponent"),
    ...all(SCALAR, "factor limit decay least stepSize eta gamma"),
    ...all(RATE, "rate learningRate"),
    ...all(FUNCTION, "schedule make init update"),
    ...all(MASK, "mask labels"),
    ...all(TRANSFORMATION, "inner fast tx"),
    ...all(OBJECT, "transforms hyperparams boundaries"),
    ...all(LIST, "schedules cycles"),
    kind: { is: (x) => x === "linear" || x === "cosine", what: '"linear" or "cosine"' },
    factors: { is: isText, what: 'factors in a text, such as "constant * linear_warmup"' },
  },
  tree: {
    ...all(FUNCTION, "isLeaf type"),
    ...all(STRUCTURE, "outer inner treedef expected got"),
    path: { ...LIST, what: "a list of keys" },
    filter: {
      is: (x) => isText(x) || isFunction(x) || isObject(x),
      what: "a pattern of paths, a list of them, or a function of path and leaf",
    },
    leaves: LIST,
    node: OBJECT,
  },
};

/** The room of a function by its name: the longest part before a dot that is one, and "" for a name without a dot only. */
const roomOf = (where: string): Kinds | undefined => {
  const dot = where.lastIndexOf(".");
  if (dot < 0) return ROOMS[""];
  const outer = where.slice(0, dot);
  return ROOMS[outer] ?? (outer.includes(".") ? roomOf(outer) : undefined);
};

/** What the parameter or option of a function has to be, if that can be said before the function runs. */
export const kindOf = (where: string, name: string): Kind | undefined => roomOf(where)?.[name] ?? COMMON[name];

/** Names whose arguments the functions judge themselves, for what is said where they fail. */
const SUSPECTS: Kinds = {
  ...all(TENSOR_LIKE, "x y z a b low high logits labels condition values indices"),
  ...all(AXES, "axis axes axis1 axis2"),
  ...all(LIST, "lengths batches groups rates xs arrays sizes dims perm starts padding choices conditions"),
  key: { ...TENSOR, what: "a random key", hint: "random.key(0) makes one" },
  shape: { is: (x) => isNumber(x) || Array.isArray(x), what: "a shape, which is a list of whole numbers" },
  lhs: TENSOR,
  rhs: TENSOR,
  operand: TENSOR,
};
/** The same for `lax`, whose functions promote nothing. */
const STRICT: Kinds = all(TENSOR, "x y a b low high indices update condition which");

/** What an argument that made a function fail should have been. */
export const suspectOf = (where: string, name: string): Kind | undefined =>
  kindOf(where, name) ?? (where.startsWith("lax.") ? STRICT[name] : undefined) ?? SUSPECTS[name];
