/** @file Dropout, as a function and as a layer. */

import { normalizeAxes } from "../core/aval.js";
import { composite, takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import type { Context, Layer, NoParams } from "./layer.js";

export interface DropoutOptions {
  /** Axes along which one draw serves all elements. */
  readonly broadcastAxes?: readonly number[];
}

/**
 * Sets a share `rate` of the elements to zero and divides the others by `1 - rate`.
 *
 * - `broadcastAxes`: axes along which one draw serves all elements; T5 shares it along the length
 * @throws {ArgumentError} when the rate is not in [0, 1); {ShapeError} for an axis that is not there
 * @see Srivastava et al. 2014
 */
export const dropout = composite(
  "nn.dropout(key, rate, x, { broadcastAxes })",
  (key: Tensor, rate: number, x: Tensor, options: DropoutOptions = {}): Tensor => {
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

/**
 * Dropout as a layer of `sequential`: it drops when it is applied with a key, and not without.
 *
 * @example sequential(dense(4, 8), dropoutLayer(0.1)).apply(params, x, { key })
 */
export const dropoutLayer = takes(
  "nn.dropoutLayer(rate, { broadcastAxes })",
  (rate: number, options: DropoutOptions = {}): Layer<NoParams> => ({
    init: () => ({}),
    apply: composite("nn.dropoutLayer(params, x, { key })", (_params: NoParams, x: Tensor, context: Context = {}) =>
      context.key === undefined ? x : dropout(context.key, rate, x, options),
    ),
  }),
);
