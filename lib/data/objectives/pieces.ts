/**
 * @file Documents become pieces of one length, of which an objective makes examples.
 *
 * Source: https://github.com/google-research/text-to-text-transfer-transformer, `t5/data/preprocessors.py`, version 0.9.4.
 */
import { takes } from "../../core/composite.js";
import { mix, withEos } from "../batch.js";
import { checkWhole } from "./checks.js";
import { uniformWhole } from "./draws.js";

/** The ids of a text, without an end of sequence. */
export type DocumentIds = readonly number[];

/** Most tokens of a document that objectives read at a time. */
export const CHUNK = 65536;
/** Documents that are joined. */
const JOINED = 128;

/** How a chunk is chosen. */
export interface ChunkOptions {
  /** Most tokens of a chunk. Default 65536. */
  readonly maxLength?: number;
  /** Whether a chunk may start at any token, also so early that its own start is cut off; else at a multiple of `maxLength`. */
  readonly uniformRandomStart?: boolean;
}

/** Where a chunk of a document of `size` tokens starts and ends, as `selectRandomChunk` says. */
export const chunkBounds = (
  size: number,
  seed: number,
  { maxLength = CHUNK, uniformRandomStart = false }: ChunkOptions = {},
): readonly [start: number, end: number] => {
  checkWhole("data.selectRandomChunk", "the length of a chunk", maxLength, 1);
  const start = uniformRandomStart
    ? uniformWhole(seed, 0, 1 - maxLength, size - 1)
    : maxLength * uniformWhole(seed, 0, 0, Math.ceil(size / maxLength) - 1);
  return [Math.max(start, 0), Math.min(start + maxLength, size)];
};

/**
 * A chunk of a long document; a document of at most `maxLength` tokens is left as it is, unless the start is uniform. The places where a
 * chunk may start are equally likely: the multiples of `maxLength`, or all from `1 - maxLength`, cut at 0.
 *
 * @throws {ArgumentError} when the length is not a whole number from 1
 * @see T5's `select_random_chunk`
 * @example selectRandomChunk(document, seed, { maxLength: 512 })
 */
export const selectRandomChunk = takes(
  "selectRandomChunk(tokens, seed, { maxLength, uniformRandomStart })",
  (tokens: DocumentIds, seed: number, options: ChunkOptions = {}): DocumentIds =>
    tokens.slice(...chunkBounds(tokens.length, seed, options)),
);

/**
 * Joins each `batchSize` documents that follow one another, without the padding in them; the last join may have fewer.
 *
 * @throws {ArgumentError} when the number is not a whole number from 1
 * @see T5's `reduce_concat_tokens`
 * @example [...reduceConcatTokens([[5, 6], [7], [8]], 2)] // [[5, 6, 7], [8]]
 */
export const reduceConcatTokens = takes(
  "reduceConcatTokens(documents, batchSize)",
  function* reduceConcatTokens(documents: Iterable<DocumentIds>, batchSize = JOINED): Generator<number[], void> {
    checkWhole("data.reduceConcatTokens", "the number of documents", batchSize, 1);
    let batch: DocumentIds[] = [];
    for (const document of documents) {
      if (batch.push(document) < batchSize) continue;
      yield batch.flat().filter((token) => token !== 0);
      batch = [];
    }
    if (batch.length > 0) yield batch.flat().filter((token) => token !== 0);
  },
);

/**
 * Cuts each document into pieces of `maxTokens`; the last piece of each has what is left.
 *
 * @throws {ArgumentError} when the length is not a whole number from 1
 * @see T5's `split_tokens`
 * @example [...splitTokens([[5, 6, 7], [8]], 2)] // [[5, 6], [7], [8]]
 */
export const splitTokens = takes(
  "splitTokens(documents, maxTokens)",
  function* splitTokens(documents: Iterable<DocumentIds>, maxTokens: number): Generator<DocumentIds, void> {
    checkWhole("data.splitTokens", "the length of a piece", maxTokens, 1);
    for (const document of documents) {
      for (let at = 0; at < document.length; at += maxTokens) yield document.slice(at, at + maxTokens);
    }
  },
);

/**
 * Keeps the end of a text: what fits into `length` with an end of sequence behind it.
 *
 * @throws {ArgumentError} when the length is not a whole number from 1
 * @see T5's `trim_tokens_at_front`
 * @example trimTokensAtFront([10, 11, 12, 13, 14, 15], 4) // [13, 14, 15]
 */
export const trimTokensAtFront = takes(
  "trimTokensAtFront(tokens, length)",
  (tokens: DocumentIds, length: number): DocumentIds => {
    checkWhole("data.trimTokensAtFront", "the length", length, 1);
    return tokens.slice(Math.max(tokens.length - (length - 1), 0));
  },
);

/** How documents become pieces. */
export interface PieceOptions {
  /** Most tokens of a piece. */
  readonly length: number;
  /** How many documents are joined before they are cut, so that few pieces are short. Default 1: none. */
  readonly joined?: number;
  /** The end of sequence that is put behind each document, before they are joined. Without it there is none. */
  readonly eosId?: number;
  /** Most tokens that are taken of a document. Default 65536. */
  readonly chunk?: number;
}

/**
 * The pieces of some documents: a chunk of each that is not empty, joined and cut.
 *
 * @throws {ArgumentError} for lengths that are not whole numbers from 1
 * @example [...piecesOf([[5, 6, 7], [8]], { length: 2, joined: 128 }, seed)] // [[5, 6], [7, 8]]
 */
export const piecesOf = takes(
  "piecesOf(documents, options, seed)",
  function* piecesOf(
    documents: Iterable<DocumentIds>,
    { length, joined = 1, eosId, chunk = CHUNK }: PieceOptions,
    seed: number,
  ): Generator<DocumentIds, void> {
    const chunks = function* (): Generator<DocumentIds, void> {
      let n = 0;
      for (const document of documents) {
        const tokens = selectRandomChunk(document, mix(seed, n++), { maxLength: chunk });
        if (tokens.length > 0) yield eosId === undefined ? tokens : withEos(tokens, eosId);
      }
    };
    yield* splitTokens(joined === 1 ? chunks() : reduceConcatTokens(chunks(), joined), length);
  },
);
