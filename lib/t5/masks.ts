/**
 * @file Which position sees which, as bool tensors: T5X's masks.
 *
 * The queries of a mask are masked too, as in T5X: a padded query sees nothing, and so everything alike. What comes of it is never used;
 * T5X sets it to zero by a *logit mask* on the activations.
 * @see Flaxformer's `make_attention_mask`, `make_decoder_mask` and `get_decoder_logit_mask`
 */
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";

/** Added to the scores of keys that must not be seen; T5X's value. */
export const MASKED = -1e10;

/** The positions of a batch. */
export interface Places {
  /** `[B, T]` bool: which hold something. */
  readonly valid: Tensor;
  /** `[B, T]` int32: the segment of each, where rows are packed. */
  readonly segments?: Tensor;
}

/**
 * Pairs of which both are valid, and of one segment where rows are packed: `[B, Q]` and `[B, K]` to `[B, 1, Q, K]`. The encoder's mask, and that of
 * cross attention.
 */
export const pairMask = (queries: Places, keys: Places): Tensor => {
  const [column, row] = [(x: Tensor) => np.expandDims(x, [1, 3]), (x: Tensor) => np.expandDims(x, [1, 2])];
  const pairs = np.logicalAnd(column(queries.valid), row(keys.valid));
  if (queries.segments === undefined || keys.segments === undefined) return pairs;
  return np.logicalAnd(pairs, np.equal(column(queries.segments), row(keys.segments)));
};

/** The decoder's own mask: a target sees itself and those before it; `[B, S]` to `[B, 1, S, S]`. */
export const causalMask = (targets: Places): Tensor => {
  const length = targets.valid.shape[1];
  const before = np.lessEqual(np.reshape(np.arange(length), [1, length]), np.reshape(np.arange(length), [length, 1]));
  return np.logicalAnd(pairMask(targets, targets), before);
};

/**
 * The decoder's logit mask, from what the decoder *reads*: tokens, the place before a token, and the first place, whose token is the
 * start token and looks like padding. `[B, S]` int32 to `[B, S]` bool. A segment of one token at the end of a packed row looks like padding too, so
 * packed rows do not use it.
 */
export const decoderLogitMask = (decoderInputs: Tensor, padId = 0): Tensor => {
  const [batch, length] = decoderInputs.shape;
  const token = np.notEqual(decoderInputs, padId);
  const first = np.equal(np.reshape(np.arange(length), [1, length]), 0);
  const next = np.concatenate([np.slice(token, [null, [1, length]]), np.zeros([batch, 1], "bool")], 1);
  return np.logicalOr(np.logicalOr(token, next), first);
};

/** 0 where `mask` holds, -1e10 where it does not: what is added to scores. */
export const maskBias = (mask: Tensor): Tensor => np.where(mask, 0, MASKED);

/** The rows of `x` (`[B, S, d]`) where `mask` (`[B, S]`) holds, others zero; all of them without a mask. */
export const zeroWhereNot = (mask: Tensor | undefined, x: Tensor): Tensor =>
  mask === undefined ? x : np.where(np.expandDims(mask, 2), x, 0);
