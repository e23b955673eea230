import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { parseSentencePieceE, type Tokenizer, type TokenizerOptions } from "../../lib/tokenizer/sentencepiece.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { readSharedJson, withShared } from "../helpers/shared.js";
import { checkDecoded, checkEncoded, type Decoded, type Encoded } from "./golden-checks.js";
import { charsMap, type ModelSpec, modelFile, SPECIALS } from "./model-file.js";

const Suite = suite("tokenizer/sentencepiece");

const parse = (bytes: Uint8Array, options?: TokenizerOptions): Tokenizer => {
  const result = parseSentencePieceE(bytes, options);
  if (E.isLeft(result)) throw result.left;
  return result.right;
};

// ---- a small model of our own -------------------------------------------------------------------------------------

const SPEC: ModelSpec = {
  pieces: [
    ...SPECIALS,
    ...[..."▁abcdeX"].map((text, i) => ({ text, score: -3 - i })),
    { text: "▁ab", score: -4 },
    { text: "cd", score: -5 },
    { text: "▁cd", score: -5.5 },
  ],
  charsMap: charsMap({ "\t": " ", Ｘ: "X" }),
};
const pieces = (tokenizer: Tokenizer, ids: number[]): string[] => ids.map(tokenizer.idToPiece);

Suite("encode normalises, splits and gives ids without an end of sequence", () => {
  const tokenizer = parse(modelFile(SPEC), { extraIds: 2 });
  assert.equal(pieces(tokenizer, tokenizer.encode(" ab\tcdＸ")), ["▁ab", "▁cd", "X"]);
  assert.equal(tokenizer.encodeAsPieces(" ab\tcdＸ"), ["▁ab", "▁cd", "X"]);
  assert.equal(tokenizer.encode(""), []);
  assert.equal(tokenizer.encodeAsPieces("a??b"), ["▁", "a", "??", "b"]);
  assert.equal(tokenizer.encode("a??b")[2], tokenizer.unkId);
});

Suite("decode drops the first spaces and control pieces, and shows what is unknown", () => {
  const tokenizer = parse(modelFile(SPEC), { extraIds: 2 });
  const [space, ab] = [3, 10];
  assert.is(tokenizer.decode([ab, ab]), "ab ab");
  assert.is(tokenizer.decode([0, space, space, ab, 1, ab, 0]), "ab ab");
  assert.is(tokenizer.decode([ab, 2, ab]), "ab ⁇  ab");
  assert.is(tokenizer.decode([ab, tokenizer.vocabSize + 27]), "ab ⁇ ");
  assert.is(tokenizer.decode(Int32Array.of(ab, tokenizer.sentinelId(0), ab)), "ab <extra_id_0> ab");
  for (const id of [-1, 0.5, NaN]) {
    assert.throws(
      () => tokenizer.decode([id]),
      (e: unknown) => isFluxionError(e, "ArgumentError"),
      `${id}`,
    );
  }
});

Suite("without merging of spaces, decode drops one space only; without a prefix too, none", () => {
  const plain = parse(modelFile({ ...SPEC, removeExtraWhitespaces: false }));
  assert.is(plain.decode([3, 3, 10]), "  ab");
  assert.is(plain.decode(plain.encode("  ab ")), "  ab ");
  const bare = parse(modelFile({ ...SPEC, removeExtraWhitespaces: false, addDummyPrefix: false }));
  assert.is(bare.decode([3, 10]), "  ab");
});

// The letters of sentinels, and none that would spell them in other pieces.
const LETTERS: ModelSpec["pieces"] = [
  ...SPEC.pieces.filter(({ text }) => text.length > 1 || !"abcde".includes(text)),
  ...[..."<>_extraid01"].map((text) => ({ text, score: -5 })),
];

Suite("a sentinel written at the start of a word is one token; inside a word it is characters", () => {
  const tokenizer = parse(modelFile({ pieces: LETTERS }), { extraIds: 2 });
  const [first, second] = [0, 1].map(tokenizer.sentinelId);
  assert.equal(tokenizer.encode("<extra_id_0>"), [first]);
  assert.equal(tokenizer.encodeAsPieces("X  <extra_id_1>X"), ["▁", "X", "▁<extra_id_1>", "X"]);
  assert.is(tokenizer.encode("<extra_id_0><extra_id_1> X").includes(second), false);
  assert.is(tokenizer.encode("X<extra_id_0> <extra_id_2>").includes(first), false);
  assert.is(tokenizer.decode(tokenizer.encode("X <extra_id_0>")), "X <extra_id_0>");
});

