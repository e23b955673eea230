/** @file Sums, means, extrema, cumulative sums and sorting. */
import {
  type Aval,
  isFloat,
  keepDims as keptShape,
  normalizeAxes,
  normalizeAxis,
  range,
  sizeOf,
} from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import { asTensor, literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as e from "../primitives/elementwise.js";
import * as m from "../primitives/math.js";
import * as mv from "../primitives/movement.js";
import * as r from "../primitives/reduce.js";
import { cast, convertTo, promoteFloat } from "./promote.js";

/** Over which axes (default all), and whether they stay with size 1. */
export interface ReduceOptions {
  readonly axis?: number | readonly number[] | undefined;
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

const noBool = (where: string, x: Tensor): Tensor => (x.dtype === "bool" ? cast(where, x, "int32") : x);

/** The sum; of bools a count (int32). */
export const sum = composite(
  "np.sum",
  (x: TensorLike, options: ReduceOptions = {}): Tensor =>
    reduceWith("np.sum", noBool("np.sum", asTensor(x, "np.sum")), options, b.reduceSum),
);
/** The arithmetic mean; of no elements NaN. */
export const mean = composite("np.mean", (x: TensorLike, options: ReduceOptions = {}): Tensor => {
  const [t] = promoteFloat("np.mean", x);
  return reduceWith("np.mean", t, options, (y, axes) =>
    e.div(b.reduceSum(y, axes), literal("np.mean", sizeOf(axes.map((a) => y.shape[a])), y.dtype)),
  );
});
/** The variance; `ddof` is subtracted from the count. */
export const variance = composite(
  "np.var",
  (x: TensorLike, options: ReduceOptions & { readonly ddof?: number } = {}): Tensor => {
    const [t] = promoteFloat("np.var", x);
    const centred = e.sub(t, mean(t, { axis: options.axis, keepDims: true }));
    return reduceWith("np.var", e.mul(centred, centred), options, (y, axes) =>
      e.div(
        b.reduceSum(y, axes),
        literal("np.var", sizeOf(axes.map((a) => y.shape[a])) - (options.ddof ?? 0), y.dtype),
      ),
    );
  },
);
export const std = composite(
  "np.std",
  (x: TensorLike, options: ReduceOptions & { readonly ddof?: number } = {}): Tensor => m.sqrt(variance(x, options)),
);

const extremum = (name: string, f: (x: Tensor, axes: readonly number[]) => Tensor) =>
  composite(name, (x: TensorLike, options: ReduceOptions = {}): Tensor => {
    const t = noBool(name, asTensor(x, name));
    return reduceWith(name, t, options, (y, axes) => {
      if (axes.some((a) => y.shape[a] === 0)) {
        throw new ShapeError({
          where: name,
          what: "an axis has no elements",
          expected: "at least one",
          got: `${y.aval}`,
        });
      }
      return f(y, axes);
    });
  });
/** The largest element; the derivative is shared among ties. NaN wins. */
export const max = extremum("np.max", r.reduceMax);
export const min = extremum("np.min", r.reduceMin);

const logical = (name: string, f: (x: Tensor, axes: readonly number[]) => Tensor) =>
  composite(
    name,
    (x: TensorLike, options: ReduceOptions = {}): Tensor =>
      reduceWith(name, convertTo(asTensor(x, name), "bool"), options, f),
  );
export const all = logical("np.all", r.reduceAnd);
export const any = logical("np.any", r.reduceOr);

/** The product, by halves, so that its derivatives are right where an element is zero. */
export const prod = composite("np.prod", (x: TensorLike, options: ReduceOptions = {}): Tensor => {
  const t = noBool("np.prod", asTensor(x, "np.prod"));
  return reduceWith("np.prod", t, options, (y, axes) => {
    const rest = range(y.ndim).filter((a) => !axes.includes(a));
    const count = sizeOf(axes.map((a) => y.shape[a]));
    let flat = b.reshape(b.transpose(y, [...rest, ...axes]), [...rest.map((a) => y.shape[a]), count]);
    const last = rest.length;
    const one = literal("np.prod", 1, y.dtype);
    if (count === 0) return b.broadcastTo(one, flat.shape.slice(0, -1));
    for (let n = count; n > 1; n = Math.ceil(n / 2)) {
      const half = Math.ceil(n / 2);
      const left = mv.sliceAxis(flat, last, 0, half);
      const right = mv.sliceAxis(flat, last, half, n);
      const low = flat.shape.map(() => 0);
      const padded =
        n % 2 === 0 ? right : mv.pad(right, one, { low, high: low.map((_, i) => (i === last ? 1 : 0)), interior: low });
      flat = e.mul(left, padded);
    }
    return b.reshape(flat, flat.shape.slice(0, -1));
  });
});

/** Running operation along an axis by doubling steps: log2(n) slices and products. */
const scanByDoubling = (x: Tensor, axis: number, neutral: Tensor, f: (a: Tensor, b: Tensor) => Tensor): Tensor => {
  const n = x.shape[axis];
  let y = x;
  for (let step = 1; step < n; step *= 2) {
    const at = (v: number): number[] => y.shape.map((_, i) => (i === axis ? v : 0));
    const shifted = mv.pad(mv.sliceAxis(y, axis, 0, n - step), neutral, {
      low: at(step),
      high: at(0),
      interior: at(0),
    });
    y = f(shifted, y);
  }
  return y;
};

/** Running sums. */
export const cumsum = composite(
  "np.cumsum",
  (x: TensorLike, options: { axis?: number; reverse?: boolean } = {}): Tensor => {
    const t = noBool("np.cumsum", asTensor(x, "np.cumsum"));
    const [y, axis] =
      options.axis === undefined ? [b.reshape(t, [t.size]), 0] : [t, normalizeAxis("np.cumsum", options.axis, t.ndim)];
    return r.cumSum(y, axis, options.reverse === true);
  },
);
const cumulative = (name: string, neutral: (aval: Aval) => number, f: (a: Tensor, b: Tensor) => Tensor) =>
  composite(name, (x: TensorLike, options: { axis?: number } = {}): Tensor => {
    const t = noBool(name, asTensor(x, name));
    const [y, axis] =
      options.axis === undefined ? [b.reshape(t, [t.size]), 0] : [t, normalizeAxis(name, options.axis, t.ndim)];
    return scanByDoubling(y, axis, literal(name, neutral(y.aval), y.dtype), f);
  });
/** Running products. */
export const cumprod = cumulative("np.cumprod", () => 1, e.mul);
const least = (a: Aval): number => (isFloat(a.dtype) ? -Infinity : a.dtype === "int32" ? -(2 ** 31) : 0);
const greatest = (a: Aval): number => (isFloat(a.dtype) ? Infinity : a.dtype === "int32" ? 2 ** 31 - 1 : 2 ** 32 - 1);
export const cummax = cumulative("np.cummax", least, e.max);
export const cummin = cumulative("np.cummin", greatest, e.min);

const argument = (name: string, f: (x: Tensor, axis: number) => Tensor) =>
  composite(name, (x: TensorLike, options: { axis?: number; keepDims?: boolean } = {}): Tensor => {
    const t = asTensor(x, name);
    const numeric = t.dtype === "bool" ? cast(name, t, "int32") : t;
    const [y, axis] =
      options.axis === undefined
        ? [b.reshape(numeric, [t.size]), 0]
        : [numeric, normalizeAxis(name, options.axis, t.ndim)];
    const found = f(y, axis);
    return options.keepDims === true
      ? b.reshape(found, keptShape(t.shape, options.axis === undefined ? range(t.ndim) : [axis]))
      : found;
  });
/** Index (int32) of the first largest element; of the whole, flattened, without an axis. */
export const argmax = argument("np.argmax", r.argMax);
export const argmin = argument("np.argmin", r.argMin);

/** Ascending, stable, NaN last. */
export const sort = composite("np.sort", (x: TensorLike, axis: number = -1): Tensor => {
  const t = asTensor(x, "np.sort");
  return r.sort(t, normalizeAxis("np.sort", axis, t.ndim))[0];
});
/** Indices (int32) that sort; stable, NaN last. */
export const argsort = composite("np.argsort", (x: TensorLike, axis: number = -1): Tensor => {
  const t = asTensor(x, "np.argsort");
  return r.sort(t, normalizeAxis("np.argsort", axis, t.ndim))[1];
});
/**
 * The `k` largest along the last axis in descending order, and their indices (int32); equal ones by lower index first, NaN as the
 * largest (where `sort` has it too).
 * @throws {ShapeError} when the axis has fewer than `k` elements
 */
export const topK = composite("np.topK", (x: TensorLike, k: number): [values: Tensor, indices: Tensor] => {
  const t = asTensor(x, "np.topK");
  const last = normalizeAxis("np.topK", -1, t.ndim);
  const n = t.shape[last];
  if (!Number.isInteger(k) || k < 0 || k > n) {
    throw new ShapeError({
      where: "np.topK",
      what: "the last axis has no such number of elements",
      expected: `k from 0 to ${n}, as in ${t.aval}`,
      got: `${k}`,
    });
  }
  // Sorting is stable and ascending: from back to front and back again, equal ones come by lower index first.
  const [values, indices] = r.sort(mv.reverse(t, [last]), last);
  const best = (y: Tensor): Tensor => mv.reverse(mv.sliceAxis(y, last, n - k, n), [last]);
  return [best(values), e.sub(literal("np.topK", n - 1, "int32"), best(indices))];
});

/** `log(sum(exp(x)))` without overflow. */
export const logsumexp = composite("np.logsumexp", (x: TensorLike, options: ReduceOptions = {}): Tensor => {
  const [t] = promoteFloat("np.logsumexp", x);
  const axes = normalizeAxes("np.logsumexp", t.ndim, options.axis);
  const top = e.stopGradient(b.reshape(r.reduceMax(t, axes), keptShape(t.shape, axes)));
  const safe = e.select(m.finite(top), top, e.zeroLike(top));
  const total = b.reduceSum(m.exp(e.sub(t, safe)), axes);
  const y = e.add(m.log(total), b.reshape(safe, total.shape));
  return options.keepDims === true ? b.reshape(y, keptShape(t.shape, axes)) : y;
});
