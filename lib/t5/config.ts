/**
 * @file What a T5 looks like: its sizes, what differs between T5 1.0 and 1.1, and the shape of every parameter.
 *
 * The parameter tree is written down once, in `paramDims`, by the names of its dimensions; shapes follow from it, and a
 * loader can say *which* size of a checkpoint disagrees. Paths are those of T5X/Flaxformer in camel case.
 */

import { type Shape, sizeOf } from "../core/aval.js";
import { takes } from "../core/composite.js";
import { flatten, unflatten } from "../core/pytree.js";

/** The architecture of one T5. Dropout is a choice of training and not part of it. */
export interface T5Config {
  /** Rows of the embedding table; 32128 for T5, more than the vocabulary has pieces. */
  readonly vocabSize: number;
  readonly dModel: number;
  /** Size of one head; `numHeads * dKv` need not equal `dModel` (it does not in T5 1.1 small). */
  readonly dKv: number;
  readonly dFf: number;
  readonly numHeads: number;
  /** Layers of the encoder. */
  readonly numLayers: number;
  readonly numDecoderLayers: number;
  readonly relativeAttentionNumBuckets: number;
  /** Distance, in tokens, from which on all positions share the last bucket. */
  readonly relativeAttentionMaxDistance: number;
  /** UMT5 and T5X's scalable T5: each layer has its own table of relative positions, not one for the stack. Default false. */
  readonly relativeAttentionPerLayer?: boolean;
  /** Added to the mean square inside the root; dimensionless. */
  readonly layerNormEpsilon: number;
  /** T5 1.1: `wo(activation(x wi0) * (x wi1))`. T5 1.0: `wo(activation(x wi))`. */
  readonly gated: boolean;
  /** `gelu` is the tanh approximation. */
  readonly activation: "gelu" | "relu";
  /** T5 1.0: the embedding is also the output layer. */
  readonly tiedEmbeddings: boolean;
  /**
   * Whether the decoder's results are multiplied by `dModel ** -0.5` before the output layer. Default: what `tiedEmbeddings` says, as in T5 1.0, 1.1 and
   * T5X. Models that transformers 5 made anew are tied and not scaled.
   */
  readonly scaleDecoderOutputs?: boolean;
  readonly padId: number;
  readonly eosId: number;
  readonly decoderStartId: number;
}

/** The two settings of the output layer; what scaling is by default is left out, so that configurations which mean the same are equal. */
export const outputLayer = (
  tiedEmbeddings: boolean,
  scaled = tiedEmbeddings,
): Pick<T5Config, "tiedEmbeddings" | "scaleDecoderOutputs"> => ({
  tiedEmbeddings,
  ...(scaled !== tiedEmbeddings && { scaleDecoderOutputs: scaled }),
});

/** Whether the decoder's results are scaled before the output layer. */
export const isScaled = (config: Pick<T5Config, "tiedEmbeddings" | "scaleDecoderOutputs">): boolean =>
  config.scaleDecoderOutputs ?? config.tiedEmbeddings;

/** A low-rank term beside a kernel `[in, out]`: it adds `scale · (x a) b`. */
export interface LowRank<L> {
  /** `[in, rank]`, or `[B, in, rank]`: one for each row of the batch. */
  readonly a: L;
  /** `[rank, out]` or `[B, rank, out]`. */
  readonly b: L;
  /** `[]` */
  readonly scale: L;
  /** `[]`: the share of `x` that is dropped in this term where there is a key for dropout. */
  readonly dropout?: L;
}

/** A kernel and what a method puts beside it: `y = (x · in) kernel + Σ low`, times `out`. Only `project` reads it. */
export interface Kernel<L> {
  /** `[in, out]` */
  readonly kernel: L;
  readonly low?: readonly LowRank<L>[];
  /** `[in]`, or `[B, in]`: scales what goes in. */
  readonly in?: L;
  /** `[out]`, or `[B, out]`: scales what comes out. */
  readonly out?: L;
}
type Scale<L> = { readonly scale: L };

export type T5Attention<L> = {
  readonly query: Kernel<L>;
  readonly key: Kernel<L>;
  readonly value: Kernel<L>;
  readonly out: Kernel<L>;
};
export type T5GatedMlp<L> = { readonly wi0: Kernel<L>; readonly wi1: Kernel<L>; readonly wo: Kernel<L> };
export type T5PlainMlp<L> = { readonly wi: Kernel<L>; readonly wo: Kernel<L> };
export type T5Mlp<L> = T5GatedMlp<L> | T5PlainMlp<L>;

/** Where the layers of a stack share one table it stands beside them, else in each layer. */
export type T5RelativePositions<L> = { readonly relposBias?: { readonly relEmbedding: L } };

export type T5EncoderLayer<L> = T5RelativePositions<L> & {
  readonly preAttentionLayerNorm: Scale<L>;
  readonly attention: T5Attention<L>;
  readonly preMlpLayerNorm: Scale<L>;
  readonly mlp: T5Mlp<L>;
};
export type T5DecoderLayer<L> = T5RelativePositions<L> & {
  readonly preSelfAttentionLayerNorm: Scale<L>;
  readonly selfAttention: T5Attention<L>;
  readonly preCrossAttentionLayerNorm: Scale<L>;
  readonly encoderDecoderAttention: T5Attention<L>;
  readonly preMlpLayerNorm: Scale<L>;
  readonly mlp: T5Mlp<L>;
};

