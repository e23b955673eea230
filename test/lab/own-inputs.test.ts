/** @file Runs on rows and tasks of the user's own files. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { run } from "../../lib/lab/many.js";
import type { RecipeInput } from "../../lib/lab/recipe.js";
import type { Summary } from "../../lib/lab/results.js";
import { memoryStore } from "../../lib/store/memory.js";
import { fewRows, temporary } from "../helpers/program.js";
import { refusal } from "./refused.js";

const Own = suite("lab/own-inputs");
const folder = temporary("own-inputs");
Own.after(() => rmSync(folder, { recursive: true, force: true }));

const inputOf = (changes: RecipeInput): RecipeInput => ({
  executor: "tfjs",
  method: { name: "prompt", length: 2 },
  steps: 2,
  batch: { examples: 2 },
  ...changes,
});

Own("a run goes on with the examples that it was started with, wherever they are, and with no others", async () => {
  const [data, other] = [fewRows(join(folder, "data"), 8, 4), fewRows(join(folder, "other"), 8, 4)];
  const store = memoryStore();
  await run(inputOf({ data }), { store });
  fewRows(data, 6, 4);
  const longer = inputOf({ data, steps: 3 });
  const { got, hint } = await refusal(run(longer, { store, resume: true }), "CheckpointError");
  assert.equal([got, hint], ["cb/train", "name the data that it was started with: --data DIR"]);
  const outcome = (await run({ ...longer, data: other }, { store, resume: true })) as Summary;
  assert.equal([outcome.steps, outcome.reason], [3, "steps done"]);
});

Own("a module without a task, or without a file, is refused by its path before anything is written", async () => {
  const store = memoryStore();
  const file = join(folder, "module.mjs");
  writeFileSync(file, "export default 3;");
  const none = await refusal(run(inputOf({ taskFiles: [file] }), { store }));
  assert.equal([none.what, none.at, none.got], ["the module exports no task", file, "3"]);
  const broken = join(folder, "broken.mjs");
  writeFileSync(broken, "throw new Error('no more');");
  const failed = await refusal(run(inputOf({ taskFiles: [broken] }), { store }));
  assert.equal([failed.what, failed.at, failed.got], ["the module cannot be loaded", broken, "no more"]);
  const gone = join(folder, "gone.mjs");
  assert.equal((await refusal(run(inputOf({ taskFiles: [gone] }), { store }))).at, gone);
  assert.equal(await store.list(), []);
});

Own.run();
