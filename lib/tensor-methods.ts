/**
 * @file Methods on tensors, as JAX's arrays have them: thin calls of the free functions, on tracers too.
 *
 * The main entry installs them; the sub-paths don't, and don't know of them. `core` knows no operation.
 */

import type { Shape } from "./core/aval.js";
import { UnsupportedError } from "./core/errors.js";
import { Tensor, type TensorLike } from "./core/tensor.js";
import * as np from "./np/index.js";

/** The free functions whose first argument becomes the tensor itself. */
const FUNCTIONS = {
  abs: np.abs,
  add: np.add,
  all: np.all,
  any: np.any,
  argmax: np.argmax,
  argmin: np.argmin,
  argpartition: np.argpartition,
  argsort: np.argsort,
  astype: np.astype,
  at: np.at,
  choose: np.choose,
  clip: np.clip,
  copy: np.copy,
  cos: np.cos,
  cumprod: np.cumprod,
  cumsum: np.cumsum,
  diagonal: np.diagonal,
  div: np.divide,
  divide: np.divide,
  dot: np.dot,
  equal: np.equal,
  exp: np.exp,
  flatten: np.ravel,
  floorDivide: np.floorDivide,
  get: np.get,
  greater: np.greater,
  greaterEqual: np.greaterEqual,
  less: np.less,
  lessEqual: np.lessEqual,
  log: np.log,
  matmul: np.matmul,
  max: np.max,
  mean: np.mean,
  min: np.min,
  mod: np.mod,
  mul: np.multiply,
  multiply: np.multiply,
  neg: np.negative,
  negative: np.negative,
  nonzero: np.nonzero,
  notEqual: np.notEqual,
  pow: np.power,
  power: np.power,
  prod: np.prod,
  ptp: np.ptp,
  ravel: np.ravel,
  reciprocal: np.reciprocal,
  repeat: np.repeat,
  round: np.round,
  searchsorted: np.searchsorted,
  sin: np.sin,
  sort: np.sort,
  sqrt: np.sqrt,
  square: np.square,
  squeeze: np.squeeze,
  std: np.std,
  sub: np.subtract,
  subtract: np.subtract,
  sum: np.sum,
  swapaxes: np.swapaxes,
  take: np.take,
  tanh: np.tanh,
  trace: np.trace,
  var: np.variance,
} as const;

/** A free function without its first argument. */
type Method<F extends (...args: never[]) => unknown> =
  Parameters<F> extends readonly [unknown?, ...infer Rest] ? (...rest: Rest) => ReturnType<F> : never;

/** The free functions as methods, and what JAX's arrays have beside them. */
export type TensorMethods = { readonly [K in keyof typeof FUNCTIONS]: Method<(typeof FUNCTIONS)[K]> } & {
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
for (const [name, f] of Object.entries(FUNCTIONS) as [string, (...args: unknown[]) => unknown][]) {
  define(name, {
    value: function method(this: TensorLike, ...rest: unknown[]): unknown {
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
