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
import * as random from "../random/index.js";
import type { T5Config, T5DecoderLayer, T5EncoderLayer } from "./config.js";
import { ALONG_LENGTH, attention, biasPerLayer, mlp, positionBias } from "./layers.js";
import { causalMask, decoderLogitMask, maskBias, pairMask, zeroWhereNot } from "./masks.js";
import { type AnyParams, makeStack, type Params, type TrainingOptions } from "./stack.js";

export type { Params } from "./stack.js";

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

export interface EncodeOptions extends TrainingOptions {
  /** `[P, d]` (for every row) or `[B, P, d]`: vectors put before the embedded tokens. */
  readonly prefix?: Tensor;
  /** `[B, P]` bool: which vectors of the prefix are there; by default all. See `promptRows`. */
  readonly prefixValid?: Tensor;
}

/** The normalisation before every part of a layer and after the last. */
export const norm = (config: T5Config, params: { readonly scale: Tensor }, x: Tensor): Tensor =>
  nn.rmsNorm(config.dModel, { epsilon: config.layerNormEpsilon }).apply(params, x);

/** Token ids to vectors: a new last axis of `d`. */
export const embed = (params: AnyParams, ids: Tensor): Tensor =>
  np.take(params.tokenEmbedder.embedding, ids, 0, "clip");

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
  const shape = [ids.shape[0], prefixLength];
  if (prefixValid !== undefined && !sameShape(prefixValid.shape, shape)) {
    throw new ShapeError({
      where: "t5.encode",
      what: "prefixValid does not fit the prefix",
      expected: `bool${printShape(shape)}`,
      got: `${prefixValid.aval}`,
    });
  }
  return prefixLength === 0 ? valid : np.concatenate([prefixValid ?? np.ones(shape, "bool"), valid], 1);
};

/** @throws {ShapeError} when token ids are not in rows, `examples` of them or a multiple */
const checkRows = (where: string, ids: Tensor, examples = 1): void => {
  if (ids.ndim === 2 && ids.shape[0] % examples === 0) return;
  throw new ShapeError({
    where,
    what: "these token ids do not fit",
    expected: examples === 1 ? "i32[B,T]" : `i32[B,S], B a multiple of the encoder's ${examples} rows`,
    got: `${ids.aval}`,
  });
};

/**
 * Runs the encoder.
 *
 * - `inputs`: `[B, T]` int32 token ids, 0 is padding
 * @throws {ShapeError} when the inputs are not `[B, T]`, or the prefix does not fit them and the model's width
 * @example const { states } = t5.encode(config, params, ids) // f32[B,T,d]
 */
export const encode = composite(
  "t5.encode",
  (config: T5Config, params: AnyParams, inputs: Tensor, options: EncodeOptions = {}): Encoded => {
    checkRows("t5.encode", inputs);
    const [batch, length] = inputs.shape;
    const tokens = embed(params, inputs);
    const before = options.prefix === undefined ? undefined : prefixRows(config, options.prefix, batch);
    const prefixLength = before?.shape[1] ?? 0;
    const valid = validWithPrefix(inputs, prefixLength, options.prefixValid);
    const total = prefixLength + length;
    const { layers, encoderNorm } = params.encoder;
    const position = positionBias(config, total, total, true);
    const mask = maskBias(pairMask(valid, valid));
    const bias = biasPerLayer(params.encoder, (table) => np.add(position(table), mask));
    const { drop, through } = makeStack(options);
    const embedded = drop(before === undefined ? tokens : np.concatenate([before, tokens], 1), ALONG_LENGTH);
    const last = through<T5EncoderLayer<Tensor>>(layers, embedded, (h, layer, dropped) => {
      const y = norm(config, layer.preAttentionLayerNorm, h);
      const seen = attention(config, layer.attention, y, y, bias(layer), dropped, "encoder.attention");
      const x = np.add(h, dropped(seen, ALONG_LENGTH));
      return np.add(x, dropped(mlp(config, layer.mlp, norm(config, layer.preMlpLayerNorm, x), dropped), ALONG_LENGTH));
    });
    // T5X masks what every layer reads, too; nothing comes of that, since nobody sees padding, and it is zero here.
    return { states: zeroWhereNot(valid, drop(norm(config, encoderNorm, last), ALONG_LENGTH)), valid };
  },
);

