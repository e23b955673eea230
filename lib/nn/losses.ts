/** @file Losses a token. */
import { composite } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";

/**
 * Cross entropy of each token with z-loss: `logZ - x[target] + zLoss · logZ²`, `logZ = logsumexp(x)`.
 *
 * The derivative with respect to the logits is `(1 + 2 · zLoss · logZ) · softmax(x) - onehot(target)`.
 * - `logits`: `[..., V]` float
 * - `targets`: `[...]` int32
 * @returns the losses and `logZ`, both `[...]`
 * @throws {ShapeError} when the targets have not the shape of the logits without the last axis
 * @see T5X's `cross_entropy_with_logits`
 */
export const tokenLosses = composite(
  "nn.tokenLosses",
  (logits: Tensor, targets: Tensor, options: { readonly zLoss?: number } = {}): { loss: Tensor; logZ: Tensor } => {
    const { zLoss = 0 } = options;
    const expected = logits.shape.slice(0, -1);
    if (expected.join() !== targets.shape.join()) {
      throw new ShapeError({
        where: "nn.tokenLosses",
        what: "targets and logits do not fit",
        expected: `targets [${expected}] for logits ${logits.aval}`,
        got: `${targets.aval}`,
      });
    }
    const logZ = np.logsumexp(logits, { axis: -1 });
    // Selecting by comparison, so that the derivative is a selection too and needs no scatter.
    const hot = np.equal(np.expandDims(targets, -1), np.arange(logits.shape[logits.ndim - 1]));
    const picked = np.sum(np.where(hot, logits, 0), { axis: -1 });
    const loss = np.subtract(logZ, picked);
    return { loss: zLoss === 0 ? loss : np.add(loss, np.multiply(zLoss, np.square(logZ))), logZ };
  },
);
