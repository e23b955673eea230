/**
 * @file T5 as pure functions over an immutable parameter tree: encode, decode, logits and the loss of prompt tuning.
 *
 * The configuration is closed over, so a parameter tree holds tensors only. Everything before the residual is normalised
 * (pre-norm); norms are root-mean-square; nothing has a bias.
 * @see Raffel et al. 2020 (T5); Shazeer 2020 (gated GELU); Lester et al. 2021 (prompt tuning)
 */
import { printShape, sameShape } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as nn from "../nn/index.js";
import * as np from "../np/index.js";
import type { T5Config, T5Tree } from "./config.js";
import { ALONG_LENGTH, attention, causalBias, type Drop, keyBias, makeDrop, mlp, positionBias } from "./layers.js";

/** The parameters of a T5. */
export type Params = T5Tree<Tensor>;

/** What is learned: `P` vectors in embedding space, `[P, d]`. */
export interface PromptParams {
  readonly prompt: Tensor;
}

/** Token ids, padded with 0. */
export interface Batch {
  /** `[B, T]` int32; T does not count the prompt. */
  readonly inputs: Tensor;
  /** `[B, S]` int32, each row ended by EOS. */
  readonly targets: Tensor;
  /** `[B, S]` or `[B, 1]` float32 weights of the target tokens; padding never counts. */
  readonly weights?: Tensor;
  /** A key for dropout; without it there is none. */
  readonly dropoutKey?: Tensor;
}

/** The encoder's result and which of its positions hold something. */
export interface Encoded {
  /** `[B, P + T, d]`; zero at padding. */
  readonly states: Tensor;
  /** `[B, P + T]` bool. */
  readonly valid: Tensor;
}

export interface EncodeOptions {
  /** `[P, d]` (for every row) or `[B, P, d]`: vectors put before the embedded tokens. */
  readonly prefix?: Tensor;
  /** `[B, P]` bool: which vectors of the prefix are there; by default all. See `promptRows`. */
  readonly prefixValid?: Tensor;
  readonly dropoutKey?: Tensor | undefined;
  readonly dropoutRate?: number | undefined;
}

/** The normalisation before every part of a layer and after the last. */
export const norm = (config: T5Config, params: { readonly scale: Tensor }, x: Tensor): Tensor =>
  nn.rmsNorm(config.dModel, { epsilon: config.layerNormEpsilon }).apply(params, x);

/** Token ids to vectors: a new last axis of `d`. */
export const embed = (params: Params, ids: Tensor): Tensor => np.take(params.tokenEmbedder.embedding, ids, 0, "clip");

/** The prefix for every row of the batch. */
const prefixRows = (config: T5Config, prefix: Tensor, batch: number): Tensor => {
  const fits = prefix.shape[prefix.ndim - 1] === config.dModel && (prefix.ndim === 2 || prefix.shape[0] === batch);
  if ((prefix.ndim !== 2 && prefix.ndim !== 3) || !fits) {
    throw new ShapeError({
      where: "t5.encode",
      what: "the prefix does not fit the model",
      expected: `[P, ${config.dModel}] or [${batch}, P, ${config.dModel}]`,
      got: `${prefix.aval}`,
      hint: "a prompt belongs to one model size",
    });
  }
  return np.broadcastTo(prefix, [batch, ...prefix.shape.slice(-2)]);
};

/** Where token ids are not padding, with the prefix's positions in front; `[B, P + T]` bool. */
const validWithPrefix = (ids: Tensor, prefixLength: number, prefixValid: Tensor | undefined): Tensor => {
  const valid = np.notEqual(ids, 0);
  if (prefixLength === 0) return valid;
  const shape = [ids.shape[0], prefixLength];
  if (prefixValid !== undefined && !sameShape(prefixValid.shape, shape)) {
    throw new ShapeError({
      where: "t5.encode",
      what: "prefixValid does not fit the prefix",
      expected: `bool${printShape(shape)}`,
      got: `${prefixValid.aval}`,
    });
  }
  return np.concatenate([prefixValid ?? np.ones(shape, "bool"), valid], 1);
};