/** Targets moved right by one, with the start token in front: what the decoder reads. `[B, S]` int32. @throws {ShapeError} when they are not in rows */
export const shiftRight = composite("t5.shiftRight", (config: T5Config, targets: Tensor): Tensor => {
  checkRows("t5.shiftRight", targets);
  const [batch, length] = targets.shape;
  const start = np.full([batch, 1], config.decoderStartId, "int32");
  return np.concatenate([start, np.slice(targets, [null, [0, length - 1]])], 1);
});

export interface DecodeOptions extends TrainingOptions {
  /**
   * Bool of the shape of the inputs: which targets are not padding, where all targets are known (training and scoring); padding is then masked, and zero in
   * the result, as in T5X. By default all are, as in decoding step by step.
   */
  readonly valid?: Tensor;
}

/**
 * Runs the decoder on whole sequences.
 *
 * - `decoderInputs`: `[B, S]` int32: the start token, then the tokens so far; or `[B * n, S]`, `n` rows for each example in turn
 * @returns states `[B * n, S, d]`
 * @throws {ShapeError} when there are not as many rows as examples, or a multiple
 */
export const decode = composite(
  "t5.decode",
  (
    config: T5Config,
    params: AnyParams,
    encoded: Encoded,
    decoderInputs: Tensor,
    options: DecodeOptions = {},
  ): Tensor => {
    checkRows("t5.decode", decoderInputs, encoded.states.shape[0]);
    const { valid = np.ones(decoderInputs.shape, "bool") } = options;
    const logitMask = options.valid === undefined ? undefined : decoderLogitMask(decoderInputs);
    const length = decoderInputs.shape[1];
    const { layers, decoderNorm } = params.decoder;
    const position = positionBias(config, length, length, false);
    const mask = maskBias(causalMask(valid));
    const own = biasPerLayer(params.decoder, (table) => np.add(position(table), mask));
    // Rows that answer one example share its keys and values: they stand behind each other along the length.
    const examples = encoded.states.shape[0];
    const cross = maskBias(pairMask(np.reshape(valid, [examples, -1]), encoded.valid));
    const masked = (params: { readonly scale: Tensor }, x: Tensor): Tensor =>
      zeroWhereNot(logitMask, norm(config, params, x));
    const { drop, through } = makeStack(options);
    const embedded = drop(embed(params, decoderInputs), ALONG_LENGTH);
    const last = through<T5DecoderLayer<Tensor>>(layers, embedded, (h, layer, dropped) => {
      const y = masked(layer.preSelfAttentionLayerNorm, h);
      const before = attention(config, layer.selfAttention, y, y, own(layer), dropped, "decoder.selfAttention");
      const x = np.add(h, dropped(before, ALONG_LENGTH));
      const queries = np.reshape(masked(layer.preCrossAttentionLayerNorm, x), [examples, -1, config.dModel]);
      const name = "decoder.encoderDecoderAttention";
      const seen = attention(config, layer.encoderDecoderAttention, queries, encoded.states, cross, dropped, name);
      const w = np.add(x, dropped(np.reshape(seen, x.shape), ALONG_LENGTH));
      return np.add(w, dropped(mlp(config, layer.mlp, masked(layer.preMlpLayerNorm, w), dropped), ALONG_LENGTH));
    });
    return zeroWhereNot(logitMask, drop(norm(config, decoderNorm, last), ALONG_LENGTH));
  },
);

