import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readArguments } from "../../lib/cli/train-arguments.js";
import { canonicalJson } from "../../lib/lab/canonical.js";
import { presets } from "../../lib/lab/presets.js";
import { taskObjective } from "../../lib/lab/pretraining/recipe.js";
import { type RecipeInput, recipe } from "../../lib/lab/recipe.js";
import { temporaryFolder } from "../io/folder.js";
import { inputFor, neededBy, ROWS, type SettingRow } from "../lab/setting-rows.js";
import { problem, recipeFile, recipeOf } from "./reading.js";

const Arguments = suite("cli/train-arguments");
const folder = temporaryFolder(Arguments);

const fileOf = (...lines: readonly string[]): string => recipeFile(folder, lines);

const long = (flag: string): string => flag.split(" ")[0];
const nameOf = ({ path, under }: SettingRow): string => `${path} ${under}`.trim();
/** The overrides that choose what a setting belongs to. */
const choosing = (row: SettingRow): string[] => (neededBy(row) === "" ? [] : neededBy(row).split(" "));
/** A value that is not the default, as it is typed. */
const typed = ({ takes, fallback }: SettingRow): readonly [text: string, becomes: unknown] => {
  const other = takes.find(
    ([given, becomes]) =>
      /^(string|number|boolean)$/.test(typeof given) &&
      given !== "" &&
      JSON.stringify(becomes) !== JSON.stringify(fallback),
  );
  assert.ok(other !== undefined);
  return [String(other[0]), other[1]];
};
const FILLED = ["--train", "a.csv", "--validation", "b.csv", "--input", "x", "--target", "y"];

Arguments("every setting with a flag is given by it", async () => {
  for (const row of ROWS.filter(({ flag, path }) => flag !== undefined && !/^table.[tvi]/.test(path))) {
    const flag = row.flag as string;
    const [text, becomes] = typed(row);
    const value = flag.includes("<") ? [text] : [];
    const got = await recipeOf(...choosing(row), long(flag), ...value);
    const input = row.path === "train" && text === "all" ? { train: "all", each: true } : inputFor(row, becomes);
    assert.equal(got, recipe(input as RecipeInput), nameOf(row));
  }
  const table = { train: "a.csv", validation: "b.csv", input: "x", target: "y" };
  assert.equal(await recipeOf(...FILLED), recipe({ table }));
  const labels = await recipeOf(...FILLED, "--labels", "1,no, c d");
  assert.equal(labels, recipe({ table: { ...table, labels: ["1", "no", "c d"] } }));
});

Arguments("every setting is given by its path, with or without dashes", async () => {
  for (const row of ROWS.filter(({ path }) => !/^(table.[tvi]|method.sees|.*[nP]attern$)/.test(path))) {
    const [text, becomes] = row.path === "objective" ? ["task", "task"] : typed(row);
    const want = recipe(inputFor(row, becomes) as RecipeInput);
    assert.equal(await recipeOf(...choosing(row), `${row.path}=${text}`), want, nameOf(row));
    assert.equal(await recipeOf(`${row.path}=${text}`, ...choosing(row)), want, nameOf(row));
    if (!row.path.includes(".")) continue;
    assert.equal(await recipeOf(...choosing(row), `--${row.path}`, text), want, nameOf(row));
    assert.equal(await recipeOf(`--${row.path}=${text}`, ...choosing(row)), want, nameOf(row));
  }
  assert.equal(
    await recipeOf("method=lora", "method.rankPattern={q: 2}"),
    recipe({ method: { name: "lora", rankPattern: { q: 2 } } }),
  );
  assert.equal(
    await recipeOf("method.sees=[prompt->prompt]"),
    recipe({ method: { name: "prompt", sees: ["prompt->prompt"] } }),
  );
  assert.equal(
    await recipeOf("method={name: lora, rank: 3}", "--alpha", "2"),
    recipe({ method: { name: "lora", rank: 3, alpha: 2 } }),
  );
  assert.equal(await recipeOf("method.name=lora", "--rank", "2"), recipe({ method: { name: "lora", rank: 2 } }));
});

