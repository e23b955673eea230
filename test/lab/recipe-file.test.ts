import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { orThrow } from "../../lib/edge/either.js";
import { presets } from "../../lib/lab/presets.js";
import { type Recipe, recipe, recipeOfLayers } from "../../lib/lab/recipe.js";
import { layersOfText, loadRecipe, loadRecipeTE, parseRecipe } from "../../lib/lab/recipe-file.js";
import { rightOf, temporaryFolder } from "../io/folder.js";
import { refusal, refused } from "./refused.js";

const Files = suite("lab/recipe-file");
const folder = temporaryFolder(Files);

const read = (...lines: readonly string[]): Recipe => {
  const layers = orThrow(layersOfText(orThrow(parseRecipe(lines.join("\n"), "r.yaml"))));
  return orThrow(recipeOfLayers("recipe", layers));
};
const problem = (...lines: readonly string[]) => refused(() => read(...lines));

Files("YAML and JSON give what the value gives", () => {
  const want = recipe({
    train: "cb:2,rte:1",
    method: { name: "lora", rank: 4, kernels: ["q", "v"] },
    optimizer: { name: "adafactor", weightDecay: 1e-5 },
    batch: { tokens: 64 },
    keep: 3,
    table: { name: "no" },
  });
  const yaml = [
    "# a comment",
    "train: cb:2, rte:1",
    "method:",
    "  name: lora",
    "  rank: 4",
    "  kernels: [q, v]",
    "optimizer: { weightDecay: 1e-5 }",
    "batch: { tokens: 64 }",
    "keep: 3",
    "table: { name: no }",
  ];
  assert.equal(read(...yaml), want);
  const { batch, keep, train, method, table } = want;
  const json = { batch, keep, train, method, table, optimizer: { weightDecay: 0.00001 } };
  assert.equal(read(JSON.stringify(json)), want);
  assert.equal(read(JSON.stringify(json, null, 2)), want);
  assert.equal(read(JSON.stringify(want, null, "\t")), want);
});

Files("numbers, words and texts are what they look like", () => {
  assert.is(read("dropout: 1e-5").dropout, 1e-5);
  assert.is(read("dropout: .5").dropout, 0.5);
  assert.is(read("model: no").model, "no");
  assert.is(read("model: on").model, "on");
  assert.is(read('model: "12"').model, "12");
  assert.is(problem("model: 12").got, "12");
  assert.is(problem('steps: "12"').got, '"12"');
  assert.is(problem("steps:").got, "null");
});

Files("an empty file is a recipe of defaults", () => {
  for (const text of ["", "\n\n", "# nothing\n", "---\n", "{}"]) assert.equal(read(text), recipe({}), text);
});

Files("names that are given to values stand for them", () => {
  const want = recipe({ lengths: { input: 64 }, evaluation: { inputLength: 64 } });
  assert.equal(read("lengths: { input: &n 64 }", "evaluation: { inputLength: *n }"), want);
});

Files("faults are named by file, line and path", () => {
  const error = problem("steps: 3", "", "method:", "  name: lora", "  rank: -1", "optimizer: adm");
  assert.is(error.where, "recipe");
  assert.is(error.got, 'r.yaml, line 5: method.rank: -1\n            r.yaml, line 6: optimizer: "adm"');
  assert.is(problem("a: 1").at, "r.yaml, line 1: a");
  assert.equal(
    problem("{", '  "steps": 1,', '  "method": { "name": "lora", "rnk": 2 }', "}").at,
    "r.yaml, line 3: method.rnk",
  );
  assert.is(problem("# one", "method: { name: prompt, init: file }").at, "r.yaml, line 2: method.init.file");
  assert.is(problem("batch: { examples: 8 }", "microbatches: 3").at, "r.yaml, line 2: microbatches");
  assert.is(problem("table:", "  input: x", "  train: y", "  target: z").at, "r.yaml, line 1: table.validation");
});

