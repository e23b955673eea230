/** @file Sums, means and extrema. */
import { keepDims as keptShape, normalizeAxes, normalizeAxis, range, sizeOf } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import { asTensor, literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as e from "../primitives/elementwise.js";
import * as m from "../primitives/math.js";
import * as mv from "../primitives/movement.js";
import * as r from "../primitives/reduce.js";
import { cast, convertTo, noBool, promoteFloat } from "./promote.js";

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
