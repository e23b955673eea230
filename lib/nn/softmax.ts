/** @file Functions along axes: softmax and its logarithm, means of exponentials, standardization, one-hot vectors. */
import { type DType, normalizeAxes, normalizeAxis, sizeOf } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as np from "../np/index.js";
import { stopGradient } from "../primitives/elementwise.js";
import { reduceMaxForShift } from "../primitives/reduce.js";
import { customJvp } from "../transforms/custom-jvp.js";

type Axis = number | readonly number[];
/** One axis, several, or null: all. */
type AxisOrAll = Axis | null;

/** Which elements count, broadcast to `x`; the others are 0 in the result (-Infinity in a logarithm). */
export interface Where {
  readonly where?: TensorLike | undefined;
}

/** `x - max(x)`, so that no exponential overflows; the shift has no derivative. Elements that do not count are -Infinity. */
const shifted = (
  name: string,
  x: TensorLike,
  axis: AxisOrAll,
  { where }: Where,
): { y: Tensor; axis: readonly number[] } => {
  const t = asTensor(x, name);
  const at = normalizeAxes(name, t.ndim, axis);
  const counted = where === undefined ? t : np.where(where, t, Number.NEGATIVE_INFINITY);
  const top = np.expandDims(stopGradient(reduceMaxForShift(counted, at)), at);
  // Where nothing counts (or all is -Infinity) the largest must not be subtracted.
  const safe = where === undefined ? top : np.where(np.isfinite(top), top, 0);
  const y = np.subtract(where === undefined ? t : np.where(where, t, safe), safe);
  return { y, axis: at };
};

/** `exp(y)`, 0 where it does not count, and its sums; where nothing counts a sum of 1, so that no division brings NaN. */
const exponentials = (y: Tensor, axis: readonly number[], { where }: Where): { e: Tensor; total: Tensor } => {
  const e = where === undefined ? np.exp(y) : np.where(where, np.exp(y), 0);
  const total = np.sum(e, { axis, keepDims: true });
  return { e, total: where === undefined ? total : np.where(np.equal(total, 0), 1, total) };
};

const plainSoftmax = (x: TensorLike, axis: AxisOrAll, options: Where): Tensor => {
  const { y, axis: at } = shifted("nn.softmax", x, axis, options);
  const { e, total } = exponentials(y, at, options);
  return np.divide(e, total);
};

export interface SoftmaxOptions extends Where {
  /**
   * The least weight besides 0: weights are rounded to multiples of a power of two, `least` or the next above it (in float64 to finer ones).
   * Default 0: all weights stay.
   */
  readonly least?: number;
}

/** Bits of a float32 after the first. */
const FRACTION = 23;

/**
 * Weights rounded to multiples of the least; NaN stays. A sum with a number so much larger has no smaller bits, and taking it away again
 * leaves no others: two fast passes, where a comparison and a choice take four.
 *
 * @throws {ArgumentError} for a least weight out of range
 */
const fromLeast = (weights: Tensor, { least = 0 }: SoftmaxOptions): Tensor => {
  if (!(least >= 0 && least < 1)) {
    const what = "the least weight is out of range";
    throw new ArgumentError({ where: "nn.softmax", what, expected: "0 <= least < 1", got: `${least}` });
  }
  if (least === 0) return weights;
  const large = 2 ** (Math.ceil(Math.log2(least)) + FRACTION);
  return np.subtract(np.add(weights, large), large);
};

/**
 * `exp(x) / sum(exp(x))` along an axis, several, or all (null). Its derivative is stated in terms of the result: `y · (dx - sum(y · dx))`.
 *
 * - `least`: where scores lie far apart, many weights are subnormal numbers, with which processors compute up to fifty times slower, in the
 *   products that follow and all through the backward pass; with `least` there are none
 *
 * @throws {ArgumentError} for a `least` that is not from 0 to below 1
 * @see JAX's `jax.nn.softmax`
 * @example softmax(scores, -1, { where: mask }) // zero where the mask does not hold
 */
