/** @file Against Hugging Face's tokenizers, the library in Rust: normal forms by grapheme clusters, ids, and added tokens in a folder. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeGraphemeMap } from "../../lib/tokenizer/grapheme-map.js";
import { loadTokenizer, loadTokenizerTE } from "../../lib/tokenizer/load-tokenizer.js";
import { Normalizer } from "../../lib/tokenizer/normalizer.js";
import { readSentencePieceModel } from "../../lib/tokenizer/sentencepiece-model.js";
import { makeNormalize } from "../../lib/tokenizer/text-steps.js";
import { parseTokenizerJsonE } from "../../lib/tokenizer/tokenizer-json.js";
import { messageOf, rightOf, temporaryFolder } from "../io/folder.js";
import { tokenizerJson } from "./tokenizer-json-file.js";

const Rust = suite("tokenizer/rust-tokenizers");
const folder = temporaryFolder(Rust);

interface Golden {
  readonly added: readonly string[];
  readonly rows: readonly {
    readonly text: string;
    readonly map: string;
    readonly sentencepiece: string;
    readonly ids: readonly number[];
    readonly nfc: string;
    readonly nfkc: string;
  }[];
  readonly withTokens: readonly { readonly text: string; readonly ids: readonly number[] }[];
}
const golden = JSON.parse(
  readFileSync(new URL("../golden/data/rust-tokenizers.json", import.meta.url), "utf8"),
) as Golden;

const SPIECE = "assets/t5-nano/spiece.model";
const model = readSentencePieceModel(readFileSync(SPIECE));
const { charsMap } = model.normalizer;
const OWN = 3996;
const shown = (text: string): string =>
  JSON.stringify(text).replace(/[^ -~]/g, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);

/** T5's tokenizer.json of these pieces, with the sentinels and the added tokens. */
const file = (): object => {
  const token = (id: number, content: string, special: boolean) => ({ id, content, special, normalized: false });
  const sentinels = Array.from({ length: 100 }, (_, i) => token(OWN + i, `<extra_id_${99 - i}>`, true));
  const added = golden.added.map((content, i) => token(OWN + 100 + i, content, false));
  return tokenizerJson(
    model.pieces.slice(3, OWN).map(({ text, score }) => [text, score] as const),
    {
      addedTokens: [...sentinels, ...added],
      normalizer: {
        type: "Sequence",
        normalizers: [
          { type: "Precompiled", precompiled_charsmap: Buffer.from(charsMap).toString("base64") },
          { type: "Strip", strip_left: false, strip_right: true },
          { type: "Replace", pattern: { Regex: " {2,}" }, content: "▁" },
        ],
      },
    },
  );
};

Rust("a map is applied by grapheme clusters, and in SentencePiece by the longest key", () => {
  const byGrapheme = makeGraphemeMap(charsMap);
  const byLongestKey = new Normalizer(model.normalizer, []);
  let differing = 0;
  for (const { text, map, sentencepiece } of golden.rows) {
    assert.is(byGrapheme(text), map, shown(text));
    assert.is(Buffer.from(byLongestKey.normalize(text)).toString(), sentencepiece, shown(text));
    if (map.normalize("NFD") !== sentencepiece.replaceAll("▁", " ").trim().normalize("NFD")) differing++;
  }
  assert.ok(differing > 40, `${differing} rows tell the two apart`);
  assert.equal([byGrapheme("e\u0302\u0301"), byGrapheme("")], ["ê", ""]);
});

Rust("NFC and NFKC, alone and in a sequence", () => {
  const [nfc, nfkc] = [makeNormalize({ type: "NFC" }), makeNormalize({ type: "NFKC" })];
  const both = makeNormalize({ type: "Sequence", normalizers: [{ type: "NFD" }, { type: "NFKC" }] });
  for (const row of golden.rows) {
    assert.equal([nfc(row.text), nfkc(row.text), both(row.text)], [row.nfc, row.nfkc, row.nfkc], shown(row.text));
  }
  const composed = rightOf(
    parseTokenizerJsonE(tokenizerJson([["▁é", -1]], { normalizer: { type: "NFC" } }), { extraIds: 0 }),
  );
  assert.equal(composed.encode("e\u0301"), [3]);
});

Rust("ids of a tokenizer.json, with sentinels and added tokens", () => {
  const tokenizer = rightOf(parseTokenizerJsonE(file()));
  for (const { text, ids } of [...golden.rows, ...golden.withTokens]) {
    assert.equal(tokenizer.encode(text), ids, shown(text));
  }
});