const encodeWith = (
  config: T5Config,
  params: Params,
  inputs: Tensor,
  { prefix, prefixValid }: EncodeOptions,
  drop: Drop,
): Encoded => {
  const [batch, length] = inputs.shape;
  const tokens = embed(params, inputs);
  const before = prefix === undefined ? undefined : prefixRows(config, prefix, batch);
  const prefixLength = before?.shape[1] ?? 0;
  const valid = validWithPrefix(inputs, prefixLength, prefixValid);
  const total = prefixLength + length;
  const { layers, relposBias, encoderNorm } = params.encoder;
  const bias = np.add(positionBias(config, relposBias.relEmbedding, total, total, true), keyBias(valid));
  let x = drop(before === undefined ? tokens : np.concatenate([before, tokens], 1), ALONG_LENGTH);
  for (const layer of layers) {
    const y = norm(config, layer.preAttentionLayerNorm, x);
    x = np.add(x, drop(attention(config, layer.attention, y, y, bias, drop), ALONG_LENGTH));
    x = np.add(x, drop(mlp(config, layer.mlp, norm(config, layer.preMlpLayerNorm, x), drop), ALONG_LENGTH));
  }
  const states = drop(norm(config, encoderNorm, x), ALONG_LENGTH);
  return { states: np.where(np.expandDims(valid, 2), states, 0), valid };
};

/**
 * Runs the encoder.
 *
 * - `inputs`: `[B, T]` int32 token ids, 0 is padding
 * @throws {ShapeError} when the prefix is not of the model's width
 * @example const { states } = t5.encode(config, params, ids) // f32[B,T,d]
 */
export const encode = composite(
  "t5.encode",
  (config: T5Config, params: Params, inputs: Tensor, options: EncodeOptions = {}): Encoded =>
    encodeWith(config, params, inputs, options, makeDrop(options.dropoutKey, options.dropoutRate ?? 0)),
);

/** Targets moved right by one, with the start token in front: what the decoder reads. `[B, S]` int32. */
export const shiftRight = composite("t5.shiftRight", (config: T5Config, targets: Tensor): Tensor => {
  const [batch, length] = targets.shape;
  const start = np.full([batch, 1], config.decoderStartId, "int32");
  return np.concatenate([start, np.slice(targets, [null, [0, length - 1]])], 1);
});

const decodeWith = (
  config: T5Config,
  params: Params,
  encoded: Encoded,
  decoderInputs: Tensor,
  valid: Tensor,
  drop: Drop,
): Tensor => {
  const length = decoderInputs.shape[1];
  const { layers, relposBias, decoderNorm } = params.decoder;
  const own = np.add(positionBias(config, relposBias.relEmbedding, length, length, false), causalBias(valid));
  const cross = keyBias(encoded.valid);
  let x = drop(embed(params, decoderInputs), ALONG_LENGTH);
  for (const layer of layers) {
    const y = norm(config, layer.preSelfAttentionLayerNorm, x);
    x = np.add(x, drop(attention(config, layer.selfAttention, y, y, own, drop), ALONG_LENGTH));
    const z = norm(config, layer.preCrossAttentionLayerNorm, x);
    // Rows that answer one example share its keys and values: they stand behind each other along the length.
    const queries = np.reshape(z, [encoded.states.shape[0], -1, config.dModel]);
    const seen = attention(config, layer.encoderDecoderAttention, queries, encoded.states, cross, drop);
    x = np.add(x, drop(np.reshape(seen, x.shape), ALONG_LENGTH));
    x = np.add(x, drop(mlp(config, layer.mlp, norm(config, layer.preMlpLayerNorm, x), drop), ALONG_LENGTH));
  }
  return drop(norm(config, decoderNorm, x), ALONG_LENGTH);
};

/**
 * Runs the decoder on whole sequences.
 *
 * - `decoderInputs`: `[B, S]` int32: the start token, then the tokens so far; or `[B * n, S]`, `n` rows for each example in turn
 * - `valid`: like `decoderInputs`, bool: which positions may be seen; by default all
 * @returns states `[B * n, S, d]`
 */
