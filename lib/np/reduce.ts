/** @file Sums, means and extrema. */
import { keepDims as keptShape, normalizeAxes, normalizeAxis, range, sizeOf, without } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { scalarOf } from "../core/rules.js";
import { asTensor, literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import { reduceProd } from "../primitives/by-halves.js";
import * as e from "../primitives/elementwise.js";
import * as m from "../primitives/math.js";
import * as r from "../primitives/reduce.js";
import { alignRanks, cast, convertTo, noBool, promoteFloat } from "./promote.js";

/** Over which axes (all by default, and with null), and whether they stay with size 1. */
export interface ReduceOptions {
  readonly axis?: number | readonly number[] | null | undefined;
  readonly keepDims?: boolean;
}

/** Applies a reduction over normalised axes and puts the axes back if wanted. */
export const reduceWith = (
  where: string,
  x: Tensor,
  options: ReduceOptions,
  f: (x: Tensor, axes: readonly number[]) => Tensor,
): Tensor => {
  const axes = normalizeAxes(where, x.ndim, options.axis);
  const y = f(x, axes);
  return options.keepDims === true ? b.reshape(y, keptShape(x.shape, axes)) : y;
};

/** Elements where `where` is false do not count; it is broadcast against the tensor. */
export interface MaskedOptions extends ReduceOptions {
  readonly where?: TensorLike | undefined;
}
/** What the reduction starts from. */
export interface InitialOptions extends MaskedOptions {
  readonly initial?: TensorLike | undefined;
}
/** `ddof` (0) is subtracted from the count; `correction` is another name of it. */
export interface VarianceOptions extends MaskedOptions {
  readonly ddof?: number;
  readonly correction?: number;
}

const maskOf = (name: string, mask: TensorLike, x: Tensor): Tensor =>
  b.broadcastTo(alignRanks(name, [convertTo(asTensor(mask, name), "bool"), x])[0], x.shape);
/** `x` with a neutral number where the mask is false. */
const masked = (name: string, x: Tensor, mask: TensorLike | undefined, neutral: number): Tensor =>
  mask === undefined ? x : e.select(maskOf(name, mask, x), x, scalarOf(x.aval.strong(), neutral));

/** The sum; of bools a count (int32). */
export const sum = composite(
  "np.sum(x, { initial, where, axis, keepDims })",
  (x: TensorLike, options: InitialOptions = {}): Tensor => {
    const t = masked("np.sum", noBool("np.sum", asTensor(x, "np.sum")), options.where, 0);
    const total = reduceWith("np.sum", t, options, b.reduceSum);
    return options.initial === undefined ? total : e.add(total, startOf("np.sum", options.initial, t));
  },
);
const startOf = (name: string, initial: TensorLike, x: Tensor): Tensor => cast(name, asTensor(initial, name), x.dtype);
/** The product, by halves, so that its derivatives are right where an element is zero. */
export const prod = composite(
  "np.prod(x, { initial, where, axis, keepDims })",
  (x: TensorLike, options: InitialOptions = {}): Tensor => {
    const t = masked("np.prod", noBool("np.prod", asTensor(x, "np.prod")), options.where, 1);
    const product = reduceWith("np.prod", t, options, reduceProd);
    return options.initial === undefined ? product : e.mul(product, startOf("np.prod", options.initial, t));
  },
);

/** How many elements count along the axes: a number, or a tensor (with the axes kept) under a mask. */
const countOf = (name: string, x: Tensor, options: MaskedOptions): Tensor => {
  const axes = normalizeAxes(name, x.ndim, options.axis);
  if (options.where === undefined) return literal(name, sizeOf(axes.map((a) => x.shape[a])), x.dtype);
  const ones = e.convert(maskOf(name, options.where, x), x.dtype);
  return reduceWith(name, ones, options, b.reduceSum);
};
/** The arithmetic mean; of no elements NaN. */
export const mean = composite(
  "np.mean(x, { where, axis, keepDims })",
  (x: TensorLike, options: MaskedOptions = {}): Tensor => {
    const [t] = promoteFloat("np.mean", x);
    const total = reduceWith("np.mean", masked("np.mean", t, options.where, 0), options, b.reduceSum);
    return e.div(total, countOf("np.mean", t, options));
  },
);
/** The variance, the mean squared distance from the mean; NaN where `ddof` leaves no count. */
export const variance = composite(
  "np.var(x, { ddof, correction, where, axis, keepDims })",
  (x: TensorLike, options: VarianceOptions = {}): Tensor => varianceOf(x, options, (left) => left),
);
/** `divisor` takes what `ddof` leaves of the count, and where that is something. */
export const varianceOf = (
  x: TensorLike,
  options: VarianceOptions,
  divisor: (left: Tensor, some: Tensor) => Tensor,
): Tensor => {
  const [t] = promoteFloat("np.var", x);
  const centred = e.sub(t, mean(t, { ...options, keepDims: true }));
  const squares = masked("np.var", e.mul(centred, centred), options.where, 0);
  const count = countOf("np.var", t, options);
  const less = options.correction ?? options.ddof ?? 0;
  const left = less === 0 ? count : e.sub(count, scalarOf(t.aval.strong(), less));
  const total = reduceWith("np.var", squares, options, b.reduceSum);
  // Known beforehand without a mask.
  const sure =
    options.where === undefined && sizeOf(normalizeAxes("np.var", t.ndim, options.axis).map((a) => t.shape[a])) > less;
  if (sure) return e.div(total, left);
  const some = e.gt(left, e.zeroLike(left));
  return e.select(some, e.div(total, divisor(left, some)), scalarOf(t.aval.strong(), Number.NaN));
};
/** The standard deviation, the square root of the variance. */
export const std = composite(
  "np.std(x, { ddof, correction, where, axis, keepDims })",
  (x: TensorLike, options: VarianceOptions = {}): Tensor => m.sqrt(variance(x, options)),
);

const extremum = (
  name: string,
  f: (x: Tensor, axes: readonly number[]) => Tensor,
  combine: (x: Tensor, y: Tensor) => Tensor,
) =>
  composite(`${name}(x, { axis, keepDims, where, initial })`, (x: TensorLike, options: InitialOptions = {}): Tensor => {
    const t = asTensor(x, name);
    const { initial, where } = options;
    if (initial === undefined) {
      if (where !== undefined) {
        throw new ArgumentError({
          where: name,
          what: "there may be no element that counts",
          expected: "`initial` beside `where`",
          got: "`where` alone",
        });
      }
      return reduceWith(name, t, options, (y, axes) => {
        if (axes.some((a) => y.shape[a] === 0)) {
          throw new ShapeError({
            where: name,
            what: "an axis has no elements",
            expected: "at least one, or `initial`",
            got: `${y.aval}`,
          });
        }
        return f(y, axes);
      });
    }
    const start = startOf(name, initial, t);
    const counted = where === undefined ? t : e.select(maskOf(name, where, t), t, start);
    const found = reduceWith(name, counted, options, (y, axes) =>
      axes.some((a) => y.shape[a] === 0) ? b.broadcastTo(start, without(y.shape, axes)) : f(y, axes),
    );
    return combine(found, start);
  });
/** The largest element; the derivative is shared among ties. NaN wins. */
export const max = extremum("np.max", r.reduceMax, e.max);
/** The smallest element; the derivative is shared among ties. NaN wins. */
export const min = extremum("np.min", r.reduceMin, e.min);
/** The distance from the smallest to the largest element. */
export const ptp = composite(
  "np.ptp(x, { axis, keepDims })",
  (x: TensorLike, options: ReduceOptions = {}): Tensor => e.sub(max(x, options), min(x, options)),
);

const logical = (name: string, neutral: 0 | 1, f: (x: Tensor, axes: readonly number[]) => Tensor) =>
  composite(`${name}(x, { axis, keepDims, where })`, (x: TensorLike, options: MaskedOptions = {}): Tensor => {
    const t = masked(name, convertTo(asTensor(x, name), "bool"), options.where, neutral);
    return reduceWith(name, t, options, f);
  });
/** Whether all elements are true; of no elements true. */
export const all = logical("np.all", 1, r.reduceAnd);
/** Whether any element is true; of no elements false. */
export const any = logical("np.any", 0, r.reduceOr);
/** How many elements are not zero (int32). */
export const countNonzero = composite(
  "np.countNonzero(x, { axis, keepDims })",
  (x: TensorLike, options: ReduceOptions = {}): Tensor =>
    sum(convertTo(asTensor(x, "np.countNonzero"), "bool"), options),
);

const argument = (name: string, f: (x: Tensor, axis: number) => Tensor) =>
  composite(`${name}(x, { axis, keepDims })`, (x: TensorLike, options: ArgOptions = {}): Tensor => {
    const t = asTensor(x, name);
    const numeric = noBool(name, t);
    const whole = options.axis ?? "all";
    const [y, axis] =
      whole === "all" ? [b.reshape(numeric, [t.size]), 0] : [numeric, normalizeAxis(name, whole, t.ndim)];
    const found = f(y, axis);
    return options.keepDims === true
      ? b.reshape(found, keptShape(t.shape, whole === "all" ? range(t.ndim) : [axis]))
      : found;
  });
/** Along which axis (the whole, flattened, by default and with null), and whether it stays with size 1. */
export interface ArgOptions {
  readonly axis?: number | null | undefined;
  readonly keepDims?: boolean;
}
/** Index (int32) of the first largest element; of the whole, flattened, without an axis. */
export const argmax = argument("np.argmax", r.argMax);
export const argmin = argument("np.argmin", r.argMin);

const least = (x: Tensor): Tensor => scalarOf(x.aval.strong(), Number.NEGATIVE_INFINITY);
export interface LogSumExpOptions extends MaskedOptions {
  /** Factors of the exponentials, broadcast against `x`. */
  readonly b?: TensorLike | undefined;
}
/** `log(sum(b · exp(x)))` without overflow; NaN where the sum is negative. */
export const logsumexp = composite(
  "np.logsumexp(x, { b, where, axis, keepDims })",
  (x: TensorLike, options: LogSumExpOptions = {}): Tensor => {
    const [given, factors] = promoteFloat("np.logsumexp", x, ...(options.b === undefined ? [] : [options.b]));
    const some = factors === undefined ? given : e.select(e.eq(factors, e.zeroLike(factors)), least(given), given);
    const t = masked("np.logsumexp", some, options.where, -Infinity);
    const axes = normalizeAxes("np.logsumexp", t.ndim, options.axis);
    const top = e.stopGradient(b.reshape(r.reduceMaxForShift(t, axes), keptShape(t.shape, axes)));
    const safe = e.select(m.finite(top), top, e.zeroLike(top));
    const terms = m.exp(e.sub(t, safe));
    const total = b.reduceSum(factors === undefined ? terms : e.mul(factors, terms), axes);
    const y = e.add(m.log(total), b.reshape(safe, total.shape));
    return options.keepDims === true ? b.reshape(y, keptShape(t.shape, axes)) : y;
  },
);