export const softmax = composite(
  "nn.softmax(x, axis, { least, where })",
  (x: TensorLike, axis: AxisOrAll = -1, options: SoftmaxOptions = {}): Tensor => {
    if (options.where !== undefined) return fromLeast(plainSoftmax(x, axis, options), options);
    const t = asTensor(x, "nn.softmax");
    const at = normalizeAxes("nn.softmax", t.ndim, axis);
    const weights = (x: Tensor): Tensor => fromLeast(plainSoftmax(x, at, {}), options);
    const differentiated = customJvp(weights, ([x], [dx]) => {
      const y = weights(x);
      const product = np.multiply(y, dx);
      // The small sum is negated, not the product with it: the transpose has one pass over a large array less.
      const minusSum = np.negative(np.sum(product, { axis: at, keepDims: true }));
      return [y, np.add(product, np.multiply(y, minusSum))];
    });
    return differentiated(t);
  },
);

/** `x - log(sum(exp(x)))` along an axis, several, or all (null). */
export const logSoftmax = composite(
  "nn.logSoftmax(x, axis, { where })",
  (x: TensorLike, axis: AxisOrAll = -1, options: Where = {}): Tensor => {
    const { y, axis: at } = shifted("nn.logSoftmax", x, axis, options);
    const logs = np.subtract(y, np.log(exponentials(y, at, options).total));
    return options.where === undefined ? logs : np.where(options.where, logs, Number.NEGATIVE_INFINITY);
  },
);

/** `log(mean(exp(x)))` without overflow, over an axis, several, or all. */
export const logmeanexp = composite(
  "nn.logmeanexp(x, { axis, keepDims })",
  (x: TensorLike, options: { readonly axis?: Axis; readonly keepDims?: boolean } = {}): Tensor => {
    const t = asTensor(x, "nn.logmeanexp");
    const count = sizeOf(normalizeAxes("nn.logmeanexp", t.ndim, options.axis).map((a) => t.shape[a]));
    return np.subtract(np.logsumexp(t, options), Math.log(count));
  },
);

export interface StandardizeOptions {
  /** Added to the variance, inside the root. Default 1e-5. */
  readonly epsilon?: number;
  /** Statistics in place of those of `x`, broadcast to it. */
  readonly mean?: Tensor;
  readonly variance?: Tensor;
  /** Elements where it is false do not count for mean and variance. */
  readonly where?: TensorLike;
}

/**
 * `(x - mean) / sqrt(variance + epsilon)`, mean and variance along an axis, several, or all (null).
 *
 * @see JAX's `jax.nn.standardize`
 */
export const standardize = composite(
  "nn.standardize(x, axis, { epsilon, mean, variance, where })",
  (x: TensorLike, axis: AxisOrAll = -1, options: StandardizeOptions = {}): Tensor => {
    const { epsilon = 1e-5, where } = options;
    const over = { axis, keepDims: true, where };
    const centred = np.subtract(x, options.mean ?? np.mean(x, over));
    const variance =
      options.variance ?? (options.mean === undefined ? np.mean(np.square(centred), over) : np.variance(x, over));
    return np.multiply(centred, np.rsqrt(np.add(variance, epsilon)));
  },
);

/**
 * 1 at the index, 0 elsewhere, along a new axis of size `classes`; an index out of range gives zeros.
 *
 * - `axis`: where the new axis is in the result. Default the last
 */
export const oneHot = composite(
  "nn.oneHot(indices, classes, dtype, axis)",
  (indices: TensorLike, classes: number, dtype: DType = "float32", axis: number = -1): Tensor => {
    const ids = asTensor(indices, "nn.oneHot");
    const at = normalizeAxis("nn.oneHot", axis, ids.ndim + 1);
    const range = np.reshape(
      np.arange(0, classes, 1, ids.dtype === "uint32" ? "uint32" : "int32"),
      Array.from({ length: ids.ndim + 1 }, (_, i) => (i === at ? classes : 1)),
    );
    return np.astype(np.equal(np.expandDims(ids, at), range), dtype);
  },
);
