/** @file The layers of a T5 as functions of parameters and activations: norm, MLP, position bias, dropout. */
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as nn from "../nn/index.js";
import * as np from "../np/index.js";
import type { T5Config, T5DecoderLayer, T5EncoderLayer, T5Mlp, T5RelativePositions } from "./config.js";
import { ALONG_LENGTH, type Drop } from "./drop.js";
import { bucketTable } from "./positions.js";
import { project } from "./project.js";

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

/** The normalisation before every part of a layer and after the last. */
export const norm = (config: T5Config, params: { readonly scale: Tensor }, x: Tensor): Tensor =>
  nn.rmsNorm(config.dModel, { epsilon: config.layerNormEpsilon }).apply(params, x);

/** T5 1.1's gated MLP, or T5 1.0's plain one. */
const mlp = (config: T5Config, params: T5Mlp<Tensor>, x: Tensor, drop: Drop): Tensor => {
  const activate = config.activation === "gelu" ? nn.gelu : nn.relu;
  const hidden =
    "wi" in params
      ? activate(project(params.wi, x, drop))
      : np.multiply(activate(project(params.wi0, x, drop)), project(params.wi1, x, drop));
  return project(params.wo, drop(hidden, ALONG_LENGTH), drop);
};

/** What a part of a layer makes of normalised activations. */
type Part = (normed: Tensor) => Tensor;

/** `x` and what a part adds to it. */
const residual = (x: Tensor, y: Tensor, drop: Drop): Tensor => np.add(x, drop(y, ALONG_LENGTH));

/** One layer of the encoder, `[B, T, d]` to the same. */
export const encoderLayer = (
  config: T5Config,
  layer: T5EncoderLayer<Tensor>,
  h: Tensor,
  attention: Part,
  drop: Drop,
): Tensor => {
  const x = residual(h, attention(norm(config, layer.preAttentionLayerNorm, h)), drop);
  return residual(x, mlp(config, layer.mlp, norm(config, layer.preMlpLayerNorm, x), drop), drop);
};

/** How a layer of the decoder attends, which differs between whole sequences and single tokens. */
export interface DecoderParts {
  /** To the tokens so far. */
  readonly own: Part;
  /** To the encoder. */
  readonly cross: Part;
  /** Zero where nothing stands; by default something stands everywhere. */
  readonly masked?: (x: Tensor) => Tensor;
}

/** One layer of the decoder, `[rows, S, d]` to the same. */
export const decoderLayer = (
  config: T5Config,
  layer: T5DecoderLayer<Tensor>,
  h: Tensor,
  { own, cross, masked = (x) => x }: DecoderParts,
  drop: Drop = (x) => x,
): Tensor => {
  const normed = (params: { readonly scale: Tensor }, x: Tensor): Tensor => masked(norm(config, params, x));
  const x = residual(h, own(normed(layer.preSelfAttentionLayerNorm, h)), drop);
  const y = residual(x, cross(normed(layer.preCrossAttentionLayerNorm, x)), drop);
  return residual(y, mlp(config, layer.mlp, normed(layer.preMlpLayerNorm, y), drop), drop);
};
