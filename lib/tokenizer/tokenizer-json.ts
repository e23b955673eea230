/**
 * @file T5's tokenizer from a Hugging Face `tokenizer.json`, with the ids that Hugging Face's library gives.
 *
 * The file holds the vocabulary of a SentencePiece model and steps that imitate its normalisation. What differs from SentencePiece: an added token
 * that is written out in text (`</s>`, `<extra_id_0>`) gives its id; the map of characters is applied by grapheme clusters (`grapheme-map.ts`); words are
 * segmented one by one, and their scores are summed in float64, so that long repeats may be cut elsewhere.
 */

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { takes } from "../core/composite.js";
import { DataError, isFluxionError } from "../core/errors.js";
import { decodeAs } from "../edge/decode.js";
import { throwing } from "../edge/either.js";
import { makeCut } from "./added-tokens.js";
import { type DecoderSpec, decodeAll, makeDecoder } from "./decoder.js";
import { remembering } from "./remembering.js";
import { makeSegmenter } from "./segmenter.js";
import type { Tokenizer, TokenizerOptions } from "./sentencepiece.js";
import { findByteIds, type Piece, type PieceType } from "./sentencepiece-model.js";
import { makeNormalize, makeSplit } from "./text-steps.js";
import { type AddedToken, TokenizerJson } from "./tokenizer-json-schema.js";
import { Unigram } from "./unigram.js";
import { isSentinel, makeVocabulary, sentinelText, type Vocabulary, withSentinels } from "./vocabulary.js";

const WHERE = "parseTokenizerJson";
const UNK_SURFACE = " \u2047 ";

const problem = (what: string, expected: string, got: string, hint: string): DataError =>
  new DataError({ where: WHERE, what, expected, got, hint });

/** The entry of the end of sequence: the token that the template puts last, `</s>` where there is no template. */
const eosOf = ({ post_processor }: TokenizerJson): string => {
  const last = post_processor?.single.at(-1);
  return last !== undefined && "SpecialToken" in last ? last.SpecialToken.id : "</s>";
};

/** The pieces of the model and, over and after them, the added tokens. */
const piecesOf = ({ model, added_tokens }: TokenizerJson): Piece[] => {
  const { vocab, unk_id, byte_fallback } = model;
  if (unk_id >= vocab.length) {
    throw problem("the unknown id is none", `below ${vocab.length}`, `${unk_id}`, "load the file again");
  }
  const pieces = vocab.map(([text, score]): Piece => {
    const type = isSentinel(text) ? "userDefined" : byte_fallback && /^<0x[0-9A-F]{2}>$/.test(text) ? "byte" : "normal";
    return { text, score, type };
  });
  for (const { id, content, special } of [...added_tokens].sort((a, b) => a.id - b.id)) {
    if (id > pieces.length) {
      throw problem("an added token leaves ids free", `id ${pieces.length}`, `${id}`, "load the file again");
    }
    const type: PieceType = special && !isSentinel(content) ? "control" : "userDefined";
    pieces[id] = { text: content, score: 0, type };
  }
  pieces[unk_id] = { text: (pieces[unk_id] as Piece).text, score: 0, type: "unknown" };
  return pieces;
};

/** A walk over a text: the added tokens in it, and the words between them. */
const makeWalk = ({ added_tokens, normalizer, pre_tokenizer }: TokenizerJson) => {
  const normalize = makeNormalize(normalizer);
  const split = makeSplit(pre_tokenizer);
  const cutRaw = makeCut(
    added_tokens.filter(({ normalized }) => !normalized),
    ({ content }) => content,
  );
  const cutNormalized = makeCut(
    added_tokens.filter(({ normalized }) => normalized),
    ({ content }) => normalize(content),
  );
  return function* (text: string): Generator<AddedToken | string> {
    let atStart = true;
    for (const raw of cutRaw(text)) {
      const sections = typeof raw === "object" ? [raw] : cutNormalized(normalize(raw));
      for (const section of sections) {
        if (typeof section === "object") yield section;
        else if (section !== "") yield* split(section, atStart);
        if (section !== "") atStart = false;
      }
    }
  };
};

