import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseSentencePieceE } from "../../lib/tokenizer/sentencepiece.js";
import { readSentencePieceModel } from "../../lib/tokenizer/sentencepiece-model.js";
import { charsMap, type ModelSpec, modelFile, SPECIALS } from "./model-file.js";

const Suite = suite("tokenizer/sentencepiece-model");

const MAP = charsMap({ "\t": " ", Ｘ: "X" });
const SPEC: ModelSpec = {
  pieces: [...SPECIALS, { text: "▁", score: -2 }, { text: "X", score: -2.5 }, { text: "▁X", score: -3 }],
  charsMap: MAP,
};
const FILE = modelFile(SPEC);

/** The message of the error for `bytes`; fails the test when there is none. */
const refusal = (bytes: Uint8Array): string => {
  const result = parseSentencePieceE(bytes);
  if (E.isRight(result)) return assert.unreachable("the file was accepted") as never;
  assert.is(result.left._tag, "DataError");
  assert.ok(result.left.mismatch.hint, "the error has a remedy");
  return result.left.message;
};

Suite("pieces, types, scores and flags are read", () => {
  const model = readSentencePieceModel(modelFile({ ...SPEC, removeExtraWhitespaces: false }));
  assert.equal(model.pieces.slice(1, 5), [
    { text: "</s>", score: 0, type: "control" },
    { text: "<unk>", score: 0, type: "unknown" },
    { text: "▁", score: -2, type: "normal" },
    { text: "X", score: -2.5, type: "normal" },
  ]);
  assert.equal([...model.normalizer.charsMap], [...MAP]);
  assert.is(model.normalizer.addDummyPrefix, true);
  assert.is(model.normalizer.removeExtraWhitespaces, false);
  assert.is(model.unkSurface, " \u2047 ");
});

Suite("a byte order mark is part of a piece, and of what no piece has", () => {
  const result = parseSentencePieceE(
    modelFile({ pieces: [...SPECIALS, { text: "▁", score: -2 }, { text: "\ufeffX", score: -3 }] }),
  );
  if (E.isLeft(result)) throw result.left;
  const ids = result.right.encode("\ufeffX");
  assert.equal(ids.map(result.right.idToPiece), ["▁", "\ufeffX"]);
  assert.is(result.right.decode(ids), "\ufeffX");
  assert.equal(result.right.encodeAsPieces("\ufeffY"), ["▁", "\ufeffY"]);
});

Suite("files of another kind are refused with a remedy", () => {
  const text = (s: string): Uint8Array => new TextEncoder().encode(s);
  for (const bytes of [
    text("version https://git-lfs.github.com/spec/v1\noid sha256:d60acb\nsize 791656\n"),
    text("<!DOCTYPE html><html></html>"),
    text('{"version":"1.0","model":{"type":"Unigram"}}'),
    new Uint8Array(1000),
    Uint8Array.of(0x50, 0x4b, 3, 4),
  ]) {
    assert.match(refusal(bytes), /not a SentencePiece model/);
  }
  assert.match(refusal(new Uint8Array()), /an empty file/);
});

Suite("models that would give other ids than SentencePiece are refused by name", () => {
  assert.match(refusal(modelFile({ ...SPEC, modelType: 2 })), /only unigram[\s\S]*a BPE model/);
  assert.match(refusal(modelFile({ ...SPEC, modelType: 9 })), /a type 9 model/);
  assert.match(refusal(modelFile({ ...SPEC, whitespaceAsSuffix: true })), /spaces at the end/);
  assert.match(refusal(modelFile({ ...SPEC, denormalizerMap: MAP })), /denormaliser/);
  assert.match(refusal(modelFile({ ...SPEC, pieces: [...SPEC.pieces, { text: "<0x00>", type: 7 }] })), /piece 6/);
});

Suite("pieces for bytes are all there with byte fallback, and not there without", () => {
  const one = { text: "<0x00>", type: 6 };
  assert.match(refusal(modelFile({ ...SPEC, byteFallback: true })), /0 pieces for bytes/);
  assert.match(
    refusal(modelFile({ ...SPEC, byteFallback: true, pieces: [...SPEC.pieces, one] })),
    /1 pieces for bytes/,
  );
  assert.match(refusal(modelFile({ ...SPEC, pieces: [...SPEC.pieces, one] })), /none without byte fallback/);
});

Suite("a file without training settings, or with fields of other types, is refused", () => {
  assert.match(refusal(modelFile({ ...SPEC, omitTrainer: true })), /no training settings/);
  assert.match(refusal(Uint8Array.of(0x08, 0, ...FILE)), /another type of field/); // field 1 as a number
});

Suite("a damaged character map, score or text is refused", () => {
  assert.match(refusal(modelFile({ ...SPEC, charsMap: MAP.slice(0, 20) })), /character map/);
  assert.match(refusal(modelFile({ ...SPEC, pieces: [...SPECIALS, { text: "a", score: NaN }] })), /score NaN/);
  assert.match(refusal(modelFile({ ...SPEC, pieces: [...SPECIALS, { text: "" }] })), /empty text/);
  const notUtf8 = FILE.slice();
  notUtf8[Buffer.from(FILE).indexOf("<pad>")] = 0xff;
  assert.match(refusal(notUtf8), /do not parse/);
});

Suite("a file cut at any byte is refused", () => {
  for (let length = 0; length < FILE.length; length++) {
    assert.match(refusal(FILE.slice(0, length)), /not a SentencePiece model/, `cut to ${length} bytes`);
  }
});

Suite("whatever bytes are changed, the file is refused with a DataError or gives a tokenizer that ends", () => {
  const change = fc.tuple(fc.nat(FILE.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = FILE.slice();
      for (const [at, byte] of changes) bytes[at] = byte;
      const result = parseSentencePieceE(bytes);
      if (E.isLeft(result)) assert.is(result.left._tag, "DataError");
      else result.right.decode(result.right.encode("Ｘ X\t<unk>😀 X"));
    }),
    { numRuns: 2000 },
  );
});

Suite("random bytes are refused or harmless", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const result = parseSentencePieceE(bytes);
      assert.ok(E.isLeft(result) && result.left._tag === "DataError");
    }),
    { numRuns: 1000 },
  );
});

Suite("a model inside a larger buffer is read from its own part", () => {
  const larger = new Uint8Array(FILE.length + 7);
  larger.set(FILE, 3);
  const model = readSentencePieceModel(larger.subarray(3, 3 + FILE.length));
  assert.equal(model.pieces, readSentencePieceModel(FILE).pieces);
  const result = parseSentencePieceE(larger.subarray(3, 3 + FILE.length));
  assert.ok(E.isRight(result));
  if (E.isRight(result)) assert.equal(result.right.encode("Ｘ"), [5]);
});

Suite.run();
