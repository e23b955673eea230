/**
 * @file T5's tokenizer: text to ids and back, with the ids that SentencePiece 0.1.97 gives.
 *
 * Text is normalised (`normalizer.ts`), then split into the pieces of the likeliest unigram segmentation (`unigram.ts`).
 * Control pieces and appended sentinels are never found in text: `</s>` and `<extra_id_0>` written out are ordinary
 * characters. Whoever wants these ids puts them in (`eosId`, `sentinelId`).
 */
import * as E from "fp-ts/lib/Either.js";
import { ArgumentError, type DataError, isFluxionError } from "../core/errors.js";
import { Normalizer } from "./normalizer.js";
import { readSentencePieceModel, type SentencePieceModel, unreadable } from "./sentencepiece-model.js";
import { Unigram } from "./unigram.js";
import { makeVocabulary, type Vocabulary } from "./vocabulary.js";

export interface TokenizerOptions {
  /** Sentinels to append unless the file has them; 100 for T5, which is the default. */
  readonly extraIds?: number;
}

/** Turns text into token ids and back. */
export interface Tokenizer extends Vocabulary {
  /** Ids of `text`; no end of sequence is added. */
  encode(text: string): number[];
  /** The pieces that `encode` gives ids of; for an unknown id, the characters themselves. */
  encodeAsPieces(text: string): string[];
  /**
   * The text of `ids`. Control pieces (pad, end of sequence) give nothing, and what follows them is decoded too; an unknown id, also one
   * of an embedding row past the vocabulary, gives ` ⁇ `.
   * @throws {ArgumentError} for what is not an id: negative or not an integer
   */
  decode(ids: Iterable<number>): string;
}

const SPACE_MARK = "\u2581";

const notAnId = (id: number): ArgumentError =>
  new ArgumentError({ where: "decode", what: "this is not a token id", expected: "0, 1, 2, …", got: `${id}` });

/** What each id decodes to, with spaces for `▁`. */
const surfaces = (model: SentencePieceModel, { pieces, unkId }: Vocabulary): readonly string[] =>
  pieces.map((piece, id) => {
    if (id === unkId) return model.unkSurface;
    return model.pieces[id]?.type === "control" ? "" : piece.replaceAll(SPACE_MARK, " ");
  });

const makeDecode = (model: SentencePieceModel, vocabulary: Vocabulary): Tokenizer["decode"] => {
  const { addDummyPrefix, removeExtraWhitespaces } = model.normalizer;
  const { pieces, vocabSize, unkId } = vocabulary;
  const surface = surfaces(model, vocabulary);
  return (ids) => {
    let text = "";
    let dropSpace = addDummyPrefix || removeExtraWhitespaces;
    for (const id of ids) {
      if (!Number.isInteger(id) || id < 0) throw notAnId(id);
      const known = id < vocabSize ? id : unkId;
      // The space that the normaliser put in front goes again; all of them, when it would have merged them.
      const drop = dropSpace && text === "" && (pieces[known] as string).startsWith(SPACE_MARK);
      if (drop && !removeExtraWhitespaces) dropSpace = false;
      text += drop ? (surface[known] as string).slice(1) : surface[known];
    }
    return text;
  };
};

const makeTokenizer = (bytes: Uint8Array, extraIds: number): Tokenizer => {
  const model = readSentencePieceModel(bytes);
  const vocabulary = makeVocabulary(model, extraIds);
  const symbols = model.pieces.filter(({ type }) => type === "userDefined").map(({ text }) => text);
  const normalizer = new Normalizer(model.normalizer, symbols);
  const unigram = new Unigram(model.pieces, vocabulary.unkId);
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  return {
    ...vocabulary,
    encode: (text) => unigram.segment(normalizer.normalize(text)).ids,
    encodeAsPieces: (text) => {
      const bytes = normalizer.normalize(text);
      const { starts } = unigram.segment(bytes);
      return starts.map((start, i) => utf8.decode(bytes.subarray(start, starts[i + 1])));
    },
    decode: makeDecode(model, vocabulary),
  };
};

/**
 * The tokenizer in the bytes of a SentencePiece `.model` file (unigram, as T5's and mT5's are).
 *
 * The left side tells what is wrong with the file: not a model, cut off, another kind of model, pieces missing.
 *
 * @throws {ArgumentError} when `extraIds` is not a count
 * @see Kudo and Richardson 2018, arXiv:1808.06226
 * @example
 * const tokenizer = orThrow(parseSentencePiece(bytes)) // with T5's vocabulary:
 * tokenizer.encode("Hello, world!") // [8774, 6, 296, 55]
 */
export const parseSentencePiece = (
  bytes: Uint8Array,
  { extraIds = 100 }: TokenizerOptions = {},
): E.Either<DataError, Tokenizer> => {
  try {
    return E.right(makeTokenizer(bytes, extraIds));
  } catch (cause) {
    if (isFluxionError(cause, "DataError")) return E.left(cause);
    if (isFluxionError(cause)) throw cause;
    return E.left(unreadable(`${bytes.length} bytes that do not make a model`, cause));
  }
};
