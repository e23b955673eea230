/** @file What a summed loss is divided by: tokens, sequences, a number, or nothing. */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";

/**
 * The divisor of the summed losses of target tokens:
 *
 * - `none`: nothing, as in T5X's released configurations
 * - `tokens`: the sum of the weights (T5X's `NUM_REAL_TARGET_TOKENS`)
 * - `all-tokens`: the number of target tokens with padding (`NUM_TOTAL_TARGET_TOKENS`)
 * - `sequences`: the number of sequences, or packed segments, with a weight; each counts as much as another, since its weights are divided
 *   by their sum (`AVERAGE_PER_SEQUENCE`)
 * - a number above 0
 */
export type Normalize = "none" | "tokens" | "all-tokens" | "sequences" | number;

const NAMES: readonly unknown[] = ["none", "tokens", "all-tokens", "sequences"];

/** @throws {ArgumentError} for a name that is not known, or a number that is not above 0 */
export const checkNormalize = (where: string, normalize: Normalize): void => {
  if (typeof normalize === "number" ? Number.isFinite(normalize) && normalize > 0 : NAMES.includes(normalize)) return;
  const what = "a loss cannot be divided by this";
  throw new ArgumentError({ where, what, expected: `${NAMES.join(", ")}, or a number above 0`, got: `${normalize}` });
};

/** The sum of the weights of the sequence or segment that each token is of. */
const sumsBySequence = (weights: Tensor, segments: Tensor | undefined): Tensor => {
  if (segments === undefined) return np.sum(weights, { axis: -1, keepDims: true });
  const same = np.equal(np.expandDims(segments, -1), np.expandDims(segments, -2));
  return np.sum(np.multiply(np.astype(same, weights.dtype), np.expandDims(weights, -2)), { axis: -1 });
};

/**
 * The weights of target tokens, and what their losses are counted by; counts of parts of a batch may be added.
 *
 * - `weights`: `[B, S]`, 0 at padding
 * - `segments`: `[B, S]` int32 for packed rows, the segment of each token
 * @see T5X's `get_loss_normalizing_factor_and_weights`
 */
export const normalizedWeights = takes(
  "t5.normalizedWeights(weights, normalize, segments)",
  (weights: Tensor, normalize: Normalize, segments?: Tensor): { readonly weights: Tensor; readonly count: Tensor } => {
    if (normalize === "all-tokens") return { weights, count: np.full([], weights.size, weights.dtype) };
    if (normalize !== "sequences") return { weights, count: np.sum(weights) };
    const sums = sumsBySequence(weights, segments);
    const shares = np.divide(weights, np.where(np.equal(sums, 0), 1, sums));
    return { weights: shares, count: np.sum(shares) };
  },
);

/** Returns the divisor of a summed loss; `count` is that of the whole batch. Without any weight it is 1, and the loss 0. */
export const divisorOf = (normalize: Normalize, count: Tensor): Tensor | number => {
  if (normalize === "none") return 1;
  return typeof normalize === "number" ? normalize : np.where(np.greater(count, 0), count, 1);
};

/** Divides sums of losses, and gradients of them; `count` is that of the whole batch. */
export const normalizer =
  (normalize: Normalize, count: Tensor) =>
  (x: Tensor): Tensor =>
    normalize === "none" ? x : np.divide(x, divisorOf(normalize, count));
