/** @file Quantiles, percentiles and medians: places between sorted elements. */
import { keepDims as keptShape, normalizeAxes, range, sizeOf, without } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { scalarOf } from "../core/rules.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as e from "../primitives/elementwise.js";
import * as mv from "../primitives/movement.js";
import { sort } from "../primitives/sort.js";
import { array } from "./array.js";
import { takeAlongAxis } from "./indexing.js";
import { cast, promoteFloat } from "./promote.js";
import type { ReduceOptions } from "./reduce.js";

export interface QuantileOptions extends ReduceOptions {
  /** What a place between two elements gives; by default it is interpolated. */
  readonly method?: "linear" | "lower" | "higher" | "midpoint" | "nearest";
}
/** A quantile, or several of them: `q` between 0 and 1. */
export type Quantiles = number | readonly number[] | Tensor;

/** The element at each place (a float, counted from 0) along the last axis of sorted rows. */
const elementsAt = (sorted: Tensor, place: Tensor, method: QuantileOptions["method"] = "linear"): Tensor => {
  const number = (v: number): Tensor => scalarOf(sorted.aval.strong(), v);
  const at = (y: Tensor): Tensor => takeAlongAxis(sorted, e.convert(y, "int32"), sorted.ndim - 1);
  const below = e.floor(place);
  const share = e.sub(place, below);
  if (method === "lower") return at(below);
  if (method === "higher") return at(e.ceil(place));
  const [low, high] = [at(below), at(e.ceil(place))];
  const half = b.broadcastTo(share, low.shape);
  if (method === "nearest") return e.select(e.le(half, number(0.5)), low, high);
  if (method === "midpoint") return e.mul(number(0.5), e.add(low, high));
  const between = e.add(e.mul(low, e.sub(number(1), half)), e.mul(high, half));
  // An infinite element times a share of zero would be NaN.
  return e.select(e.eq(half, number(0)), low, between);
};

const METHODS: readonly string[] = ["linear", "lower", "higher", "midpoint", "nearest"];

/** @throws {ArgumentError} for a share out of range, where it is a number, and for an unknown method */
const checkQuantiles = (where: string, q: Quantiles, method: string = "linear"): void => {
  const numbers = typeof q === "number" ? [q] : Array.isArray(q) ? (q as number[]) : [];
  const bad = numbers.find((v) => !(v >= 0 && v <= 1));
  if (bad !== undefined) {
    const expected = "a share of the elements from 0 to 1 (0 to 100 percent)";
    throw new ArgumentError({
      where,
      what: "there is no such quantile",
      expected,
      got: `${bad} (${bad * 100} percent)`,
    });
  }
  if (METHODS.includes(method)) return;
  throw new ArgumentError({ where, what: "there is no such method", expected: METHODS.join(", "), got: method });
};

/** Quantiles of the elements that count: all, where NaN makes the result NaN, or those that are not NaN. */
const quantileOf = (name: string, x: TensorLike, q: Quantiles, skipNaN: boolean, options: QuantileOptions): Tensor => {
  const [t] = promoteFloat(name, x);
  const axes = normalizeAxes(name, t.ndim, options.axis);
  const rest = without(range(t.ndim), axes);
  const outer = rest.map((a) => t.shape[a]);
  const n = sizeOf(axes.map((a) => t.shape[a]));
  checkQuantiles(name, q, options.method);
  const listed = typeof q === "number" || Array.isArray(q);
  const share = listed ? array([q as number | number[]].flat(), { dtype: t.dtype }) : cast(name, q as Tensor, t.dtype);
  const kept = options.keepDims === true ? keptShape(t.shape, axes) : outer;
  const shape = [...(typeof q === "number" ? [] : share.shape), ...kept];
  const unknown = scalarOf(t.aval.strong(), Number.NaN);
  if (n === 0) return b.broadcastTo(unknown, shape);
  const sorted = sort(b.reshape(b.transpose(t, [...rest, ...axes]), [...outer, n]), rest.length)[0];
  const flat = b.reshape(share, [...outer.map(() => 1), share.size]);
  const known = e.eq(sorted, sorted);
  const count = b.reshape(b.reduceSum(e.convert(known, t.dtype), [rest.length]), [...outer, 1]);
  const one = scalarOf(t.aval.strong(), 1);
  const lastPlace = skipNaN ? e.max(e.sub(count, one), e.zeroLike(one)) : scalarOf(one.aval, n - 1);
  const elements = elementsAt(sorted, e.mul(flat, lastPlace), options.method);
  const some = skipNaN
    ? e.gt(count, e.zeroLike(count))
    : b.reshape(mv.sliceAxis(known, rest.length, n - 1, n), [...outer, 1]);
  // A tensor's shares are not looked at before; out of range they have no quantile.
  const valid = e.and(some, e.and(e.ge(flat, e.zeroLike(flat)), e.le(flat, one)));
  const values = e.select(valid, elements, unknown);
  return b.reshape(b.moveAxis(values, rest.length, 0), shape);
};

const percent = (q: Quantiles): Quantiles => {
  if (typeof q === "number") return q / 100;
  if (Array.isArray(q)) return (q as number[]).map((v) => v / 100);
  const [t] = promoteFloat("np.percentile", q as Tensor);
  return e.div(t, scalarOf(t.aval.strong(), 100));
};
const quantiles = (name: string, skipNaN: boolean, scale: (q: Quantiles) => Quantiles) =>
  composite(
    `${name}(x, q, { axis, keepDims, method })`,
    (x: TensorLike, q: Quantiles, options: QuantileOptions = {}): Tensor =>
      quantileOf(name, x, scale(q), skipNaN, options),
  );
/**
 * The element below which a share `q` of the elements lies, interpolated; NaN where there is one, and of no elements.
 *
 * - `q`: from 0 to 1; several give a result with their axes in front; one out of range in a tensor gives NaN
 * @throws {ArgumentError} when a number is out of range
 * @see jax.numpy.quantile; where a place lies exactly on an infinite element, that element and not NaN
 * @example np.quantile(x, [0.25, 0.75], { axis: 0 })
 */
export const quantile = quantiles("np.quantile", false, (q) => q);
/** The same with `q` from 0 to 100. */
export const percentile = quantiles("np.percentile", false, percent);
/** The quantile of what is not NaN. */
export const nanquantile = quantiles("np.nanquantile", true, (q) => q);
/** The percentile of what is not NaN. */
export const nanpercentile = quantiles("np.nanpercentile", true, percent);

const middle = (name: string, skipNaN: boolean) =>
  composite(
    `${name}(x, { axis, keepDims })`,
    (x: TensorLike, options: ReduceOptions = {}): Tensor =>
      quantileOf(name, asTensor(x, name), 0.5, skipNaN, { ...options, method: "midpoint" }),
  );
/** The middle element, of an even number the mean of the two; NaN where there is one. */
export const median = middle("np.median", false);
/** The median of what is not NaN. */
export const nanmedian = middle("np.nanmedian", true);
