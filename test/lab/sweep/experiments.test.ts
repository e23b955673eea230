/** @file The experiments of the paper as sweep files: how many runs each has, and what they vary. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hashOf } from "../../../lib/lab/index.js";
import { loadSweep } from "../../../lib/lab/sweep/sweep-file.js";

const Experiments = suite("lab/sweep/experiments");
const folder = fileURLToPath(new URL("../../../experiments/", import.meta.url));

/** Counted by hand: sizes x values x seeds. */
const RUNS: Readonly<Record<string, number>> = {
  "figure-1-size.yaml": 3 * 5 * 3,
  "figure-3a-length.yaml": 5 * 5 * 3,
  "figure-3b-initialisation.yaml": 5 * 3 * 3,
  "figure-3c-objective.yaml": 5 * 3 * 3,
  "figure-3d-adaptation.yaml": 4 * 3,
  "figure-4-parameters.yaml": 5 * 5,
  "table-1-domains.yaml": 2 * 3,
  "table-2-paraphrase.yaml": 2 * 2 * 3,
  "table-3-ensembles.yaml": 5,
};

Experiments("every file is read, and its recipes are different", async () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  assert.equal(files.sort(), Object.keys(RUNS).sort());
  for (const [file, count] of Object.entries(RUNS)) {
    const recipes = (await loadSweep(`${folder}${file}`)).map(({ recipe }) => recipe);
    assert.is(recipes.length, count, file);
    assert.is(new Set(recipes.map(hashOf)).size, count, file);
  }
});

/** As above, at nano size. */
const NANO_RUNS: typeof RUNS = {
  "figure-1-size.yaml": (3 + 2) * 3,
  "figure-3a-length.yaml": 5 * 3,
  "figure-3b-initialisation.yaml": 2 * 3 * 3,
  "figure-3c-objective.yaml": 2 * 3 * 3,
  "figure-3d-adaptation.yaml": 2 * 4 * 3,
  "figure-4-parameters.yaml": 2 * 5,
  "table-1-domains.yaml": 2 * 3,
  "table-2-paraphrase.yaml": 2 * 2 * 3,
  "table-3-ensembles.yaml": 5,
};

Experiments("each is there at nano size, with 150 runs of 200 steps at most together", async () => {
  const nano = `${folder}nano/`;
  const files = readdirSync(nano).filter((name) => name !== "recipe.yaml");
  assert.equal(files.sort(), Object.keys(RUNS).sort());
  let all = 0;
  for (const [file, count] of Object.entries(NANO_RUNS)) {
    const recipes = (await loadSweep(`${nano}${file}`)).map(({ recipe }) => recipe);
    assert.is(new Set(recipes.map(hashOf)).size, count, file);
    for (const { steps, train } of recipes) {
      assert.ok(steps <= 200);
      assert.ok(train.length <= 3 || file === "figure-1-size.yaml");
    }
    all += recipes.length;
  }
  assert.ok(all <= 150, `${all} runs`);
});

Experiments("prompts are tuned as the paper says, and the baselines have their own rate and batch", async () => {
  for (const { name, recipe } of await loadSweep(`${folder}figure-1-size.yaml`)) {
    const { method, optimizer, steps, batch } = recipe;
    assert.is(steps, 30_000);
    if (name === "prompt tuning") {
      assert.equal([method.name, optimizer.learningRate, batch], ["prompt", 0.3, { examples: 32 }]);
      assert.ok(method.name === "prompt" && method.length === 100 && method.init.name === "class-label");
    } else {
      assert.equal([method.name, optimizer.learningRate], ["full", 0.001]);
      assert.equal(batch, { tokens: recipe.each ? 2 ** 16 : 2 ** 20 });
    }
    const { name: optimizerName, parameterScale } = optimizer as { name: string; parameterScale?: boolean };
    assert.equal([optimizerName, parameterScale], ["adafactor", name !== "prompt tuning"]);
  }
});

Experiments("the axes are those of the paper", async () => {
  const valuesOf = async (
    file: string,
    of: (recipe: Awaited<ReturnType<typeof loadSweep>>[number]["recipe"]) => unknown,
  ) => [...new Set((await loadSweep(`${folder}${file}`)).map(({ recipe }) => of(recipe)))];
  const lengths = await valuesOf("figure-3a-length.yaml", ({ method }) => method.name === "prompt" && method.length);
  assert.equal(lengths, [1, 5, 20, 100, 150]);
  const starts = await valuesOf(
    "figure-3b-initialisation.yaml",
    ({ method }) => method.name === "prompt" && method.init.name,
  );
  assert.equal(starts, ["random-uniform", "sampled-vocabulary", "class-label"]);
  const sentinels = await loadSweep(`${folder}figure-3c-objective.yaml`);
  for (const { recipe } of sentinels) {
    assert.ok(recipe.objective.name === "task" && !(recipe.objective.sentinel && recipe.model.endsWith("lm-adapt")));
  }
});

Experiments.run();
