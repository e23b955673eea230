/** @file Layers as functions of parameters and activations. */
import { normalizeAxes } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";

/**
 * Root-mean-square normalisation over the last axis, without mean or bias: `y = scale · x / sqrt(mean(x²) + eps)`.
 *
 * - `x`: activations, `[..., d]`
 * - `scale`: learned gain, `[d]`
 * - `eps`: added to the mean square, inside the root
 * @throws {ShapeError} when `scale` is not `[d]`
 * @see Zhang and Sennrich 2019, arXiv:1910.07467
 * @example rmsNorm(np.full([2, 4], 5), np.ones([4])) // all entries 1, to 1e-6
 */
export const rmsNorm = composite("nn.rmsNorm", (x: Tensor, scale: Tensor, eps: number = 1e-6): Tensor => {
  if (scale.ndim !== 1 || scale.shape[0] !== x.shape[x.ndim - 1]) {
    throw new ShapeError({
      where: "nn.rmsNorm",
      what: "the scale does not fit",
      expected: `[${x.shape[x.ndim - 1]}]`,
      got: `${scale.aval} for ${x.aval}`,
    });
  }
  const meanSquare = np.mean(np.square(x), { axis: -1, keepDims: true });
  return np.multiply(np.multiply(x, np.rsqrt(np.add(meanSquare, eps))), scale);
});

/**
 * Sets a share `rate` of the elements to zero and divides the others by `1 - rate`.
 *
 * - `broadcastAxes`: axes along which one draw serves all elements; T5 shares it along the length
 * @throws {ArgumentError} when the rate is not in [0, 1); {ShapeError} for an axis that is not there
 * @see Srivastava et al. 2014
 */
export const dropout = composite(
  "nn.dropout",
  (key: Tensor, rate: number, x: Tensor, options: { readonly broadcastAxes?: readonly number[] } = {}): Tensor => {
    if (!(rate >= 0 && rate < 1)) {
      throw new ArgumentError({
        where: "nn.dropout",
        what: "the rate is out of range",
        expected: "0 <= rate < 1",
        got: `${rate}`,
      });
    }
    const shared = normalizeAxes("nn.dropout", x.ndim, options.broadcastAxes ?? []);
    if (rate === 0) return x;
    const shape = x.shape.map((n, axis) => (shared.includes(axis) ? 1 : n));
    return np.where(random.bernoulli(key, 1 - rate, shape), np.divide(x, 1 - rate), 0);
  },
);

/** Matrix product with a kernel `[in, out]`, and a bias `[out]` if there is one. */
export const dense = composite(
  "nn.dense",
  (params: { readonly kernel: Tensor; readonly bias?: Tensor }, x: Tensor): Tensor => {
    const y = np.matmul(x, params.kernel);
    return params.bias === undefined ? y : np.add(y, params.bias);
  },
);

/** Rows of a table `[V, d]` for ids `[...]`: `[..., d]`. Ids out of range take the nearest row. */
export const embed = (table: Tensor, ids: Tensor): Tensor => np.take(table, ids, 0, "clip");