Suite("without sentinels, what looks like one is characters; control pieces always are", () => {
  const tokenizer = parse(modelFile({ pieces: LETTERS }), { extraIds: 0 });
  assert.is(tokenizer.encodeAsPieces("<extra_id_0>").length, 13);
  const ids = parse(modelFile({ pieces: LETTERS })).encode("</s> <pad>");
  assert.not(ids.includes(0) || ids.includes(1));
});

Suite("the type of a sentinel that the file holds decides whether it is found in text", () => {
  const first = (type: number): boolean => {
    const piece = { text: "▁<extra_id_0>", type };
    const own = parse(modelFile({ pieces: [...LETTERS, piece] }), { extraIds: 1 });
    assert.is(own.vocabSize, LETTERS.length + 1);
    return own.encode("X <extra_id_0> X").includes(own.sentinelId(0));
  };
  const [normal, control, userDefined, unused] = [1, 3, 4, 5];
  assert.equal([normal, userDefined].map(first), [true, true]);
  assert.equal([control, unused].map(first), [false, false]);
});

Suite("user-defined pieces pass the character map unchanged", () => {
  const tokenizer = parse(modelFile({ ...SPEC, pieces: [...SPEC.pieces, { text: "ＸＸ", type: 4 }] }));
  assert.equal(tokenizer.encodeAsPieces("ＸＸＸ"), ["▁", "ＸＸ", "X"]);
});

Suite("a count of sentinels that is none is the caller's mistake, not the file's", () => {
  assert.throws(
    () => parseSentencePieceE(modelFile(SPEC), { extraIds: -1 }),
    (e: unknown) => isFluxionError(e, "ArgumentError"),
  );
});

Suite("a text of known characters comes back as its normal form", () => {
  const tokenizer = parse(modelFile(SPEC));
  const text = fc.string({ unit: fc.constantFrom(..."abcdeX", " ", "  ", "\t", "Ｘ"), maxLength: 300 });
  fc.assert(
    fc.property(text, (x) => {
      const normal = x.replaceAll("Ｘ", "X").trim().replace(/\s+/g, " ");
      assert.is(tokenizer.decode(tokenizer.encode(x)), normal);
      assert.equal(pieces(tokenizer, tokenizer.encode(x)), tokenizer.encodeAsPieces(x));
    }),
  );
});

// ---- T5's vocabulary against SentencePiece ------------------------------------------------------------------------

const files = goldenFiles(Suite, "tokenizer/sentencepiece.test.ts");

let parsed: Tokenizer | undefined;
const t5 = (root: string): Tokenizer => {
  parsed ??= parse(readFileSync(join(root, "data/t5/sentencepiece.model")), { extraIds: 100 });
  return parsed;
};

withShared(Suite, "T5: ids, pieces and decoded text of all golden rows are exact", (root) => {
  // The rows come from the file as it is, without sentinels, and some have sentinels in their text.
  const tokenizer = parse(readFileSync(join(root, "data/t5/sentencepiece.model")), { extraIds: 0 });
  const golden = files.open<Encoded[]>(root, "sentencepiece.jsonl");
  assert.is(golden.length, 1034);
  for (const row of golden) checkEncoded(tokenizer, row);
});

/** A text with sentinels in it, and its ids by SentencePiece with two vocabularies; `decoded` is of T5's. */
interface WithSentinels {
  readonly text: string;
  readonly t5: number[];
  readonly nano: number[];
  readonly decoded: string;
}
const file = (path: string): URL => new URL(`../../${path}`, import.meta.url);
const withSentinels = (): WithSentinels[] =>
  (JSON.parse(readFileSync(file("test/golden/data/sentinels.json"), "utf8")) as { rows: WithSentinels[] }).rows;

withShared(Suite, "T5: ids and decoded text of texts with sentinels are SentencePiece's", (root) => {
  for (const row of withSentinels()) {
    assert.equal(t5(root).encode(row.text), row.t5, JSON.stringify(row.text));
    assert.is(t5(root).decode(row.t5), row.decoded, JSON.stringify(row.text));
  }
});

Suite("ids of texts with sentinels are SentencePiece's with the small vocabulary", () => {
  const tokenizer = parse(readFileSync(file("assets/t5-nano/spiece.model")));
  for (const row of withSentinels()) assert.equal(tokenizer.encode(row.text), row.nano, JSON.stringify(row.text));
});

