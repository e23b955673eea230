/**
 * @file What an objective of pre-training is: what a model is asked about a text without labels.
 *
 * An objective says how documents are cut into pieces, and what example becomes of a piece and a seed. Nothing else is random, so the example of a
 * piece can be made at any time, by any worker.
 */
import { takes } from "../../core/composite.js";
import type { Tokenizer } from "../../tokenizer/sentencepiece.js";
import { mix, type Tokens } from "../batch.js";
import { type DocumentIds, type PieceOptions, piecesOf } from "./pieces.js";

/** A way to make examples of texts. */
export interface Objective {
  /** How documents are cut. */
  readonly pieces: PieceOptions;
  /** The example of a piece, each row ended by EOS. */
  readonly example: (piece: DocumentIds, seed: number) => Tokens;
  /** The sizes of the example of a piece of this length, for objectives that can compute them without making the example. Packing uses them to skip ahead. */
  readonly sizes?: (length: number, seed: number) => Sizes;
  /** Most ids of an input, EOS included. */
  readonly inputLength: number;
  /** Most ids of a target, EOS included. */
  readonly targetLength: number;
}

/** The numbers of ids in the inputs and targets of an example. */
export type Sizes = readonly [inputs: number, targets: number];

export const sizesOf = ({ inputs, targets }: Tokens): Sizes => [inputs.length, targets.length];

/** What an objective needs to know of a tokenizer. */
export type Vocabulary = Pick<Tokenizer, "eosId" | "sentinelId">;

export interface ObjectiveOptions {
  /** Most ids of an input, EOS included. Default 512. */
  readonly inputLength?: number;
}

/**
 * The examples of some documents, in their order. They depend on the documents and the seed alone.
 *
 * @throws {ArgumentError} where the objective does, for a piece it can make no example of
 * @example [...makeExamples(spanCorruption(tokenizer), texts.map((text) => tokenizer.encode(text)), seed)]
 */
export const makeExamples = takes(
  "makeExamples(objective, documents, seed)",
  function* makeExamples(
    { pieces, example }: Objective,
    documents: Iterable<DocumentIds>,
    seed: number,
  ): Generator<Tokens, void> {
    let n = 0;
    for (const piece of piecesOf(documents, pieces, mix(seed, 0))) yield example(piece, mix(mix(seed, 1), n++));
  },
);
