/** @file Every row of the data sets, and rows of odd characters, become the strings and ids that the reference makes of them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseRows } from "../../lib/tasks/rows.js";
import type { Split } from "../../lib/tasks/task.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { withShared } from "../helpers/shared.js";
import { checkStrings, checkTokens, examplesIn, GOLDEN_FILES, type GoldenFile, readGolden } from "./golden-checks.js";

const Golden = suite("tasks/golden");
const files = goldenFiles(Golden, "tasks/golden.test.ts");

/** Tokenizing this takes as long as all the rest; golden.long.ts does. */
const isLong = (file: GoldenFile, split: string): boolean => file === "multirc.json" && split === "train";

for (const file of GOLDEN_FILES) {
  withShared(Golden, `${file}: the published rows`, (root) => {
    const { golden, task } = readGolden(files, root, file);
    assert.match(golden.reference.tfds, /^super_glue\//);
    assert.is(golden.prefix, `${task.prefix} `);
    for (const [split, wanted] of Object.entries(golden.splits)) {
      const rows = task.splits[(split === "train_all_labels" ? "train" : split) as Split];
      assert.equal(rows, { file: wanted.source.replace("superglue/", ""), format: "jsonl" });
      const bytes = readFileSync(join(root, "data", wanted.source));
      const examples = examplesIn(task, split, bytes, wanted.source);
      checkStrings(`${file} ${split}`, task, examples, parseRows(bytes, wanted.source).length, wanted);
      if (!isLong(file, split)) checkTokens(root, `${file} ${split}`, task, examples, wanted);
    }
  });

  withShared(Golden, `${file}: invented rows`, (root) => {
    const { golden, task } = readGolden(files, root, file);
    for (const [split, wanted] of Object.entries(golden.synthetic.splits)) {
      const bytes = new TextEncoder().encode(golden.synthetic.files[wanted.source]);
      const examples = examplesIn(task, split, bytes, wanted.source);
      assert.is(wanted.examples.length, wanted.examples_count);
      checkStrings(`${file} invented ${split}`, task, examples, parseRows(bytes, wanted.source).length, wanted);
      checkTokens(root, `${file} invented ${split}`, task, examples, wanted);
    }
  });
}

Golden.run();
