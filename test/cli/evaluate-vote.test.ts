import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hostArray } from "../../lib/core/host.js";
import { savePrompt } from "../../lib/io/prompts.js";
import { temporaryFolder } from "../io/folder.js";
import { failure, fluxion, fluxionJson } from "./run.js";

const Vote = suite("cli/evaluate --vote");
const folder = temporaryFolder(Vote);
const MODEL = ["--model", "assets/t5-nano", "--executor", "tfjs"];
const CB = ["--task", "cb", "--limit", "12"];

type Metrics = Readonly<Record<string, number>>;
interface Scores {
  readonly metrics: Metrics;
  readonly score: number;
  readonly invalid: number;
}
interface Member extends Scores {
  readonly adapter: string;
  readonly loss: number;
}
interface Voted {
  readonly split: string;
  readonly examples: number;
  readonly average: Metrics;
  readonly deviation: Metrics;
  readonly best: Member;
  readonly vote: Scores;
  readonly likelihood: Scores | null;
  readonly members: readonly Member[];
}
const vote = async (dir: string, ...args: string[]): Promise<Readonly<Record<string, Voted>>> =>
  (await fluxionJson<{ tasks: Record<string, Voted> }>("evaluate", ...MODEL, "--prompts", dir, "--vote", ...args))
    .tasks;

const promptFile = async (path: string, rows: number, seed: number, { width = 128, size = 2 } = {}): Promise<void> => {
  const data = Float32Array.from({ length: rows * width }, (_, i) => size * Math.sin(seed * i + seed));
  await savePrompt(path, hostArray([rows, width], "float32", data));
};

const dir = join(folder, "runs");
Vote.before(async () => {
  for (const seed of [2, 10, 1]) mkdirSync(join(dir, `seed-${seed}`), { recursive: true });
  await promptFile(join(dir, "seed-1", "prompt.npy"), 3, 1);
  await promptFile(join(dir, "seed-2", "prompt.npy"), 4, 8, { size: 1 });
  await promptFile(join(dir, "seed-10", "prompt.npy"), 3, 10);
  writeFileSync(join(dir, "recipe.json"), "{}");
  writeFileSync(join(dir, ".hidden.npy"), "no prompt");
});

const mean = (list: readonly number[]): number => list.reduce((sum, x) => sum + x, 0) / list.length;

Vote("members score as they do one by one; average, best and ensemble stand in one table", async () => {
  const out = join(folder, "answers");
  const { cb } = await vote(dir, ...CB, "--out", out);
  assert.equal(
    cb.members.map(({ adapter }) => adapter),
    ["seed-1", "seed-2", "seed-10"].map((name) => join(dir, name)),
  );
  for (const { adapter, metrics, loss } of cb.members) {
    type Alone = { tasks: { cb: { metrics: Metrics; loss: number } } };
    const { tasks } = await fluxionJson<Alone>("evaluate", ...MODEL, "--adapter", adapter, ...CB);
    assert.equal(metrics, tasks.cb.metrics);
    assert.ok(Math.abs(loss - tasks.cb.loss) < 1e-4, `${loss}, ${tasks.cb.loss}`);
  }
  const accuracies = cb.members.map(({ metrics }) => metrics.accuracy);
  const centre = mean(accuracies);
  assert.is(cb.average.accuracy, centre);
  const deviation = Math.sqrt(accuracies.reduce((sum, x) => sum + (x - centre) ** 2, 0) / 2);
  assert.ok(Math.abs(cb.deviation.accuracy - deviation) < 1e-9);
  const scores = cb.members.map(({ score }) => score);
  assert.ok(scores[0] > scores[1], `${scores}`);
  assert.equal([cb.best.score, cb.best.adapter], [Math.max(...scores), join(dir, "seed-1")]);
  assert.is(cb.likelihood?.invalid, 0);
  assert.equal([cb.split, cb.examples], ["validation", 12]);
  const lines = readFileSync(join(out, "cb.jsonl"), "utf8").trimEnd().split("\n");
  const right = lines.filter((line) => (JSON.parse(line) as { correct: boolean }).correct).length;
  assert.ok(Math.abs((100 * right) / 12 - cb.vote.metrics.accuracy) < 1e-9, "the vote's answers are written");
  const { out: table, notes } = await fluxion(["evaluate", ...MODEL, "--prompts", dir, "--vote", ...CB]);
  assert.match(notes.join("\n"), "the data is synthetic");
  assert.match(table, /^cb, validation, 12 examples\n/);
  for (const row of [
    /average of 3 +│ +\d+\.\d ± \d/,
    /best \(seed-\d+\)/,
    "ensemble by vote",
    "ensemble by likelihood",
  ])
    assert.match(table, row);
});

