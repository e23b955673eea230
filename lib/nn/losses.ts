/** @file Cross entropy of tokens, one by one and summed. */
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";

export interface TokenLossOptions {
  /** Weight of the squared `logZ`. Default 0. */
  readonly zLoss?: number;
  /** The share of each target that is spread over the other classes, in [0, 1). Default 0. */
  readonly labelSmoothing?: number;
}

/** @throws {ArgumentError} for label smoothing out of range */
export const checkSmoothing = (where: string, labelSmoothing: number): void => {
  if (labelSmoothing >= 0 && labelSmoothing < 1) return;
  const [what, expected] = ["label smoothing is out of range", "0 <= labelSmoothing < 1"];
  throw new ArgumentError({ where, what, expected, got: `${labelSmoothing}` });
};

/** @throws {ShapeError} when the targets have not the shape of the logits without the last axis */
export const checkTargets = (where: string, logits: Tensor, targets: Tensor): void => {
  const expected = logits.shape.slice(0, -1);
  if (expected.join() === targets.shape.join()) return;
  throw new ShapeError({
    where,
    what: "targets and logits do not fit",
    expected: `targets [${expected}] for logits ${logits.aval}`,
    got: `${targets.aval}`,
  });
};

/** Cross entropy with smoothed targets, 0 at its least. A target that is not a class has only what others have. */
const smoothed = (logits: Tensor, logZ: Tensor, ofTarget: Tensor, isClass: Tensor, smoothing: number): Tensor => {
  const classes = logits.shape[logits.ndim - 1];
  const [high, low] = [1 - smoothing, smoothing / (classes - 1)];
  const least = -(high * Math.log(high) + (classes - 1) * low * Math.log(low + 1e-20));
  const total = np.where(isClass, 1, classes * low);
  const expected = np.add(np.multiply(high - low, ofTarget), np.multiply(low, np.sum(logits, { axis: -1 })));
  return np.subtract(np.subtract(np.multiply(total, logZ), expected), least);
};

/**
 * Cross entropy of each token with z-loss: `logZ - x[target] + zLoss · logZ²`, `logZ = logsumexp(x)`.
 *
 * The derivative with respect to the logits is `(1 + 2 · zLoss · logZ) · softmax(x) - onehot(target)`. With label smoothing `s` the target has
 * `1 - s` in place of 1 and each other class `s / (V - 1)` in place of 0; a constant is taken away, so that the least loss stays 0.
 * - `logits`: `[..., V]` float
 * - `targets`: `[...]` int32
 * @returns the losses and `logZ`, both `[...]`
 * @throws {ShapeError} when the targets have not the shape of the logits without the last axis; {ArgumentError} for label smoothing out of
 * range
 * @see T5X's `cross_entropy_with_logits`
 */
export const tokenLosses = composite(
  "nn.tokenLosses(logits, targets, { zLoss, labelSmoothing })",
  (logits: Tensor, targets: Tensor, options: TokenLossOptions = {}): { loss: Tensor; logZ: Tensor } => {
    const { zLoss = 0, labelSmoothing = 0 } = options;
    checkSmoothing("nn.tokenLosses", labelSmoothing);
    checkTargets("nn.tokenLosses", logits, targets);
    const logZ = np.logsumexp(logits, { axis: -1 });
    // A target that is not a class has the logit 0, as in the sum with a one-hot vector.
    const isClass = np.logicalAnd(np.greaterEqual(targets, 0), np.less(targets, logits.shape[logits.ndim - 1]));
    const found = np.takeAlongAxis(logits, np.expandDims(targets, -1), -1, "clip");
    const ofTarget = np.where(isClass, np.squeeze(found, -1), 0);
    const loss =
      labelSmoothing === 0 ? np.subtract(logZ, ofTarget) : smoothed(logits, logZ, ofTarget, isClass, labelSmoothing);
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
  "nn.crossEntropy(logits, targets, { zLoss, labelSmoothing, weights })",
  (logits: Tensor, targets: Tensor, options: TokenLossOptions & { readonly weights?: Tensor } = {}): LossSums => {
    const { zLoss = 0, weights } = options;
    const { loss, logZ } = tokenLosses(logits, targets, options);
    const each = np.broadcastTo(np.astype(weights ?? 1, loss.dtype), targets.shape);
    const sum = (x: Tensor): Tensor => np.sum(np.multiply(x, each));
    return { loss: sum(loss), zLoss: np.multiply(zLoss, sum(np.square(logZ))), count: np.sum(each) };
  },
);
