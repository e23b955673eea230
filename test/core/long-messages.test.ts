import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CheckpointError } from "../../lib/core/errors.js";
import { openSharded } from "../../lib/io/sharded.js";
import { messageOf, temporaryFolder } from "../io/folder.js";

const Long = suite("core/errors: long parts");
const folder = temporaryFolder(Long);
const said = (parts: object): CheckpointError => new CheckpointError({ where: "load", what: "bad", ...parts });

Long("a part keeps its beginning and its end, and says how much is left out", () => {
  const error = said({ got: `<${"x".repeat(100_000)}>`, at: `/${"y".repeat(100_000)}/model.safetensors` });
  assert.ok(error.message.length < 2500);
  assert.match(error.message, /got {7}<x+\.\.\. 99042 more \.\.\.x+>/);
  assert.match(error.message, "yyy/model.safetensors");
  assert.is(error.mismatch.expected, undefined);
});

Long("parts that can be read stay as they are, also of several lines", () => {
  const text = Array.from({ length: 40 }, (_, i) => `line ${i} ${"z".repeat(60)}`).join("\n");
  assert.is(said({ got: text }).mismatch.got, text);
  assert.is(said({ got: "a".repeat(1000) }).mismatch.got, "a".repeat(1000));
});

Long("a part of very many lines ends, and no character is cut in two", () => {
  const many = said({ got: Array.from({ length: 100_000 }, () => "a").join("\n") });
  assert.is(many.mismatch.got?.split("\n").length, 101);
  const halves = said({ got: `${"a".repeat(479)}${"👩".repeat(1000)}${"a".repeat(479)}` }).mismatch.got ?? "";
  assert.not.match(halves, /\p{Cs}/u);
});

Long("a shard with a name of 100,000 letters is a message of a few lines", async () => {
  const index = join(folder, "model.safetensors.index.json");
  writeFileSync(index, JSON.stringify({ weight_map: { a: "s".repeat(100_000) } }));
  const message = messageOf(await openSharded(index)(), "CheckpointError");
  assert.ok(message.length < 3000, `${message.length}`);
  writeFileSync(index, JSON.stringify({ weight_map: { ["t".repeat(100_000)]: "../x" } }));
  assert.ok(messageOf(await openSharded(index)(), "CheckpointError").length < 3000);
});

Long.run();
