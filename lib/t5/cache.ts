/**
 * @file The decoder one token at a time: keys and values of earlier tokens are kept in a cache of fixed size.
 *
 * All shapes are fixed and the position is a tensor, so a step is traced once, not once a token.
 */
import { composite } from "../core/composite.js";
import type { Tensor } from "../core/tensor.js";
import * as lax from "../lax/index.js";
import * as nn from "../nn/index.js";
import * as np from "../np/index.js";
import type { T5Attention, T5Config, T5DecoderLayer } from "./config.js";
import { biasPerLayer, mlp } from "./layers.js";
import { maskBias } from "./masks.js";
import { type Encoded, embed, logitsOf, norm } from "./model.js";
import { relativeBucket } from "./positions.js";
import { type AnyParams, layerList } from "./stack.js";

/** What one attention has seen: `[rows, heads, length, dKv]` each. */
export interface KeyValue {
  readonly key: Tensor;
  readonly value: Tensor;
}

/** What a decoder step only reads: of each layer the keys and values made of the encoder's states, `[B, heads, T, dKv]`. */
export interface DecoderMemory {
  readonly layers: readonly KeyValue[];
  /** `[B, T]` bool: which positions of the encoder hold something. */
  readonly valid: Tensor;
}

/** What a decoder step hands on: of each layer the keys and values of the tokens so far, `[rows, heads, maxLength, dKv]`. */
export type DecoderCache = readonly KeyValue[];

/**
 * The cross-attention's keys and values of all layers, which stay the same for a whole answer.
 *
 * @example const memory = t5.decoderMemory(config, params, t5.encode(config, params, ids))
 */
export const decoderMemory = composite(
  "t5.decoderMemory",
  (config: T5Config, params: AnyParams, { states, valid }: Encoded): DecoderMemory => {
    const [batch, length] = states.shape;
    const heads = ({ kernel }: { readonly kernel: Tensor }): Tensor =>
      np.transpose(np.reshape(np.matmul(states, kernel), [batch, length, config.numHeads, config.dKv]), [0, 2, 1, 3]);
    const layers = layerList<T5DecoderLayer<Tensor>>(params.decoder.layers).map(
      ({ encoderDecoderAttention: { key, value } }) => ({
        key: heads(key),
        value: heads(value),
      }),
    );
    return { layers, valid };
  },
);

/**
 * An empty cache: zeros.
 *
 * - `rows`: sequences that are decoded side by side
 * - `maxLength`: most tokens of a sequence, EOS included
 */
export const initCache = composite(
  "t5.initCache",
  (config: T5Config, rows: number, maxLength: number, dtype: "float32" | "float64" = "float32"): DecoderCache => {
    const empty = (): Tensor => np.zeros([rows, config.numHeads, maxLength, config.dKv], dtype);
    return Array.from({ length: config.numDecoderLayers }, () => ({ key: empty(), value: empty() }));
  },
);

/** `softmax(q kᵀ + bias) v` for each head. */
const attend = (q: Tensor, { key, value }: KeyValue, bias: Tensor): Tensor => {
  const weights = nn.softmax(np.add(np.einsum("bhqd,bhkd->bhqk", q, key), bias), -1);
  return np.matmul(weights, value);
};

/** The bias that a table gives the one query at `position` for all places of the cache, those after it masked: `[1, heads, 1, maxLength]`. */
const rowBias = (config: T5Config, position: Tensor, maxLength: number): ((table: Tensor) => Tensor) => {
  const { relativeAttentionNumBuckets, relativeAttentionMaxDistance: far } = config;
  const ofDistance = Int32Array.from({ length: maxLength }, (_, i) =>
    relativeBucket(-i, false, relativeAttentionNumBuckets, far),
  );
  const distance = np.subtract(position, np.arange(maxLength));
  const buckets = np.take(np.array(ofDistance), distance, 0, "clip");
  const mask = maskBias(np.greaterEqual(distance, 0));
  return (table) => np.reshape(np.add(np.take(table, buckets, 1, "clip"), mask), [1, config.numHeads, 1, maxLength]);
};

