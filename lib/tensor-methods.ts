/**
 * @file Methods on tensors, as JAX's arrays have them: thin calls of the free functions, on tracers too.
 *
 * The main entry installs them; the sub-paths don't, and don't know of them. `core` knows no operation.
 */

import type { Shape } from "./core/aval.js";
import { UnsupportedError } from "./core/errors.js";
import { Tensor } from "./core/tensor.js";
import * as np from "./np/index.js";

/** The functions of `np` whose first argument becomes the tensor itself, by the name of the method. */
const FUNCTIONS = {
  abs: "abs",
  add: "add",
  all: "all",
  any: "any",
  argmax: "argmax",
  argmin: "argmin",
  argpartition: "argpartition",
  argsort: "argsort",
  astype: "astype",
  at: "at",
  bitwiseAnd: "bitwiseAnd",
  bitwiseNot: "bitwiseNot",
  bitwiseOr: "bitwiseOr",
  bitwiseXor: "bitwiseXor",
  choose: "choose",
  clip: "clip",
  copy: "copy",
  cos: "cos",
  cumprod: "cumprod",
  cumsum: "cumsum",
  diagonal: "diagonal",
  div: "divide",
  divide: "divide",
  dot: "dot",
  equal: "equal",
  exp: "exp",
  flatten: "ravel",
  floorDivide: "floorDivide",
  get: "get",
  greater: "greater",
  greaterEqual: "greaterEqual",
  leftShift: "leftShift",
  less: "less",
  lessEqual: "lessEqual",
  log: "log",
  logicalAnd: "logicalAnd",
  logicalNot: "logicalNot",
  logicalOr: "logicalOr",
  logicalXor: "logicalXor",
  matmul: "matmul",
  max: "max",
  mean: "mean",
  min: "min",
  mod: "mod",
  mul: "multiply",
  multiply: "multiply",
  neg: "negative",
  negative: "negative",
  nonzero: "nonzero",
  notEqual: "notEqual",
  pow: "power",
  power: "power",
  prod: "prod",
  ptp: "ptp",
  ravel: "ravel",
  reciprocal: "reciprocal",
  repeat: "repeat",
  rightShift: "rightShift",
  round: "round",
  searchsorted: "searchsorted",
  sin: "sin",
  sort: "sort",
  sqrt: "sqrt",
  square: "square",
  squeeze: "squeeze",
  std: "std",
  sub: "subtract",
  subtract: "subtract",
  sum: "sum",
  swapaxes: "swapaxes",
  take: "take",
  tanh: "tanh",
  trace: "trace",
  var: "variance",
} as const satisfies Record<string, keyof typeof np>;

/** A free function without its first argument. */
type Method<F extends (...args: never[]) => unknown> =
  Parameters<F> extends readonly [unknown?, ...infer Rest] ? (...rest: Rest) => ReturnType<F> : never;

/** The free functions as methods, and what JAX's arrays have beside them. */
export type TensorMethods = { readonly [K in keyof typeof FUNCTIONS]: Method<(typeof np)[(typeof FUNCTIONS)[K]]> } & {
  /** The tensor with its axes reversed. */
  readonly T: Tensor;
  /** The tensor with its last two axes swapped. @throws {ShapeError} when there is one axis, or none */
  readonly mT: Tensor;
  /** The elements in another shape, given as a list or as arguments; one length may be -1. */
  reshape(...shape: readonly [Shape | number] | readonly number[]): Tensor;
  /** The tensor with its axes in another order, given as a list or as arguments; reversed without them. */
  transpose(...axes: readonly [readonly number[]] | readonly number[]): Tensor;
  /** The elements as nested arrays, as `toArray`. */
  tolist: Tensor["toArray"];
};

declare module "./core/tensor.js" {
  interface Tensor extends TensorMethods {}
}

const isList = (xs: readonly unknown[]): xs is readonly [readonly number[]] => xs.length === 1 && Array.isArray(xs[0]);

const define = (name: string | symbol, property: PropertyDescriptor): void => {
  Object.defineProperty(Tensor.prototype, name, { configurable: true, enumerable: false, ...property });
};
for (const [name, of] of Object.entries(FUNCTIONS)) {
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: the main entry exports all of np anyway
  const f = np[of] as (...args: unknown[]) => unknown;
  define(name, {
    value: function method(this: Tensor, ...rest: unknown[]): unknown {
      return f(this, ...rest);
    },
  });
}
define("reshape", {
  value: function reshape(this: Tensor, ...shape: readonly [Shape] | readonly number[]): Tensor {
    return np.reshape(this, isList(shape) ? shape[0] : (shape as readonly number[]));
  },
});
define("transpose", {
  value: function transpose(this: Tensor, ...axes: readonly [readonly number[]] | readonly number[]): Tensor {
    if (axes.length === 0) return np.transpose(this);
    return np.transpose(this, isList(axes) ? axes[0] : (axes as readonly number[]));
  },
});
// Declared nowhere: the types refuse it already.
define(Symbol.iterator, {
  value: function iterate(this: Tensor): never {
    throw new UnsupportedError({
      where: "tensor",
      what: "a tensor cannot be taken apart, or looped over, as a list",
      expected: "np.unstack(x), the list of its rows, or random.subkeys(key) for keys",
      got: this.describe(),
      hint: "a list of tensors has brackets: [x, y]",
    });
  },
});
// The same for what lists have. Any index would take a proxy, which slows all calls; these are those that programs begin with.
const refuseAsList = (what: string, expected: string, got: string): never => {
  const hint = "x.tolist() is a list of plain numbers, x.dataSync() a typed array";
  throw new UnsupportedError({ where: "tensor", what, expected, got, hint });
};
define("length", {
  get(this: Tensor): never {
    const expected = "x.shape[0] for its rows, x.size for all elements";
    return refuseAsList("a tensor has no length", expected, this.describe());
  },
});
for (const index of ["-1", "0", "1", "2", "3"]) {
  define(index, {
    get(this: Tensor): never {
      return refuseAsList("brackets do not read a tensor", `x.get(${index}), or np.get(x, ${index})`, this.describe());
    },
    set(this: Tensor): never {
      return refuseAsList("a tensor does not change", `y = x.at(${index}).set(value), a new one`, this.describe());
    },
  });
  // How JAX writes a part.
  Object.defineProperty(Tensor.prototype.at, index, {
    get: () => refuseAsList("x.at is a function here", `x.at(${index}).set(value), a new tensor`, `x.at[${index}]`),
  });
}
define("tolist", { value: Tensor.prototype.toArray });
define("T", {
  get(this: Tensor): Tensor {
    return np.transpose(this);
  },
});
define("mT", {
  get(this: Tensor): Tensor {
    return np.matrixTranspose(this);
  },
});
