import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Listener, RunInfo } from "../../lib/lab/listener.js";
import { type RecipeInput, recipe } from "../../lib/lab/recipe.js";
import { type Outcome, type Summary, summaryOfSeeds } from "../../lib/lab/results.js";
import type { SuiteEvaluation } from "../../lib/lab/suite.js";
import { benchmarkTable, printScores, scoreTable, terminal } from "../../lib/lab/terminal.js";
import { SUPERGLUE_NAMES } from "../../lib/tasks/registry.js";

const Terminal = suite("lab/terminal");

/** What is printed while `act` runs; not on a terminal, unless `tty` says so. */
const printed = async (act: () => unknown, tty = false): Promise<string> => {
  const [log, write, was] = [console.log, process.stdout.write, process.stdout.isTTY];
  let out = "";
  const add = (text: unknown): boolean => {
    out += String(text);
    return true;
  };
  console.log = (line: string) => add(`${line}\n`);
  process.stdout.isTTY = tty;
  if (tty) process.stdout.write = add as typeof write;
  try {
    await act();
  } finally {
    console.log = log;
    process.stdout.write = write;
    process.stdout.isTTY = was;
  }
  return out;
};

/** Scores of SuperGLUE's tasks, one metric or two. */
const METRICS: Readonly<Record<string, readonly string[]>> = {
  cb: ["mean_3class_f1", "accuracy"],
  multirc: ["f1", "exact_match"],
  record: ["f1", "em"],
};

const summary = (tuned: number, more: Partial<Summary> = {}): Summary => ({
  kind: "run",
  tuned: { f1: tuned, accuracy: tuned + 1 },
  untuned: { f1: 10, accuracy: 20 },
  majority: { f1: 30.04, accuracy: 50 },
  score: tuned + 0.5,
  validationLoss: 1,
  bestStep: 7,
  steps: 9,
  seconds: 12.6,
  executor: "tfjs-wasm",
  reason: "steps done",
  counts: { model: 1, tuned: 1 },
  peakBytes: 1,
  ...more,
});

const evaluation = (more: Partial<SuiteEvaluation> = {}): SuiteEvaluation => ({
  metrics: { f1: 60.24, accuracy: 71 },
  score: 65,
  invalid: 0,
  unlabelled: 0,
  loss: 0.12345,
  tokenAccuracy: 1,
  predictions: [],
  tasks: {},
  ...more,
});

const info = (input: RecipeInput = {}, more: Partial<RunInfo> = {}): RunInfo => ({
  recipe: recipe(input),
  place: "runs/one",
  part: undefined,
  lines: ["model  m", "task  t"],
  executor: "tfjs",
  start: 0,
  together: [],
  ...more,
});