Vote("one adapter votes alone; text answers are voted on, too, and have no likelihood of labels", async () => {
  const single = join(folder, "single");
  mkdirSync(single);
  await promptFile(join(single, "a.npy"), 3, 4);
  const { cb, record } = await vote(single, ...CB, "--task", "record", "--limit", "2");
  assert.equal([cb.vote.metrics, cb.deviation, cb.members.length], [cb.members[0].metrics, {}, 1]);
  assert.equal([record.likelihood, record.vote.metrics], [null, record.members[0].metrics]);
});

Vote("adapters that rows cannot mix answer one after the other, and it is said", async () => {
  const different = join(folder, "different");
  mkdirSync(different);
  await promptFile(join(different, "a.npy"), 3, 4);
  const { saveTuned } = await import("../../lib/io/tuned.js");
  const { prompt } = await import("../../lib/methods/index.js");
  const { settings } = prompt({ length: 2, position: "after" });
  const data = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i));
  await saveTuned(join(different, "b.safetensors"), {
    settings,
    tuned: { prompt: hostArray([2, 128], "float32", data) },
  });
  const args = ["evaluate", ...MODEL, "--prompts", different, "--vote", "--task", "cb", "--limit", "3"];
  const { out, notes } = await fluxion(args);
  assert.match(out, "average of 2");
  assert.ok(
    notes.some((note) => note.includes("cannot share a batch")),
    notes.join("\n"),
  );
});

Vote("what makes no sense is refused before the model is read", async () => {
  const [empty, wide, run] = ["empty", "wide", "run"].map((name) => join(folder, name));
  for (const path of [empty, wide, run]) mkdirSync(path);
  await promptFile(join(wide, "a.npy"), 2, 1, { width: 64 });
  writeFileSync(join(run, "tuned.safetensors"), "");
  writeFileSync(join(empty, "notes.txt"), "");
  mkdirSync(join(folder, "unfinished", "seed-0"), { recursive: true });
  const out = join(folder, "none");
  const cases: readonly (readonly [readonly string[], ...(string | RegExp)[]])[] = [
    [["--task", "cb"], "an ensemble is a folder", "--prompts DIR"],
    [["--adapter", "a.npy", "--task", "cb"], "an ensemble is a folder"],
    [["--prompts", dir], "not said what the ensemble answers", "--task NAME"],
    [["--prompts", empty, "--task", "cb"], "no adapters to vote", "notes.txt"],
    [["--prompts", join(dir, "seed-1", "prompt.npy"), "--task", "cb"], "no adapters to vote", "a file"],
    [["--prompts", run, "--task", "cb"], "is one adapter", "--adapter PATH"],
    [["--prompts", join(folder, "nowhere"), "--task", "cb"], "--prompts <dir>", "no such file or folder"],
    [["--prompts", join(folder, "unfinished"), "--task", "cb"], "seed-0"],
    [["--prompts", wide, "--task", "cb", "--out", out], "does not fit the model", "a.npy"],
    [["--prompts", dir, "--task", "record", "--decode", "rank"], "no labels to rank"],
  ];
  for (const [args, ...parts] of cases) {
    const message = await failure("evaluate", ...MODEL, "--vote", ...args);
    for (const part of parts) assert.match(message, part, args.join(" "));
  }
  assert.not.ok(existsSync(out));
  const ofRun = await failure("evaluate", dir, "--vote");
  assert.match(ofRun, "does not go with the folder of a run");
  assert.ok(ofRun.includes(`the seeds of a run vote by --model DIR --prompts ${dir} --vote --task NAME`), ofRun);
});

Vote.run();
