/**
 * @file Rows of the prefix LM, in which two texts share a row of the encoder and one of the decoder, and of its form for decoders alone.
 *
 * Source: https://github.com/google-research/text-to-text-transfer-transformer, `t5/data/preprocessors.py`, version 0.9.4; spec 8.3.
 */
import { takes } from "../../core/composite.js";
import { checkWhole, refuse } from "./checks.js";
import { uniformWhole } from "./draws.js";
import { type DocumentIds, type PieceOptions, piecesOf } from "./pieces.js";

/** The start of decoder inputs, and padding. */
const PAD = 0;

/** A row of two texts: the prefixes in the encoder, what follows in the decoder. Segments count from 1, positions from 0 in each segment. */
export interface PrefixLmRow {
  readonly encoderInputs: readonly number[];
  readonly encoderSegments: readonly number[];
  readonly encoderPositions: readonly number[];
  readonly decoderTargets: readonly number[];
  readonly decoderInputs: readonly number[];
  readonly decoderSegments: readonly number[];
  readonly decoderPositions: readonly number[];
  /** 1 for a target that counts, 0 for padding. */
  readonly decoderWeights: readonly number[];
}

/** @throws {ArgumentError} when nothing would be left on a side of the split */
const checkSplit = (where: string, splitPoint: number, length: number): void => {
  if (Number.isSafeInteger(splitPoint) && splitPoint > 0 && splitPoint < length) return;
  refuse(where, "the split point is out of range", `a whole number from 1 to ${length - 1}`, splitPoint);
};

const weightsOf = (targets: readonly number[]): number[] => targets.map((id) => (id === PAD ? 0 : 1));
/** Decoder inputs: each target one place later. */
const shifted = (targets: readonly number[]): number[] => [PAD, ...targets.slice(0, -1)];
const counting = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const twoSegments = (first: number, second: number) => ({
  segments: [...Array<number>(first).fill(1), ...Array<number>(second).fill(2)],
  positions: [...counting(first), ...counting(second)],
});

/** Where a row of `length` is split: 1 to `length - 1`, all equally likely. */
export const randomSplit = takes("randomSplit(length, seed)", (length: number, seed: number): number => {
  checkWhole("data.randomSplit", "the length", length, 2);
  return uniformWhole(seed, 0, 1, length - 1);
});

/**
 * Puts two texts of one length into one row: the first `splitPoint` tokens of `a` and the first `length - splitPoint` of `b` are read, the others
 * written. So the encoder and the decoder are both full.
 *
 * @throws {ArgumentError} when the lengths differ or are odd, or the split point leaves nothing
 * @see T5's `pack_prefix_lm_encoder_decoder`
 * @example packPrefixLmEncoderDecoder([4, 5, 6, 7], [8, 9, 10, 11], 1).encoderInputs // [4, 8, 9, 10]
 */
export const packPrefixLmEncoderDecoder = takes(
  "packPrefixLmEncoderDecoder(a, b, splitPoint)",
  (a: DocumentIds, b: DocumentIds, splitPoint: number): PrefixLmRow => {
    const where = "data.packPrefixLmEncoderDecoder";
    const { length } = a;
    if (b.length !== length) refuse(where, "the two texts differ in length", `${length} tokens`, b.length);
    if (length % 2 === 1) refuse(where, "the length of a row is odd", "an even number of tokens", length);
    checkSplit(where, splitPoint, length);
    const rest = length - splitPoint;
    const [writtenA, writtenB] = [a.slice(splitPoint), b.slice(rest)];
    const [encoder, decoder] = [twoSegments(splitPoint, rest), twoSegments(rest, splitPoint)];
    const decoderTargets = [...writtenA, ...writtenB];
    return {
      encoderInputs: [...a.slice(0, splitPoint), ...b.slice(0, rest)],
      encoderSegments: encoder.segments,
      encoderPositions: encoder.positions,
      decoderTargets,
      decoderInputs: [...shifted(writtenA), ...shifted(writtenB)],
      decoderSegments: decoder.segments,
      decoderPositions: decoder.positions,
      decoderWeights: weightsOf(decoderTargets),
    };
  },
);

/** A row of a model that has only a decoder. */
export interface CausalRow {
  readonly decoderTargets: readonly number[];
  readonly decoderInputs: readonly number[];
  /** 1 for a target that counts, 0 for the prefix and for padding. */
  readonly decoderWeights: readonly number[];
  /** 1 where a position may see the whole prefix: the prefix and the place that predicts what follows it. */
  readonly decoderCausalAttention: readonly number[];
}

/**
 * Makes a row of a prefix LM for a model that has only a decoder: the first `splitPoint` tokens are the prefix.
 *
 * - `lossOnTargetsOnly`: whether the prefix does not count. Default true.
 * @throws {ArgumentError} when the splitPoint point leaves nothing
 * @see T5's `pack_prefix_lm_decoder_only`
 * @example packPrefixLmDecoderOnly([4, 5, 6, 7], 1).decoderCausalAttention // [1, 1, 0, 0]
 */
export const packPrefixLmDecoderOnly = takes(
  "packPrefixLmDecoderOnly(tokens, splitPoint, { lossOnTargetsOnly })",
  (
    tokens: DocumentIds,
    splitPoint: number,
    { lossOnTargetsOnly = true }: { readonly lossOnTargetsOnly?: boolean } = {},
  ): CausalRow => {
    checkSplit("data.packPrefixLmDecoderOnly", splitPoint, tokens.length);
    return {
      decoderTargets: [...tokens],
      decoderInputs: shifted(tokens),
      decoderWeights: weightsOf(tokens).map((weight, i) => (lossOnTargetsOnly && i < splitPoint ? 0 : weight)),
      decoderCausalAttention: tokens.map((_, i) => (i <= splitPoint ? 1 : 0)),
    };
  },
);

/**
 * The texts that `packPrefixLmEncoderDecoder` takes two by two: documents with an end of sequence, 128 joined, cut to `length`, the last piece of
 * each 128 padded.
 *
 * @throws {ArgumentError} for lengths that are not whole numbers from 1
 * @see T5's `targets_for_prefix_lm_objective`
 * @example [...targetsForPrefixLmObjective([[5, 6], [7]], { length: 4, eosId: 1 }, seed)] // [[5, 6, 1, 7], [1, 0, 0, 0]]
 */
export const targetsForPrefixLmObjective = takes(
  "targetsForPrefixLmObjective(documents, options, seed)",
  function* targetsForPrefixLmObjective(
    documents: Iterable<DocumentIds>,
    { length, eosId }: Required<Pick<PieceOptions, "length" | "eosId">>,
    seed: number,
  ): Generator<number[], void> {
    for (const piece of piecesOf(documents, { length, eosId, joined: 128 }, seed)) {
      yield [...piece, ...Array<number>(length - piece.length).fill(PAD)];
    }
  },
);
