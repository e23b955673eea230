import { readFileSync } from "node:fs";
import { Tokenizer as HfTokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import type { Tokenizer } from "../../lib/tokenizer/sentencepiece.js";
import { parseTokenizerJsonE } from "../../lib/tokenizer/tokenizer-json.js";
import { trimEnd } from "../../lib/tokenizer/white-space.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { readSharedJson, withShared } from "../helpers/shared.js";
import { type Parts, tokenizerJson } from "./tokenizer-json-file.js";

const Suite = suite("tokenizer/tokenizer-json");
const files = goldenFiles(Suite, "tokenizer/tokenizer-json.test.ts");

const parse = (raw: unknown, extraIds?: number): Tokenizer => {
  const result = parseTokenizerJsonE(raw, extraIds === undefined ? {} : { extraIds });
  if (E.isLeft(result)) throw result.left;
  return result.right;
};
/** Hugging Face's own ids and text. */
const reference = (raw: object) => {
  const tokenizer = new HfTokenizer(raw, {});
  return {
    encode: (text: string): number[] => tokenizer.encode(text, { add_special_tokens: false }).ids,
    decode: (ids: number[]): string =>
      ids.length === 0 ? "" : tokenizer.decode(ids, { clean_up_tokenization_spaces: false }),
  };
};

const VOCAB = [..."▁abcd<>/s"].map((text, i) => [text, -3 - i / 8] as const);
const WORDS = [
  ["▁ab", -4],
  ["cd", -5],
  ["▁cd", -5.5],
] as const;
const SMALL = [...VOCAB, ...WORDS];

// ---- a small file of our own --------------------------------------------------------------------------------------

Suite("an added token written in text gives its id, and cuts the text", () => {
  const extra = { id: 15, content: "<extra_id_0>", special: true, normalized: false };
  const tokenizer = parse(tokenizerJson(SMALL, { addedTokens: [extra] }), 0);
  assert.equal(tokenizer.encodeAsPieces("ab</s> cd<extra_id_0>cd"), ["▁ab", "</s>", "▁cd", "<extra_id_0>", "▁cd"]);
  assert.equal(tokenizer.encode("<extra_id_0>"), [tokenizer.sentinelId(0)]);
  assert.is(tokenizer.decode(tokenizer.encode("ab<extra_id_0> cd</s>")), "ab<extra_id_0> cd");
  assert.equal([tokenizer.padId, tokenizer.eosId, tokenizer.unkId, tokenizer.vocabSize], [0, 1, 2, 16]);
});

Suite("sentinels that a file does not have are found in text like its own", () => {
  const tokenizer = parse(tokenizerJson(SMALL), 2);
  assert.equal(tokenizer.encodeAsPieces("ab<extra_id_0> cd <extra_id_1>"), [
    "▁ab",
    "<extra_id_0>",
    "▁cd",
    "▁",
    "<extra_id_1>",
  ]);
  assert.equal(tokenizer.encode("<extra_id_0>"), [tokenizer.sentinelId(0)]);
  assert.is(tokenizer.decode([tokenizer.sentinelId(1)]), "<extra_id_1>");
});

Suite("steps of every kind give the ids of Hugging Face's library, for any text", () => {
  const metaspace = (more: object) => ({ type: "Metaspace", replacement: "▁", ...more });
  const sequence = (...pretokenizers: object[]) => ({ type: "Sequence", pretokenizers });
  const replace = (pattern: object, content: string) => ({ type: "Replace", pattern, content });
  const tokens = [
    { id: 15, content: "<a>", special: true, normalized: false, lstrip: true },
    { id: 16, content: "<a>b", special: false, normalized: false, rstrip: true },
  ];
  const variants: Parts[] = [
    {},
    { addedTokens: tokens },
    { normalizer: { type: "Strip", strip_left: true, strip_right: true } },
    { normalizer: { type: "Strip", strip_left: true, strip_right: false } },
    { normalizer: replace({ Regex: " {2,}" }, "▁") },
    { normalizer: { type: "Sequence", normalizers: [replace({ String: "d" }, "c/"), replace({ Regex: "a+" }, "a")] } },
    { pre_tokenizer: metaspace({ add_prefix_space: true, prepend_scheme: "first" }), addedTokens: tokens },
    { pre_tokenizer: metaspace({ prepend_scheme: "never" }) },
    { pre_tokenizer: sequence({ type: "WhitespaceSplit" }, metaspace({ add_prefix_space: true })) },
  ];
  const text = fc.string({ unit: fc.constantFrom(..."abcd  <>/s\t?", "<a>", "</s>"), maxLength: 30 });
  for (const variant of variants) {
    const file = tokenizerJson(SMALL, variant);
    const [ours, theirs] = [parse(file, 0), reference(file)];
    fc.assert(
      fc.property(text, (x) => assert.equal(ours.encode(x), theirs.encode(x), JSON.stringify([x, variant]))),
      { numRuns: 300 },
    );
  }
});

Suite("a token that is matched after normalisation is found in the normal form", () => {
  const token = { id: 15, content: "ccd", special: false, normalized: true };
  const normalizer = { type: "Replace", pattern: { String: "b" }, content: "c" };
  const file = tokenizerJson(SMALL, { addedTokens: [token], normalizer });
  assert.equal(parse(file, 0).encode("bbd a"), reference(file).encode("bbd a"));
  assert.is(parse(file, 0).encode("bbd a")[0], 15);
});

Suite("a prefix is added to old files that say add_prefix_space only, and not where that is false", () => {
  const pieces = (add: boolean): string[] => {
    const pre_tokenizer = { type: "Metaspace", replacement: "▁", add_prefix_space: add };
    return parse(tokenizerJson(SMALL, { pre_tokenizer }), 0).encodeAsPieces("cd cd");
  };
  assert.equal(pieces(true), ["▁cd", "▁cd"]);
  assert.equal(pieces(false), ["cd", "▁cd"]);
});

Suite("byte fallback spells unknown characters", () => {
  const hex = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
  const bytes = Array.from({ length: 256 }, (_, byte) => [hex(byte), -9] as const);
  const file = tokenizerJson([...VOCAB, ...bytes], { model: { byte_fallback: true } });
  const tokenizer = parse(file, 0);
  assert.equal(tokenizer.encodeAsPieces("aé"), ["▁", "a", "<0xC3>", "<0xA9>"]);
  assert.is(tokenizer.decode(tokenizer.encode("aé😀b")), "aé😀b");
});

Suite("what is not supported or does not fit is a DataError that names the place", () => {
  const refusal = (raw: unknown): string => {
    const result = parseTokenizerJsonE(raw);
    if (E.isRight(result)) return assert.unreachable("the file was accepted") as never;
    assert.ok(isFluxionError(result.left, "DataError"));
    return result.left.message;
  };
  const small = (parts: object) => tokenizerJson(SMALL, parts as Parts);
  assert.match(refusal({}), /tokenizer\.json/);
  assert.match(refusal(small({ model: { type: "BPE" } })), /model\.type/);
  assert.match(refusal(small({ normalizer: { type: "BertNormalizer" } })), /normalizer/);
  assert.match(refusal(small({ pre_tokenizer: { type: "ByteLevel" } })), /pre_tokenizer/);
  assert.match(refusal(small({ addedTokens: [{ id: 15, content: "x", single_word: true }] })), /single_word/);
  assert.match(refusal(small({ addedTokens: [{ id: 17, content: "x" }] })), /leaves ids free/);
  assert.match(refusal(small({ model: { unk_id: 99 } })), /unknown id/);
  assert.match(refusal(small({ model: { byte_fallback: true } })), /0 pieces for bytes/);
  assert.match(refusal(small({ normalizer: { type: "Precompiled", precompiled_charsmap: "AAA" } })), /character map/);
  const slow = { type: "Replace", pattern: { Regex: "(a+)+$" }, content: "" };
  assert.match(refusal(small({ normalizer: slow })), /may take too long to match[\s\S]*"\(a\+\)\+\$"/);
  const pattern = { Regex: "(?<!a" };
  assert.match(refusal(small({ normalizer: { type: "Replace", pattern, content: "" } })), /regular expression/);
});

// ---- T5's vocabulary ----------------------------------------------------------------------------------------------

interface Row {
  readonly tag: string;
  readonly text: string;
  readonly ids: number[];
}
const LITERALS = [553, 554, 556, 557, 558, 559, 560, 561, 562, 563, 564, 565, 566];
/** Rows of 50 and more equal letters or digits: cuts of equal exact score, which float32 and float64 sums rank differently. */
const TIES = [610, 611, 622];
/** Three accents on one letter: a cluster whose first key takes the place of all of it. */
const ACCENTS = 377;
/** The ids that Hugging Face's library in Rust gives for rows where SentencePiece gives others. */
const OTHERS = new Map(
  (
    JSON.parse(readFileSync(new URL("../golden/data/rust-tokenizers.json", import.meta.url), "utf8")) as {
      t5: readonly { readonly row: number; readonly ids: readonly number[] }[];
    }
  ).t5.map(({ row, ids }) => [row, ids] as const),
);

withShared(
  Suite,
  "T5: ids and text of all golden rows are Hugging Face's; SentencePiece's but for 13 literals, 3 ties and a stack of accents",
  (root) => {
    const file = readSharedJson<object>(root, "data/t5/tokenizer.json");
    const [ours, theirs] = [parse(file), reference(file)];
    const rows = files.open<Row[]>(root, "sentencepiece.jsonl");
    const differs: number[] = [];
    rows.forEach(({ text, ids }, i) => {
      const own = ours.encode(text);
      assert.equal(own, OTHERS.get(i) ?? ids, `row ${i}: ${JSON.stringify(text).slice(0, 100)}`);
      if (`${own}` !== `${ids}`) differs.push(i);
      const shown = own.filter((id) => id > 2);
      if (!own.includes(2)) assert.is(ours.decode(own), theirs.decode(shown), `row ${i}`);
    });
    assert.equal(differs, [ACCENTS, ...LITERALS, ...TIES]);
    assert.equal(differs, [...OTHERS.keys()]);
    assert.ok(LITERALS.every((i) => rows[i]?.tag === "special") && TIES.every((i) => rows[i]?.tag === "repeat"));
  },
);

Suite("a file of a deep nest of steps is a typed error", () => {
  let normalizer: object = { type: "Precompiled", precompiled_charsmap: "" };
  for (let i = 0; i < 20_000; i++) normalizer = { type: "Sequence", normalizers: [normalizer] };
  const result = parseTokenizerJsonE(tokenizerJson([["a", -1]], { normalizer }));
  assert.ok(E.isLeft(result) && isFluxionError(result.left, "DataError"));
});

Suite("white space at the end of a text is cut, however long the runs of it inside are", () => {
  const spaces = " \u3000\u0085".repeat(200_000); // a pattern that is tried at every space takes hours
  assert.is(trimEnd(`${spaces}x${spaces}`), `${spaces}x`);
  assert.is(trimEnd(spaces), "");
  assert.is(trimEnd("x\ufeff"), "x\ufeff");
});

Suite.run();
