import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { presets } from "../../../lib/lab/presets.js";
import { recipe } from "../../../lib/lab/recipe.js";
import { grid } from "../../../lib/lab/sweep/grid.js";
import { loadSweep } from "../../../lib/lab/sweep/sweep-file.js";
import { temporaryFolder } from "../../io/folder.js";
import { refusal } from "../refused.js";

const Files = suite("lab/sweep/sweep-file");
const folder = temporaryFolder(Files);

const fileOf = (lines: readonly string[], name = "sweep.yaml"): string => {
  const path = join(folder, name);
  writeFileSync(path, lines.join("\n"));
  return path;
};
const read = async (...lines: readonly string[]) => (await loadSweep(fileOf(lines))).map(({ recipe: one }) => one);
const problem = (...lines: readonly string[]) => refusal(loadSweep(fileOf(lines)));
const line = (n: number, path: string): string => `${join(folder, "sweep.yaml")}, line ${n}: ${path}`;

Files("a grid over settings or over a recipe file beside the sweep's", async () => {
  const want = grid({ train: "rte", steps: 5 }, { "method.length": [1, 5], seed: [0, 1] });
  const tail = ["grid:", "  method.length: [1, 5]", "  seed: [0, 1]"];
  assert.equal(await read("base: { train: rte, steps: 5 }", ...tail), want);
  mkdirSync(join(folder, "recipes"));
  fileOf(["train: rte", "steps: 5"], "recipes/base.yaml");
  assert.equal(await read("base: recipes/base.yaml", ...tail), want);
  const json = { base: { train: "rte", steps: 5 }, grid: { "method.length": [1, 5], seed: [0, 1] } };
  assert.equal(
    (await loadSweep(fileOf([JSON.stringify(json)], "sweep.json"))).map((one) => one.recipe),
    want,
  );
  assert.equal(await read("base: { preset: prompt-tuning }"), [recipe(presets["prompt-tuning"])]);
});

Files("runs are crossed with what they do not set and can have", async () => {
  const found = await loadSweep(
    fileOf([
      "grid: { method.length: [5, 20], seed: [0, 1] }",
      "runs:",
      "  - { name: tuned, method: { name: prompt, init: random-uniform } }",
      "  - { name: all weights, method: full, batch: { tokens: 64 } }",
      "  - { name: one seed, method: { name: prompt, length: 7 }, seed: 3 }",
    ]),
  );
  const brief = found.map(({ name, recipe: { method, seed } }) => [
    name,
    method.name === "prompt" ? method.length : 0,
    seed,
  ]);
  assert.equal(brief, [
    ["tuned", 5, 0],
    ["tuned", 5, 1],
    ["tuned", 20, 0],
    ["tuned", 20, 1],
    ["all weights", 0, 0],
    ["all weights", 0, 1],
    ["one seed", 7, 3],
  ]);
  assert.equal(found[4].recipe.batch, { tokens: 64 });
});

Files("zip and random are crossed with the grid", async () => {
  const found = await read(
    "zip: { steps: [10, 20], evaluation.every: [5, 10] }",
    "random: { trials: 3, seed: 1, space: { optimizer.learningRate: { logUniform: [0.1, 1] } } }",
    "grid: { seed: [0, 1] }",
  );
  assert.is(found.length, 12);
  assert.ok(found.every(({ steps, evaluation }) => steps === 2 * evaluation.every));
  assert.is(new Set(found.map(({ optimizer }) => optimizer.learningRate)).size, 3);
});

Files("modules export recipes, or what stands in a file", async () => {
  const list = fileOf(["export default [0, 1].map((seed) => ({ seed, steps: 3 }));"], "list.mjs");
  assert.equal(
    (await loadSweep(list)).map((one) => one.recipe),
    grid({ steps: 3 }, { seed: [0, 1] }),
  );
  const value = fileOf(["export default { base: { steps: 3 }, grid: { seed: [0, 1] } };"], "value.mjs");
  assert.equal(
    (await loadSweep(value)).map((one) => one.recipe),
    grid({ steps: 3 }, { seed: [0, 1] }),
  );
  const bad = await refusal(loadSweep(fileOf(["export default [{ sed: 1 }];"], "bad.mjs")));
  assert.equal([bad.at, bad.hint], [`${join(folder, "bad.mjs")}: 0.sed`, "did you mean seed?"]);
  assert.is((await refusal(loadSweep(fileOf(["export const a = 1;"], "none.mjs")))).what, "the file is not a sweep");
});

Files("what is wrong is named by file, line and path, with the closest name", async () => {
  const axis = await problem("grid:", "  seed: [1]", "  method.lenght: [1]");
  assert.equal([axis.at, axis.hint], [line(3, "grid.method.lenght"), "did you mean length?"]);
  const inRuns = await problem("runs:", "  - { name: a, seed: 1 }", "  - name: b", "    stpes: 4");
  assert.equal([inRuns.at, inRuns.hint], [line(4, "runs.1.stpes"), "did you mean steps?"]);
  const nobody = await problem("grid: { method.rank: [1] }", "runs:", "  - { method: full }", "  - { method: prompt }");
  assert.is(nobody.at, line(1, "grid.method.rank"));
  const key = await problem("gird: { seed: [1] }");
  assert.equal([key.at, key.hint], [line(1, "gird"), "did you mean grid? Settings of all runs stand below base"]);
  assert.match((await problem("where: seed < 3")).hint ?? "", /filter/);
  assert.is((await problem("random: { trials: 2, sead: 1, space: { seed: [1] } }")).at, line(1, "random.sead"));
  assert.is((await problem("random: { trials: 2, space: { seed: [] } }")).at, line(1, "random.space.seed"));
  assert.is((await problem("base: { stpes: 1 }")).at, line(1, "base.stpes"));
  assert.is((await problem("runs: []")).what, "there is no run in runs");
  assert.is((await problem("base: [1")).what, "the file is not a sweep");
  assert.ok((await problem("base: nowhere.yaml")).at?.endsWith("nowhere.yaml"));
});

Files("equal recipes are kept once", async () => {
  assert.is((await read("grid: { seed: [1, 1, 2] }")).length, 2);
});

Files.run();
