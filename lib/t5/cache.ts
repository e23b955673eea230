/**
 * @file The decoder one token at a time: keys and values of earlier tokens are kept in a cache of fixed size.
 *
 * All shapes are fixed and the position is a tensor, so a step is traced once, not once a token.
 */
import { composite } from "../core/composite.js";
import type { Tensor } from "../core/tensor.js";
import * as lax from "../lax/index.js";
import * as np from "../np/index.js";
import { attend, type KeyValue, keyValueOf, queriesOf } from "./attention.js";
import type { T5Attention, T5Config, T5DecoderLayer } from "./config.js";
import { behindFronts, type DecoderFronts, decoderFronts, frontsOfLayer, selfBias } from "./decoder-fronts.js";
import { decoderPrefixRows, embed } from "./inputs.js";
import { inFront, validWithFront } from "./key-values.js";
import { biasPerLayer, decoderLayer, norm } from "./layers.js";
import { maskBias } from "./masks.js";
import { type Encoded, logitsOf } from "./model.js";
import { type Model, type Modified, modified } from "./modified.js";
import { relativeBucket } from "./positions.js";
import { checkNotPacked } from "./segments.js";
import { layerList } from "./stack.js";

export type { KeyValue } from "./attention.js";

/** What a decoder step only reads. */
export interface DecoderMemory {
  /** Of each layer the keys and values made of the encoder's states, `[B, heads, T, dKv]`. */
  readonly layers: readonly KeyValue[];
  /** `[B, T]` bool: which positions of the encoder hold something. */
  readonly valid: Tensor;
  /** Of each layer the keys and values at the positions before the first token, `[B, heads, P, dKv]`: those of the decoder's prefix. */
  readonly prefix?: readonly KeyValue[];
  /** Of each layer the keys and values in front that have no positions, `[B, heads, n, dKv]`. */
  readonly front?: readonly KeyValue[];
  /** `[B, n + P]` bool: which of these are there; by default all. */
  readonly before?: Tensor;
}

/** What a decoder step hands on: of each layer the keys and values of the tokens so far, `[rows, heads, maxLength, dKv]`. */
export type DecoderCache = readonly KeyValue[];

/** How a layer sees the encoder; the rows of one example are its queries, so that its keys and values are there once. */
const crossAttention = (
  config: T5Config,
  params: T5Attention<Tensor>,
  memory: KeyValue,
  bias: Tensor,
): ((y: Tensor) => Tensor) => {
  const examples = memory.key.shape[0];
  return (y) => {
    const q = queriesOf(config, params, np.reshape(y, [examples, -1, config.dModel]));
    return np.reshape(attend(params, q, memory, bias), y.shape);
  };
};

/** The bias of cross attention, `[B, 1, 1, T]`. */
const crossBias = ({ valid }: DecoderMemory): Tensor => np.expandDims(maskBias(valid), [1, 2]);

/** The decoder's prefix through all layers: the keys and values that later tokens see, `[B, heads, P, dKv]` each. */
const prefixKeyValues = (
  config: T5Config,
  { params }: Modified,
  memory: DecoderMemory,
  prefix: Tensor,
  fronts: DecoderFronts,
): KeyValue[] => {
  const bias = selfBias(config, params.decoder, { valid: np.ones(prefix.shape.slice(0, 2), "bool") }, fronts);
  const encoderBias = crossBias(memory);
  let x = prefix;
  return layerList<T5DecoderLayer<Tensor>>(params.decoder.layers).map((layer, i) => {
    const { selfAttention, encoderDecoderAttention } = layer;
    const written: KeyValue[] = [];
    const own = (y: Tensor): Tensor => {
      const tokens = keyValueOf(config, selfAttention, y);
      written.push(tokens);
      const seen = behindFronts(frontsOfLayer(fronts, i), tokens);
      return attend(selfAttention, queriesOf(config, selfAttention, y), seen, bias(layer));
    };
    const cross = crossAttention(config, encoderDecoderAttention, memory.layers[i], encoderBias);
    x = decoderLayer(config, layer, x, { own, cross });
    return written[0];
  });
};

/** What stands before the tokens in the decoder's self-attention: its fronts, and the prefix through its layers. */
const beforeTokens = (
  fronts: DecoderFronts,
  prefix: readonly KeyValue[] | undefined,
  examples: number,
  layers: number,
): Pick<DecoderMemory, "front" | "prefix" | "before"> => {
  const { decoder, positioned } = fronts;
  const each = (x: Tensor): Tensor => np.broadcastTo(x, [examples, ...x.shape.slice(1)]);
  const perLayer = (of: (i: number) => KeyValue): KeyValue[] => Array.from({ length: layers }, (_, i) => of(i));
  const ofFront = (kind: "decoder" | "positioned") => (i: number) => {
    const { key, value } = frontsOfLayer(fronts, i)[kind] as KeyValue;
    return { key: each(key), value: each(value) };
  };
  const first = positioned && perLayer(ofFront("positioned"));
  const places = first?.map((front, i) => (prefix === undefined ? front : inFront(front, prefix[i]))) ?? prefix;
  const masked = decoder?.valid !== undefined || positioned?.valid !== undefined;
  const unmasked = np.ones([examples, prefix?.[0].key.shape[2] ?? 0], "bool");
  return {
    ...(decoder && { front: perLayer(ofFront("decoder")) }),
    ...(places && { prefix: places }),
    ...(masked && { before: validWithFront(validWithFront(unmasked, positioned), decoder) }),
  };
};

