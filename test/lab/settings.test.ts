import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RECIPE, type RecipeInput, recipe } from "../../lib/lab/recipe.js";
import { placesOf } from "../../lib/lab/schema.js";
import { refused } from "./refused.js";
import { chosen, inputFor, isChoice, nested, ROWS, type SettingRow, valueAt } from "./setting-rows.js";

const Settings = suite("lab/settings");

const recipeOf = (input: unknown) => recipe(input as RecipeInput);
const nameOf = ({ path, under }: SettingRow): string => `${path} ${under}`.trim();
const shown = (value: unknown): string => (typeof value === "number" ? String(value) : JSON.stringify(value));
const got = (recipe: unknown, row: SettingRow): unknown =>
  valueAt(recipe, isChoice(row) ? `${row.path}.name` : row.path);

Settings("the table has every setting, in the order of the recipe, with its flag", () => {
  const places = placesOf(RECIPE).map(({ path, under, node }) => {
    const choices = under.map((one) => `${one.path.join(".")}=${one.name}`).join(" ");
    return [`${path.join(".")} ${choices}`.trim(), node.flag];
  });
  assert.equal(
    ROWS.map((row) => [nameOf(row), row.flag]),
    places,
  );
});

Settings("without settings a recipe has every default", () => {
  for (const row of ROWS) {
    if (/init=(text|file)/.test(row.under)) continue;
    assert.equal(got(recipeOf(chosen(row)), row), row.fallback, nameOf(row));
  }
});

Settings("a recipe has no other settings than those of the table", () => {
  const others = (value: unknown, path: string): string[] => {
    const known = ROWS.some((row) => row.path === path && !isChoice(row));
    if (known || path.endsWith(".name")) return [];
    if (typeof value !== "object") return [path];
    return Object.entries(value as object).flatMap(([key, inner]) =>
      others(inner, path === "" ? key : `${path}.${key}`),
    );
  };
  for (const row of ROWS) {
    if (/init=(text|file)/.test(row.under)) continue;
    assert.equal(others(recipeOf(chosen(row)), ""), [], nameOf(row));
  }
});

Settings("every setting takes its values", () => {
  for (const row of ROWS) {
    for (const [given, becomes] of row.takes) {
      const what = `${nameOf(row)}: ${shown(given)}`;
      if (/^(text|file)$/.test(String(given)) && row.path === "method.init") continue;
      assert.equal(got(recipeOf(inputFor(row, given)), row), becomes, what);
    }
  }
});

Settings("every setting refuses other values, by its path", () => {
  for (const row of ROWS) {
    for (const value of row.refuses) {
      const what = `${nameOf(row)}: ${shown(value)}`;
      const { at, got: said, expected, where } = refused(() => recipeOf(inputFor(row, value)));
      assert.is(where, "recipe", what);
      assert.is(at, row.path, what);
      assert.ok(said !== undefined && expected !== undefined, what);
    }
  }
});

Settings("what a refused value should be is said in words", () => {
  const cases: readonly (readonly [path: string, value: unknown, expected: string, got: string])[] = [
    ["steps", -1, "integer from 0", "-1"],
    ["batch.examples", 0, "positive integer", "0"],
    ["rates.temperature", 0, "number above 0", "0"],
    ["objective.zLoss", -1, "number from 0", "-1"],
    ["dropout", 1, "number from 0 to below 1", "1"],
    ["each", "yes", "true or false", '"yes"'],
    ["model", 3, "text", "3"],
    ["model", null, "text", "null"],
    ["evaluate", [1], "list of names", "[1]"],
    ["prefix", "nam", "none or name or index", '"nam"'],
    ["keep", 0, "best or all or positive integer", "0"],
    ["objective.normalize", 0, "none or tokens or all-tokens or sequences or number above 0", "0"],
    ["method.sees", ["x"], "all, or a list of prompt->prompt, prompt->prompt;causal, prompt->input", '["x"]'],
    [
      "train",
      "cb:0",
      "tasks, each once: a name, a list of names, or of { task, weight } with weights above 0",
      '[{"task":"cb","weight":0}]',
    ],
    [
      "method",
      "promt",
      "prompt, p-tuning, residual, prefix, per-layer, lora, ia3, full, norms, weights, multitask, mpt, compose",
      '"promt"',
    ],
    [
      "method",
      3,
      "prompt, p-tuning, residual, prefix, per-layer, lora, ia3, full, norms, weights, multitask, mpt, compose",
      "3",
    ],
    [
      "method.name",
      3,
      "prompt, p-tuning, residual, prefix, per-layer, lora, ia3, full, norms, weights, multitask, mpt, compose",
      "3",
    ],
    ["batch", 32, "settings by name: examples, tokens, packed", "32"],
    ["lengths", [1], "settings by name: input, target, buckets", "[1]"],
  ];
  for (const [path, value, expected, got] of cases) {
    const error = refused(() => recipeOf(nested(path, value)));
    const at = path.replace(/\.name$/, "");
    assert.equal([error.what, error.at, error.expected], ["a setting cannot be used", at, expected], path);
    assert.is(error.got, got, path);
  }
  const kernels = refused(() => recipeOf({ method: { name: "lora", kernels: { pattern: 3 } } }));
  assert.equal([kernels.at, kernels.expected], ["method.kernels", "names of kernels, all-linear, or { pattern }"]);
  const patterns = refused(() => recipeOf({ method: { name: "lora", rankPattern: { q: 0 } } }));
  assert.equal([patterns.expected, patterns.got], ["numbers above 0 by pattern", '{"q":0}']);
});

Settings.run();
