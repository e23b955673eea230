/** @file Commands on a run that has trained a prompt for each of several tasks. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hostArray } from "../../lib/core/host.js";
import { encodeSafetensors } from "../../lib/io/safetensors-write.js";
import { run } from "../../lib/lab/many.js";
import { type RecipeInput, recipe } from "../../lib/lab/recipe.js";
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
  for (const seed of [0, 1]) cpSync(at("run"), at(`seeds/seed-${seed}`), { recursive: true });
  writeFileSync(at("seeds/recipe.json"), JSON.stringify(recipe({ ...RECIPE, seeds: 2 })));
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
    ["--task", "cb, rte", "--adapter", at("run")],
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
  const own = join(at("run"), "tasks", "cb");
  const run = ["--adapter", at("run")];
  const refused = await failure("generate", ...MODEL, ...run);
  assert.match(refused, /--adapter <path>: the adapter is of 2 tasks[\s\S]*expected +one of cb, rte\n/);
  assert.ok(refused.includes(`name one: --task cb, or its own adapter ${own}`), refused);
  const other = await failure("evaluate", "--data", at("data"), "--task", "wic", ...MODEL, ...run);
  assert.match(other, /the adapter is not of this task[\s\S]*expected +one of cb, rte\n +got +wic\n/);
  cpSync(at("run/adapter"), at("peft"), { recursive: true });
  const alone = await failure("generate", ...MODEL, "--adapter", at("peft"));
  assert.match(alone, /the folder tasks of its run has an adapter for each task; in a program, methods\.forUse/);
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

Several("one task of a run is named by --task", async () => {
  const asked = ["a text", "--max-tokens", "2", ...MODEL];
  const { out } = await fluxion(["generate", ...asked, "--adapter", at("run"), "--task", "rte"]);
  assert.is(out, (await fluxion(["generate", ...asked, "--prompt", at("run/tasks/rte")])).out);
  const { out: same } = await fluxion(["generate", ...asked, "--prompt", at("run"), "--task", "rte"]);
  assert.is(same, out);
  const wrong = await failure("generate", ...asked, "--adapter", at("run"), "--task", "wic");
  assert.match(wrong, /--task <name>: the run has no adapter for this task[\s\S]*one of cb, rte/);
  const single = await failure("generate", ...asked, "--adapter", at("run/tasks/rte"), "--task", "rte");
  assert.match(single, /not a run with an adapter for each of several tasks[\s\S]*leave --task out/);
  assert.match(await failure("generate", ...asked, "--task", "rte"), "says nothing without another option");
  type Inspected = { readonly path: string; readonly trained: number };
  const { path, trained } = await fluxionJson<Inspected>("inspect", at("run"), "--task", "rte");
  assert.equal([path, trained], [join(at("run"), "tasks", "rte"), 256]);
  const seeds = await fluxionJson<{ readonly prompts: string[] }>("inspect", at("seeds"), "--task", "cb");
  assert.equal(
    seeds.prompts,
    [0, 1].map((seed) => join(at("seeds"), `seed-${seed}`, "tasks", "cb")),
  );
  assert.match(await failure("inspect", at("run"), "--task", "wic"), "no adapter for this task");
  assert.match(await failure("inspect", at("run/tasks/cb"), "--task", "cb"), "leave --task out");
});

Several("one task of a run is exported as its own adapter is", async () => {
  const filesOf = async (name: string, ...adapter: readonly string[]): Promise<readonly Buffer[]> => {
    const lengths = ["--input-length", "8", "--max-length", "2"];
    await fluxion(["export", "--model", "assets/t5-nano", ...adapter, "--out", at(name), ...lengths]);
    return ["encoder.onnx", "decoder-step.onnx", "fluxion.json"].map((file) => readFileSync(join(at(name), file)));
  };
  const chosen = await filesOf("chosen", "--adapter", at("run"), "--task", "rte");
  const own = await filesOf("own", "--adapter", at("run/tasks/rte"), "--task", "rte");
  chosen.forEach((file, i) => {
    assert.ok(file.equals(own[i]), `file ${i}`);
  });
  const { task, promptLength } = JSON.parse(`${chosen[2]}`) as { readonly task: string; readonly promptLength: number };
  assert.equal([task, promptLength], ["rte", 2]);
  const [other] = await filesOf("other", "--adapter", at("run"), "--task", "cb");
  assert.not.ok(other.equals(chosen[0]));
  const args = ["--model", "assets/t5-nano", "--adapter", at("run"), "--out", at("none")];
  assert.match(await failure("export", ...args, "--task", "wic"), "the adapter is not of this task");
});

Several("of a folder of adapters each is shown", async () => {
  type Shown = {
    readonly path: string;
    readonly kind: string;
    readonly adapters: readonly { readonly path: string }[];
  };
  writeFileSync(at("run/tasks/notes.txt"), "no adapter");
  const shown = await fluxionJson<Shown>("inspect", at("run/tasks"));
  assert.equal([shown.path, shown.kind], [at("run/tasks"), "adapters"]);
  const paths = ["cb", "rte"].map((name) => join(at("run/tasks"), name));
  assert.equal(
    shown.adapters.map(({ path }) => path),
    paths,
  );
  const { out, notes } = await fluxion(["inspect", at("run/tasks")]);
  for (const path of paths) assert.ok(out.includes(`${path}: prompt, 256 trained numbers`), out);
  assert.is(notes.length, 1);
  mkdirSync(at("nothing/below"), { recursive: true });
  assert.match(await failure("inspect", at("nothing")), "not a checkpoint of a known kind");
});

Several("seeds of several tasks vote on each task with its own prompts", async () => {
  const args = ["evaluate", ...MODEL, "--data", at("data"), "--vote", "--prompts"];
  type Members = { readonly members: readonly { readonly adapter: string; readonly loss: number }[] };
  const { tasks } = await fluxionJson<{ readonly tasks: Record<string, Members> }>(
    ...args,
    at("seeds"),
    "--task",
    "cb,rte",
  );
  assert.equal(Object.keys(tasks), ["cb", "rte"]);
  for (const [name, { members }] of Object.entries(tasks)) {
    assert.equal(
      members.map(({ adapter }) => adapter),
      [0, 1].map((seed) => join(at("seeds"), `seed-${seed}`, "tasks", name)),
    );
    const alone = await fluxionJson<Scores>(
      "evaluate",
      ...MODEL,
      "--data",
      at("data"),
      "--task",
      name,
      "--adapter",
      at("run"),
    );
    for (const { loss } of members) assert.ok(Math.abs(loss - alone.tasks[name].loss) < 1e-4, name);
  }
  const { out } = await fluxion([...args, at("seeds"), "--task", "cb"]);
  assert.match(out, /best \(seed-[01]\)/);
  const mixed = await failure(...args, at("run/tasks"), "--task", "cb");
  assert.match(mixed, /--prompts <dir>: the adapters of the folder are of different tasks/);
  assert.ok(mixed.includes(`cb alone: --adapter ${join(at("run/tasks"), "cb")}`), mixed);
  cpSync(at("seeds"), at("each/rte"), { recursive: true });
  assert.match(await failure(...args, at("each"), "--task", "cb"), /got +rte\n/);
  cpSync(at("seeds"), at("each/cb"), { recursive: true });
  assert.ok(
    (await failure(...args, at("each"), "--task", "cb")).includes(`cb alone: --prompts ${at("each/cb")} --vote`),
  );
  const other = ["--vote", "--prompts", at("seeds"), "--task", "wic"];
  assert.match(await failure("evaluate", ...MODEL, ...other), "not of this task");
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
