/** @file Every golden file, and every key at its top, is named by a test; what is read by none is listed here with the reason. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readSharedJson, withShared } from "../helpers/shared.js";

const Coverage = suite("golden/coverage");
const tests = fileURLToPath(new URL("..", import.meta.url));

/** Words about the numbers, no numbers to compare. */
const ABOUT =
  /^(what|producers?|checked|cross_check|reading|score|beam_score|counts|tolerance.*|.*deviation.*|.*_commit|differences|whole_tensors)$/;

/** Keys that no test reads, and why. */
const UNREAD: Readonly<Record<string, string>> = {
  "buckets.json t5x_differs_at": "says in words what the lists in the tables are; they are empty",
  "buckets.json float64_differs_at": "says in words what the lists in the tables are; they are empty",
  "prompt.json full_attention_mask": "an input of the reference program; it follows from the padding",
};

/** The texts of the tests, without this one. */
const sources = (): string[] =>
  readdirSync(tests, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".ts") && name !== join("golden", "coverage.test.ts"))
    .map((name) => readFileSync(join(tests, name), "utf8"));

withShared(Coverage, "no golden file, and nothing at the top of one, is left out", (root) => {
  const texts = sources();
  const files = readdirSync(join(root, "golden"), { recursive: true })
    .map(String)
    .filter((name) => /\.(jsonl?|safetensors)$/.test(name));
  assert.ok(files.length > 20);
  const missing: string[] = [];
  for (const file of files) {
    // A model folder is read by its loader.
    if (/(config\.json|model\.safetensors)$/.test(file)) continue;
    const readers = texts.filter((text) => text.includes(basename(file)));
    if (readers.length === 0) missing.push(file);
    if (!file.endsWith(".json")) continue;
    for (const key of Object.keys(readSharedJson<object>(root, `golden/${file}`))) {
      const name = `${basename(file)} ${key}`;
      const read = readers.some((text) => new RegExp(`\\b${key}\\b`).test(text));
      if (!read && !ABOUT.test(key) && !(name in UNREAD)) missing.push(name);
    }
  }
  assert.equal(missing, []);
});

Coverage.run();
