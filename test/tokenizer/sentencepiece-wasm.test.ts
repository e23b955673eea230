/** @file The tokenizer against SentencePiece itself, compiled to WebAssembly, over whole corpora. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { SentencePieceProcessor } from "@agnai/sentencepiece-js";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseSentencePieceE, type Tokenizer } from "../../lib/tokenizer/sentencepiece.js";
import { withShared } from "../helpers/shared.js";

const Suite = suite("tokenizer/sentencepiece-wasm");

const parse = (path: string): Tokenizer => {
  const result = parseSentencePieceE(readFileSync(path));
  if (E.isLeft(result)) throw result.left;
  return result.right;
};

withShared(Suite, "T5: ids and decoded text of a megabyte of Wikipedia and of C4 are SentencePiece's", async (root) => {
  const path = join(root, "data/t5/sentencepiece.model");
  const tokenizer = parse(path);
  const reference = new SentencePieceProcessor();
  await reference.load(path);
  for (const file of ["wikipedia-en.valid", "c4.sample"]) {
    const lines = gunzipSync(readFileSync(join(root, `data/corpus/${file}.jsonl.gz`)))
      .toString()
      .split("\n");
    for (const line of lines.filter((line) => line !== "")) {
      const { text } = JSON.parse(line) as { text: string };
      const ids = tokenizer.encode(text);
      assert.equal(ids, reference.encodeIds(text), text.slice(0, 100));
      assert.is(tokenizer.decode(ids), reference.decodeIds(ids));
    }
  }
});

Suite.run();