const decoderSpec = (
  json: TokenizerJson,
  pieces: readonly Piece[],
  vocabulary: Vocabulary,
  byteIds: readonly number[] | undefined,
): DecoderSpec => {
  const parts = json.decoder?.type === "Sequence" ? json.decoder.decoders : json.decoder === null ? [] : [json.decoder];
  const controls = pieces.flatMap(({ type }, id) => (type === "control" ? [[id, ""] as const] : []));
  return {
    pieces: vocabulary.pieces,
    unkId: vocabulary.unkId,
    instead: new Map([...controls, [vocabulary.unkId, UNK_SURFACE]]),
    byteOf: new Map(byteIds?.map((id, byte) => [id, byte])),
    dropSpaces: parts.some(({ type }) => type === "Metaspace") ? "one" : "none",
  };
};

/** The sentinels that the file does not have, and that are found in text as its own would be. */
const sentinelTokens = (pieces: readonly Piece[], from: number): AddedToken[] =>
  pieces.slice(from).map(({ text: content }, i) => ({
    id: from + i,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  }));

const makeTokenizer = (file: TokenizerJson, extraIds: number): Tokenizer => {
  const own = piecesOf(file);
  const parts = { pieces: own, padPiece: "<pad>", eosPiece: eosOf(file) };
  const { pieces } = withSentinels(parts, extraIds, sentinelText);
  const json = { ...file, added_tokens: [...file.added_tokens, ...sentinelTokens(pieces, own.length)] };
  const vocabulary = makeVocabulary({ ...parts, pieces });
  const byteIds = findByteIds(pieces, json.model.byte_fallback);
  // Here every entry of the model can be found in text, whatever it is for.
  const inText = json.model.vocab.map(([text, score]): Piece => ({ text, score, type: "normal" }));
  const segmenter = makeSegmenter(new Unigram(inText, vocabulary.unkId, Float64Array), vocabulary, byteIds);
  const walk = makeWalk(json);
  const decoder = makeDecoder(decoderSpec(json, pieces, vocabulary, byteIds));
  const encoder = new TextEncoder();
  const idsOf = remembering((word) => segmenter.ids(encoder.encode(word)));
  return {
    ...vocabulary,
    encode: (text) => {
      const ids: number[] = [];
      for (const part of walk(text)) {
        if (typeof part === "object") ids.push(part.id);
        else for (const id of idsOf(part)) ids.push(id);
      }
      return ids;
    },
    encodeAsPieces: (text) =>
      [...walk(text)].flatMap((part) =>
        typeof part === "object" ? [part.content] : segmenter.pieces(encoder.encode(part)),
      ),
    decode: (ids) => decodeAll(decoder(), ids),
    decoder,
  };
};

/** As `parseTokenizerJson`, as an Either of fp-ts. */
export const parseTokenizerJsonE = takes(
  "parseTokenizerJsonE(raw, { extraIds })",
  (raw: unknown, { extraIds = 100 }: TokenizerOptions = {}): E.Either<DataError, Tokenizer> =>
    pipe(
      raw,
      decodeAs(
        TokenizerJson,
        { where: WHERE, error: DataError },
        "tokenizer.json",
        "only unigram tokenizers as T5's are supported",
      ),
      E.chain((json) => {
        try {
          return E.right(makeTokenizer(json, extraIds));
        } catch (cause) {
          if (!isFluxionError(cause, "DataError")) throw cause;
          return E.left(new DataError({ ...cause.mismatch, where: WHERE }, { cause }));
        }
      }),
    ),
);

/**
 * Makes the tokenizer in a parsed `tokenizer.json` of a unigram vocabulary, as T5's and mT5's are.
 *
 * - `raw`: the parsed JSON
 *
 * @throws {DataError} that tells what is wrong with the file, or which part of it is not supported; {ArgumentError} when `extraIds` is not a count
 * @see https://huggingface.co/docs/tokenizers
 * @example
 * const tokenizer = parseTokenizerJson(JSON.parse(text)) // with T5's vocabulary:
 * tokenizer.encode("<extra_id_0>, world") // [32099, 3, 6, 296]
 */
export const parseTokenizerJson = throwing("parseTokenizerJson(raw, { extraIds })", parseTokenizerJsonE);
