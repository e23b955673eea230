/**
 * @file T5 as pure functions over an immutable parameter tree: encode, decode and logits.
 *
 * The configuration is closed over, so a parameter tree holds tensors only. Everything before the residual is normalised
 * (pre-norm); norms are root-mean-square; nothing has a bias.
 * @see Raffel et al. 2020 (T5); Shazeer 2020 (gated GELU); Lester et al. 2021 (prompt tuning)
 */
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { asTensor, type Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import { attention, type KeyValue } from "./attention.js";
import { isScaled, type T5Config, type T5DecoderLayer, type T5EncoderLayer } from "./config.js";
import { behindFronts, decoderFronts, type LayerFronts, layerFronts, selfBias } from "./decoder-fronts.js";
import { ALONG_LENGTH } from "./drop.js";
import { checkIds, isToken, realTargets } from "./ids.js";
import { decoderInput, encoderInput, encoderMask } from "./inputs.js";
import { biasWithFront, frontOf, inFront, type LayerPrompts, layersWith, withLayerPrompt } from "./key-values.js";
import { biasPerLayer, decoderLayer, encoderLayer, norm, positionBias } from "./layers.js";
import { maskBias, pairMask, zeroWhereNot } from "./masks.js";
import { type Inserted, type Model, type Modified, modified } from "./modified.js";
import { project } from "./project.js";
import { checkBothPacked, checkPacked, checkSegments } from "./segments.js";
import { makeStack, type TrainingOptions } from "./stack.js";

export type { Params } from "./stack.js";

/** What is learned: `P` vectors in embedding space, `[P, d]`. */
export interface PromptParams {
  readonly prompt: Tensor;
}

/** Token ids, padded with the configuration's `padId`, which is 0. */
export interface Batch {
  /** `[B, T]` int32; T does not count the prompt. */
  readonly inputs: Tensor;
  /** `[B, S]` int32, each row ended by EOS. -100, as Hugging Face has it for targets that do not count, is padding too. */
  readonly targets: Tensor;
  /** `[B, S]` or `[B, 1]` float32 weights of the target tokens; padding never counts. `[B]`, of the examples, where the loss is over choices. */
  readonly weights?: Tensor;
  /**
   * `[B, C, S]` int32: the answers to choose from where the loss is over them, padded, each ended by EOS. A row of padding alone is not
   * a choice; its score counts as minus infinity.
   */
  readonly choices?: Tensor;
  /** `[B]` int32: which choice is right, from 0; the loss of another number is NaN. */
  readonly answer?: Tensor;
  /** `[B]` int32, or a scalar for all rows: the task of each row, from 0, for methods that train a prompt for each of several tasks. */
  readonly tasks?: Tensor;
  /**
   * `[B, T]` int32, where rows are packed: the example that each input is of, numbered within its row. Examples do not see one another, and nothing
   * may be inserted. Both have segments, or neither; see `makePackedBatch`.
   */
  readonly inputsSegments?: Tensor;
  /** `[B, S]` int32: the example that each target is of, by the numbers of the inputs. The decoder starts anew with each. */
  readonly targetsSegments?: Tensor;
  /** A key for dropout; without it there is none. */
  readonly dropoutKey?: Tensor;
}

/** The encoder's result and which of its positions hold something. */
export interface Encoded {
  /** `[B, P + T, d]`; zero at padding. */
  readonly states: Tensor;
  /** `[B, P + T]` bool. */
  readonly valid: Tensor;
  /** `[B, T]` int32, where rows are packed. */
  readonly segments?: Tensor;
}

/** Choices of training, and insertions that the model does not have yet; see `Inserted`. */
export interface LogitsOptions extends TrainingOptions, Inserted {}

/** Those and the segments of packed rows. */
export interface EncodeOptions extends LogitsOptions {
  /** `[B, T]` int32, where rows are packed: the example that each input is of. Nothing may be inserted then. */
  readonly segments?: Tensor;
}

/** What enters a layer of the encoder beside its weights. */
interface EncoderExtra {
  readonly front: KeyValue | undefined;
  readonly prompt: LayerPrompts | undefined;
}

/** @throws {TreeError} for what is not a tensor; {ShapeError} when token ids are not in rows, `examples` of them or a multiple */
const checkRows = (where: string, given: Tensor, examples = 1): void => {
  const ids = asTensor(given, where);
  if (ids.ndim === 2 && ids.shape[0] % examples === 0) return;
  throw new ShapeError({
    where,
    what: "these token ids do not fit",
    expected: examples === 1 ? "i32[B,T]" : `i32[B,S], B a multiple of the encoder's ${examples} rows`,
    got: `${ids.aval}`,
  });
};

/** As many ids as can be read: the rows of the table, which may have been given more than the vocabulary has. */
const rowsOf = ({ params }: Modified): Pick<T5Config, "vocabSize"> => ({
  vocabSize: params.tokenEmbedder.embedding.shape[0],
});

/**
 * Runs the encoder.
 *
 * - `inputs`: `[B, T]` int32 token ids, `config.padId` (0) is padding
 * @throws {ShapeError} when the inputs are not `[B, T]`, or what is inserted does not fit them and the model's width; {ArgumentError} for an id that
 * the vocabulary does not have, where numbers are at hand: a compiled program takes the nearest row of the embedding
 * @example const { states } = t5.encode(config, params, ids) // f32[B,T,d]
 */
export const encode = composite(
  "t5.encode(config, model, inputs, { segments, dropoutKey, dropoutRate, remat, prefix, prefixValid, prefixSees, suffix, beforeEos, decoderPrefix, keyValues, layerPrompts })",
  (config: T5Config, model: Model, inputs: Tensor, options: EncodeOptions = {}): Encoded => {
    checkRows("t5.encode", inputs);
    const whole = modified(model, options, ["encoder"]);
    checkIds("t5.encode", rowsOf(whole), inputs, { what: "inputs" });
    const { encoder } = whole.params;
    checkPacked("t5.encode", whole, inputs, options.segments);
    const { states, ...places } = encoderInput(config, whole, inputs, options.segments);
    const total = states.shape[1];
    const position = positionBias(config, total, total, true);
    const mask = maskBias(encoderMask(places, whole));
    const front = frontOf(config, whole.keyValues, "encoder", inputs.shape[0]);
    const bias = biasPerLayer(encoder, (table) => biasWithFront(np.add(position(table), mask), front));
    const { drop, through } = makeStack(options);
    const layers = layersWith<T5EncoderLayer<Tensor>, EncoderExtra>(encoder.layers, {
      front: front?.layers,
      prompt: whole.layerPrompts,
    });
    const last = through(
      layers,
      drop(states, ALONG_LENGTH),
      (h, { params: layer, own: { front, prompt } }, dropped) => {
        const sequences = {
          drop: dropped,
          name: "encoder.attention",
          before: (seen: KeyValue) => inFront(front, seen),
        };
        const own = (y: Tensor): Tensor => attention(config, layer.attention, y, y, bias(layer), sequences);
        return encoderLayer(config, layer, withLayerPrompt(h, prompt), own, dropped);
      },
    );
    // T5X masks what every layer reads, too; that changes nothing, since padding is not attended to, and it is zero here.
    return {
      states: zeroWhereNot(places.valid, drop(norm(config, encoder.encoderNorm, last), ALONG_LENGTH)),
      ...places,
    };
  },
);

/**
 * Targets moved right by one, with the start token in front: what the decoder reads, which for a target of -100 is padding. `[B, S]` int32.
 *
 * - `segments`: `[B, S]` int32, where rows are packed: the start token is in front of each segment
 * @throws {ShapeError} when they are not in rows, or the segments not as many
 */
export const shiftRight = composite(
  "t5.shiftRight(config, targets, segments)",
  (config: T5Config, targets: Tensor, segments?: Tensor): Tensor => {
    checkRows("t5.shiftRight", targets);
    const [batch, length] = targets.shape;
    const start = np.full([batch, 1], config.decoderStartId, "int32");
    const moved = (x: Tensor, first: Tensor): Tensor =>
      np.concatenate([first, np.slice(x, [null, [0, length - 1]])], 1);
    const before = moved(realTargets(config, targets), start);
    if (segments === undefined) return before;
    checkSegments("t5.shiftRight", segments, targets);
    const goesOn = np.equal(segments, moved(segments, np.slice(segments, [null, [0, 1]])));
    return np.where(goesOn, before, config.decoderStartId);
  },
);

export interface DecodeOptions extends TrainingOptions {
  /**
   * Bool of the shape of the inputs: which targets are not padding, where all targets are known (training and scoring); padding is then masked, and zero in
   * the result, as in T5X. By default all are, as in decoding step by step.
   */
  readonly valid?: Tensor;
  /** Int32 of the shape of the inputs, where rows are packed: the example that each target is of. The encoder has segments too. */
  readonly segments?: Tensor;
}

/**
 * Runs the decoder on whole sequences.
 *
 * - `decoderInputs`: `[B, S]` int32: the start token, then the tokens so far; or `[B * n, S]`, `n` rows for each example in turn
 * @returns states `[B * n, S, d]`
 * @throws {ShapeError} when there are not as many rows as examples, or a multiple; or the decoder's prefix does not fit; {ArgumentError} when only one
 * of encoder and decoder has segments, or a packed row has a prompt
 */
export const decode = composite(
  "t5.decode(config, model, encoded, decoderInputs, { valid, segments, dropoutKey, dropoutRate, remat })",
  (config: T5Config, model: Model, encoded: Encoded, decoderInputs: Tensor, options: DecodeOptions = {}): Tensor => {
    const examples = encoded.states.shape[0];
    checkRows("t5.decode", decoderInputs, examples);
    const whole = modified(model, {}, ["decoder"]);
    checkIds("t5.decode", rowsOf(whole), decoderInputs, { what: "decoder inputs" });
    const { decoder } = whole.params;
    const { segments } = options;
    checkBothPacked("t5.decode", encoded.segments, segments);
    checkPacked("t5.decode", whole, decoderInputs, segments);
    const { states, logitMask, before, ...places } = decoderInput(config, whole, decoderInputs, examples, options);
    const length = states.shape[1];
    const fronts = decoderFronts(config, whole.keyValues, examples);
    const bias = selfBias(config, decoder, places, fronts);
    // Rows that answer one example share its keys and values: they stand behind each other along the length.
    const inLine = (x: Tensor): Tensor => np.reshape(x, [examples, -1]);
    const targets = { valid: inLine(places.valid), ...(segments && { segments: inLine(segments) }) };
    const crossMask = maskBias(pairMask(targets, encoded));
    const crossBias = biasWithFront(crossMask, fronts.cross);
    const masked = (x: Tensor): Tensor => zeroWhereNot(logitMask, x);
    const { drop, through } = makeStack(options);
    const layers = layersWith<T5DecoderLayer<Tensor>, LayerFronts>(decoder.layers, layerFronts(fronts));
    const last = through(layers, drop(states, ALONG_LENGTH), (h, { params: layer, own: fronts }, dropped) => {
      const named = (name: string, before: (seen: KeyValue) => KeyValue) => ({ drop: dropped, name, before });
      const own = (y: Tensor): Tensor => {
        const sequences = named("decoder.selfAttention", (seen) => behindFronts(fronts, seen));
        return attention(config, layer.selfAttention, y, y, bias(layer), sequences);
      };
      const cross = (y: Tensor): Tensor => {
        const { encoderDecoderAttention: params } = layer;
        const x = np.reshape(y, [examples, -1, config.dModel]);
        const sequences = named("decoder.encoderDecoderAttention", (seen) => inFront(fronts.cross, seen));
        return np.reshape(attention(config, params, x, encoded.states, crossBias, sequences), y.shape);
      };
      return decoderLayer(config, layer, h, { own, cross, masked }, dropped);
    });
    const all = masked(drop(norm(config, decoder.decoderNorm, last), ALONG_LENGTH));
    return before === 0 ? all : np.slice(all, [null, [before, length]]);
  },
);

/** Scores over the vocabulary, `[..., d]` to `[..., V]`. T5 1.0 reuses the embedding, and scales the states by `d ** -0.5` (`scaleDecoderOutputs`). */
export const logitsOf = composite(
  "t5.logitsOf(config, model, states)",
  (config: T5Config, model: Model, states: Tensor): Tensor => {
    const { params } = modified(model, {}, ["decoder"]);
    const head = params.decoder.logitsDense;
    const scaled = (): Tensor => (isScaled(config) ? np.multiply(states, config.dModel ** -0.5) : states);
    if (head !== undefined) return project(head, scaled());
    if (!config.tiedEmbeddings) {
      throw new ArgumentError({
        where: "t5.logitsOf",
        what: "the parameters have no output layer",
        expected: "decoder.logitsDense, or a configuration with tied embeddings",
        got: "neither",
      });
    }
    return np.einsum("bsd,vd->bsv", scaled(), params.tokenEmbedder.embedding);
  },
);

/** Segments as an option, where rows are packed. */
const segmented = (segments: Tensor | undefined): { readonly segments?: Tensor } =>
  segments === undefined ? {} : { segments };

/** Logits `[B, S, V]` of the targets of a batch, with the decoder reading the targets shifted right. */
export const logits = composite(
  "t5.logits(config, model, batch, { dropoutKey, dropoutRate, remat, prefix, prefixValid, prefixSees, suffix, beforeEos, decoderPrefix, keyValues, layerPrompts })",
  (config: T5Config, model: Model, batch: Batch, options: LogitsOptions = {}): Tensor => {
    const { dropoutKey, dropoutRate, remat } = options;
    const { inputs, inputsSegments, targetsSegments } = batch;
    checkBothPacked("t5.logits", inputsSegments, targetsSegments);
    const whole = modified(model, options, ["encoder", "decoder"]);
    const [first, second] = dropoutKey === undefined ? [] : random.subkeys(dropoutKey);
    const training = { dropoutRate, remat };
    const encoded = encode(config, whole, inputs, { ...segmented(inputsSegments), dropoutKey: first, ...training });
    checkIds("t5.logits", config, batch.targets, { what: "targets", target: true });
    const targets = realTargets(config, batch.targets);
    const valid = isToken(config, targets);
    const read = shiftRight(config, targets, targetsSegments);
    const how = { valid, ...segmented(targetsSegments), dropoutKey: second, ...training };
    const states = decode(config, whole, encoded, read, how);
    return logitsOf(config, whole, states);
  },
);