/** Attention to the tokens so far, after this one has been written into the cache. */
const selfAttention = (
  config: T5Config,
  params: T5Attention<Tensor>,
  x: Tensor,
  before: KeyValue,
  position: Tensor,
  bias: Tensor,
): readonly [mixed: Tensor, after: KeyValue] => {
  const rows = x.shape[0];
  const heads = ({ kernel }: { readonly kernel: Tensor }): Tensor =>
    np.reshape(np.matmul(x, kernel), [rows, config.numHeads, 1, config.dKv]);
  const write = (cache: Tensor, now: Tensor): Tensor => lax.dynamicUpdateSlice(cache, now, [0, 0, position, 0]);
  const after = { key: write(before.key, heads(params.key)), value: write(before.value, heads(params.value)) };
  const mixed = np.reshape(attend(heads(params.query), after, bias), [rows, config.numHeads * config.dKv]);
  return [np.matmul(mixed, params.out.kernel), after];
};

/** Attention to the encoder. The rows of one example are its queries, so that its keys and values are there once. */
const crossAttention = (
  config: T5Config,
  params: T5Attention<Tensor>,
  x: Tensor,
  memory: KeyValue,
  bias: Tensor,
): Tensor => {
  const examples = memory.key.shape[0];
  const copies = x.shape[0] / examples;
  const split = [examples, copies, config.numHeads, config.dKv];
  const q = np.transpose(np.reshape(np.matmul(x, params.query.kernel), split), [0, 2, 1, 3]);
  const mixed = np.transpose(attend(q, memory, bias), [0, 2, 1, 3]);
  return np.matmul(np.reshape(mixed, [x.shape[0], config.numHeads * config.dKv]), params.out.kernel);
};

/**
 * One step of the decoder: reads a token of every row and gives the logits of the next.
 *
 * The same numbers as row `position` of `logitsOf(decode(...))`, at the cost of one position. Pure: the cache that comes back is
 * a new one, so donate the old one when the step is jitted.
 *
 * - `memory`: of `decoderMemory`, for `B` examples
 * - `cache`: of `initCache` or of the step before
 * - `tokens`: `[rows]` int32; `rows` is a multiple of `B`, and the rows of one example stand together
 * - `position`: `[]` int32, 0 for the start token, less than the cache's length
 * @returns logits `[rows, V]` and the cache with these tokens in it
 * @see Shazeer 2019, arXiv:1911.02150, section 2 (incremental decoding)
 * @example const [logits, next] = t5.decodeStep(config, params, memory, cache, tokens, np.scalar(0, "int32"))
 */
export const decodeStep = composite(
  "t5.decodeStep",
  (
    config: T5Config,
    params: AnyParams,
    memory: DecoderMemory,
    cache: DecoderCache,
    tokens: Tensor,
    position: Tensor,
  ): readonly [logits: Tensor, cache: DecoderCache] => {
    const own = biasPerLayer(params.decoder, rowBias(config, position, cache[0].key.shape[2]));
    const cross = np.expandDims(maskBias(memory.valid), [1, 2]);
    let x = embed(params, tokens);
    const next = layerList<T5DecoderLayer<Tensor>>(params.decoder.layers).map((layer, i) => {
      const y = norm(config, layer.preSelfAttentionLayerNorm, x);
      const [seen, after] = selfAttention(config, layer.selfAttention, y, cache[i], position, own(layer));
      x = np.add(x, seen);
      const z = norm(config, layer.preCrossAttentionLayerNorm, x);
      x = np.add(x, crossAttention(config, layer.encoderDecoderAttention, z, memory.layers[i], cross));
      x = np.add(
        x,
        mlp(config, layer.mlp, norm(config, layer.preMlpLayerNorm, x), (h) => h),
      );
      return after;
    });
    const states = np.expandDims(norm(config, params.decoder.decoderNorm, x), 1);
    return [np.reshape(logitsOf(config, params, states), [tokens.shape[0], -1]), next];
  },
);
