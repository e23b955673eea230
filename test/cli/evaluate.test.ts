import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { hostArray } from "../../lib/core/host.js";
import { dispose } from "../../lib/core/tensor.js";
import { loadHuggingFace } from "../../lib/io/huggingface.js";
import { savePrompt } from "../../lib/io/prompts.js";
import { prompt as promptMethod } from "../../lib/methods/index.js";
import { superglueAverage } from "../../lib/metrics/index.js";
import * as np from "../../lib/np/index.js";
import type { Params } from "../../lib/t5/model.js";
import { readExamples } from "../../lib/tasks/reading.js";
import { taskOf } from "../../lib/tasks/registry.js";
import { loadTokenizer } from "../../lib/tokenizer/load-tokenizer.js";
import type { Prediction } from "../../lib/train/progress.js";
import { taskEvaluator } from "../../lib/train/task-evaluator.js";
import { temporaryFolder } from "../io/folder.js";
import { failure, fluxion } from "./run.js";

const Evaluate = suite("cli/evaluate");
const folder = temporaryFolder(Evaluate);
const MODEL = ["--model", "assets/t5-nano", "--executor", "tfjs"];

interface Scores {
  readonly split: string;
  readonly examples: number;
  readonly adapter: string | null;
  readonly metrics: Readonly<Record<string, number>>;
  readonly score: number;
  readonly invalid: number;
  readonly unlabelled: number;
  readonly loss: number;
  readonly tokenAccuracy: number;
  readonly cut: number;
  readonly invalidAnswers: readonly Prediction[];
}
interface Result {
  readonly tasks: Readonly<Record<string, Scores>>;
  readonly superglue: number | null;
}
const evaluate = async (...args: string[]): Promise<Result> =>
  JSON.parse((await fluxion(["evaluate", ...MODEL, ...args, "--json"])).out) as Result;

/** A prompt file of `rows` vectors. */
const promptFile = async (path: string, rows: number, fill: number): Promise<string> => {
  const data = Float32Array.from({ length: rows * 128 }, (_, i) => fill * Math.sin(i));
  await savePrompt(path, hostArray([rows, 128], "float32", data));
  return path;
};

Evaluate("a task's scores are those of the library, with the prompt in front", async () => {
  const path = await promptFile(join(folder, "cb.npy"), 3, 2);
  const { tasks, superglue } = await evaluate("--task", "cb", "--prompt", path, "--limit", "5");
  assert.is(superglue, null);
  assert.equal(Object.keys(tasks), ["cb"]);
  const task = taskOf("cb");
  const examples = (await readExamples(task, "validation", "assets/superglue-mini")).slice(0, 5);
  const { config, params: stored } = await loadHuggingFace("assets/t5-nano");
  const tokenizer = await loadTokenizer("assets/t5-nano");
  await init({ executor: "tfjs" });
  const params = np.devicePut(stored, { donate: true }) as Params;
  using prompt = np.array(
    Float32Array.from({ length: 384 }, (_, i) => 2 * Math.sin(i)),
    { shape: [3, 128] },
  );
  const { evaluate: direct } = taskEvaluator({ config, params }, tokenizer, task, examples, {
    method: promptMethod({ length: 3 }),
  });
  const { predictions, ...scores } = await direct({ prompt });
  direct.dispose();
  dispose(params);
  const invalidAnswers = predictions.filter(({ valid }) => !valid).slice(0, 3);
  assert.equal(tasks.cb, { split: "validation", examples: 5, adapter: path, ...scores, cut: 0, invalidAnswers });
});

Evaluate("prompts are named one by one, or lie in a folder under the names of their tasks", async () => {
  const dir = join(folder, "prompts");
  mkdirSync(join(dir, "rte"), { recursive: true });
  await promptFile(join(dir, "rte", "prompt.npy"), 4, 1);
  await promptFile(join(dir, "copa.safetensors"), 2, 1);
  writeFileSync(join(dir, "README"), "not a prompt");
  const one = await evaluate(
    ...["--prompt", `copa=${join(dir, "copa.safetensors")}`, "--prompt", `rte=${join(dir, "rte")}`, "--limit", "3"],
  );
  const all = await evaluate("--prompts", dir, "--limit", "3");
  assert.equal(all.tasks.copa, one.tasks.copa);
  assert.equal(all.tasks.rte.metrics, one.tasks.rte.metrics);
  assert.equal(Object.keys(all.tasks).sort(), ["copa", "rte"]);
  const { tasks } = await evaluate("--prompts", dir, "--task", "rte", "--limit", "3");
  assert.equal(Object.keys(tasks), ["rte"]);
});

