import { suite } from "uvu";
import * as assert from "uvu/assert";
import { orThrow } from "../../lib/edge/either.js";
import { PRESET_NAMES, presetLayer, presets } from "../../lib/lab/presets.js";
import { RECIPE, type Recipe, type RecipeInput, recipe, recipeOfLayers, valueLayer } from "../../lib/lab/recipe.js";
import { type Layer, nameOf, peek } from "../../lib/lab/resolve.js";
import { refused } from "./refused.js";

const Recipes = suite("lab/recipe");

const recipeOf = (input: unknown): Recipe => recipe(input as RecipeInput);
/** Layers that are named by letters. */
const layersOf = (...values: readonly unknown[]): readonly Layer[] =>
  values.map((value, i) => ({ value, nameOf: (path) => `${"abc"[i]}:${path.join(".")}` }));
const resolved = (...values: readonly unknown[]): Recipe => orThrow(recipeOfLayers("test", layersOf(...values)));
const problem = (...values: readonly unknown[]) => refused(() => resolved(...values));

Recipes("a method by its name, several by their names joined, and composed ones under own names", () => {
  assert.equal(recipe({ method: "lora" }), recipe({ method: { name: "lora" } }));
  const { method } = recipe({ method: "prompt+lora" });
  assert.equal(
    method,
    recipe({ method: { name: "compose", methods: { prompt: "prompt", lora: { name: "lora", rank: 8 } } } }).method,
  );
  assert.equal(Object.keys((method as { methods: object }).methods), ["prompt", "lora"]);
  const two = recipe({ method: { name: "compose", methods: { a: { name: "lora", rank: 2 }, b: "ia3" } } }).method;
  assert.ok(two.name === "compose");
  assert.equal(two.methods.a, recipe({ method: { name: "lora", rank: 2 } }).method);
  assert.equal(two.methods.b, recipe({ method: "ia3" }).method);
  assert.equal(recipe({ method: { name: "prompt", init: "random-uniform" } }).method, {
    ...recipe({}).method,
    init: { name: "random-uniform" },
  });
  assert.is(refused(() => recipeOf({ method: "prompt+prompt" })).got, '"prompt+prompt"');
  const unknown = refused(() => recipeOf({ method: "prompt+lorra" }));
  assert.equal([unknown.at, unknown.hint], ["method.methods.lorra", "did you mean lora?"]);
  const list = refused(() => recipeOf({ method: { name: "compose", methods: ["lora"] } }));
  assert.equal([list.at, list.expected, list.got], ["method.methods", "values by name", '["lora"]']);
});

Recipes("own rows are the task where none is named", () => {
  const table = { train: "a.csv", validation: "b.csv", input: "x", target: "y" };
  assert.equal(recipe({ table }).train, [{ task: "table" }]);
  assert.equal(recipe({ table: { ...table, name: "mood" } }).train, [{ task: "mood" }]);
  assert.equal(recipe({ table, train: "table,cb" }).train, [{ task: "table" }, { task: "cb" }]);
  assert.equal(recipe({ table, evaluate: "table", train: "cb" }).train, [{ task: "cb" }]);
});

Recipes("all faults are told at once, with the closest names", () => {
  const error = refused(() =>
    recipeOf({
      stepz: 1,
      method: { name: "lora", rnk: 2 },
      optimizer: "adm",
      microbatches: 1.5,
      stop: { patience: -1 },
    }),
  );
  assert.is(error.what, "5 settings cannot be used");
  const lines = (text: string | undefined): string[] => (text ?? "").split("\n").map((line) => line.trim());
  assert.ok(lines(error.expected)[0].startsWith("stepz: one of model, tokenizer, data, train, "), error.expected);
  assert.equal(lines(error.expected).slice(1), [
    "method.rnk: one of rank, alpha, kernels, rankPattern, alphaPattern, dropout, rankStabilized, dora",
    "optimizer: adafactor, adamw, sgd",
    "microbatches: positive integer",
    "stop.patience: integer from 0",
  ]);
  assert.equal(lines(error.got), [
    "stepz: stepz",
    "method.rnk: rnk",
    'optimizer: "adm"',
    "microbatches: 1.5",
    "stop.patience: -1",
  ]);
  assert.equal(lines(error.hint), [
    "stepz: did you mean steps?",
    "method.rnk: did you mean rank?",
    "optimizer: did you mean adamw?",
  ]);
});