withShared(Suite, "T5: the text of all golden id lists is exact", (root) => {
  const golden = files.open<Decoded[]>(root, "sentencepiece_decode.jsonl");
  assert.is(golden.length, 355);
  for (const row of golden) checkDecoded(t5(root), row);
});

withShared(Suite, "T5: ids of the usual targets are those of the specification", (root) => {
  const expected: Record<string, number[]> = {
    True: [10998],
    False: [10747, 7, 15],
    entailment: [3, 35, 5756, 297],
    not_entailment: [59, 834, 35, 5756, 297],
    contradiction: [27252],
    choice1: [1160, 536],
    not_duplicate: [59, 834, 26, 413, 26221],
    "I like cheese.": [27, 114, 3285, 5],
    "The fish , ate *it* .": [37, 2495, 3, 6, 3, 342, 1429, 155, 1935, 3, 5],
  };
  for (const [text, ids] of Object.entries(expected)) assert.equal(t5(root).encode(text), ids, text);
});

withShared(Suite, "T5: pieces and sentinels have the ids of the published tokenizer.json", (root) => {
  const { vocab } = readSharedJson<{ model: { vocab: [string, number][] } }>(root, "data/t5/tokenizer.json").model;
  const tokenizer = t5(root);
  assert.is(tokenizer.vocabSize, 32100);
  assert.is(vocab.length, 32100);
  vocab.forEach(([piece], id) => {
    assert.is(tokenizer.idToPiece(id).replace("▁<extra_id_", "<extra_id_"), piece);
  });
  assert.equal([0, 1, 99].map(tokenizer.sentinelId), [32099, 32098, 32000]);
  assert.equal([tokenizer.padId, tokenizer.eosId, tokenizer.unkId], [0, 1, 2]);
});

withShared(Suite, "T5: a text without unknown characters comes back as its NFKC form", (root) => {
  const tokenizer = t5(root);
  const unit = fc.constantFrom(
    ...[..."aAbBeEtTsS019.,;:'\"()?!-_$%&*+=@[]|/ éÉüßçñøàêâșțăîа–—“”…ﬁ①ＡＺ２½²™№"],
    "e\u0301",
    "\u00a0",
    "\t",
  );
  let known = 0;
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 80 }), (x) => {
      const ids = tokenizer.encode(x);
      if (ids.includes(tokenizer.unkId)) return;
      known++;
      assert.is(tokenizer.decode(ids), x.normalize("NFKC").trim().replace(/\s+/g, " "));
    }),
    { numRuns: 500 },
  );
  assert.ok(known > 100, `${known} of 500 texts had known characters only`);
});

withShared(Suite, "T5: texts joined by a space encode to their ids joined", (root) => {
  // No piece has a space inside, so words do not share pieces.
  const golden = files
    .open<Encoded[]>(root, "sentencepiece.jsonl")
    .filter(({ tag }) => /^(basic|boolq|rte|wic|cb)$/.test(tag));
  const plain = golden.filter(({ ids }) => ids.length > 0 && !ids.includes(2));
  assert.ok(plain.length > 150);
  plain.forEach((first, i) => {
    const second = plain[(i * 7 + 3) % plain.length] as Encoded;
    assert.equal(t5(root).encode(`${first.text} ${second.text}`), [...first.ids, ...second.ids], first.text);
  });
});

withShared(Suite, "the small vocabulary of 3996 pieces has 4096 ids with its sentinels", (root) => {
  const tokenizer = parse(readFileSync(join(root, "data/t5-nano/mixed/spiece.model")));
  assert.is(tokenizer.vocabSize, 4096);
  assert.equal([0, 99].map(tokenizer.sentinelId), [4095, 3996]);
  const text = "The quick brown fox, it seems, did not jump.";
  assert.is(tokenizer.decode(tokenizer.encode(text)), text);
});

withShared(Suite, "T5's file cut anywhere is refused", (root) => {
  const bytes = readFileSync(join(root, "data/t5/sentencepiece.model"));
  for (let k = 1; k <= 25; k++) {
    const cut = Math.floor((bytes.length * k * k) / 626) - (k % 3);
    const result = parseSentencePieceE(bytes.subarray(0, cut));
    assert.ok(E.isLeft(result) && result.left._tag === "DataError", `cut to ${cut} bytes`);
  }
});

Suite.run();
