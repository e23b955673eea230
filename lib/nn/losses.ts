/** @file Cross entropy of tokens, one by one and summed. */
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
    // A target that is no class has the logit 0, as in the sum with a one-hot vector.
    const isClass = np.logicalAnd(np.greaterEqual(targets, 0), np.less(targets, logits.shape[logits.ndim - 1]));
    const found = np.takeAlongAxis(logits, np.expandDims(targets, -1), -1, "clip");
    const loss = np.subtract(logZ, np.where(isClass, np.squeeze(found, -1), 0));
    return { loss: zLoss === 0 ? loss : np.add(loss, np.multiply(zLoss, np.square(logZ))), logZ };
  },
);

/** Sums over tokens; divide `loss` by `count` for the mean. */
export interface LossSums {
  /** Sum of the weighted losses, z-loss included. */
  readonly loss: Tensor;
  /** The z-loss's part of it. */
  readonly zLoss: Tensor;
  /** Sum of the weights: how many tokens there were. */
  readonly count: Tensor;
}

/**
 * Cross entropy with z-loss, summed over tokens with weights.
 *
 * The sums are not divided, so that they can be added over micro-batches.
 * - `logits`: `[..., V]` float
 * - `targets`: `[...]` int32
 * - `weights`: broadcast to the targets, such as 0 at padding; default 1
 * @throws {ShapeError} when the shapes do not fit
 * @see T5X's `compute_weighted_cross_entropy`
 * @example crossEntropy(logits, targets, { zLoss: 1e-4, weights: np.notEqual(targets, 0) })
 */
export const crossEntropy = composite(
  "nn.crossEntropy",
  (logits: Tensor, targets: Tensor, options: { readonly zLoss?: number; readonly weights?: Tensor } = {}): LossSums => {
    const { zLoss = 0, weights } = options;
    const { loss, logZ } = tokenLosses(logits, targets, { zLoss });
    const each = np.broadcastTo(np.astype(weights ?? 1, loss.dtype), targets.shape);
    const sum = (x: Tensor): Tensor => np.sum(np.multiply(x, each));
    return { loss: sum(loss), zLoss: np.multiply(zLoss, sum(np.square(logZ))), count: np.sum(each) };
  },
);