Recipes("of many faults twelve are told, and how many more there are", () => {
  const many = (n: number) =>
    refused(() => recipeOf(Object.fromEntries([...Array(n).keys()].map((i) => [`x${i}`, i]))));
  const lines = (n: number): string[] => (many(n).got ?? "").split("\n").map((line) => line.trim());
  assert.is(many(14).what, "14 settings cannot be used");
  assert.equal(lines(14).slice(11), ["x11: x11", "and 2 more"]);
  assert.equal(lines(12).slice(11), ["x11: x11"]);
  assert.is(many(14).hint?.split("\n").length, 13);
});

Recipes("what is no group, and settings of what has none, are refused", () => {
  const whole = refused(() => recipeOf([]));
  assert.equal([whole.at, whole.got], [undefined, "[]"]);
  const full = refused(() => recipeOf({ method: { name: "full", rank: 3 } }));
  assert.equal([full.at, full.expected, full.got, full.hint], ["method.rank", "no settings", "rank", undefined]);
  const none = refused(() => recipeOf(null));
  assert.is(none.got, "null");
});

Recipes("a value that is undefined counts as not given", () => {
  assert.equal(
    recipeOf({ steps: undefined, method: { length: undefined }, batch: { examples: 8, tokens: undefined } }),
    {
      ...recipe({}),
      batch: { examples: 8 },
    },
  );
});

Recipes("later layers win, setting by setting", () => {
  const got = resolved({ steps: 1, seed: 1, stop: { patience: 1 } }, undefined, { seed: 2 });
  assert.equal(got, recipe({ steps: 1, seed: 2, stop: { patience: 1 } }));
});

Recipes("a layer that chooses another method begins anew; one that names the same goes on", () => {
  const lora = { name: "lora", rank: 2, alpha: 3 };
  assert.equal(
    resolved({ method: lora }, { method: { rank: 4 } }),
    recipe({ method: { name: "lora", rank: 4, alpha: 3 } }),
  );
  assert.equal(
    resolved({ method: lora }, { method: "lora" }, { method: { alpha: 5 } }),
    recipe({ method: { name: "lora", rank: 2, alpha: 5 } }),
  );
  assert.equal(resolved({ method: lora }, { method: "ia3" }, { method: "lora" }), recipe({ method: "lora" }));
  assert.equal(
    resolved(
      { method: { length: 5 } },
      { method: { name: "prompt", init: "text" } },
      { method: { init: { text: "a" } } },
    ),
    recipe({ method: { name: "prompt", length: 5, init: { name: "text", text: "a" } } }),
  );
  assert.equal(
    resolved({ method: "prompt+lora" }, { method: { methods: { lora: { rank: 3 }, c: "ia3" } } }).method,
    recipe({ method: { name: "compose", methods: { prompt: "prompt", lora: { name: "lora", rank: 3 }, c: "ia3" } } })
      .method,
  );
  // A choice that cannot be used leaves the one before.
  assert.equal(problem({ method: lora }, { method: "lorra" }).at, "b:method");
  assert.equal(problem({ method: "prompt" }, { method: "lora" }, { method: { length: 3 } }).at, "c:method.length");
});

Recipes("examples and tokens of a batch exclude each other in one layer, and replace each other across layers", () => {
  const both = problem({ batch: { examples: 1, tokens: 2 } });
  assert.equal(
    [both.at, both.expected, both.got],
    ["a:batch.tokens", "one of examples, tokens", "examples and tokens"],
  );
  assert.equal(resolved({ batch: { examples: 8 } }, { batch: { tokens: 64 } }).batch, { tokens: 64 });
  assert.equal(resolved({ batch: { tokens: 64 } }, { batch: { examples: 8 } }).batch, { examples: 8 });
  assert.equal(resolved({ batch: { examples: 8 } }, { batch: {} }).batch, { examples: 8 });
  assert.equal(resolved({ batch: { examples: 8 } }, { batch: { examples: 4 } }).batch, { examples: 4 });
  assert.equal(problem({ batch: { exampels: 1 } }).hint, "did you mean examples?");
});

Recipes("a fault is named by the layer that has it, a contradiction by the last one that gives the setting", () => {
  assert.is(problem({ steps: -1 }, { seed: -1 }).got, "a:steps: -1\n            b:seed: -1");
  const divides = problem({ microbatches: 3 }, { batch: { examples: 8 } });
  assert.equal([divides.where, divides.at], ["test", "a:microbatches"]);
  const layers = layersOf({ stop: { patience: 1 } }, { steps: 3 }, { stop: {} });
  assert.is(nameOf(layers, ["stop", "patience"]), "a:stop.patience");
  assert.is(nameOf(layers, ["stop"]), "c:stop");
  assert.is(nameOf(layers, ["steps", "more"]), "c:steps.more");
  assert.is(nameOf(layers, ["seed"]), "c:seed", "what no layer gives, the last one names");
  assert.is(nameOf([], ["seed"]), "seed");
});

