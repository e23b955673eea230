/** @file Attention as a function of queries, keys and values, and the masks it takes. */
import { composite, named } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { dropout } from "./dropout.js";
import { softmax } from "./softmax.js";

export interface AttentionOptions {
  /** Added to the scores, broadcast to `[batch, heads, queries, keys]`. */
  readonly bias?: Tensor | undefined;
  /** Which keys each query sees, bool, broadcast to `[batch, heads, queries, keys]`. */
  readonly mask?: Tensor | undefined;
  /** What scores are multiplied by. Default `1 / sqrt(headFeatures)`. */
  readonly scale?: number;
  /** Whether query i sees keys 0 to i only. Default false. */
  readonly isCausal?: boolean;
  /** How many keys of each example are there, int32 `[batch]`; the others are not seen. */
  readonly keyValueSeqLengths?: Tensor;
  /** How many queries of each example are there, int32 `[batch]`; the results of the others are 0. */
  readonly querySeqLengths?: Tensor;
  /** How far a query sees: `[before, after]`, or one number for both. */
  readonly localWindowSize?: number | readonly [before: number, after: number];
  /** Share of the weights dropped, when there is a key. Default 0. */
  readonly dropoutRate?: number;
  /** A random key for dropout. */
  readonly key?: Tensor | undefined;
}

/** The score of a key that is not seen; with it, a query that sees no key takes the mean of all, and not NaN. */
const UNSEEN = -0.7 * 3.4028234663852886e38;

const misfit = (what: string, expected: string, got: readonly Tensor[]): never => {
  throw new ShapeError({ where: "nn.dotProductAttention", what, expected, got: got.map(String).join(", ") });
};

/** Ranks and sizes of queries, keys and values. */
const checkShapes = (q: Tensor, k: Tensor, v: Tensor): void => {
  const ranks = [q, k, v].map((x) => x.ndim);
  const given = [q, k, v];
  if (ranks.some((r) => r !== ranks[0]) || (ranks[0] !== 3 && ranks[0] !== 4)) {
    misfit("the ranks do not fit", "three tensors [batch, length, heads, features], or without the batch", given);
  }
  const [b, s, n, h] = [-4, -3, -2, -1];
  const size = (x: Tensor, axis: number): number => x.shape[x.ndim + axis] ?? 1;
  if (size(q, h) !== size(k, h)) misfit("queries and keys have other features", "one last size", [q, k]);
  if (size(k, s) !== size(v, s) || size(k, n) !== size(v, n)) {
    misfit("keys and values do not fit", "one length and one number of heads", [k, v]);
  }
  if (size(q, n) % size(k, n) !== 0)
    misfit("the heads do not divide", "heads of queries a multiple of the keys'", [q, k]);
  if (size(q, b) !== size(k, b) || size(k, b) !== size(v, b)) misfit("the batches differ", "one batch size", given);
};

/** All masks that are given as one. */
const wholeMask = (options: AttentionOptions, queries: number, keys: number): Tensor | undefined => {
  const { mask, isCausal = false, keyValueSeqLengths: lengths, localWindowSize: window } = options;
  const masks: Tensor[] = mask === undefined ? [] : [mask];
  if (isCausal) masks.push(np.tril(np.ones([queries, keys], "bool")));
  if (lengths !== undefined) masks.push(np.less(np.arange(keys), np.expandDims(lengths, [1, 2, 3])));
  if (window !== undefined) {
    const [before, after] = typeof window === "number" ? [window, window] : window;
    const distance = np.subtract(np.arange(keys), np.expandDims(np.arange(queries), 1));
    masks.push(np.logicalAnd(np.greaterEqual(distance, -before), np.lessEqual(distance, after)));
  }
  return combineMasks(...masks);
};

/** Zero for the queries that are not there. */
const withoutPadding = (x: Tensor, lengths: Tensor | undefined): Tensor =>
  lengths === undefined
    ? x
    : np.where(np.less(np.expandDims(np.arange(x.shape[1]), [1, 2]), np.expandDims(lengths, [1, 2, 3])), x, 0);

/**
 * `softmax(q · kᵀ · scale + bias) · v`, for each head.
 *
 * - `query`: `[batch, queries, heads, features]`, or without the batch
 * - `key`, `value`: `[batch, keys, keyHeads, features]`; the heads of the queries are a multiple of theirs, each shared by as many
 * @returns `[batch, queries, heads, features]`
 * @throws {ShapeError} when the three do not fit
 * @see Vaswani et al. 2017, arXiv:1706.03762; JAX's `jax.nn.dot_product_attention`
 * @example dotProductAttention(q, k, v, { isCausal: true })
 */
export const dotProductAttention = composite(
  "nn.dotProductAttention(query, key, value, { bias, mask, scale, isCausal, keyValueSeqLengths, querySeqLengths, localWindowSize, dropoutRate, key })",
  (query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions = {}): Tensor => {
    checkShapes(query, key, value);
    const batched = query.ndim === 4;
    const [q, k, v] = batched ? [query, key, value] : [query, key, value].map((x) => np.expandDims(x, 0));
    const [batch, queries, heads, features] = q.shape;
    const [, keys, keyHeads] = k.shape;
    const { scale = 1 / Math.sqrt(features), dropoutRate = 0 } = options;
    const grouped = np.reshape(np.multiply(q, scale), [batch, queries, keyHeads, heads / keyHeads, features]);
    const products = np.einsum("bqkgh,bskh->bkgqs", grouped, k);
    let scores = np.reshape(products, [batch, heads, queries, keys]);
    if (options.bias !== undefined) scores = np.add(scores, options.bias);
    const mask = wholeMask(options, queries, keys);
    if (mask !== undefined) scores = np.where(mask, scores, UNSEEN);
    const all = softmax(scores, -1);
    const weights = options.key === undefined || dropoutRate === 0 ? all : dropout(options.key, dropoutRate, all);
    const split = np.reshape(weights, [batch, keyHeads, heads / keyHeads, queries, keys]);
    const mixed = np.reshape(np.einsum("bkgqs,bskh->bqkgh", split, v), [batch, queries, heads, v.shape[3]]);
    const there = withoutPadding(mixed, options.querySeqLengths);
    return batched ? there : np.squeeze(there, 0);
  },
);

/**
 * Which keys a query sees: those that hold something, when it does itself; bool `[..., 1, queries, keys]`.
 *
 * - `queries`, `keys`: which places hold a token, `[..., length]`
 * @see Flax's `make_attention_mask`
 * @example makeAttentionMask(np.notEqual(ids, 0), np.notEqual(ids, 0))
 */
export const makeAttentionMask = composite(
  "nn.makeAttentionMask(queries, keys)",
  (queries: Tensor, keys: Tensor): Tensor => {
    const both = np.logicalAnd(np.expandDims(queries, -1), np.expandDims(keys, -2));
    return np.expandDims(both, -3);
  },
);

/** Each place sees itself and those before; bool `[1, length, length]`. @see Flax's `make_causal_mask` */
export const makeCausalMask = composite(
  "nn.makeCausalMask(length)",
  (length: number): Tensor => np.expandDims(np.tril(np.ones([length, length], "bool")), 0),
);

/** Where all masks hold; undefined when there is none. @see Flax's `combine_masks` */
export const combineMasks = named(
  "nn.combineMasks(...masks)",
  (...masks: readonly (Tensor | undefined)[]): Tensor | undefined =>
    masks.reduce((a, b) => (a === undefined || b === undefined ? (a ?? b) : np.logicalAnd(a, b)), undefined),
);