Arguments("settings of methods are given under prompt+lora, too, by flags and by paths", async () => {
  const of = ["prompt", "lora", "weights"];
  const rows = ROWS.filter(
    ({ under, flag }) => flag !== undefined && of.some((name) => under.startsWith(`method=${name}`)),
  );
  assert.ok(rows.length > 8);
  for (const row of rows) {
    const [text, becomes] = typed(row);
    const name = row.under.split(" ")[0].slice("method=".length);
    const method = "prompt+lora+weights";
    const others = { prompt: "prompt", lora: "lora", weights: "weights" };
    const { method: part } = inputFor(row, becomes);
    const want = recipe({ method: { name: "compose", methods: { ...others, [name]: part } } } as RecipeInput);
    const init = row.under.includes("init=") ? ["--init", row.under.split("init=")[1]] : [];
    const value = row.flag?.includes("<") ? [text] : [];
    assert.equal(await recipeOf("--method", method, ...init, long(row.flag as string), ...value), want, nameOf(row));
    assert.equal(await recipeOf(long(row.flag as string), ...value, ...init, `method=${method}`), want, nameOf(row));
    const path = row.path.replace("method.", `method.methods.${name}.`);
    assert.equal(await recipeOf("--method", method, ...init, `${path}=${text}`), want, nameOf(row));
  }
  const named = await recipeOf("method=compose", "method.methods.a=lora", "method.methods.b.name=ia3", "--rank", "3");
  assert.equal(named, recipe({ method: { name: "compose", methods: { a: { name: "lora", rank: 3 }, b: "ia3" } } }));
});

Arguments("an override wins over a flag, and a choice by an override loses no flag", async () => {
  assert.is((await recipeOf("--steps", "3", "steps=4")).steps, 4);
  assert.is((await recipeOf("steps=4", "--steps", "3")).steps, 4);
  assert.equal(
    await recipeOf("--rank", "4", "--method", "ia3", "method=lora"),
    recipe({ method: { name: "lora", rank: 4 } }),
  );
  assert.equal((await recipeOf("--batch-size", "4", "batch.tokens=8")).batch, { tokens: 8 });
  const both = await problem("--batch-size", "4", "--batch-tokens", "8");
  assert.equal([both.at, both.expected], ["--batch-tokens <n>", "one of examples, tokens"]);
});

Arguments("flags of what is not chosen are refused, with what is", async () => {
  const cases: readonly (readonly [argv: readonly string[], at: string, expected: string, got: string])[] = [
    [["--rank", "3"], "--rank <n>", "method lora or method mpt", "method prompt"],
    [["--rank", "3", "--method", "prompt+ia3"], "--rank <n>", "method lora or method mpt", "method prompt+ia3"],
    [
      ["--prompt-length", "3", "method=lora"],
      "--prompt-length <n>",
      "method prompt or method p-tuning or method residual or method prefix or method per-layer or method multitask or method mpt",
      "method lora",
    ],
    [["--init-file", "x"], "--init-file <file>", "method.init file", "method.init class-label"],
    [["--decay-rate", "1", "--optimizer", "adamw"], "--decay-rate <x>", "optimizer adafactor", "optimizer adamw"],
    [
      ["--weight-decay", "0", "--optimizer", "sgd"],
      "--weight-decay <x>",
      "optimizer adafactor or optimizer adamw",
      "optimizer sgd",
    ],
    [
      ["--population", "3", "--init", "random-uniform"],
      "--population <n>",
      "method.init class-label or method.init sampled-vocabulary",
      "method.init random-uniform",
    ],
    [
      ["--population", "3", "--method", "lora"],
      "--population <n>",
      "method.init class-label or method.init sampled-vocabulary",
      "method lora",
    ],
  ];
  for (const [argv, at, expected, got] of cases) {
    const error = await problem(...argv);
    assert.equal([error.where, error.at, error.expected, error.got], ["options", at, expected, got]);
  }
  const three = await problem("--rank", "3", "--steps", "x", "sede=1");
  assert.is(three.what, "3 settings cannot be used");
  assert.is(three.hint, "--rank <n>: add --method lora\n            sede=1: did you mean seed?");
  assert.is((await problem("--init-file", "x")).hint, "add --init file");
  const rows = await problem("--train", "x.csv", "--input", "text");
  for (const flag of ["--validation <file>", "--target <column>"])
    assert.ok(rows.expected?.includes(flag), rows.expected);
});