type T5TreeOf<L, Encoder, Decoder> = {
  readonly tokenEmbedder: { readonly embedding: L };
  readonly encoder: T5RelativePositions<L> & {
    readonly layers: Encoder;
    readonly encoderNorm: Scale<L>;
  };
  readonly decoder: T5RelativePositions<L> & {
    readonly layers: Decoder;
    readonly decoderNorm: Scale<L>;
    /** Absent when the embeddings are tied. */
    readonly logitsDense?: Kernel<L>;
  };
};
/** The parameter tree of a T5 with leaves `L`: tensors, host arrays or shapes. */
export type T5Tree<L> = T5TreeOf<L, readonly T5EncoderLayer<L>[], readonly T5DecoderLayer<L>[]>;
/** The same with the layers of each stack in one tree, whose leaves have a first axis for the layer. */
export type T5StackedTree<L> = T5TreeOf<L, T5EncoderLayer<L>, T5DecoderLayer<L>>;

/** A dimension by its name; `inner` is `numHeads * dKv`. */
export type T5Dim = "vocabSize" | "dModel" | "inner" | "dFf" | "numHeads" | "relativeAttentionNumBuckets";

/** The size of a named dimension. */
export const dimSize = (config: T5Config, dim: T5Dim): number =>
  dim === "inner" ? config.numHeads * config.dKv : config[dim];

const repeat = <T>(n: number, make: () => T): T[] => Array.from({ length: n }, make);

/** The parameter tree with the names of the dimensions of every leaf. */
export const paramDims = (config: T5Config): T5Tree<readonly T5Dim[]> => {
  type Dims = readonly T5Dim[];
  const norm: Scale<Dims> = { scale: ["dModel"] };
  const into: Kernel<Dims> = { kernel: ["dModel", "inner"] };
  const attention: T5Attention<Dims> = { query: into, key: into, value: into, out: { kernel: ["inner", "dModel"] } };
  const wi: Kernel<Dims> = { kernel: ["dModel", "dFf"] };
  const wo: Kernel<Dims> = { kernel: ["dFf", "dModel"] };
  const mlp: T5Mlp<Dims> = config.gated ? { wi0: wi, wi1: wi, wo } : { wi, wo };
  const table = { relposBias: { relEmbedding: ["numHeads", "relativeAttentionNumBuckets"] as const } };
  const [ofLayer, ofStack] = config.relativeAttentionPerLayer === true ? [table, {}] : [{}, table];
  return {
    tokenEmbedder: { embedding: ["vocabSize", "dModel"] },
    encoder: {
      layers: repeat(config.numLayers, () => ({
        preAttentionLayerNorm: norm,
        attention,
        preMlpLayerNorm: norm,
        mlp,
        ...ofLayer,
      })),
      ...ofStack,
      encoderNorm: norm,
    },
    decoder: {
      layers: repeat(config.numDecoderLayers, () => ({
        preSelfAttentionLayerNorm: norm,
        selfAttention: attention,
        preCrossAttentionLayerNorm: norm,
        encoderDecoderAttention: attention,
        preMlpLayerNorm: norm,
        mlp,
        ...ofLayer,
      })),
      ...ofStack,
      decoderNorm: norm,
      ...(config.tiedEmbeddings ? {} : { logitsDense: { kernel: ["dModel", "vocabSize"] as const } }),
    },
  };
};

/**
 * The parameter tree with the shape of every leaf. Kernels are `[in, out]`, relative position tables `[numHeads, buckets]`.
 *
 * A shape is an array, so walk the tree with `flatten(shapes, isShape)`.
 *
 * @example paramShapes(configs["t5-1.1-small"]).encoder.layers[0]?.attention.query.kernel // [512, 384]
 */
export const paramShapes = (config: T5Config): T5Tree<Shape> => {
  const [leaves, treedef] = flatten(paramDims(config), isDims);
  const shapes = (leaves as (readonly T5Dim[])[]).map((dims) => dims.map((dim) => dimSize(config, dim)));
  return unflatten(treedef, shapes) as T5Tree<Shape>;
};

/**
 * The number of parameters of a T5; a tied output layer counts once.
 *
 * @example t5.parameterCount(t5.configs["t5-1.1-small"]) // 76961152
 */
export const parameterCount = takes("t5.parameterCount(config)", (config: T5Config): number =>
  flatten(paramShapes(config), isShape)[0].reduce<number>((n, shape) => n + sizeOf(shape as Shape), 0),
);

/** Whether a node of `paramShapes` is a shape. Every parameter has at least one axis, so an empty list is a stack of no layers. */
export const isShape = (x: unknown): x is Shape => Array.isArray(x) && typeof x[0] === "number";

/** Whether a node of `paramDims` is a leaf. */
export const isDims = (x: unknown): x is readonly T5Dim[] => Array.isArray(x) && typeof x[0] === "string";
