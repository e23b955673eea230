import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadTokenizerTE } from "../../lib/tokenizer/load-tokenizer.js";
import { modelFile, SPECIALS } from "./model-file.js";
import { tokenizerJson } from "./tokenizer-json-file.js";

const Suite = suite("tokenizer/load-tokenizer");
const folder = mkdtempSync(join(tmpdir(), "fluxion-tokenizer-"));
Suite.after(() => rmSync(folder, { recursive: true }));

const write = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const FILE = modelFile({ pieces: [...SPECIALS, { text: "▁", score: -1 }, { text: "a", score: -1 }] });

Suite("a model file gives its tokenizer", async () => {
  const result = await loadTokenizerTE(write("spiece.model", FILE), { extraIds: 3 })();
  assert.ok(E.isRight(result));
  if (E.isLeft(result)) return;
  assert.equal(result.right.encode("a"), [3, 4]);
  assert.is(result.right.vocabSize, 8);
});

Suite("a file that is damaged or not there is a DataError that names the path", async () => {
  for (const path of [write("cut.model", FILE.slice(0, 20)), join(folder, "none.model")]) {
    const result = await loadTokenizerTE(path)();
    assert.ok(E.isLeft(result));
    if (E.isRight(result)) return;
    assert.is(result.left._tag, "DataError");
    assert.is(result.left.mismatch.at, path);
    assert.ok(result.left.mismatch.hint);
  }
});

const JSON_TEXT = JSON.stringify(
  tokenizerJson([
    ["▁", -1],
    ["a", -1],
  ]),
);

Suite("a tokenizer.json gives its tokenizer, and says what is wrong with it", async () => {
  const result = await loadTokenizerTE(write("t.json", Buffer.from(`\n ${JSON_TEXT}`)), { extraIds: 3 })();
  if (E.isLeft(result)) throw result.left;
  assert.equal(result.right.encode("a"), [3, 4]);
  assert.is(result.right.vocabSize, 8);
  const [cut, other, bytes] = [JSON_TEXT.slice(0, 99), JSON_TEXT.replace("Unigram", "BPE"), "{\xff"];
  for (const [i, [text, message]] of [
    [cut, /not valid JSON/],
    [other, /"BPE"/],
    [bytes, /UTF-8/],
  ].entries()) {
    const path = write(`${i}.json`, Buffer.from(text as string, i === 2 ? "latin1" : "utf8"));
    const bad = await loadTokenizerTE(path)();
    assert.ok(E.isLeft(bad) && bad.left._tag === "DataError");
    assert.match(bad.left.message, message as RegExp);
    assert.ok(bad.left.mismatch.at?.startsWith(path), bad.left.message);
  }
});

Suite("a folder gives the vocabulary in it, the SentencePiece model first", async () => {
  const dir = join(folder, "model");
  mkdirSync(dir);
  writeFileSync(join(dir, "config.json"), "{}");
  const none = await loadTokenizerTE(dir)();
  assert.ok(E.isLeft(none) && /no vocabulary[\s\S]*config\.json/.test(none.left.message));
  writeFileSync(join(dir, "tokenizer.json"), JSON_TEXT);
  const json = await loadTokenizerTE(dir, { extraIds: 1 })();
  assert.ok(E.isRight(json) && json.right.encode("</s>").length === 1);
  writeFileSync(join(dir, "spiece.model"), FILE);
  const model = await loadTokenizerTE(dir, { extraIds: 1 })();
  assert.ok(E.isRight(model) && model.right.encode("</s>").length > 1);
});

Suite.run();
