/**
 * @file Reads the fields of a SentencePiece model that unigram tokenization needs.
 *
 * A `.model` file is one protobuf message: pieces, then the training settings, then the normaliser. The field numbers are
 * those of `sentencepiece_model.proto`. The protobuf reader does not notice a file that was cut, so every message is
 * checked to end where it said that it would; what a model needs beyond the unigram algorithm is refused, not ignored.
 */
import { PbfReader } from "pbf";
import { DataError, type Mismatch } from "../core/errors.js";

/** What a piece is for: ordinary text, a role (unknown, control), a symbol that is never split, nothing, or one byte. */
export type PieceType = "normal" | "unknown" | "control" | "userDefined" | "unused" | "byte";

export interface Piece {
  /** The text, with `▁` for a space. */
  readonly text: string;
  /** Natural logarithm of the probability, float32; 0 for pieces that have none. */
  readonly score: number;
  readonly type: PieceType;
}

export interface NormalizerSpec {
  /** Precompiled map of characters (`chars-map.ts`); empty for none. */
  readonly charsMap: Uint8Array;
  /** Whether text begins with a space, so that a first word is like any other. */
  readonly addDummyPrefix: boolean;
  /** Whether spaces at both ends are dropped and runs of spaces become one. */
  readonly removeExtraWhitespaces: boolean;
  /** Whether a space is written `▁` (U+2581). */
  readonly escapeWhitespaces: boolean;
}

export interface SentencePieceModel {
  /** In the order of their ids. */
  readonly pieces: readonly Piece[];
  readonly normalizer: NormalizerSpec;
  /** Ids of the pieces for the bytes 0 … 255, in a model that spells unknown characters in bytes. */
  readonly byteIds: readonly number[] | undefined;
  /** What an unknown id decodes to. */
  readonly unkSurface: string;
  readonly padPiece: string;
  readonly eosPiece: string;
}

type Problem = Omit<Mismatch, "where">;
/** The one error of this reader, in the words of the public function. */
export const modelError = (problem: Problem, cause?: unknown): DataError =>
  new DataError({ where: "parseSentencePiece", ...problem }, { cause });

const UNREADABLE = {
  what: "not a SentencePiece model, or a part of it is missing",
  expected: "a whole binary .model file, for T5 spiece.model or sentencepiece.model",
  hint: "load the file again; a tokenizer.json, a web page or a Git LFS pointer in its place will not do",
};

/** A file that cannot be read at all, with what was seen of it. */
export const unreadable = (got: string, cause?: unknown): DataError => modelError({ ...UNREADABLE, got }, cause);

const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;
const WIRE = { varint: VARINT, bytes: BYTES, float: FIXED32 } as const;

const expectWire = (pbf: PbfReader, kind: keyof typeof WIRE): void => {
  if (pbf.type !== WIRE[kind]) throw unreadable(`another type of field at byte ${pbf.pos}`);
};
const readFloat = (pbf: PbfReader): number => {
  expectWire(pbf, "float");
  return pbf.readFloat();
};
const readInt = (pbf: PbfReader): number => {
  expectWire(pbf, "varint");
  return pbf.readVarint();
};
const readBool = (pbf: PbfReader): boolean => readInt(pbf) !== 0;
const readBytes = (pbf: PbfReader): Uint8Array => {
  expectWire(pbf, "bytes");
  return pbf.readBytes();
};

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const readText = (pbf: PbfReader): string => utf8.decode(readBytes(pbf));

/** Visits the fields of a message that ends at byte `end`. The visitor reads the value of a field, or leaves it. */
const eachField = (pbf: PbfReader, end: number, visit: (field: number) => void): void => {
  for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) visit(field);
  if (pbf.pos !== end) throw unreadable(`a message that should end at byte ${end} and ends at byte ${pbf.pos}`);
};
const eachFieldInside = (pbf: PbfReader, visit: (field: number) => void): void => {
  expectWire(pbf, "bytes");
  const size = pbf.readVarint();
  eachField(pbf, pbf.pos + size, visit);
};

const PIECE_TYPES: readonly (PieceType | undefined)[] = [
  undefined,
  "normal",
  "unknown",
  "control",
  "userDefined",
  "unused",
  "byte",
];

const readPiece = (pbf: PbfReader, id: number): Piece => {
  let text = "";
  let score = 0;
  let typeCode = 1;
  eachFieldInside(pbf, (field) => {
    if (field === 1) text = readText(pbf);
    else if (field === 2) score = readFloat(pbf);
    else if (field === 3) typeCode = readInt(pbf);
  });
  const type = PIECE_TYPES[typeCode];
  if (type === undefined) {
    throw modelError({
      what: "a piece has a type that is not supported",
      expected: "normal, unknown, control, user-defined, unused or byte pieces",
      got: `type ${typeCode}`,
      at: `piece ${id}`,
      hint: "use a T5 or mT5 vocabulary, which has only these",
    });
  }
  if (text === "") throw unreadable(`an empty text for piece ${id}`);
  if (!Number.isFinite(score)) throw unreadable(`the score ${score} for piece ${id}`);
  return { text, score, type };
};

const MODEL_TYPES: readonly (string | undefined)[] = [undefined, "unigram", "BPE", "word", "char"];

interface TrainerSpec {
  readonly modelType: number;
  readonly whitespaceAsSuffix: boolean;
  readonly byteFallback: boolean;
  readonly unkSurface: string;
  readonly eosPiece: string;
  readonly padPiece: string;
}

