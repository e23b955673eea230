/**
 * @file What parameters and options of one name are wherever they occur: what calls are held to before the function runs, and what is said
 * of the arguments where it failed with an error of JavaScript.
 */
import {
  AVERAGED,
  AXES,
  all,
  BYTES,
  CONFIG,
  COUNTED,
  COUNTED_OR_NULL,
  DECAY,
  FACTOR,
  FLAG,
  FROM_0,
  FUNCTION,
  isFunction,
  isNumber,
  isObject,
  isStore,
  isText,
  type Kind,
  type Kinds,
  LIMIT,
  LIST,
  MASK,
  METHOD,
  NUMBER,
  NUMBERS,
  OBJECT,
  optional,
  PARTS,
  RATE,
  SCALAR,
  SHARE,
  STARTS,
  STRUCTURE,
  TENSOR,
  TENSOR_LIKE,
  TEXT,
  TEXT_OR_BYTES,
  TRANSFORMATION,
} from "./kinds.js";

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
/** Names that mean the same in one room, by the name of the room, or of the one function; functions of the other entries have a name alone. */
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
    ...all(FLAG, "hasAux allowInt"),
    argnums: { ...AXES, what: "the place of an argument, or a list of places" },
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
    ...all(FLAG, "useBias useScale isCausal keepDims"),
    classes: COUNTED,
    cell: { is: isObject, what: "a cell, such as nn.lstmCell(2, 8)" },
  },
  np: {
    ...all(FLAG, "keepDims endpoint descending equalNan sparse density rowvar invert increasing uniqueIndices"),
    ...all(FLAG, "fullMatrices computeUv symmetrizeInput"),
    ...all(COUNTED, "startOrStop start stop step"),
    ...all(optional(COUNTED), "n m"),
    axis: optional(AXES),
    xs: { ...LIST, what: "a list of tensors", hint: "they go in one list: [x, y]" },
    parts: PARTS,
  },
  "np.arange": { stop: optional(COUNTED) },
  "np.s": all(COUNTED_OR_NULL, "start stop"),
  "np.slice": { parts: LIST },
  "np.ldexp": { n: TENSOR_LIKE },
  random: {
    ...all(FLAG, "replace independent"),
    ...all({ ...TENSOR_LIKE, hint: undefined }, "minval maxval"),
    seed: SCALAR,
  },
  lax: {
    ...all(FLAG, "keepDims tiled"),
    ...all(NUMBERS, "sliceSizes"),
    starts: STARTS,
    axisName: {
      is: (x) => isText(x) || (Array.isArray(x) && x.every(isText)),
      what: "the name of an axis, or a list of names",
    },
  },
  "lax.slice": { ...all(NUMBERS, "start limit"), strides: optional(NUMBERS) },
  debug: { format: TEXT },
  "scipy.linalg": {
    factor: { ...LIST, what: "a pair", hint: "choFactor and luFactor give it; choSolve takes [c, lower]" },
  },
  "nn.initializers": all(NUMBER, "value scale stddev lower upper"),
  optim: {
    ...all(COUNTED, "steps warmup warmupSteps decaySteps transitionSteps transitionBegin"),
    ...all(COUNTED, "start end power peakValue initValue endValue alpha exponent"),
    ...all(SCALAR, "factor least stepSize eta gamma"),
    ...all(RATE, "rate learningRate adamLearningRate"),
    ...all(FROM_0, "epsilon epsilonRoot epsilon1 epsilon2 initialAccumulator trustCoefficient"),
    ...all(FROM_0, "decayRate weightDecayRate"),
    ...all(AVERAGED, "beta beta1 beta2 beta3"),
    ...all(DECAY, "decay momentum rho"),
    ...all(FLAG, "nesterov debias staircase factored multiplyByParameterScale centered safeguardWarmup"),
    ...all(FLAG, "epsilonInRoot biasCorrection"),
    weightDecay: FACTOR,
    limit: LIMIT,
    ...all(FUNCTION, "schedule make init update"),
    ...all(MASK, "mask labels"),
    ...all(TRANSFORMATION, "inner fast tx"),
    ...all(OBJECT, "transforms hyperparams boundaries"),
    ...all(LIST, "schedules cycles"),
    kind: { is: (x) => x === "linear" || x === "cosine", what: '"linear" or "cosine"' },
    factors: { is: isText, what: 'factors in a text, such as "constant * linear_warmup"' },
  },
  // A schedule may be of anything, not of a learning rate alone.
  "optim.constantSchedule": { rate: COUNTED },
  // Not the decay of an average, but where between two points gradients are taken.
  // A sum, where it is 1.
  "optim.scaleBySm3": all(DECAY, "beta1 beta2"),
  "optim.scheduleFree": { beta1: SHARE },
  "optim.scheduleFreeAdamw": { beta1: SHARE },
  "optim.scheduleFreeSgd": { beta1: SHARE },
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
export const kindOf = (where: string, name: string): Kind | undefined =>
  ROOMS[where]?.[name] ?? roomOf(where)?.[name] ?? COMMON[name];

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
