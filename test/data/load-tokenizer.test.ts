import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadTokenizer } from "../../lib/data/load-tokenizer.js";
import { modelFile, SPECIALS } from "./model-file.js";

const Suite = suite("data/load-tokenizer");
const folder = mkdtempSync(join(tmpdir(), "fluxion-tokenizer-"));
Suite.after(() => rmSync(folder, { recursive: true }));

const write = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const FILE = modelFile({ pieces: [...SPECIALS, { text: "▁", score: -1 }, { text: "a", score: -1 }] });

Suite("a model file gives its tokenizer", async () => {
  const result = await loadTokenizer(write("spiece.model", FILE), { extraIds: 3 })();
  assert.ok(E.isRight(result));
  if (E.isLeft(result)) return;
  assert.equal(result.right.encode("a"), [3, 4]);
  assert.is(result.right.vocabSize, 8);
});

Suite("a file that is damaged or not there is a DataError that names the path", async () => {
  for (const path of [write("cut.model", FILE.slice(0, 20)), join(folder, "none.model")]) {
    const result = await loadTokenizer(path)();
    assert.ok(E.isLeft(result));
    if (E.isRight(result)) return;
    assert.is(result.left._tag, "DataError");
    assert.is(result.left.mismatch.at, path);
    assert.ok(result.left.mismatch.hint);
  }
});

Suite.run();
