import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readArguments } from "../../lib/cli/train-arguments.js";
import { type RecipeInput, recipe } from "../../lib/lab/recipe.js";
import { temporaryFolder } from "../io/folder.js";
import { refusal } from "../lab/refused.js";

const Resume = suite("cli/resume-arguments");
const folder = temporaryFolder(Resume);

let runs = 0;
/** The folder of a run that was started with these settings. */
const runOf = (input: RecipeInput): string => {
  const dir = join(folder, `run-${++runs}`);
  mkdirSync(dir);
  writeFileSync(join(dir, "recipe.json"), JSON.stringify(recipe(input)));
  return dir;
};
const run = runOf({ train: "rte", steps: 50, method: { name: "lora", rank: 4 } });
const linear = runOf({ steps: 50, optimizer: { name: "adamw", schedule: "linear" } });
const resumed = (dir: string, ...argv: readonly string[]) => readArguments(["--resume", dir, ...argv]);
const problem = (dir: string, ...argv: readonly string[]) => refusal(resumed(dir, ...argv));
const stored = recipe({ train: "rte", steps: 50, method: { name: "lora", rank: 4 } });

Resume("a run goes on in its folder with the settings that it was started with", async () => {
  const asked = await resumed(run);
  assert.equal(asked, { recipe: stored, out: run, resume: true, print: false, verify: false, tensorboard: false });
  assert.equal((await resumed(run, "--rank", "4", "--task", "rte", "steps=50"))?.recipe, stored);
});

Resume("steps may grow, and the end of patience may change", async () => {
  const asked = await resumed(run, "--steps", "80", "--patience", "3");
  assert.equal(asked?.recipe, { ...stored, steps: 80, stop: { patience: 3 } });
  assert.equal((await resumed(linear, "stop.patience=1"))?.recipe.stop, { patience: 1 });
});

Resume("inputs may be elsewhere", async () => {
  const asked = await resumed(run, "--model", "/new/model", "--data", "/new/data", "--tokenizer", "/new/file");
  assert.equal(asked?.recipe, { ...stored, model: "/new/model", data: "/new/data", tokenizer: "/new/file" });
});

Resume("other settings are refused, by the names of their flags", async () => {
  const error = await problem(run, "--steps", "20", "--seed", "3", "--rank", "5", "evaluation.every=1", "--task", "cb");
  assert.equal([error.where, error.what], ["resume", "5 settings cannot be used"]);
  assert.equal(
    error.expected?.split("\n").map((line) => line.trim()),
    [
      '--task <names>: [{"task":"rte"}], as the run was started',
      "--rank <n>: 4, as the run was started",
      "--steps <n>: 50 or more",
      "evaluation.every=1: 10, as the run was started",
      "--seed <n>: 0, as the run was started",
    ],
  );
  assert.is(error.hint, "leave the setting out, or begin a new run with another --out");
  const one = await problem(run, "--executor", "tfjs");
  assert.equal([one.at, one.expected, one.got], ["--executor <name>", '"auto", as the run was started', '"tfjs"']);
  const method = await problem(run, "--method", "ia3");
  assert.ok(method.expected?.includes('"lora", as the run was started'), method.expected);
});

Resume("steps may not grow where the learning rate depends on them", async () => {
  const error = await problem(linear, "--steps", "80");
  assert.equal(
    [error.at, error.expected, error.got],
    ["--steps <n>", "50, on which the learning rate of the run depends", "80"],
  );
});

Resume("another recipe file is refused by its lines, the same one is taken", async () => {
  const file = join(folder, "recipe.yaml");
  writeFileSync(file, "train: rte\nsteps: 60\nmethod: { name: lora, rank: 4 }\n");
  assert.equal((await resumed(run, file))?.recipe, { ...stored, steps: 60 });
  writeFileSync(file, "train: rte\nsteps: 60\nmethod: { name: lora, rank: 8 }\n");
  assert.is((await problem(run, file)).at, `${file}, line 3: method.rank`);
  const preset = await problem(run, "--preset", "model-tuning");
  assert.ok(preset.got?.includes("of the preset model-tuning"), preset.got);
});

Resume("--out is refused, and a folder without a run", async () => {
  const out = await problem(run, "--out", "there");
  assert.equal([out.what, out.got], ["--out cannot be given with --resume", "--out there"]);
  assert.is(out.hint, "a run goes on in its folder; leave out --out");
  const none = await refusal(resumed(join(folder, "nowhere")), "CheckpointError");
  assert.is(none.what, "there is no run here");
});

Resume("the environment says nothing about a run that goes on, nor does the preset of a program", async () => {
  const before = process.env.FLUXION_EXECUTOR;
  process.env.FLUXION_EXECUTOR = "tfjs";
  try {
    assert.equal((await resumed(run))?.recipe, stored);
  } finally {
    if (before === undefined) delete process.env.FLUXION_EXECUTOR;
    else process.env.FLUXION_EXECUTOR = before;
  }
  assert.equal((await readArguments(["--resume", run], { preset: "model-tuning" }))?.recipe, stored);
});

Resume.run();
