/** @file Dense layers and embeddings. */
import { composite, scope, takes } from "../core/composite.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import { type Initializer, lecunNormal, normal, zeros } from "./initializers.js";
import { checkFeatures, type Layer } from "./layer.js";

export interface DenseParams {
  /** `[in, out]` */
  readonly kernel: Tensor;
  /** `[out]` */
  readonly bias?: Tensor;
}

export interface KernelOptions {
  /** Default true. */
  readonly useBias?: boolean;
  /** Default `lecunNormal()`. */
  readonly kernelInit?: Initializer;
  /** Default `zeros`. */
  readonly biasInit?: Initializer;
}

/**
 * A dense layer: `y = x · kernel + bias` over the last axis.
 *
 * - `inFeatures`, `outFeatures`: sizes of the last axis before and after
 * @see Flax's `Dense`
 * @example const layer = nn.dense(784, 10); layer.apply(layer.init(random.key(0)), x) // f32[B,784] to f32[B,10]
 */
export const dense = takes(
  "nn.dense(inFeatures, outFeatures, { useBias, kernelInit, biasInit })",
  (inFeatures: number, outFeatures: number, options: KernelOptions = {}): Layer<DenseParams> => {
    const { useBias = true, kernelInit = lecunNormal(), biasInit = zeros } = options;
    return {
      init: (key) =>
        scope(() => {
          const [forKernel, forBias] = random.subkeys(key);
          const kernel = kernelInit(forKernel, [inFeatures, outFeatures]);
          return useBias ? { kernel, bias: biasInit(forBias, [outFeatures]) } : { kernel };
        }),
      apply: composite("nn.dense(params, x)", (params: DenseParams, x: Tensor): Tensor => {
        checkFeatures("nn.dense", x, inFeatures);
        const y = np.matmul(x, params.kernel);
        return params.bias === undefined ? y : np.add(y, params.bias);
      }),
    };
  },
);

export interface EmbedParams {
  /** `[count, features]` */
  readonly embedding: Tensor;
}

/** An embedding, which can also be the output layer. */
export interface Embed extends Layer<EmbedParams> {
  /** The product of activations `[..., features]` with every row: logits `[..., count]`. */
  readonly attend: (params: EmbedParams, x: Tensor) => Tensor;
}

/**
 * Rows of a table for integer ids `[...]`: `[..., features]`. An id out of range gives NaN, as in JAX.
 *
 * - `init`: default normal numbers of variance `1 / features`
 * @see Flax's `Embed`
 * @example const tokens = nn.embed(32_000, 512); tokens.apply(params, ids) // f32[B,T,512]
 */
export const embed = takes(
  "nn.embed(count, features, { embeddingInit })",
  (count: number, features: number, options: { readonly embeddingInit?: Initializer } = {}): Embed => {
    const { embeddingInit = normal(features ** -0.5) } = options;
    return {
      init: (key) => ({ embedding: embeddingInit(key, [count, features]) }),
      apply: (params, ids) => np.take(params.embedding, ids, 0),
      attend: composite("nn.embed.attend(params, x)", (params: EmbedParams, x: Tensor): Tensor => {
        checkFeatures("nn.embed.attend", x, features);
        return np.matmul(x, np.transpose(params.embedding));
      }),
    };
  },
);