/** Scores over the vocabulary, `[..., d]` to `[..., V]`. T5 1.0 reuses the embedding, scaled by `d ** -0.5`. */
export const logitsOf = composite("t5.logitsOf", (config: T5Config, params: AnyParams, states: Tensor): Tensor => {
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
  (config: T5Config, params: AnyParams, batch: Batch, options: EncodeOptions = {}): Tensor => {
    const { dropoutKey, dropoutRate, remat } = options;
    const [first, second] = dropoutKey === undefined ? [] : random.subkeys(dropoutKey);
    const encoded = encode(config, params, batch.inputs, { ...options, dropoutKey: first });
    const valid = np.notEqual(batch.targets, 0);
    const inputs = shiftRight(config, batch.targets);
    const states = decode(config, params, encoded, inputs, { valid, dropoutKey: second, dropoutRate, remat });
    return logitsOf(config, params, states);
  },
);

export interface LossOptions extends Pick<TrainingOptions, "remat"> {
  /** Weight of the squared log partition function; T5X trains with 1e-4, the paper states plain cross entropy. Default 0. */
  readonly zLoss?: number;
  /** `tokens`: the mean over target tokens (default). `none`: the sum, as T5X trains. */
  readonly normalize?: "tokens" | "none";
  /** Share of activations dropped when the batch carries a key. Default 0. */
  readonly dropoutRate?: number;
}

/** Summed cross entropy of a batch given its logits, and the sum of the weights of its target tokens. */
const sumsOf = (logitsBsv: Tensor, batch: Batch, options: LossOptions): readonly [sum: Tensor, weight: Tensor] => {
  const { loss } = nn.tokenLosses(logitsBsv, batch.targets, { zLoss: options.zLoss ?? 0 });
  const real = np.astype(np.notEqual(batch.targets, 0), "float32");
  const weights = batch.weights === undefined ? real : np.multiply(real, batch.weights);
  return [np.sum(np.multiply(loss, weights)), np.sum(weights)];
};

/** Cross entropy of a batch given its logits. */
const lossOf = (logitsBsv: Tensor, batch: Batch, options: LossOptions): Tensor => {
  const [sum, weight] = sumsOf(logitsBsv, batch, options);
  return options.normalize === "none" ? sum : np.divide(sum, np.maximum(weight, 1));
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
): ((frozen: AnyParams, prompt: PromptParams, batch: Batch) => Tensor) =>
  composite("promptLoss", (frozen: AnyParams, prompt: PromptParams, batch: Batch) => {
    const { dropoutRate, remat } = options;
    const { dropoutKey } = batch;
    return lossOf(
      logits(config, frozen, batch, { prefix: prompt.prompt, dropoutKey, dropoutRate, remat }),
      batch,
      options,
    );
  });

/**
 * The same loss without a prompt, as a function of all weights: model tuning.
 *
 * @example t5.loss<t5.StackedParams>(config) // for layers that are scanned
 */
export const loss = <P extends AnyParams = Params>(
  config: T5Config,
  options: LossOptions = {},
): ((params: P, batch: Batch) => Tensor) =>
  composite("loss", (params: P, batch: Batch) => {
    const { dropoutRate, remat } = options;
    return lossOf(logits(config, params, batch, { dropoutKey: batch.dropoutKey, dropoutRate, remat }), batch, options);
  });

/**
 * The summed loss of a batch and the sum of the weights of its target tokens, to be added up over microbatches; `normalize` is not read.
 *
 * @example const [sum, weight] = t5.lossSums(config)(params, batch) // loss is sum / max(weight, 1)
 */
export const lossSums = <P extends AnyParams = Params>(
  config: T5Config,
  options: LossOptions = {},
): ((params: P, batch: Batch) => readonly [sum: Tensor, weight: Tensor]) =>
  composite("lossSums", (params: P, batch: Batch) => {
    const { dropoutRate, remat } = options;
    return sumsOf(logits(config, params, batch, { dropoutKey: batch.dropoutKey, dropoutRate, remat }), batch, options);
  });
