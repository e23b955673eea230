/** @file The parts of a T5 as functions of parameters and activations: attention, the gated MLP, position bias. */
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as nn from "../nn/index.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import { checkpointName } from "../transforms/checkpoint.js";
import type { T5Attention, T5Config, T5Mlp, T5RelativePositions } from "./config.js";
import { bucketTable } from "./positions.js";

/** Dropout at the places of one layer, or around the layers of a stack; each place draws from a key of its own. */
export type Drop = (x: Tensor, broadcastAxes: readonly number[]) => Tensor;

/** No dropout without a key. */
export const makeDrop = (key: Tensor | null, rate: number): Drop => {
  if (key === null) return (x) => x;
  let place = 0;
  return (x, broadcastAxes) => nn.dropout(random.foldIn(key, place++), rate, x, { broadcastAxes });
};

/** All of T5's dropout outside of attention shares its mask along the length axis. */
export const ALONG_LENGTH: readonly number[] = [-2];

/** The position bias `[1, heads, queries, keys]` that a table `[heads, buckets]` gives. */
export const positionBias = (
  config: T5Config,
  queries: number,
  keys: number,
  bidirectional: boolean,
): ((table: Tensor) => Tensor) => {
  const { relativeAttentionNumBuckets: buckets, relativeAttentionMaxDistance: far } = config;
  const ids = np.array(bucketTable(queries, keys, bidirectional, buckets, far));
  return (table) => np.reshape(np.take(table, ids, 1, "clip"), [1, config.numHeads, queries, keys]);
};

/** What `biasOf` gives for the table of a layer: its own, or that of its stack, for which it is computed once. */
export const biasPerLayer = (
  stack: T5RelativePositions<Tensor>,
  biasOf: (table: Tensor) => Tensor,
): ((layer: T5RelativePositions<Tensor>) => Tensor) => {
  const shared = stack.relposBias === undefined ? undefined : biasOf(stack.relposBias.relEmbedding);
  return ({ relposBias: own }) => {
    if (shared !== undefined) return shared;
    if (own !== undefined) return biasOf(own.relEmbedding);
    throw new ArgumentError({
      where: "t5",
      what: "the parameters have no table of relative positions",
      expected: "relposBias in each stack, or in each of its layers",
      got: "neither",
    });
  };
};

/**
 * Multi-head attention without scaling by the head size (T5 has it in its initialisation).
 *
 * @param queries  activations `[B, Q, d]`
 * @param keys     activations `[B, K, d]` the keys and values are made of
 * @param bias     added to the scores, broadcast to `[B, heads, Q, K]`
 * @param name     what the weights are called, `[B, heads, Q, K]`; see `captureIntermediates`
 */
export const attention = (
  config: T5Config,
  params: T5Attention<Tensor>,
  queries: Tensor,
  keys: Tensor,
  bias: Tensor,
  drop: Drop,
  name: string,
): Tensor => {
  const heads = (x: Tensor, kernel: Tensor): Tensor =>
    np.reshape(np.matmul(x, kernel), [x.shape[0], x.shape[1], config.numHeads, config.dKv]);
  const q = heads(queries, params.query.kernel);
  const k = heads(keys, params.key.kernel);
  const v = heads(keys, params.value.kernel);
  const scores = np.add(np.einsum("bqhd,bkhd->bhqk", q, k), bias);
  const weights = drop(checkpointName(nn.softmax(scores, -1), name), [-2]);
  const mixed = np.einsum("bhqk,bkhd->bqhd", weights, v);
  return np.matmul(np.reshape(mixed, [q.shape[0], q.shape[1], config.numHeads * config.dKv]), params.out.kernel);
};

/** T5 1.1's gated MLP, or T5 1.0's plain one. */
export const mlp = (config: T5Config, params: T5Mlp<Tensor>, x: Tensor, drop: Drop): Tensor => {
  const activate = config.activation === "gelu" ? nn.gelu : nn.relu;
  const hidden =
    "wi" in params
      ? activate(np.matmul(x, params.wi.kernel))
      : np.multiply(activate(np.matmul(x, params.wi0.kernel)), np.matmul(x, params.wi1.kernel));
  return np.matmul(drop(hidden, ALONG_LENGTH), params.wo.kernel);
};
