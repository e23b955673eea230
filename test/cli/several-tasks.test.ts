/** @file Commands on a run that has trained a prompt for each of several tasks. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hostArray } from "../../lib/core/host.js";
import { encodeSafetensors } from "../../lib/io/safetensors-write.js";
import { run } from "../../lib/lab/many.js";
import type { RecipeInput } from "../../lib/lab/recipe.js";
import { nodeStore } from "../../lib/store/node.js";
import { fewRows } from "../helpers/program.js";
import { temporaryFolder } from "../io/folder.js";
import { failure, fluxion, fluxionJson } from "./run.js";

const Several = suite("cli/several-tasks");
const folder = temporaryFolder(Several);
const at = (name: string): string => join(folder, name);
const MODEL = ["--model", "assets/t5-nano", "--executor", "tfjs"];

const RECIPE: RecipeInput = {
  train: "cb,rte",
  data: at("data"),
  steps: 1,
  method: { name: "mpt", length: 2, rank: 2 },
  batch: { examples: 2 },
  lengths: { input: 32 },
  executor: "tfjs",
};

Several.before(async () => {
  fewRows(at("data"), 8, 3);
  mkdirSync(at("data/RTE"));
  for (const file of ["train.jsonl", "val.jsonl"]) {
    const lines = readFileSync(join("assets/superglue-mini/RTE", file), "utf8").split("\n").slice(0, 4);
    writeFileSync(join(at("data/RTE"), file), lines.map((line) => `${line}\n`).join(""));
  }
  await run(RECIPE, { store: nodeStore(at("run")) });
});

interface Scores {
  readonly tasks: Readonly<Record<string, { readonly adapter: string; readonly loss: number }>>;
}

Several("each task is evaluated with its own prompt of the run", async () => {
  const evaluation = readFileSync(at("run/metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly evaluation?: Scores })
    .at(-1)?.evaluation as Scores;
  const ways = [
    ["--task", "cb", "--task", "rte", "--adapter", at("run")],
    ["--adapter", `cb=${at("run")}`, "--adapter", `rte=${at("run")}`],
    ["--adapters", at("run")],
    ["--adapters", at("run/tasks")],
  ];
  for (const way of ways) {
    const { tasks } = await fluxionJson<Scores>("evaluate", ...MODEL, "--data", at("data"), ...way);
    assert.equal(Object.keys(tasks).sort(), ["cb", "rte"], way.join(" "));
    for (const [name, { adapter, loss }] of Object.entries(tasks)) {
      assert.is(adapter, join(at("run"), "tasks", name));
      assert.ok(
        Math.abs(loss - evaluation.tasks[name].loss) < 1e-4,
        `${name}: ${loss}, ${evaluation.tasks[name].loss}`,
      );
    }
  }
  const { out } = await fluxion(["evaluate", at("run")]);
  assert.match(out, /cb[\s\S]*rte/);
});

Several("an adapter of several tasks is refused where none is chosen", async () => {
  for (const command of [["generate"], ["evaluate", "--data", at("data"), "--task", "wic"]]) {
    const message = await failure(...command, ...MODEL, "--adapter", at("run"));
    assert.match(message, /--adapter <path>: the adapter is of 2 tasks[\s\S]*name one: .*tasks.TASK/);
  }
  cpSync(at("run/adapter"), at("peft"), { recursive: true });
  assert.match(await failure("generate", ...MODEL, "--adapter", at("peft")), "methods.forUse");
  const { out } = await fluxion([
    "generate",
    ...MODEL,
    "--adapter",
    at("run/tasks/rte"),
    "--max-tokens",
    "2",
    "a text",
  ]);
  assert.ok(out.endsWith("\n"));
});

Several("a run is inspected by how alike the prompts of its tasks are, and PEFT's folder by its settings", async () => {
  const paths = ["cb", "rte"].map((name) => join(at("run"), "tasks", name));
  const found = await fluxionJson<{ readonly prompts: string[]; readonly similarity: number[][] }>(
    "inspect",
    at("run"),
  );
  assert.equal(found.prompts, paths);
  assert.ok(Math.abs(found.similarity[0][0] - 1) < 1e-6 && found.similarity[0][1] === found.similarity[1][0]);
  const { method } = await fluxionJson<{ readonly method: object }>("inspect", at("run/adapter"));
  assert.equal(method, { name: "mpt", length: 2, rank: 2, tasks: 2, submodules: 1 });
});

Several("a second prompt that PEFT's generate leaves out is noted", async () => {
  const config = JSON.parse(readFileSync(at("run/adapter/adapter_config.json"), "utf8")) as object;
  const floats = (...shape: number[]) =>
    hostArray(shape, "float32", new Float32Array(shape.reduce((n, size) => n * size, 1)).fill(0.1));
  const tensors = {
    prompt_embeddings: floats(4, 128),
    prefix_task_cols: floats(1, 4, 2),
    prefix_task_rows: floats(1, 2, 128),
  };
  mkdirSync(at("two"));
  writeFileSync(at("two/adapter_model.safetensors"), encodeSafetensors(tensors));
  const two = { ...config, num_tasks: 1, num_transformer_submodules: 2 };
  writeFileSync(at("two/adapter_config.json"), JSON.stringify(two));
  const NOTE = /PEFT 0\.21 ignores the second prompt/;
  const { notes } = await fluxion(["generate", ...MODEL, "--adapter", at("two"), "--max-tokens", "2", "a text"]);
  assert.match(notes.join("\n"), NOTE);
  assert.match((await fluxion(["inspect", at("two")])).out, NOTE);
});

Several.run();
