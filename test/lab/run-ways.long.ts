/** @file Runs on the embedded rows: the same one by a file, by flags and as a value, and a mixture of three tasks. */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readArguments } from "../../lib/cli/train-arguments.js";
import { run } from "../../lib/lab/many.js";
import { type RecipeInput, recipe } from "../../lib/lab/recipe.js";
import type { Summary } from "../../lib/lab/results.js";
import { memoryStore } from "../../lib/store/memory.js";
import { nodeStore } from "../../lib/store/node.js";
import { fewRows, temporary } from "../helpers/program.js";
import { contentsOf, linesOf } from "./own-task.js";

const Ways = suite("lab/run-ways");
const folder = temporary("run-ways");
Ways.after(() => rmSync(folder, { recursive: true, force: true }));

const linesOfRun = async (asked: RecipeInput): Promise<unknown> => {
  const store = memoryStore();
  await run(asked, { store });
  return linesOf(store);
};

Ways("the same recipe by a file, by flags and as a value gives the same run", async () => {
  const data = fewRows(join(folder, "data"));
  const value: RecipeInput = {
    data,
    steps: 3,
    method: { name: "lora", rank: 2 },
    batch: { tokens: 200 },
    evaluation: { every: 2, inputLength: 40 },
    dropout: 0.1,
    seed: 5,
    executor: "tfjs",
  };
  const file = join(folder, "recipe.yaml");
  writeFileSync(file, JSON.stringify(value));
  const flags = ["--data", data, "--steps", "3", "--method", "lora", "--rank", "2", "--batch-tokens", "200"];
  const more = ["--evaluate-every", "2", "evaluation.inputLength=40", "--dropout", "0.1", "--seed", "5"];
  const byFile = (await readArguments([file]))?.recipe;
  const byFlags = (await readArguments([...flags, ...more, "--executor", "tfjs"]))?.recipe;
  assert.equal([byFile, byFlags], [recipe(value), recipe(value)]);
  const lines = await linesOfRun(value);
  assert.equal(await linesOfRun(byFile as RecipeInput), lines);
  assert.equal(await linesOfRun(byFlags as RecipeInput), lines);
  assert.not.equal(await linesOfRun({ ...value, seed: 6 }), lines);
});

Ways(
  "all weights are trained on a mixture of three tasks, and evaluated task by task; on packed rows too",
  async () => {
    const mixture: RecipeInput = {
      train: "cb,rte,copa",
      method: "full",
      optimizer: { name: "adafactor", learningRate: 0.001 },
      steps: 2,
      lengths: { input: 48 },
      evaluation: { every: 2, inputLength: 24 },
      executor: "tfjs",
    };
    for (const batch of [{ examples: 4 }, { packed: 200 }]) {
      const store = memoryStore();
      const { tuned, steps } = (await run({ ...mixture, batch }, { store })) as Summary;
      assert.is(steps, 2);
      assert.equal(Object.keys(tuned), ["cb/mean_3class_f1", "cb/accuracy", "rte/accuracy", "copa/accuracy"]);
      const predictions = (await contentsOf(store))["predictions.jsonl"].trimEnd().split("\n");
      const tasks = new Set(predictions.map((line) => (JSON.parse(line) as { task: string }).task));
      assert.equal([...tasks], ["cb", "rte", "copa"]);
    }
  },
);

Ways("a run in a folder that was moved goes on there", async () => {
  const data = fewRows(join(folder, "rows"));
  const value: RecipeInput = {
    data,
    steps: 1,
    method: { name: "prompt", length: 2 },
    batch: { examples: 2 },
    evaluation: { inputLength: 40 },
    executor: "tfjs",
  };
  await run(value, { store: nodeStore(join(folder, "a", "run")) });
  renameSync(join(folder, "a"), join(folder, "b"));
  const outcome = await run({ ...value, steps: 2 }, { store: nodeStore(join(folder, "b", "run")), resume: true });
  assert.equal([outcome.reason, (outcome as Summary).steps], ["steps done", 2]);
});

Ways.run();
