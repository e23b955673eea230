import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { readSentencePieceModel } from "../../lib/tokenizer/sentencepiece-model.js";
import { makeVocabulary, withSentinels } from "../../lib/tokenizer/vocabulary.js";
import { modelFile, type PieceSpec, SPECIALS } from "./model-file.js";

const Suite = suite("tokenizer/vocabulary");

const A: PieceSpec = { text: "a", score: -1 };
const sentinel = (k: number): PieceSpec => ({ text: `▁<extra_id_${k}>`, type: 4 });
const vocabulary = (extraIds: number, ...pieces: PieceSpec[]) =>
  makeVocabulary(withSentinels(readSentencePieceModel(modelFile({ pieces })), extraIds));

const fails = (tag: "DataError" | "ArgumentError", message: RegExp) => (e: unknown) =>
  isFluxionError(e, tag) && message.test(e.message);

Suite("sentinels follow the pieces, the last one is number 0", () => {
  const v = vocabulary(3, ...SPECIALS, A);
  assert.is(v.vocabSize, 7);
  assert.equal(v.pieces.slice(3), ["a", "▁<extra_id_2>", "▁<extra_id_1>", "▁<extra_id_0>"]);
  assert.equal([0, 1, 2].map(v.sentinelId), [6, 5, 4]);
  assert.is(v.idToPiece(6), "▁<extra_id_0>");
});

Suite("sentinels of the file are used and not appended again, in either spelling", () => {
  const marked = vocabulary(2, ...SPECIALS, sentinel(1), sentinel(0));
  assert.is(marked.vocabSize, 5);
  assert.equal([0, 1].map(marked.sentinelId), [4, 3]);
  const plain = vocabulary(0, ...SPECIALS, { text: "<extra_id_0>", type: 4 });
  assert.is(plain.vocabSize, 4);
  assert.is(plain.sentinelId(0), 3);
});

Suite("a file with another number of sentinels than asked for is refused", () => {
  assert.throws(() => vocabulary(3, ...SPECIALS, sentinel(1), sentinel(0)), fails("DataError", /extraIds: 0/));
});

Suite("the special ids are found by their pieces, wherever they are", () => {
  const v = vocabulary(0, A, { text: "<unk>", type: 2 }, { text: "</s>", type: 3 }, { text: "<pad>", type: 3 });
  assert.equal([v.padId, v.eosId, v.unkId], [3, 2, 1]);
});

Suite("a model without a needed piece, or with one piece twice, is refused", () => {
  const [pad, eos, unk] = SPECIALS as [PieceSpec, PieceSpec, PieceSpec];
  assert.throws(() => vocabulary(0, eos, unk, A), fails("DataError", /no padding piece/));
  assert.throws(() => vocabulary(0, pad, unk, A), fails("DataError", /no end-of-sequence piece/));
  assert.throws(() => vocabulary(0, pad, eos, A), fails("DataError", /no unknown-character piece/));
  assert.throws(() => vocabulary(0, { text: "<pad>" }, eos, unk), fails("DataError", /no padding piece/));
  assert.throws(() => vocabulary(0, ...SPECIALS, A, A), fails("DataError", /two pieces are the same[\s\S]*"a"/));
});

Suite("ids, sentinels and counts that do not exist are ArgumentErrors", () => {
  const v = vocabulary(2, ...SPECIALS, A);
  for (const id of [-1, 6, 1.5, NaN]) {
    assert.throws(() => v.idToPiece(id), fails("ArgumentError", /0 … 5/), `${id}`);
  }
  for (const k of [-1, 2, 0.5]) assert.throws(() => v.sentinelId(k), fails("ArgumentError", /one of 2/), `${k}`);
  for (const n of [-1, 1.5, NaN, Infinity]) {
    assert.throws(() => vocabulary(n, ...SPECIALS), fails("ArgumentError", /extraIds/), `${n}`);
  }
});

Suite.run();
