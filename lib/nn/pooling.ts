/** @file Pooling over windows of images, channels last, as Flax has it. */
import { sizeOf } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as lax from "../lax/index.js";
import * as np from "../np/index.js";

export interface PoolOptions {
  /** For each spatial axis; by default 1. */
  readonly strides?: readonly number[];
  /** `SAME`, `VALID` (the default), or a pair for each spatial axis. */
  readonly padding?: lax.Padding;
}

/** Applies `f` with the window's numbers for all axes of `x` `[N, ...spatial, C]`, or of one example `[...spatial, C]`. */
const pool = (
  where: string,
  x: Tensor,
  windowShape: readonly number[],
  { strides = windowShape.map(() => 1), padding = "VALID" }: PoolOptions,
  f: (x: Tensor, window: readonly number[], options: lax.WindowOptions) => Tensor,
): Tensor => {
  const single = x.ndim === windowShape.length + 1;
  if ((!single && x.ndim !== windowShape.length + 2) || strides.length !== windowShape.length) {
    throw new ShapeError({
      where,
      what: "the window does not fit",
      expected: "[N, ...spatial, C] or [...spatial, C], with a size and a stride for each spatial axis",
      got: `${x.aval}, window [${windowShape}], strides [${strides}]`,
    });
  }
  const images = single ? np.expandDims(x, 0) : x;
  const all = typeof padding === "string" ? padding : [[0, 0] as const, ...padding, [0, 0] as const];
  const y = f(images, [1, ...windowShape, 1], { windowStrides: [1, ...strides, 1], padding: all });
  return single ? np.squeeze(y, 0) : y;
};

/**
 * The largest of each window; padding never wins.
 *
 * - `x`: `[N, ...spatial, C]`, or one example without `N`
 * - `windowShape`: a size for each spatial axis
 * @throws {ShapeError} when the window does not fit
 * @see `flax.linen.max_pool`
 * @example nn.maxPool(np.ones([1, 4, 4, 3]), [2, 2], { strides: [2, 2] }) // [1,2,2,3]
 */
export const maxPool = composite(
  "nn.maxPool(x, windowShape, { strides, padding })",
  (x: Tensor, windowShape: readonly number[], options: PoolOptions = {}) =>
    pool("nn.maxPool", x, windowShape, options, (y, w, o) => lax.reduceWindow(y, -Infinity, "max", w, o)),
);

/**
 * The smallest of each window; padding never wins.
 * @throws {ShapeError} when the window does not fit
 * @see `flax.linen.min_pool`
 */
export const minPool = composite(
  "nn.minPool(x, windowShape, { strides, padding })",
  (x: Tensor, windowShape: readonly number[], options: PoolOptions = {}) =>
    pool("nn.minPool", x, windowShape, options, (y, w, o) => lax.reduceWindow(y, Infinity, "min", w, o)),
);

/**
 * The mean of each window.
 *
 * - `countIncludePad`: whether padding counts as zeros (the default, as in Flax); else the mean is that of the elements
 * @throws {ShapeError} when the window does not fit
 * @see `flax.linen.avg_pool`
 * @example nn.avgPool(np.ones([1, 3, 3, 1]), [2, 2], { padding: "SAME", countIncludePad: false }) // all entries 1
 */
export const avgPool = composite(
  "nn.avgPool(x, windowShape, { strides, padding, countIncludePad })",
  (
    x: Tensor,
    windowShape: readonly number[],
    { countIncludePad = true, ...options }: PoolOptions & { readonly countIncludePad?: boolean } = {},
  ) =>
    pool("nn.avgPool", x, windowShape, options, (y, w, o) => {
      const sums = lax.reduceWindow(y, 0, "add", w, o);
      if (countIncludePad) return np.divide(sums, sizeOf(w));
      const counted = np.ones([1, ...y.shape.slice(1, -1), 1], y.dtype);
      return np.divide(sums, lax.reduceWindow(counted, 0, "add", w, o));
    }),
);