Recipes("a setting that cannot be used is not told again as a contradiction, and faults of before come first", () => {
  const one = problem({ batch: { examples: 8 }, microbatches: 0, table: { train: 3 } });
  assert.is(one.what, "2 settings cannot be used");
  const part = problem({ method: "prompt+lorra" });
  assert.is(part.at, "a:method.methods.lorra");
  const before = { name: "--rank", path: ["method", "rank"], expected: "lora", got: "prompt" };
  const error = refused(() => orThrow(recipeOfLayers("test", [valueLayer({ steps: -1 })], [before])));
  assert.is(error.expected, "--rank: lora\n            steps: integer from 0");
});

Recipes("peeking gives defaults for what cannot be used", () => {
  const seen = peek<Recipe>(RECIPE, layersOf({ steps: -1, seed: 4 }, { method: "lorra", what: 1 }));
  assert.equal([seen.steps, seen.seed, seen.method.name], [600, 4, "prompt"]);
});

Recipes("presets are the experiments of the paper", () => {
  assert.equal(PRESET_NAMES, [
    "nano",
    "prompt-tuning",
    "prompt-tuning-released",
    "model-tuning",
    "multi-task-model-tuning",
    "pretraining",
    "lm-adaptation",
  ]);
  assert.equal(recipe(presets.nano), recipe({}));
  const paper = recipe(presets["prompt-tuning"]);
  assert.equal(
    [paper.model, paper.data, paper.steps, paper.batch, paper.evaluation.every, paper.stop.patience, paper.dropout],
    ["t5-small-lm-adapt", "superglue", 30_000, { examples: 32 }, 1000, 0, 0],
  );
  assert.equal(paper.method, { ...recipe({}).method, length: 100 });
  assert.equal(paper.optimizer, { ...recipe({}).optimizer, learningRate: 0.3 });
  const released = recipe(presets["prompt-tuning-released"]);
  assert.equal([released.batch, released.dropout, released.keep], [{ examples: 128 }, 0.1, "all"]);
  assert.equal([released.objective.zLoss, released.objective.normalize], [1e-4, "none"]);
  assert.equal([released.evaluation.decoding, released.evaluation.every], ["beam", 1000]);
  assert.equal(released.optimizer, { ...paper.optimizer, startStep: 1_100_000 });
  const model = recipe(presets["model-tuning"]);
  assert.equal([model.method, model.batch, model.dropout], [{ name: "full" }, { tokens: 65_536 }, 0.1]);
  assert.equal(model.optimizer, { ...paper.optimizer, learningRate: 1e-3, weightDecay: 0, parameterScale: true });
  const multi = recipe(presets["multi-task-model-tuning"]);
  const pretraining = recipe(presets.pretraining);
  assert.equal([pretraining.method, pretraining.batch, pretraining.dropout], [{ name: "full" }, { examples: 256 }, 0]);
  const relative = { ...model.optimizer, learningRate: 1, schedule: { name: "inverse-square-root", warmup: 10_000 } };
  assert.equal(pretraining.optimizer, relative);
  assert.equal([multi.train.length, multi.prefix, multi.batch, multi.each], [8, "name", { tokens: 1_048_576 }, false]);
});

Recipes("an unknown preset is refused with the closest name", () => {
  assert.equal(orThrow(presetLayer(undefined, "x")), []);
  const [layer] = orThrow(presetLayer("model-tuning", "x"));
  assert.is(layer.nameOf(["batch", "tokens"]), "batch.tokens of the preset model-tuning");
  const unknown = refused(() => orThrow(presetLayer("model-tunin", "--preset")));
  assert.equal([unknown.at, unknown.got, unknown.hint], ["--preset", '"model-tunin"', "did you mean model-tuning?"]);
  assert.is(unknown.expected, PRESET_NAMES.join(", "));
  const number = refused(() => orThrow(presetLayer(3, "x")));
  assert.equal([number.got, number.hint], ["3", undefined]);
  assert.is(refused(() => orThrow(presetLayer("toString", "x"))).got, '"toString"');
});

Recipes.run();