const NAMES = ["added_tokens.json", "tokenizer_config.json", "tokenizer.json"] as const;
const contentsOf = (tokens: Readonly<Record<string, number>>): Readonly<Record<(typeof NAMES)[number], object>> => ({
  "added_tokens.json": tokens,
  "tokenizer_config.json": {
    added_tokens_decoder: Object.fromEntries(Object.entries(tokens).map(([content, id]) => [id, { content }])),
  },
  "tokenizer.json": file(),
});

/** A folder of the SentencePiece model and these files. */
const folderOf = (name: string, files: Readonly<Record<string, object>>): string => {
  const dir = join(folder, name);
  mkdirSync(dir);
  copyFileSync(SPIECE, join(dir, "spiece.model"));
  for (const [file, value] of Object.entries(files)) writeFileSync(join(dir, file), JSON.stringify(value));
  return dir;
};
const TOKENS = Object.fromEntries(golden.added.map((content, i) => [content, OWN + 100 + i]));

Rust(
  "a folder with a SentencePiece model: the tokens that were added are found and decoded, by whichever file has them",
  async () => {
    for (const name of NAMES) {
      const dir = folderOf(name, { [name]: contentsOf(TOKENS)[name] });
      const tokenizer = await loadTokenizer(dir);
      assert.is(tokenizer.vocabSize, 4099, name);
      for (const { text, ids } of golden.withTokens) assert.equal(tokenizer.encode(text), ids, `${name}: ${text}`);
      assert.equal(tokenizer.encodeAsPieces("the<city>of"), ["▁the", "<city>", "▁of"]);
      assert.is(
        tokenizer.decode([4, 4096, 15]),
        `${tokenizer.idToPiece(4).replace("▁", "")}<city>${tokenizer.idToPiece(15).replace("▁", " ")}`,
      );
      assert.is(tokenizer.sentinelId(0), 4095);
    }
  },
);

Rust(
  "added tokens with flags: special ones give no text, and take the space beside them where they say so",
  async () => {
    const token = { content: "<sep>", special: true, lstrip: true, rstrip: true };
    const dir = folderOf("flags", { "tokenizer_config.json": { added_tokens_decoder: { 4096: token } } });
    const tokenizer = await loadTokenizer(dir);
    assert.equal(tokenizer.encode("the <sep> city"), [...tokenizer.encode("the"), 4096, ...tokenizer.encode("city")]);
    assert.is(tokenizer.decode([4096]), "");
  },
);

Rust(
  "beside a SentencePiece model a token is found letter by letter, also one that is marked as normalized",
  async () => {
    const token = { content: "ＣＩＴＹ", normalized: true };
    const dir = folderOf("normalized", { "tokenizer_config.json": { added_tokens_decoder: { 4096: token } } });
    const tokenizer = await loadTokenizer(dir);
    assert.equal(tokenizer.encode("ＣＩＴＹ"), [4096]);
    assert.not(tokenizer.encode("CITY").includes(4096));
  },
);

Rust("files that contradict the model or each other are refused, with both", async () => {
  const refusal = async (name: string, files: Readonly<Record<string, object>>): Promise<string> => {
    const dir = folderOf(name, files);
    const message = messageOf(await loadTokenizerTE(dir)(), "DataError");
    assert.match(message, dir);
    return message;
  };
  assert.match(
    await refusal("other", { "added_tokens.json": { "<city>": 7 } }),
    /has the id of another piece[\s\S]*7: "<city>"/,
  );
  assert.match(await refusal("gap", { "added_tokens.json": { "<city>": 4097 } }), /leaves ids free[\s\S]*id 4096/);
  const config = { added_tokens_decoder: { 4096: { content: "<town>" } } };
  assert.match(
    await refusal("two", { "added_tokens.json": { "<city>": 4096 }, "tokenizer_config.json": config }),
    /two files name different[\s\S]*<town>.* in tokenizer_config\.json[\s\S]*<city>.* in added_tokens\.json/,
  );
  assert.match(
    await refusal("key", { "tokenizer_config.json": { added_tokens_decoder: { x: { content: "a" } } } }),
    /tokens by their ids/,
  );
  assert.match(await refusal("count", { "added_tokens.json": { "<city>": -1 } }), /integer from 0/);
});

Rust.run();
