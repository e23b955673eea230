/**
 * @file T5's tokenizer: text to ids and back, with the ids that SentencePiece 0.1.97 gives.
 *
 * Text is normalised (`normalizer.ts`), then split into the pieces of the likeliest unigram segmentation (`unigram.ts`).
 * A sentinel that is written out at the start of a word is one token, as in seqio's vocabulary; inside a word it is
 * ordinary characters, and so are control pieces everywhere: `</s>` in text never ends a sequence. To get these
 * ids, put them in (`eosId`, `sentinelId`).
 */

import * as E from "fp-ts/lib/Either.js";
import { takes } from "../core/composite.js";
import { type DataError, isFluxionError } from "../core/errors.js";
import { throwing } from "../edge/either.js";
import { makeCut } from "./added-tokens.js";
import { type Decoder, type DecoderSpec, decodeAll, makeDecoder } from "./decoder.js";
import { type NewToken, withNewTokens } from "./new-tokens.js";
import { Normalizer } from "./normalizer.js";
import { makeSegmenter } from "./segmenter.js";
import { readSentencePieceModel, type SentencePieceModel, unreadable } from "./sentencepiece-model.js";
import { Unigram } from "./unigram.js";
import { makeVocabulary, type Vocabulary } from "./vocabulary.js";

export interface TokenizerOptions {
  /** Sentinels to append unless the file has them; 100 for T5, which is the default. With 0, none is appended. */
  readonly extraIds?: number;
}

export interface SentencePieceOptions extends TokenizerOptions {
  /** Tokens that were added to the pieces of the file; those that it has are left as they are. They are found in text wherever they are written out. */
  readonly addedTokens?: readonly NewToken[];
}

/** Turns text into token ids and back. */
export interface Tokenizer extends Vocabulary {
  /**
   * Ids of `text`; no end of sequence is added. Sentinels that begin a word are found: `a <extra_id_0>b` has one.
   * @throws {DataError} where the file's normalisation makes the text more than 64 times longer
   */
  encode(text: string): number[];
  /** The pieces that `encode` gives ids of; for an unknown id, the characters themselves. */
  encodeAsPieces(text: string): string[];
  /**
   * The text of `ids`. Control pieces (pad, end of sequence) give nothing, and what follows them is decoded too; an unknown id, also one
   * of an embedding row past the vocabulary, gives ` ⁇ `. Byte pieces give the characters that they spell, and U+FFFD where they spell none.
   * @throws {ArgumentError} for what is not an id: negative or not an integer
   */
  decode(ids: Iterable<number>): string;
  /** A decoder for ids that come one by one; see `decodeStream`. */
  decoder(): Decoder;
}

/** How ids of `model` become text again. */
const decoderSpec = (model: SentencePieceModel, { pieces, unkId }: Vocabulary): DecoderSpec => {
  const { addDummyPrefix, removeExtraWhitespaces } = model.normalizer;
  const controls = model.pieces.flatMap(({ type }, id) => (type === "control" ? [[id, ""] as const] : []));
  return {
    pieces,
    unkId,
    instead: new Map([...controls, [unkId, model.unkSurface]]),
    byteOf: new Map(model.byteIds?.map((id, byte) => [id, byte])),
    // Normalisation puts one space in front, and merges spaces where it removes extra ones.
    dropSpaces: removeExtraWhitespaces ? "all" : addDummyPrefix ? "one" : "none",
  };
};

const makeTokenizer = (bytes: Uint8Array, extraIds: number, addedTokens: readonly NewToken[]): Tokenizer => {
  const { model, tokens } = withNewTokens(readSentencePieceModel(bytes), extraIds, addedTokens);
  const vocabulary = makeVocabulary(model);
  const symbols = model.pieces.filter(({ type }) => type === "userDefined").map(({ text }) => text);
  const normalizer = new Normalizer(model.normalizer, symbols);
  const segmenter = makeSegmenter(new Unigram(model.pieces, vocabulary.unkId), vocabulary, model.byteIds);
  const decoder = makeDecoder(decoderSpec(model, vocabulary));
  const idsOf = (text: string): number[] => segmenter.ids(normalizer.normalize(text));
  const piecesOf = (text: string): string[] => segmenter.pieces(normalizer.normalize(text));
  const cut = makeCut(tokens, ({ content }) => content);
  const byPart = <A>(ofText: (text: string) => A[], ofToken: (token: NewToken) => A) =>
    tokens.length === 0
      ? ofText
      : (text: string): A[] => {
          const parts = cut(text);
          // Most texts have no token: those are not copied once more.
          if (parts.length === 1) return ofText(text);
          return parts.flatMap((part) => (typeof part === "object" ? [ofToken(part)] : ofText(part)));
        };
  return {
    ...vocabulary,
    encode: byPart(idsOf, ({ id }) => id),
    encodeAsPieces: byPart(piecesOf, ({ content }) => content),
    decode: (ids) => decodeAll(decoder(), ids),
    decoder,
  };
};

/** As `parseSentencePiece`, as an Either of fp-ts. */
export const parseSentencePieceE = takes(
  "parseSentencePieceE(bytes, { addedTokens, extraIds })",
  (
    bytes: Uint8Array,
    { extraIds = 100, addedTokens = [] }: SentencePieceOptions = {},
  ): E.Either<DataError, Tokenizer> => {
    try {
      return E.right(makeTokenizer(bytes, extraIds, addedTokens));
    } catch (cause) {
      if (isFluxionError(cause, "DataError")) return E.left(cause);
      if (isFluxionError(cause)) throw cause;
      return E.left(unreadable(`${bytes.length} bytes that do not make a model`, cause));
    }
  },
);

/**
 * Makes the tokenizer in the bytes of a SentencePiece `.model` file (unigram, as T5's and mT5's are).
 *
 * @throws {DataError} that tells what is wrong with the file: not a model, cut off, another kind of model, pieces missing; {ArgumentError} when `extraIds` is not a count
 * @see Kudo and Richardson 2018, arXiv:1808.06226
 * @example
 * const tokenizer = parseSentencePiece(bytes) // with T5's vocabulary:
 * tokenizer.encode("Hello, world!") // [8774, 6, 296, 55]
 */
export const parseSentencePiece = throwing("parseSentencePiece(bytes, { addedTokens, extraIds })", parseSentencePieceE);
