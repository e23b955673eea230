/**
 * @file T5's vocabulary: the pieces of a SentencePiece model and, after them, the sentinels of span corruption.
 *
 * Sentinels count backwards: `<extra_id_0>` is the last id. They are spelled with the word-start mark, as T5's own
 * vocabulary class (seqio) spells them, and are user-defined pieces: SentencePiece finds them in text at the start of a
 * word. Some model files hold them already.
 */
import { ArgumentError } from "../core/errors.js";
import { modelError, type Piece, type SentencePieceModel } from "./sentencepiece-model.js";

/** Ids and the pieces they stand for. */
export interface Vocabulary {
  /** Every piece by its id, sentinels included; `▁` stands for a space. */
  readonly pieces: readonly string[];
  /** Number of pieces, sentinels included: 32100 for T5. A model's embedding may have more rows. */
  readonly vocabSize: number;
  readonly padId: number;
  readonly eosId: number;
  readonly unkId: number;
  /**
   * The piece of an id.
   * @throws {ArgumentError} when there is none
   */
  idToPiece(id: number): string;
  /**
   * The id of `<extra_id_k>`, 32099 - k for T5.
   * @throws {ArgumentError} when the vocabulary has no such sentinel
   */
  sentinelId(k: number): number;
}

const SENTINEL = /^▁?<extra_id_(\d+)>$/;

/** Whether a piece is a sentinel, in either spelling. */
export const isSentinel = (piece: string): boolean => SENTINEL.test(piece);

/** The ids of the sentinels among `pieces`, at their numbers. */
const sentinelsOf = (pieces: readonly Piece[]): ReadonlyMap<number, number> =>
  new Map(
    pieces.flatMap(({ text }, id) => {
      const match = SENTINEL.exec(text);
      return match === null ? [] : [[Number(match[1]), id] as const];
    }),
  );

/** A sentinel as it is written in text, and as Hugging Face's files spell it. */
export const sentinelText = (k: number): string => `<extra_id_${k}>`;

const sentinels = (count: number, spell: (k: number) => string): Piece[] =>
  Array.from({ length: count }, (_, i) => ({ text: spell(count - 1 - i), score: 0, type: "userDefined" }));

/**
 * `model` with sentinels 0 … extraIds - 1 after its pieces, unless it has just these.
 *
 * @param spell  the piece of a sentinel
 * @throws {DataError} when the model has other sentinels than asked for
 * @throws {ArgumentError} when `extraIds` is not a count
 */
export const withSentinels = <Model extends Pick<SentencePieceModel, "pieces">>(
  model: Model,
  extraIds: number,
  spell: (k: number) => string = (k) => `▁${sentinelText(k)}`,
): Model => {
  if (!Number.isSafeInteger(extraIds) || extraIds < 0) {
    throw new ArgumentError({
      where: "parseSentencePiece",
      what: "extraIds is not a count",
      expected: "0, 1, 2, …",
      got: `${extraIds}`,
    });
  }
  const own = sentinelsOf(model.pieces).size;
  if (extraIds === 0 || own === extraIds) return model;
  if (own === 0) return { ...model, pieces: [...model.pieces, ...sentinels(extraIds, spell)] };
  throw modelError({
    what: "the model has its own sentinels, and not the number asked for",
    expected: `none, or ${extraIds}`,
    got: `${own}`,
    hint: "pass extraIds: 0 to use those of the file",
  });
};

const duplicate = (pieces: readonly Piece[]): string | undefined => {
  const seen = new Set<string>();
  return pieces.find(({ text }) => seen.size === seen.add(text).size)?.text;
};

/** What a vocabulary is made of. */
type Source = Pick<SentencePieceModel, "pieces" | "padPiece" | "eosPiece">;

const idOf = (model: Source, role: string, isIt: (piece: Piece) => boolean): number => {
  const id = model.pieces.findIndex(isIt);
  if (id >= 0) return id;
  throw modelError({
    what: `the model has no ${role} piece`,
    expected: "pieces for padding, end of sequence and unknown characters",
    got: `${model.pieces.length} pieces, none of them for ${role}`,
    hint: "use a T5 vocabulary, or train the model with pad_id=0, eos_id=1, unk_id=2",
  });
};

const absent = (where: string, what: string, expected: string, got: number): never => {
  throw new ArgumentError({ where, what, expected, got: `${got}` });
};

/**
 * The vocabulary of `model`.
 *
 * @throws {DataError} when a piece is there twice or a needed piece is missing
 */
export const makeVocabulary = (model: Source): Vocabulary => {
  const control = (text: string) => (piece: Piece) => piece.type === "control" && piece.text === text;
  const twice = duplicate(model.pieces);
  if (twice !== undefined) {
    throw modelError({
      what: "two pieces are the same",
      expected: "every piece once",
      got: JSON.stringify(twice),
      hint: "load the model file again, or train it anew",
    });
  }
  const pieces = model.pieces.map(({ text }) => text);
  const sentinelIds = sentinelsOf(model.pieces);
  return {
    pieces,
    vocabSize: pieces.length,
    padId: idOf(model, "padding", control(model.padPiece)),
    eosId: idOf(model, "end-of-sequence", control(model.eosPiece)),
    unkId: idOf(model, "unknown-character", ({ type }) => type === "unknown"),
    idToPiece: (id) => pieces[id] ?? absent("idToPiece", "there is no such id", `0 … ${pieces.length - 1}`, id),
    sentinelId: (k) =>
      sentinelIds.get(k) ?? absent("sentinelId", "there is no such sentinel", `one of ${sentinelIds.size}`, k),
  };
};