export const decode = composite(
  "t5.decode",
  (config: T5Config, params: Params, encoded: Encoded, decoderInputs: Tensor, valid?: Tensor): Tensor => {
    const seen = valid ?? np.ones(decoderInputs.shape, "bool");
    return decodeWith(config, params, encoded, decoderInputs, seen, makeDrop(undefined, 0));
  },
);

/** Scores over the vocabulary, `[..., d]` to `[..., V]`. T5 1.0 reuses the embedding, scaled by `d ** -0.5`. */
export const logitsOf = composite("t5.logitsOf", (config: T5Config, params: Params, states: Tensor): Tensor => {
  const head = params.decoder.logitsDense;
  if (head !== undefined) return np.matmul(states, head.kernel);
  if (!config.tiedEmbeddings) {
    throw new ArgumentError({
      where: "t5.logitsOf",
      what: "the parameters have no output layer",
      expected: "decoder.logitsDense, or a configuration with tied embeddings",
      got: "neither",
    });
  }
  const scaled = np.multiply(states, config.dModel ** -0.5);
  return np.einsum("bsd,vd->bsv", scaled, params.tokenEmbedder.embedding);
});

/** Logits `[B, S, V]` of the targets of a batch, with the decoder reading the targets shifted right. */
export const logits = composite(
  "t5.logits",
  (config: T5Config, params: Params, batch: Batch, options: EncodeOptions = {}): Tensor => {
    const drop = makeDrop(options.dropoutKey, options.dropoutRate ?? 0);
    const encoded = encodeWith(config, params, batch.inputs, options, drop);
    const valid = np.notEqual(batch.targets, 0);
    const states = decodeWith(config, params, encoded, shiftRight(config, batch.targets), valid, drop);
    return logitsOf(config, params, states);
  },
);

export interface LossOptions {
  /** Weight of the squared log partition function; T5X trains with 1e-4, the paper states plain cross entropy. Default 0. */
  readonly zLoss?: number;
  /** `tokens`: the mean over target tokens (default). `none`: the sum, as T5X trains. */
  readonly normalize?: "tokens" | "none";
  /** Share of activations dropped when the batch carries a key. Default 0. */
  readonly dropoutRate?: number;
}

/** Cross entropy of a batch given its logits. */
const lossOf = (logitsBsv: Tensor, batch: Batch, options: LossOptions): Tensor => {
  const { loss } = nn.tokenLosses(logitsBsv, batch.targets, { zLoss: options.zLoss ?? 0 });
  const real = np.astype(np.notEqual(batch.targets, 0), "float32");
  const weights = batch.weights === undefined ? real : np.multiply(real, batch.weights);
  const total = np.sum(np.multiply(loss, weights));
  return options.normalize === "none" ? total : np.divide(total, np.maximum(np.sum(weights), 1));
};

/**
 * The loss of prompt tuning as a pure function `(frozenParams, promptParams, batch) => loss`.
 *
 * Differentiate it with respect to argument 1; the frozen weights then carry no tangents.
 * @see Lester et al. 2021, section 2
 * @example const step = valueAndGrad(t5.promptLoss(config), { argnums: 1 })
 */
export const promptLoss = (
  config: T5Config,
  options: LossOptions = {},
): ((frozen: Params, prompt: PromptParams, batch: Batch) => Tensor) =>
  composite("promptLoss", (frozen: Params, prompt: PromptParams, batch: Batch) => {
    const { dropoutRate } = options;
    const scores = logits(config, frozen, batch, { prefix: prompt.prompt, dropoutKey: batch.dropoutKey, dropoutRate });
    return lossOf(scores, batch, options);
  });

/** The same loss without a prompt, as a function of all weights: model tuning. */
export const loss = (config: T5Config, options: LossOptions = {}): ((params: Params, batch: Batch) => Tensor) =>
  composite("loss", (params: Params, batch: Batch) => {
    const { dropoutRate } = options;
    return lossOf(logits(config, params, batch, { dropoutKey: batch.dropoutKey, dropoutRate }), batch, options);
  });
