/** @file Multi-head attention with parameters: of itself, of another sequence, and step by step with a cache. */
import { composite, scope, takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { dynamicUpdateSlice } from "../primitives/dynamic-slice.js";
import * as random from "../random/index.js";
import { dotProductAttention } from "./attention.js";
import type { DenseParams, KernelOptions } from "./dense.js";
import { lecunNormal, zeros } from "./initializers.js";
import { type Context, checkFeatures } from "./layer.js";

/** Kernels and biases in Flax's layout. */
export interface AttentionParams {
  /** kernel `[features, heads, headFeatures]`, bias `[heads, headFeatures]` */
  readonly query: DenseParams;
  readonly key: DenseParams;
  readonly value: DenseParams;
  /** kernel `[heads, headFeatures, outFeatures]`, bias `[outFeatures]` */
  readonly out: DenseParams;
}

export interface AttentionContext extends Context {
  /** What keys and values are made of, `[batch, keys, keyFeatures]`; by default the activations themselves. */
  readonly memory?: Tensor;
  /** Which keys each query sees, bool, broadcast to `[batch, heads, queries, keys]`. */
  readonly mask?: Tensor | undefined;
  /** Added to the scores, broadcast to the same. */
  readonly bias?: Tensor;
  readonly isCausal?: boolean;
}

/** Keys and values of the places so far. */
export interface AttentionCache {
  /** `[batch, length, heads, headFeatures]` */
  readonly key: Tensor;
  readonly value: Tensor;
  /** How many places are filled, int32 scalar. */
  readonly index: Tensor;
}

export interface MultiHeadAttention {
  readonly init: (key: Tensor) => AttentionParams;
  /** `x`: `[batch, queries, features]`, or without the batch. */
  readonly apply: (params: AttentionParams, x: Tensor, context?: AttentionContext) => Tensor;
  /** A cache for sequences up to `length`. */
  readonly initCache: (batch: number, length: number) => AttentionCache;
  /** Attends from the next places, `[batch, n, features]`, to themselves and all before; more than `length` must not be asked. */
  readonly decode: (
    params: AttentionParams,
    cache: AttentionCache,
    x: Tensor,
  ) => readonly [y: Tensor, cache: AttentionCache];
}

export interface MultiHeadAttentionOptions extends KernelOptions {
  readonly heads: number;
  /** Size of all heads together. Default `features`. */
  readonly qkvFeatures?: number;
  /** Default `features`. */
  readonly outFeatures?: number;
  /** Size of what keys and values are made of. Default `features`. */
  readonly memoryFeatures?: number;
  /** Share of the attention weights dropped when there is a key. Default 0. */
  readonly dropoutRate?: number;
}

/**
 * Multi-head attention; without a mask every query sees every key.
 *
 * - `features`: size of the last axis of the activations
 * @throws {ArgumentError} unless the heads divide `qkvFeatures`
 * @see Vaswani et al. 2017, arXiv:1706.03762; Flax's `MultiHeadDotProductAttention`
 * @example
 * const attention = nn.multiHeadAttention(512, { heads: 8, dropoutRate: 0.1 });
 * attention.apply(params, x, { isCausal: true, key }); // of itself
 * attention.apply(params, x, { memory: encoded, mask }); // of another sequence
 */
export const multiHeadAttention = takes(
  "nn.multiHeadAttention(features, { heads, qkvFeatures, outFeatures, memoryFeatures, dropoutRate, useBias, kernelInit, biasInit })",
  (features: number, options: MultiHeadAttentionOptions): MultiHeadAttention => {
    const { heads, qkvFeatures = features, outFeatures = features, memoryFeatures = features } = options;
    const { useBias = true, kernelInit = lecunNormal(), biasInit = zeros, dropoutRate = 0 } = options;
    const where = "nn.multiHeadAttention";
    if (!(heads >= 1) || qkvFeatures % heads !== 0) {
      throw new ArgumentError({
        where,
        what: "the heads do not divide the features",
        expected: `a divisor of ${qkvFeatures}`,
        got: `${heads}`,
      });
    }
    const size = qkvFeatures / heads;

    /** Drawn as the matrix that the kernel is, so that its variance is that of a dense layer. */
    const start = (key: Tensor, matrix: readonly [number, number], shape: number[], bias: number[]): DenseParams => {
      const [forKernel, forBias] = random.subkeys(key);
      const kernel = np.reshape(kernelInit(forKernel, matrix), shape);
      return useBias ? { kernel, bias: biasInit(forBias, bias) } : { kernel };
    };
    const product = (params: DenseParams, x: Tensor, axes: number): Tensor => {
      const y = np.tensordot(x, params.kernel, axes);
      return params.bias === undefined ? y : np.add(y, params.bias);
    };
    const project = (params: DenseParams, x: Tensor, from: number): Tensor => {
      checkFeatures(where, x, from);
      return product(params, x, 1);
    };

    return {
      init: (key) =>
        scope(() => {
          const [q, k, v, out] = random.subkeys(key, 4);
          const into = (own: Tensor, from: number): DenseParams =>
            start(own, [from, qkvFeatures], [from, heads, size], [heads, size]);
          return {
            query: into(q, features),
            key: into(k, memoryFeatures),
            value: into(v, memoryFeatures),
            out: start(out, [qkvFeatures, outFeatures], [heads, size, outFeatures], [outFeatures]),
          };
        }),
      apply: composite(where, (params: AttentionParams, x: Tensor, context: AttentionContext = {}): Tensor => {
        const { memory = x, ...rest } = context;
        const from = context.memory === undefined ? features : memoryFeatures;
        const q = project(params.query, x, features);
        const [k, v] = [project(params.key, memory, from), project(params.value, memory, from)];
        return product(params.out, dotProductAttention(q, k, v, { ...rest, dropoutRate }), 2);
      }),
      initCache: (batch, length) =>
        scope(() => ({
          key: np.zeros([batch, length, heads, size]),
          value: np.zeros([batch, length, heads, size]),
          index: np.scalar(0, "int32"),
        })),
      decode: composite(`${where}.decode`, (params: AttentionParams, cache: AttentionCache, x: Tensor) => {
        const { index } = cache;
        const zero = np.scalar(0, "int32");
        const [count, length] = [x.shape[1], cache.key.shape[1]];
        const write = (old: Tensor, part: DenseParams): Tensor =>
          dynamicUpdateSlice(old, project(part, x, features), [zero, index, zero, zero]);
        const next = {
          key: write(cache.key, params.key),
          value: write(cache.value, params.value),
          index: np.add(index, count),
        };
        const places = np.add(index, np.expandDims(np.arange(count), 1));
        const mask = np.lessEqual(np.arange(length), places);
        const q = project(params.query, x, features);
        return [product(params.out, dotProductAttention(q, next.key, next.value, { mask }), 2), next] as const;
      }),
    };
  },
);
