/** @file Multi-head attention of a T5: one function for encoder, decoder and cross attention, over whole sequences and with a cache. */
import type { Tensor } from "../core/tensor.js";
import * as nn from "../nn/index.js";
import * as np from "../np/index.js";
import { checkpointName } from "../transforms/checkpoint.js";
import type { T5Attention, T5Config } from "./config.js";
import type { Drop } from "./drop.js";
import { project } from "./project.js";

/** What an attention sees: keys and values, `[rows, heads, length, dKv]` each. */
export interface KeyValue {
  readonly key: Tensor;
  readonly value: Tensor;
}

/** `[rows, length, heads * dKv]` to `[rows, heads, length, dKv]`. */
const intoHeads = ({ numHeads, dKv }: T5Config, x: Tensor): Tensor => {
  const [rows, length] = x.shape;
  // A single token is not moved.
  if (length === 1) return np.reshape(x, [rows, numHeads, 1, dKv]);
  return np.transpose(np.reshape(x, [rows, length, numHeads, dKv]), [0, 2, 1, 3]);
};

/** `[rows, heads, length, dKv]` to `[rows, length, heads * dKv]`. */
const outOfHeads = (x: Tensor): Tensor => {
  const [rows, heads, length, width] = x.shape;
  return np.reshape(length === 1 ? x : np.transpose(x, [0, 2, 1, 3]), [rows, length, heads * width]);
};

/** Queries `[rows, heads, length, dKv]` of activations `[rows, length, d]`. */
export const queriesOf = (config: T5Config, params: T5Attention<Tensor>, x: Tensor, drop?: Drop): Tensor =>
  intoHeads(config, project(params.query, x, drop));

/** Keys and values of activations `[rows, length, d]`. */
export const keyValueOf = (config: T5Config, params: T5Attention<Tensor>, x: Tensor, drop?: Drop): KeyValue => ({
  key: intoHeads(config, project(params.key, x, drop)),
  value: intoHeads(config, project(params.value, x, drop)),
});

/** Keys and values behind each other. */
export const joined = (first: KeyValue, second: KeyValue): KeyValue => ({
  key: np.concatenate([first.key, second.key], 2),
  value: np.concatenate([first.value, second.value], 2),
});

/**
 * The least weight besides 0, far less than float64 can add to 1. T5 does not scale its scores, so that a trained model has many weights
 * that would be subnormal numbers; see `least` of `nn.softmax`.
 */
const LEAST = 2 ** -100;

/** What attention over whole sequences has besides. */
export interface WholeSequences {
  readonly drop: Drop;
  /** What the weights are called, `[rows, heads, Q, K]`; see `captureIntermediates`. */
  readonly name: string;
  /** Puts keys and values that are not of tokens in front of those that are. */
  readonly before?: (seen: KeyValue) => KeyValue;
}

/** Weights `[rows, heads, Q, K]` of scores, which sum to 1 over the keys. */
const weightsOf = (scores: Tensor, whole: WholeSequences | undefined): Tensor => {
  if (whole === undefined) return nn.softmax(scores, -1);
  return whole.drop(checkpointName(nn.softmax(scores, -1, { least: LEAST }), whole.name), [-2]);
};

/**
 * `softmax(q kᵀ + bias) v` of each head, then the output kernel. Scores are not divided by the root of the head size: T5 has it in its
 * initialisation.
 *
 * @param queries  `[rows, heads, Q, dKv]`
 * @param seen     keys and values `[rows, heads, K, dKv]`
 * @param bias     added to the scores, broadcast to `[rows, heads, Q, K]`
 * @param whole    for whole sequences; without it, for a token at a time
 * @returns        `[rows, Q, d]`
 */
export const attend = (
  params: T5Attention<Tensor>,
  queries: Tensor,
  { key, value }: KeyValue,
  bias: Tensor,
  whole?: WholeSequences,
): Tensor => {
  const scores = np.add(np.einsum("bhqd,bhkd->bhqk", queries, key), bias);
  return project(params.out, outOfHeads(np.matmul(weightsOf(scores, whole), value)), whole?.drop);
};

/**
 * Attention of whole sequences to others, or to themselves.
 *
 * @param x     activations `[rows, Q, d]` that the queries are made of
 * @param seen  activations `[rows, K, d]` that the keys and values are made of
 * @param bias  see `attend`
 * @returns     `[rows, Q, d]`
 */
export const attention = (
  config: T5Config,
  params: T5Attention<Tensor>,
  x: Tensor,
  seen: Tensor,
  bias: Tensor,
  whole: WholeSequences,
): Tensor => {
  const queries = queriesOf(config, params, x, whole.drop);
  const { before = (own: KeyValue) => own } = whole;
  return attend(params, queries, before(keyValueOf(config, params, seen, whole.drop)), bias, whole);
};
