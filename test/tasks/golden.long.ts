/** @file The token ids of MultiRC's training split, eleven million of them, twice. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import { goldenFiles } from "../helpers/golden-file.js";
import { withShared } from "../helpers/shared.js";
import { checkTokens, examplesIn, readGolden } from "./golden-checks.js";

const Golden = suite("tasks/golden.long");
const files = goldenFiles(Golden, "tasks/golden.long.ts");

withShared(Golden, "multirc.json: the ids of the training split", async (root) => {
  const { golden, task } = readGolden(files, root, "multirc.json");
  const wanted = golden.splits.train;
  const bytes = readFileSync(join(root, "data", wanted.source));
  const { examples } = await examplesIn(task, "train", wanted.source, () => bytes);
  checkTokens(root, "multirc.json train", task, examples, wanted);
});

Golden.run();