Files("what is not there has the line of the group that it would be in", () => {
  const { layer } = orThrow(parseRecipe("steps: 1\nmethod:\n  name: lora\n", "r.yaml"));
  assert.is(layer.nameOf(["method", "rank"]), "r.yaml, line 2: method.rank");
  assert.is(layer.nameOf(["method", "name", "more"]), "r.yaml, line 3: method.name.more");
  assert.is(layer.nameOf(["seed"]), "r.yaml: seed");
  assert.is(layer.nameOf([]), "r.yaml");
});

Files("a list, or a single value, is no recipe", () => {
  for (const [text, got] of [
    ["- steps: 1", '[{"steps":1}]'],
    ["steps", '"steps"'],
    ["3", "3"],
  ]) {
    const error = problem(text);
    assert.equal([error.at, error.got], ["r.yaml", got]);
    assert.ok(error.expected?.startsWith("settings by name: model, "), error.expected);
  }
});

Files("text that is not YAML is refused with its line", () => {
  const cases: readonly (readonly [lines: readonly string[], line: number, got: RegExp])[] = [
    [["steps: 1", "seed: 2", "steps: 3"], 3, /unique/],
    [["method: { name: lora, rank: 1, rank: 2 }"], 1, /unique/],
    [["steps: 1", "seed: !odd 3"], 2, /tag/i],
    [["steps: 1", "stop: {", "  patience: 3"], 3, /./],
    [["steps: 1", " seed: 2"], 1, /./],
    [["steps: 1", "---", "steps: 2"], 2, /documents/],
  ];
  for (const [lines, line, got] of cases) {
    const error = problem(...lines);
    assert.equal([error.where, error.what], ["recipe", "the file is not a recipe"], lines.join("\n"));
    assert.is(error.at, `r.yaml, line ${line}`, lines.join("\n"));
    assert.match(error.got ?? "", got);
    assert.is(error.expected, "YAML or JSON");
  }
});

Files("names that stand for ever more values are refused", () => {
  const lines = ["a: &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let i = 1; i < 9; i++)
    lines.push(
      `b${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(", ")}]`,
    );
  const error = problem(...lines);
  assert.is(error.what, "the file is not a recipe");
  assert.match(error.got ?? "", /alias/i);
  assert.is(error.at, "r.yaml");
  assert.match(problem("seed: *gone").got ?? "", /gone/);
});

Files("a preset comes before what else the file says", () => {
  assert.equal(read("steps: 5", "preset: model-tuning"), recipe({ ...presets["model-tuning"], steps: 5 }));
  assert.equal(read("preset: prompt-tuning", "batch: { tokens: 8 }").batch, { tokens: 8 });
  const unknown = problem("steps: 5", "preset: promt-tuning");
  assert.equal([unknown.at, unknown.hint], ["r.yaml, line 2: preset", "did you mean prompt-tuning?"]);
  assert.is(problem("preset: 3").got, "3");
  const microbatches = problem("preset: prompt-tuning", "microbatches: 5");
  assert.is(microbatches.at, "r.yaml, line 2: microbatches");
  const batch = problem("preset: prompt-tuning", "batch: { examples: 9 }", "microbatches: 2");
  assert.is(batch.expected, "a number that divides the batch of 9 examples");
});

Files("a recipe is read from a file", async () => {
  const path = join(folder, "r.yaml");
  writeFileSync(path, "steps: 7\n");
  assert.equal(await loadRecipe(path), recipe({ steps: 7 }));
  assert.equal(rightOf(await loadRecipeTE(path)()), recipe({ steps: 7 }));
  writeFileSync(path, "steps: 7\nsede: 1\n");
  const error = await refusal(loadRecipe(path));
  assert.equal([error.at, error.hint], [`${path}, line 2: sede`, "did you mean seed?"]);
  const missing = await refusal(loadRecipe(join(folder, "none.yaml")));
  assert.ok(missing.at?.includes("none.yaml"), JSON.stringify(missing));
});

Files("a key that is a map is refused without a warning of Node, which would print it as it is", async () => {
  const seen: Error[] = [];
  const take = (warning: Error): void => void seen.push(warning);
  process.on("warning", take);
  try {
    assert.match(problem('? { "\\u001b[2J": 1 }', ": 2").expected ?? "", "one of model");
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off("warning", take);
  }
  assert.equal(seen, []);
});

Files.run();
