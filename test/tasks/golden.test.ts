/** @file Every row of the data sets, and rows of odd characters, become the strings and ids that the reference makes of them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SUPERGLUE_NAMES, taskOf } from "../../lib/tasks/registry.js";
import { filesOf } from "../../lib/tasks/sources.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { withShared } from "../helpers/shared.js";
import { checkStrings, checkTokens, examplesIn, GOLDEN_FILES, type GoldenFile, readGolden } from "./golden-checks.js";

const Golden = suite("tasks/golden");
const files = goldenFiles(Golden, "tasks/golden.test.ts");

/** Tokenizing this takes as long as all the rest; golden.long.ts does. */
const isLong = (file: GoldenFile, split: string): boolean => file === "multirc.json" && split === "train";

for (const file of GOLDEN_FILES) {
  withShared(Golden, `${file}: the published rows`, async (root) => {
    const { golden, task } = readGolden(files, root, file);
    assert.match(golden.reference.tfds, /^(super_glue|glue|mrqa|squad)\//);
    assert.is(golden.prefix, task.prefix === undefined ? "" : `${task.prefix} `);
    for (const [split, wanted] of Object.entries(golden.splits)) {
      const bytes = readFileSync(join(root, "data", wanted.source));
      const { rows, examples } = await examplesIn(task, split, wanted.source, () => bytes);
      checkStrings(`${file} ${split}`, task, examples, rows.length, wanted);
      if (!isLong(file, split)) checkTokens(root, `${file} ${split}`, task, examples, wanted);
    }
  });

  withShared(Golden, `${file}: invented rows`, async (root) => {
    const { golden, task } = readGolden(files, root, file);
    for (const [split, wanted] of Object.entries(golden.synthetic?.splits ?? {})) {
      const bytesOf = (name: string): Uint8Array =>
        new TextEncoder().encode((golden.synthetic as NonNullable<typeof golden.synthetic>).files[name]);
      const { rows, examples } = await examplesIn(task, split, wanted.source, bytesOf);
      assert.is(wanted.examples.length, wanted.examples_count);
      checkStrings(`${file} invented ${split}`, task, examples, rows.length, wanted);
      checkTokens(root, `${file} invented ${split}`, task, examples, wanted);
    }
  });
}

Golden("SuperGLUE's tasks read the files of its archives", () => {
  const names = { train: "train", validation: "val", test: "test" } as const;
  for (const name of SUPERGLUE_NAMES) {
    for (const split of ["train", "validation", "test"] as const) {
      const [folder, file] = filesOf(taskOf(name), split)[0].split("/");
      assert.equal([folder.toLowerCase(), file], [name, `${names[split]}.jsonl`]);
    }
  }
});

Golden.run();