/**
 * The cross-attention's keys and values of all layers, and those of the decoder's prefix, which stay the same for a whole answer.
 *
 * @throws {ArgumentError} for packed rows
 * @example const memory = t5.decoderMemory(config, params, t5.encode(config, params, ids))
 */
export const decoderMemory = composite(
  "t5.decoderMemory(config, model, encoded)",
  (config: T5Config, model: Model, encoded: Encoded): DecoderMemory => {
    const { states, valid, segments } = encoded;
    checkNotPacked("t5.decoderMemory", "packed rows cannot be answered", segments);
    const whole = modified(model, {}, ["decoder"]);
    const examples = states.shape[0];
    const fronts = decoderFronts(config, whole.keyValues, examples);
    const list = layerList<T5DecoderLayer<Tensor>>(whole.params.decoder.layers);
    const layers = list.map(({ encoderDecoderAttention }, i) =>
      inFront(frontsOfLayer(fronts, i).cross, keyValueOf(config, encoderDecoderAttention, states)),
    );
    const memory = { layers, valid: validWithFront(valid, fronts.cross) };
    const prefix = decoderPrefixRows(whole, examples);
    const own = prefix && prefixKeyValues(config, whole, memory, prefix, fronts);
    return { ...memory, ...beforeTokens(fronts, own, examples, list.length) };
  },
);

/**
 * An empty cache: zeros.
 *
 * - `rows`: sequences that are decoded side by side
 * - `maxLength`: most tokens of a sequence, EOS included
 */
export const initCache = composite(
  "t5.initCache(config, rows, maxLength, dtype)",
  (config: T5Config, rows: number, maxLength: number, dtype: "float32" | "float64" = "float32"): DecoderCache => {
    const empty = (): Tensor => np.zeros([rows, config.numHeads, maxLength, config.dKv], dtype);
    return Array.from({ length: config.numDecoderLayers }, () => ({ key: empty(), value: empty() }));
  },
);

/** The bias that a table gives the one query at `position` for `length` places, those after it masked: `[1, heads, 1, length]`. */
const rowBias = (config: T5Config, position: Tensor, length: number): ((table: Tensor) => Tensor) => {
  const { relativeAttentionNumBuckets, relativeAttentionMaxDistance: far } = config;
  const ofDistance = Int32Array.from({ length }, (_, i) => relativeBucket(-i, false, relativeAttentionNumBuckets, far));
  const distance = np.subtract(position, np.arange(length));
  const buckets = np.take(np.array(ofDistance), distance, 0, "clip");
  const mask = maskBias(np.greaterEqual(distance, 0));
  return (table) => np.reshape(np.add(np.take(table, buckets, 1, "clip"), mask), [1, config.numHeads, 1, length]);
};

/** The cache with the keys and values of the tokens at `position` in it. */
const written = (cache: KeyValue, now: KeyValue, position: Tensor): KeyValue => ({
  key: lax.dynamicUpdateSlice(cache.key, now.key, [0, 0, position, 0]),
  value: lax.dynamicUpdateSlice(cache.value, now.value, [0, 0, position, 0]),
});

/** The bias of one query to what stands before the tokens, and to `bias.shape[3]` places with a position. */
const stepBias = ({ front, before }: DecoderMemory, rows: number, bias: Tensor): Tensor => {
  const none = [0, 0] as const;
  const whole = front === undefined ? bias : np.pad(bias, [none, none, none, [front[0].key.shape[2], 0]]);
  if (before === undefined) return whole;
  const [examples, count] = before.shape;
  const mask = np.pad(maskBias(before), [none, [0, whole.shape[3] - count]]);
  return np.add(whole, np.expandDims(np.repeat(mask, rows / examples, 0), [1, 2]));
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
  "t5.decodeStep(config, model, memory, cache, tokens, position)",
  (
    config: T5Config,
    model: Model,
    memory: DecoderMemory,
    cache: DecoderCache,
    tokens: Tensor,
    position: Tensor,
  ): readonly [logits: Tensor, cache: DecoderCache] => {
    const { params } = modified(model, {}, ["decoder"]);
    const before = memory.prefix?.[0].key.shape[2] ?? 0;
    const places = before + cache[0].key.shape[2];
    const ofPlaces = rowBias(config, np.add(position, before), places);
    const bias = biasPerLayer(params.decoder, (table) => stepBias(memory, tokens.shape[0], ofPlaces(table)));
    const encoderBias = crossBias(memory);
    let x = np.expandDims(embed(params, tokens), 1);
    const next = layerList<T5DecoderLayer<Tensor>>(params.decoder.layers).map((layer, i) => {
      const { selfAttention, encoderDecoderAttention } = layer;
      const after: KeyValue[] = [];
      const own = (y: Tensor): Tensor => {
        after.push(written(cache[i], keyValueOf(config, selfAttention, y), position));
        const seen = inFront(memory.front?.[i], inFront(memory.prefix?.[i], after[0]));
        return attend(selfAttention, queriesOf(config, selfAttention, y), seen, bias(layer));
      };
      const cross = crossAttention(config, encoderDecoderAttention, memory.layers[i], encoderBias);
      x = decoderLayer(config, layer, x, { own, cross });
      return after[0];
    });
    const states = norm(config, params.decoder.decoderNorm, x);
    return [np.reshape(logitsOf(config, params, states), [tokens.shape[0], -1]), next];
  },
);