Evaluate("one prompt answers each task that is named", async () => {
  const path = await promptFile(join(folder, "of-all.safetensors"), 2, 1);
  const { tasks } = await evaluate("--prompt", path, "--task", "copa", "--task", "rte", "--limit", "3");
  const one = await evaluate("--prompt", `copa=${path}`, "--prompt", `rte=${path}`, "--limit", "3");
  assert.equal(tasks, one.tasks);
});

Evaluate("with all eight tasks the diagnostics are answered, and the table ends with the average", async () => {
  const out = join(folder, "answers");
  const { tasks, superglue } = await evaluate("--task", "all", "--limit", "4", "--out", out);
  assert.equal(Object.keys(tasks).length, 10);
  assert.equal([tasks.axb.split, tasks.axg.split, tasks.wsc.split], ["test", "test", "validation"]);
  const scores = Object.fromEntries(Object.entries(tasks).map(([name, { metrics }]) => [name, metrics]));
  assert.is(superglue, superglueAverage(scores));
  for (const name of Object.keys(tasks)) {
    const lines = readFileSync(join(out, `${name}.jsonl`), "utf8")
      .trimEnd()
      .split("\n");
    assert.is(lines.length, 4, name);
    const { id, prediction, target } = JSON.parse(lines[0]) as Prediction;
    assert.ok([id, prediction, target].every((text) => typeof text === "string"));
  }
  const validation = ["--task", "all", "--split", "validation", "--limit", "1"];
  const { out: table, notes } = await fluxion(["evaluate", ...MODEL, ...validation]);
  assert.not.ok(table.includes("axb"), "the diagnostics have no such split");
  const last = table.trimEnd().split("\n").at(-2) as string;
  assert.ok(last.includes("SuperGLUE") && last.includes("mean of the eight tasks"), table);
  assert.ok(notes.some((note) => note.includes("synthetic")));
  assert.ok(
    notes.some((note) => /answers? (is|are) not allowed, such as ".*" \(id /.test(note)),
    notes.join("\n"),
  );
});

Evaluate("RTE's prompt answers the diagnostics", async () => {
  const path = await promptFile(join(folder, "any.npy"), 2, 3);
  const pairs = ["boolq", "cb", "copa", "multirc", "record", "rte", "wic", "wsc"].flatMap((name) => [
    "--prompt",
    `${name}=${path}`,
  ]);
  const { tasks } = await evaluate(...pairs, "--limit", "2");
  assert.is(tasks.axb.adapter, path);
  assert.is(tasks.axg.adapter, path);
});

Evaluate("labels are ranked, beams are searched, and inputs are cut, where that is asked for", async () => {
  const ranked = await evaluate("--task", "cb", "--decode", "rank", "--limit", "6");
  assert.is(ranked.tasks.cb.invalid, 0);
  const beam = await evaluate("--task", "cb", "--decode", "beam", "--limit", "6");
  assert.is(beam.tasks.cb.examples, 6);
  assert.is(beam.tasks.cb.loss, ranked.tasks.cb.loss);
  const cut = await fluxion(["evaluate", ...MODEL, "--task", "cb", "--limit", "6", "--max-input-length", "12"]);
  assert.ok(cut.notes.includes("cb: 6 inputs were cut (--max-input-length)"), cut.notes.join("\n"));
  const named = await evaluate("--task", "cb", "--prefix", "name", "--limit", "6");
  assert.is.not(named.tasks.cb.loss, ranked.tasks.cb.loss);
  const behind = await evaluate("--task", "cb", "--sentinel", "--decode", "rank", "--limit", "6");
  assert.is.not(behind.tasks.cb.loss, ranked.tasks.cb.loss);
  assert.is(behind.tasks.cb.invalid, 0);
});

Evaluate("a long row is answered whole, in a batch by itself", async () => {
  const dir = join(folder, "long");
  mkdirSync(join(dir, "CB"), { recursive: true });
  const row = (premise: string, idx: number) =>
    `${JSON.stringify({ premise, hypothesis: "h", label: "neutral", idx })}\n`;
  writeFileSync(join(dir, "CB", "val.jsonl"), row("Tom washed the table. ".repeat(150), 0) + row("Tom.", 1));
  const { tasks } = await evaluate("--task", "cb", "--data", dir, "--evaluation-tokens", "64");
  assert.equal([tasks.cb.examples, tasks.cb.cut], [2, 0]);
});

Evaluate("a test split without labels is answered, and it is said that there are no scores", async () => {
  const dir = join(folder, "hidden");
  const out = join(folder, "hidden-answers");
  mkdirSync(join(dir, "CB"), { recursive: true });
  const row = (idx: number, label?: string): string =>
    `${JSON.stringify({ premise: "A", hypothesis: "B", idx, label })}\n`;
  writeFileSync(join(dir, "CB", "test.jsonl"), row(0) + row(1, "neutral") + row(2));
  const args = ["evaluate", ...MODEL, "--task", "cb", "--split", "test", "--data", dir];
  const { out: table, notes } = await fluxion([...args, "--out", out]);
  assert.ok(/│ cb +│ test +│ +3 │ +│ +- │ +\d │ +- │ +- │/.test(table), table);
  assert.ok(
    notes.includes("cb: 2 of 3 examples have no label, so there are no scores; --out DIR writes the answers"),
    notes.join("\n"),
  );
  assert.is(readFileSync(join(out, "cb.jsonl"), "utf8").trimEnd().split("\n").length, 3);
  const { cb } = (await evaluate("--task", "cb", "--split", "test", "--data", dir)).tasks;
  assert.equal([cb.metrics, cb.score, cb.loss, cb.tokenAccuracy, cb.unlabelled], [{}, null, null, null, 2]);
});

Evaluate("all tasks are checked before the first is asked", async () => {
  const out = join(folder, "early");
  const [fits, wide] = [await promptFile(join(folder, "fits.npy"), 2, 1), join(folder, "other.npy")];
  await savePrompt(wide, hostArray([2, 64], "float32", new Float32Array(128)));
  const prompts = ["--prompt", `cb=${fits}`, "--prompt", `rte=${wide}`, "--limit", "1", "--out", out];
  const message = await failure("evaluate", ...MODEL, ...prompts);
  for (const part of ["does not fit the model", "128", "64", wide, "--model"])
    assert.ok(message.includes(part), `${part} is not in ${message}`);
  const both = ["--task", "cb", "--task", "record", "--decode", "rank", "--out", out];
  const ranked = await failure("evaluate", ...MODEL, ...both);
  assert.ok(ranked.includes("record has no labels to rank"), ranked);
  assert.not.ok(existsSync(out), "something was written");
  const file = await failure("evaluate", ...MODEL, "--task", "cb", "--limit", "1", "--out", fits);
  assert.ok(file.includes("--out") && file.includes("a file where a folder should be"), file);
});

Evaluate("what makes no sense is refused before the model is read", async () => {
  const nothing = join(folder, "empty");
  mkdirSync(nothing, { recursive: true });
  const path = await promptFile(join(folder, "wide.npy"), 2, 1);
  const cases: readonly (readonly [readonly string[], ...string[]])[] = [
    [[], "nothing to answer", "--task NAME"],
    [["--task", "cbb"], "cbb", "did you mean cb?"],
    [["--task", "toxicity"], "no task of this name", "a task of your own is evaluated with its run"],
    [["--prompt", "x.npy"], "which task", "--adapter cb=PATH"],
    [["--prompt", "x.npy", "--prompt", "y.npy", "--task", "cb", "--task", "rte"], "which task"],
    [["--prompt", "cbb=x.npy"], "did you mean cb?"],
    [["--prompt", `cb=${path}`, "--prompt", `cb=${path}`], "two adapters for cb"],
    [["--prompt", `cb=${path}`, "--task", "cb", "--task", "rte"], "no adapter for rte"],
    [["--prompt", `cb=${path}`, "--prompts", nothing], "cannot be used with"],
    [["--prompts", nothing], "no adapter under the name of a task"],
    [["--prompts", path], "no adapter under the name of a task"],
    [["--prompts", join(folder, "nowhere")], "--adapters", "no such file or folder"],
    [["--task", "cb", "--prompt", join(folder, "gone.npy")], "gone.npy"],
    [["--task", "cb", "--split", "test"], "test.jsonl"],
    [["--task", "axb", "--split", "train"], "no split train"],
    [["--task", "record", "--decode", "rank", "--limit", "1"], "no labels to rank", "greedy or beam"],
    [["--task", "cb", "--limit", "0"], "--limit"],
  ];
  for (const [args, ...parts] of cases) {
    const message = await failure("evaluate", ...MODEL, ...args);
    for (const part of parts) assert.ok(message.includes(part), `${args.join(" ")}: "${part}" is not in ${message}`);
  }
});

Evaluate.run();