/** The cells of a table, row by row. */
const cells = (table: string): string[][] =>
  table
    .split("\n")
    .filter((line) => line.startsWith("│"))
    .map((line) =>
      line
        .split("│")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

const ended = (outcome: Outcome, input: RecipeInput = {}, before = false, part?: string): Promise<string> =>
  printed(() => terminal().end?.(outcome, { recipe: recipe(input), place: "runs/one", part }, before));

Terminal("scores have one place behind the point", () => {
  assert.is(printScores({ f1: 60.24, accuracy: 71 }), "f1 60.2, accuracy 71.0");
  assert.is(printScores({}), "");
});

Terminal("a run begins with what it is", async () => {
  const begin = (one: RunInfo): Promise<string> => printed(() => terminal().begin?.(one));
  const rest = "results    runs/one\n\n";
  const slow = "           slower than onnxruntime-node, which is not installed: npm install onnxruntime-node@1.30\n";
  assert.is(await begin(info()), `model  m\ntask  t\nexecutor   tfjs\n${slow}${rest}`);
  assert.is(await begin(info({ executor: "tfjs" })), `model  m\ntask  t\nexecutor   tfjs\n${rest}`);
  assert.is(await begin(info({}, { executor: "onnx" })), `model  m\ntask  t\nexecutor   onnx\n${rest}`);
  assert.ok((await begin(info({}, { part: "rte/seed-1" }))).startsWith("\n--- rte/seed-1\nmodel  m\n"));
});

Terminal("each evaluation is a line, with loss and speed of the steps before", async () => {
  const lines = await printed(async () => {
    const listener = terminal();
    await listener.begin?.(info({ executor: "tfjs" }, { lines: [] }));
    await listener.evaluation?.(0, evaluation(), false);
    await listener.step?.({ step: 1, loss: 2.34567, seconds: 0.5, tokens: 100 });
    await listener.evaluation?.(1, evaluation(), true);
    await listener.step?.({ step: 2, loss: 1, seconds: 1, tokens: 100 });
    const wrong = { id: "1", inputs: "", target: "a", correct: false };
    const predictions = [
      { ...wrong, prediction: "right", valid: true },
      { ...wrong, prediction: "x".repeat(40), valid: false },
    ];
    await listener.evaluation?.(12345, evaluation({ predictions, invalid: 3 }), false);
    listener.stopping?.();
    listener.stopped?.();
  });
  assert.equal(lines.split("\n").slice(3), [
    "step     0  dev f1 60.2, accuracy 71.0, loss 0.123",
    "step     1  loss 2.346, dev f1 60.2, accuracy 71.0, loss 0.123, 200 tokens/s  (best so far)",
    `step 12345  loss 1.000, dev f1 60.2, accuracy 71.0, loss 0.123, 3 answers not allowed, such as "${"x".repeat(26)}..., 190 tokens/s`,
    "stopping after this step; press Ctrl-C again to stop at once",
    "",
  ]);
});

Terminal("on a terminal a bar shows the steps, and lines stand above it", async () => {
  let listener: Listener = {};
  const text = await printed(async () => {
    listener = terminal();
    await listener.begin?.(info({ steps: 8 }, { start: 3, lines: [] }));
    await listener.step?.({ step: 4, loss: 2.34567, seconds: 0.5, tokens: 100 });
    await listener.evaluation?.(4, evaluation(), true);
    listener.stopped?.();
  }, true);
  assert.ok(text.includes(" 3/8 | loss - | - tokens/s"), text);
  assert.ok(text.includes(" 4/8 | loss 2.346 | 200 tokens/s"), text);
  assert.ok(text.includes("\r\u001b[Kstep     4  loss 2.346, dev f1 60.2, accuracy 71.0, loss 0.123"), text);
});

Terminal(
  "runs that are trained together have one headline, one bar with their mean loss, and lines with their names",
  async () => {
    const together = ["seed-0", "seed-1"];
    const show = (tty: boolean): Promise<string> =>
      printed(async () => {
        const listener = terminal();
        for (const part of together) {
          await listener.begin?.(info({ steps: 8, executor: "tfjs" }, { part, together, place: `runs/${part}` }));
        }
        await listener.step?.({ step: 1, loss: 2, seconds: 0.5, tokens: 100 }, "seed-0");
        await listener.step?.({ step: 1, loss: 3, seconds: 0.5, tokens: 100 }, "seed-1");
        await listener.evaluation?.(1, evaluation(), true, "seed-0");
        await listener.evaluation?.(1, evaluation(), false, "seed-1");
        listener.stopped?.();
        const outcome = summary(61);
        await listener.end?.(outcome, { recipe: recipe({}), place: "runs/seed-1", part: "seed-1" }, false);
      }, tty);
    const text = await show(false);
    assert.equal(text.split("\n").slice(0, 9), [
      ...["", "--- seed-0, seed-1", "model  m", "task  t", "executor   tfjs"],
      ...["results    runs/seed-0", "           runs/seed-1", ""],
      "seed-0  step     1  loss 2.000, dev f1 60.2, accuracy 71.0, loss 0.123, 200 tokens/s  (best so far)",
    ]);
    assert.ok(text.includes("\nseed-1  step     1  loss 3.000, dev"), text);
    assert.ok(text.includes("\n--- seed-1\n"), text);
    const bar = await show(true);
    assert.ok(bar.includes(" 1/8 | loss 2.500 | 200 tokens/s"), bar);
  },
);

Terminal("without steps there is no bar", async () => {
  const text = await printed(async () => {
    const listener = terminal();
    await listener.begin?.(info({ steps: 0 }, { lines: [] }));
    await listener.evaluation?.(0, evaluation(), true);
    listener.stopped?.();
  }, true);
  assert.not.ok(text.includes("\u001b"), JSON.stringify(text));
});

Terminal("a listener that heard of no beginning shows no progress, and does not fail", async () => {
  const text = await printed(() => {
    const listener = terminal();
    void listener.step?.({ step: 1, loss: 1, seconds: 1, tokens: 1 });
    void listener.evaluation?.(1, evaluation(), true);
    listener.stopping?.();
    listener.stopped?.();
  });
  assert.is(text, "");
});

Terminal("a run ends with a table and where its files are", async () => {
  const text = await ended(summary(61.25));
  assert.equal(cells(text), [
    ["dev set", "f1", "accuracy"],
    ["tuned prompt", "61.3", "62.3"],
    ["no prompt", "10.0", "20.0"],
    ["majority class", "30.0", "50.0"],
  ]);
  assert.ok(text.startsWith("\n┌"), text);
  assert.ok(
    text.endsWith(
      "\n\nsteps done, 9 steps in 13 s; the best prompt (step 7): runs/one/prompt.npy\nthe curve: runs/one/curve.svg\n",
    ),
    text,
  );
  const full = await ended(summary(61.25), { method: "lora" });
  assert.equal(
    cells(full).map(([first]) => first),
    ["dev set", "tuned (lora)", "not tuned", "majority class"],
  );
  assert.ok(full.includes("the best (step 7): runs/one/tuned.safetensors"), full);
  const two = await ended(summary(61.25), { method: "prompt+lora" });
  assert.is(cells(two)[1][0], "tuned (prompt+lora)");
});

Terminal(
  "a run that does not beat its baselines closes with what they are, what was found, and where the remedies are",
  async () => {
    const findings = [{ rule: "one-class", found: "all 3 answers are the same", remedy: "try another rate" }];
    const closed = (outcome: Summary): Promise<string> =>
      printed(() =>
        terminal().end?.(outcome, { recipe: recipe({}), place: "runs/one", part: undefined, findings }, false),
      );
    // The majority scores 40.02 in the mean of both metrics.
    const closing = [
      "the curve: runs/one/curve.svg\n",
      "The tuned prompt scores 39.5 and does not beat its baselines: no prompt 15.0, majority class 40.0.",
      "- one-class: all 3 answers are the same",
      "what to do about it: npx fluxion doctor runs/one\n",
    ].join("\n");
    const text = await closed(summary(39));
    assert.ok(text.endsWith(closing), text);
    const other = { recipe: recipe({ method: "prefix" }), place: "runs/one", part: undefined, findings: [] };
    const quiet = await printed(() => terminal().end?.(summary(39), other, false));
    assert.match(quiet, "The model, tuned by prefix, scores 39.5 and does not beat its baselines: not tuned 15.0,");
    assert.match(quiet, "none of the doctor's rules fires; what to try next: npx fluxion doctor runs/one\n");
    assert.not.ok((await closed(summary(40))).includes("baselines"));
    assert.ok((await closed(summary(60, { untuned: { f1: 61, accuracy: 61 } }))).includes("no prompt 61.0"));
  },
);

Terminal("an interrupted run ends with how to go on, but a part of several does not", async () => {
  const stopped = summary(61, { reason: "interrupted" });
  const last = "to go on: npx fluxion train --resume runs/one\n";
  assert.ok((await ended(stopped)).endsWith(`the curve: runs/one/curve.svg\n${last}`));
  assert.ok((await ended(stopped, {}, false, "seed-1")).endsWith("the curve: runs/one/curve.svg\n"));
  assert.not.ok((await ended(summary(61))).includes("to go on"));
});

Terminal("a run that had ended before is said to have", async () => {
  const text = await ended(summary(61), {}, true);
  assert.ok(text.startsWith("runs/one has ended already; nothing was changed\n\n┌"), text);
});

Terminal("of several seeds the table has standard deviations", async () => {
  const outcome = summaryOfSeeds({ "seed-0": summary(60), "seed-1": summary(62) }, "done");
  const text = await ended(outcome, { seeds: 3 });
  assert.equal(cells(text)[1], ["tuned prompt", "61.0 ± 1.4", "62.0 ± 1.4"]);
  assert.equal(cells(text)[2], ["no prompt", "10.0", "20.0"]);
  assert.ok(text.endsWith("\n\ndone, 2 of 3 seeds; mean and standard deviation: runs/one/summary.json\n"), text);
  const stopped = await ended({ ...outcome, reason: "interrupted" }, { seeds: 3 });
  assert.ok(stopped.endsWith("summary.json\nto go on: npx fluxion train --resume runs/one\n"), stopped);
});

Terminal("a table of scores has a deviation in its first row alone, and may be empty", () => {
  const table = scoreTable({ a: { f1: 1, em: 2 }, b: { f1: 3, em: 4 } }, { f1: 0.25 });
  assert.equal(cells(table), [
    ["dev set", "f1", "em"],
    ["a", "1.0 ± 0.3", "2.0"],
    ["b", "3.0", "4.0"],
  ]);
  assert.equal(cells(scoreTable({})), [["dev set"]]);
});

Terminal("of several tasks there is a row each, and an average where all of SuperGLUE is there", async () => {
  const some = await ended({ kind: "tasks", reason: "done", runs: { cb: summary(60), rte: summary(70) } });
  assert.equal(cells(some), [
    ["dev set", "metrics", "tuned prompt", "no prompt", "majority class"],
    ["cb", "f1, accuracy", "60.5", "15.0", "40.0"],
    ["rte", "f1, accuracy", "70.5", "15.0", "40.0"],
  ]);
  assert.not.ok(some.includes("curve"), some);
  const scores = (task: string, score: number) =>
    Object.fromEntries((METRICS[task] ?? ["accuracy"]).map((metric) => [metric, score]));
  const runOf = (task: string, i: number) => [
    task,
    { tuned: scores(task, 60 + i), untuned: scores(task, 15), majority: scores(task, 40) },
  ];
  const runs = Object.fromEntries(SUPERGLUE_NAMES.map(runOf));
  const table = benchmarkTable(runs, ["ours", "bare"]);
  assert.equal(cells(table)[0], ["dev set", "metrics", "ours", "bare", "majority class"]);
  assert.equal(cells(table).at(-1), ["SuperGLUE", "mean of the eight", "63.5", "15.0", "40.0"]);
  const seven = Object.fromEntries(SUPERGLUE_NAMES.slice(1).map(runOf));
  assert.is(cells(benchmarkTable(seven, ["ours", "bare"])).length, 8);
  const none = { tuned: {}, untuned: {}, majority: {} };
  assert.equal(cells(benchmarkTable({ cb: none }, ["ours", "bare"]))[1], ["cb", "", "", "", ""]);
});

Terminal.run();
