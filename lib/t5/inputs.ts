/** @file What the stacks of a T5 read: embedded tokens with the vectors that a method puts around them. */
import { printShape, sameShape } from "../core/aval.js";
import { ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import type { T5Config } from "./config.js";
import { isToken } from "./ids.js";
import { decoderLogitMask, type Places, pairMask } from "./masks.js";
import type { Modified } from "./modified.js";
import type { AnyParams } from "./stack.js";

/** Embedded tokens and which of them hold something. */
interface Embedded extends Places {
  /** `[B, T, d]` */
  readonly states: Tensor;
}

/** Token ids to vectors: a new last axis of `d`. */
export const embed = (params: AnyParams, ids: Tensor): Tensor =>
  np.take(params.tokenEmbedder.embedding, ids, 0, "clip");

/** Vectors for each of `batch` rows. @throws {ShapeError} when they are neither `[P, d]` nor `[batch, P, d]` */
const rowsOf = (where: string, name: keyof Modified, vectors: Tensor, batch: number, width: number): Tensor => {
  const fits = vectors.shape[vectors.ndim - 1] === width && (vectors.ndim === 2 || vectors.shape[0] === batch);
  if ((vectors.ndim !== 2 && vectors.ndim !== 3) || !fits) {
    throw new ShapeError({
      where,
      what: `the ${name} does not fit the model`,
      expected: `[P, ${width}] or [${batch}, P, ${width}]`,
      got: `${vectors.aval}`,
      hint: "a prompt belongs to one model size",
    });
  }
  return np.broadcastTo(vectors, [batch, ...vectors.shape.slice(-2)]);
};

const allValid = (vectors: Tensor): Tensor => np.ones(vectors.shape.slice(0, 2), "bool");

/** @throws {ShapeError} when `given` has another shape than `shape` */
const checkMask = (name: keyof Modified, given: Tensor | undefined, shape: readonly number[]): void => {
  if (given === undefined || sameShape(given.shape, shape)) return;
  const [what, expected] = [`${name} does not fit the prefix`, `bool${printShape(shape)}`];
  throw new ShapeError({ where: "t5.encode", what, expected, got: `${given.aval}` });
};

/** `vectors` (`[B, S, d]`) between the first `at` (`[B]`) positions of each row and the others. */
const insert = ({ states, valid }: Embedded, vectors: Tensor, at: Tensor): Embedded => {
  const [batch, length, width] = states.shape;
  const count = vectors.shape[1];
  const start = np.expandDims(at, 1);
  const place = np.expandDims(np.arange(length + count), 0);
  // Where a position of the result comes from, in `states` followed by `vectors`.
  const moved = np.where(
    np.less(place, np.add(start, count)),
    np.add(np.subtract(place, start), length),
    np.subtract(place, count),
  );
  const from = np.where(np.less(place, start), place, moved);
  const flat = np.add(from, np.multiply(np.expandDims(np.arange(batch), 1), length + count));
  const rows = np.reshape(np.concatenate([states, vectors], 1), [-1, width]);
  const there = np.concatenate([valid, allValid(vectors)], 1);
  return { states: np.take(rows, flat, 0, "clip"), valid: np.takeAlongAxis(there, from, 1) };
};

/** How many tokens each row has, `[B]` int32. */
const lengthsOf = (tokens: Tensor): Tensor => np.sum(np.astype(tokens, "int32"), { axis: 1 });

/**
 * What the encoder reads: the prefix, then the embedded tokens with what is put between or after them.
 *
 * @param ids       `[B, T]` int32 with padding
 * @param segments  `[B, T]` int32 where rows are packed; nothing is inserted then
 * @throws {ShapeError} when vectors do not fit the batch and the model's width, or a mask the prefix
 */
export const encoderInput = (
  config: T5Config,
  { params, prefix, prefixValid, suffix, beforeEos }: Modified,
  ids: Tensor,
  segments: Tensor | undefined,
): Embedded => {
  const [batch, width] = [ids.shape[0], params.tokenEmbedder.embedding.shape[1]];
  const vectors = (name: keyof Modified, given: Tensor): Tensor => rowsOf("t5.encode", name, given, batch, width);
  let text: Embedded = { states: embed(params, ids), valid: isToken(config, ids), ...(segments && { segments }) };
  let lengths = suffix === undefined && beforeEos === undefined ? undefined : lengthsOf(text.valid);
  if (lengths !== undefined && beforeEos !== undefined) {
    const rows = vectors("beforeEos", beforeEos);
    text = insert(text, rows, np.maximum(np.subtract(lengths, 1), 0));
    lengths = np.add(lengths, rows.shape[1]);
  }
  if (lengths !== undefined && suffix !== undefined) text = insert(text, vectors("suffix", suffix), lengths);
  const before = prefix === undefined ? undefined : vectors("prefix", prefix);
  checkMask("prefixValid", prefixValid, [batch, before?.shape[1] ?? 0]);
  if (before === undefined) return text;
  return {
    states: np.concatenate([before, text.states], 1),
    valid: np.concatenate([prefixValid ?? allValid(before), text.valid], 1),
  };
};

/** Which pairs of the encoder's positions see each other, `[B, 1, T, T]` bool, with what each vector of the prefix may see. */
export const encoderMask = (places: Places, { prefix, prefixSees }: Modified): Tensor => {
  const pairs = pairMask(places, places);
  const count = prefix?.shape[prefix.ndim - 2] ?? 0;
  checkMask("prefixSees", prefixSees, [count, count + 1]);
  if (prefixSees === undefined || count === 0) return pairs;
  const total = places.valid.shape[1];
  const each = np.slice(prefixSees, [null, [0, count]]);
  const text = np.broadcastTo(np.slice(prefixSees, [null, [count, count + 1]]), [count, total - count]);
  const seen = np.concatenate([np.concatenate([each, text], 1), np.ones([total - count, total], "bool")], 0);
  return np.logicalAnd(pairs, seen);
};

/** What the decoder reads. */
interface DecoderInput extends Embedded {
  /** `[rows, P + S]` bool: where activations are not zero; undefined where they are nowhere. */
  readonly logitMask: Tensor | undefined;
  /** `P`: vectors in front. */
  readonly before: number;
}

/** The decoder's prefix for each of `examples`, `[examples, P, d]`. @throws {ShapeError} when it does not fit */
export const decoderPrefixRows = ({ params, decoderPrefix }: Modified, examples: number): Tensor | undefined =>
  decoderPrefix === undefined
    ? undefined
    : rowsOf("t5.decode", "decoderPrefix", decoderPrefix, examples, params.tokenEmbedder.embedding.shape[1]);

/**
 * What the decoder reads: its prefix, then the embedded tokens.
 *
 * @param ids       `[rows, S]` int32: the start token, then the tokens so far
 * @param examples  how many examples the rows belong to; those of one stand together
 * @param targets   which targets are not padding, where they are known, and their segments, where rows are packed
 */
export const decoderInput = (
  config: T5Config,
  model: Modified,
  ids: Tensor,
  examples: number,
  { valid, segments }: Partial<Places>,
): DecoderInput => {
  const tokens = {
    states: embed(model.params, ids),
    valid: valid ?? np.ones(ids.shape, "bool"),
    logitMask: segments !== undefined || valid === undefined ? valid : decoderLogitMask(ids, config.padId),
    ...(segments && { segments }),
  };
  const prefix = decoderPrefixRows(model, examples);
  if (prefix === undefined) return { ...tokens, before: 0 };
  const rows = np.repeat(prefix, ids.shape[0] / examples, 0);
  const behind = (mask: Tensor): Tensor => np.concatenate([allValid(rows), mask], 1);
  return {
    states: np.concatenate([rows, tokens.states], 1),
    valid: behind(tokens.valid),
    logitMask: tokens.logitMask && behind(tokens.logitMask),
    before: rows.shape[1],
  };
};