Arguments("faults are named as they were typed", async () => {
  const cases: readonly (readonly [argv: readonly string[], at: string, got: string])[] = [
    [["--steps", "many"], "--steps <n>", '"many"'],
    [["--steps", ""], "--steps <n>", '""'],
    [["--method", "lroa"], "--method <name>", '"lroa"'],
    [["--method", "prompt+lroa"], "--method <name>", '"lroa"'],
    [["method=lroa"], "method=lroa", '"lroa"'],
    [["method={name: lroa, rank: 2}"], "method={name: lroa, rank: 2}", '"lroa"'],
    [["--stop.patience", "-1"], "stop.patience=-1", "-1"],
    [["--stop.patience"], "stop.patience=", '""'],
    [["stop.patients=1"], "stop.patients=1", "patients"],
    [["steps=["], "steps=[", '"["'],
    [["method.__proto__.steps=3"], "method.__proto__.steps=3", "__proto__"],
    [["--microbatches", "5"], "--microbatches <n>", "5"],
    [["--preset", "nono"], "--preset <name>", '"nono"'],
  ];
  for (const [argv, at, got] of cases) {
    const error = await problem(...argv);
    assert.equal([error.at, error.got], [at, got], argv.join(" "));
  }
  assert.is(({} as { steps?: number }).steps, undefined);
});

Arguments("texts stay as they were typed, other values are those of YAML", async () => {
  const of = async (...argv: readonly string[]) => (await recipeOf(...argv)).method as { init: object };
  assert.equal((await of("method.init=text", "method.init.text=Is it: yes?")).init, {
    name: "text",
    text: "Is it: yes?",
  });
  assert.equal((await of("--init", "file", "--init-file", "12")).init, { name: "file", file: "12" });
  assert.is((await recipeOf("--model", "1e3")).model, "1e3");
  assert.is((await recipeOf("table.name=12")).table.name, "12");
  assert.equal((await recipeOf("evaluate=1,no")).evaluate, ["1", "no"]);
  assert.is(taskObjective(await recipeOf("objective.wayward.text=a: b")).wayward.text, "a: b");
  assert.is((await recipeOf("--dropout", "1e-5")).dropout, 1e-5);
  assert.is((await recipeOf("--seed", "1e3")).seed, 1000);
  assert.is((await recipeOf("--keep", "3")).keep, 3);
  assert.is((await recipeOf("model=a=b")).model, "a=b");
});

Arguments("preset, file, flags and overrides win over those before", async () => {
  const file = fileOf("preset: model-tuning", "steps: 2", "seed: 2", "dropout: 0.2");
  assert.equal(await recipeOf(file), recipe({ ...presets["model-tuning"], steps: 2, seed: 2, dropout: 0.2 }));
  const got = await recipeOf(file, "--seed", "3", "--dropout", "0.3", "dropout=0.4");
  assert.equal(got, recipe({ ...presets["model-tuning"], steps: 2, seed: 3, dropout: 0.4 }));
  assert.is((await recipeOf("--preset", "prompt-tuning", fileOf("steps: 2"))).batch !== undefined, true);
  assert.equal(
    await recipeOf("--preset", "prompt-tuning", fileOf("steps: 2")),
    recipe({ ...presets["prompt-tuning"], steps: 2 }),
  );
  const program = (...argv: readonly string[]) => readArguments(argv, { preset: "prompt-tuning" });
  assert.equal((await program())?.recipe, recipe(presets["prompt-tuning"]));
  assert.equal((await program("--preset", "nano"))?.recipe, recipe({}));
});

Arguments("the same recipe from file, flags and value", async () => {
  const value = recipe({
    train: "cb:2,rte:1",
    method: { name: "lora", rank: 4 },
    batch: { tokens: 64 },
    stop: { patience: 3 },
  });
  const file = await recipeOf(fileOf(JSON.stringify(value)));
  const flags = await recipeOf(
    "--task",
    "cb:2,rte:1",
    "--method",
    "lora",
    "--rank",
    "4",
    "--batch-tokens",
    "64",
    "--stop.patience",
    "3",
  );
  assert.is(canonicalJson(file), canonicalJson(value));
  assert.is(canonicalJson(flags), canonicalJson(value));
});

Arguments.run();