const readTrainerSpec = (pbf: PbfReader): TrainerSpec => {
  let spec: TrainerSpec = {
    modelType: 1,
    whitespaceAsSuffix: false,
    byteFallback: false,
    unkSurface: " \u2047 ",
    eosPiece: "</s>",
    padPiece: "<pad>",
  };
  eachFieldInside(pbf, (field) => {
    if (field === 3) spec = { ...spec, modelType: readInt(pbf) };
    else if (field === 24) spec = { ...spec, whitespaceAsSuffix: readBool(pbf) };
    else if (field === 35) spec = { ...spec, byteFallback: readBool(pbf) };
    else if (field === 44) spec = { ...spec, unkSurface: readText(pbf) };
    else if (field === 47) spec = { ...spec, eosPiece: readText(pbf) };
    else if (field === 48) spec = { ...spec, padPiece: readText(pbf) };
  });
  return spec;
};

const readNormalizerSpec = (pbf: PbfReader): NormalizerSpec => {
  let spec: NormalizerSpec = {
    charsMap: new Uint8Array(),
    addDummyPrefix: true,
    removeExtraWhitespaces: true,
    escapeWhitespaces: true,
  };
  eachFieldInside(pbf, (field) => {
    if (field === 2) spec = { ...spec, charsMap: readBytes(pbf) };
    else if (field === 3) spec = { ...spec, addDummyPrefix: readBool(pbf) };
    else if (field === 4) spec = { ...spec, removeExtraWhitespaces: readBool(pbf) };
    else if (field === 5) spec = { ...spec, escapeWhitespaces: readBool(pbf) };
  });
  return spec;
};

/** Refuses what would silently give other ids or other text than SentencePiece gives. */
const refuseOtherKinds = (trainer: TrainerSpec, denormalizer: NormalizerSpec | undefined): void => {
  if (trainer.modelType !== 1) {
    throw modelError({
      what: "only unigram models are supported",
      expected: "a unigram model",
      got: `a ${MODEL_TYPES[trainer.modelType] ?? `type ${trainer.modelType}`} model`,
      hint: "T5 and mT5 use unigram vocabularies; check that the file belongs to one of them",
    });
  }
  const extra = [
    trainer.whitespaceAsSuffix ? "spaces at the end of pieces" : undefined,
    denormalizer !== undefined && denormalizer.charsMap.length > 0 ? "a denormaliser" : undefined,
  ].filter((name) => name !== undefined);
  if (extra.length === 0) return;
  throw modelError({
    what: "the model asks for something that is not supported",
    expected: "a model without suffix spaces and denormaliser",
    got: `a model with ${extra.join(" and ")}`,
    hint: "use a T5 or mT5 vocabulary, which has none of these",
  });
};

/**
 * Ids of the pieces `<0x00>` … `<0xFF>`, when there is byte fallback.
 *
 * @throws {DataError} when one is missing, or when there is one without byte fallback
 */
export const findByteIds = (pieces: readonly Piece[], byteFallback: boolean): readonly number[] | undefined => {
  const ids = new Map(pieces.flatMap(({ text, type }, id) => (type === "byte" ? [[text, id] as const] : [])));
  const names = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  const found = names.flatMap((name) => ids.get(name) ?? []);
  if (ids.size === (byteFallback ? 256 : 0) && found.length === ids.size) return byteFallback ? found : undefined;
  throw modelError({
    what: "the pieces for bytes do not fit the model",
    expected: byteFallback ? "<0x00> to <0xFF> for byte fallback" : "none without byte fallback",
    got: `${ids.size} pieces for bytes`,
    hint: "load the model file again",
  });
};

/**
 * The model in the bytes of a `.model` file.
 *
 * @throws {DataError} when the bytes are not such a model, are cut off, or the model is not a plain unigram model
 */
export const readSentencePieceModel = (bytes: Uint8Array): SentencePieceModel => {
  const pieces: Piece[] = [];
  let trainer: TrainerSpec | undefined;
  let normalizer: NormalizerSpec | undefined;
  let denormalizer: NormalizerSpec | undefined;
  if (bytes.length === 0) throw unreadable("an empty file");
  const pbf = new PbfReader(bytes);
  try {
    eachField(pbf, bytes.length, (field) => {
      if (field === 1) pieces.push(readPiece(pbf, pieces.length));
      else if (field === 2) trainer = readTrainerSpec(pbf);
      else if (field === 3) normalizer = readNormalizerSpec(pbf);
      else if (field === 5) denormalizer = readNormalizerSpec(pbf);
    });
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw unreadable(`bytes that do not parse near byte ${pbf.pos} of ${bytes.length}`, cause);
  }
  // Both follow the pieces in every real file, so a file that was cut between two pieces is noticed here.
  if (trainer === undefined || normalizer === undefined) {
    const missing = trainer === undefined ? "training settings" : "normaliser";
    throw unreadable(`${pieces.length} pieces and no ${missing}, in ${bytes.length} bytes`);
  }
  refuseOtherKinds(trainer, denormalizer);
  const { byteFallback, unkSurface, eosPiece, padPiece } = trainer as TrainerSpec;
  return { pieces, normalizer, byteIds: findByteIds(pieces, byteFallback), unkSurface, eosPiece, padPiece };
};
