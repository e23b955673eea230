import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  bestStep,
  type Evaluation,
  glueAverage,
  glueScores,
  superglueAverage,
  superglueScores,
} from "../../lib/metrics/index.js";
import { assertMetric, assertRefused, type GoldenNumber } from "../helpers/answered.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { withShared } from "../helpers/shared.js";

const Average = suite("metrics/average");
const files = goldenFiles(Average, "metrics/average.test.ts");

interface GoldenFile {
  readonly super_glue_groups: Readonly<Record<string, readonly string[]>>;
  readonly glue_groups: Readonly<Record<string, readonly string[]>>;
  readonly rows: readonly {
    readonly name: string;
    readonly scores: Readonly<Record<string, GoldenNumber>>;
    readonly task_scores: Readonly<Record<string, GoldenNumber>>;
    readonly expected: Readonly<Record<string, GoldenNumber | null>>;
  }[];
  readonly best_step: readonly {
    readonly scores: Readonly<Record<string, readonly (readonly [step: number, value: GoldenNumber])[]>>;
    readonly expected: Readonly<Record<string, { readonly value: GoldenNumber; readonly step: number }>>;
  }[];
}

const read = (root: string): GoldenFile => files.open<GoldenFile>(root, "tasks/superglue-average.json");

/** Our columns by the reference's names. */
const COLUMNS: Readonly<Record<string, string>> = {
  "BoolQ (accuracy)": "boolq",
  CB: "cb",
  CoPA: "copa",
  MultiRC: "multirc",
  ReCoRD: "record",
  "SuperGLUE RTE": "rte",
  WiC: "wic",
  WSC: "wsc",
  CoLA: "cola",
  "SST-2": "sst2",
  MRPC: "mrpc",
  STSB: "stsb",
  QQP: "qqp",
  MNLI: "mnli",
  QNLI: "qnli",
  "GLUE RTE": "glue_rte",
};

/** `super_glue_cb_v102/accuracy` as our task and metric. */
const splitTag = (tag: string): [task: string, metric: string] => {
  const [name, metric] = tag.split("/");
  if (name === "glue_rte_v002") return ["glue_rte", metric];
  return [name.replace(/^(super_)?glue_/, "").replace(/_v\d+.*$/, ""), metric];
};

const byTask = (scores: Readonly<Record<string, GoldenNumber>>): Record<string, Record<string, number>> => {
  const tasks: Record<string, Record<string, number>> = {};
  for (const [tag, value] of Object.entries(scores)) {
    const [task, metric] = splitTag(tag);
    tasks[task] = { ...tasks[task], [metric]: Number(value) };
  }
  return tasks;
};

withShared(Average, "the columns have the reference's metrics, no more and no less", (root) => {
  const { super_glue_groups, glue_groups } = read(root);
  for (const [groups, columnsOf] of [
    [super_glue_groups, superglueScores],
    [glue_groups, glueScores],
  ] as const) {
    assert.equal(
      Object.keys(columnsOf({})).sort(),
      Object.keys(groups)
        .map((group) => COLUMNS[group])
        .sort(),
    );
    for (const [group, tags] of Object.entries(groups)) {
      const scores = Object.fromEntries(tags.map((tag, i) => [tag, 10 ** i]));
      const mean = Object.values(scores).reduce((a, b) => a + b, 0) / tags.length;
      assertMetric(columnsOf(byTask(scores))[COLUMNS[group]], mean, group);
    }
  }
});

withShared(Average, "columns and averages are T5's; a missing metric leaves none, NaN gives NaN", (root) => {
  const { rows } = read(root);
  for (const { name, scores, task_scores, expected } of rows) {
    const tasks = byTask(scores);
    const ours = { ...superglueScores(tasks), ...glueScores(tasks) };
    const there = Object.entries(ours).filter(([, score]) => score !== undefined);
    assert.is(there.length, Object.keys(task_scores).length, name);
    for (const [group, want] of Object.entries(task_scores))
      assertMetric(ours[COLUMNS[group]], want, `${name}: ${group}`);
    const averages = { "Average SuperGLUE Score": superglueAverage(tasks), "Average GLUE Score": glueAverage(tasks) };
    for (const [key, got] of Object.entries(averages)) {
      const want = expected[key];
      if (want === null) assert.is(got, undefined, name);
      else assertMetric(got, want, `${name}: ${key}`);
    }
  }
  assert.is(rows.length, 14);
});

/** The evaluations of each task; a metric that was measured twice makes two of them. */
const evaluationsOf = (scores: GoldenFile["best_step"][number]["scores"]): Record<string, Evaluation[]> => {
  const tasks: Record<string, Evaluation[]> = {};
  for (const [tag, values] of Object.entries(scores)) {
    const [task, metric] = splitTag(tag);
    const evaluations = values.map(([step, value]) => ({ step, metrics: { [metric]: Number(value) } }));
    tasks[task] = [...(tasks[task] ?? []), ...evaluations];
  }
  return tasks;
};

withShared(Average, "the best step of a task is T5's", (root) => {
  const rows = read(root).best_step;
  for (const { scores, expected } of rows) {
    const tasks = evaluationsOf(scores);
    for (const [tag, { value, step }] of Object.entries(expected)) {
      const [task, metric] = splitTag(tag);
      const best = bestStep(tasks[task]);
      assert.is(best.step, step, tag);
      assertMetric(best.metrics[metric], value, tag);
    }
  }
  assert.is(rows.length, 5);
});

const at = (step: number, ...values: readonly number[]): Evaluation => ({
  step,
  metrics: Object.fromEntries(values.map((value, i) => [`m${i}`, value])),
});

Average("of equal means the earliest step is best, in whatever order they come", () => {
  assert.equal(bestStep([at(30, 1, 3), at(20, 2, 2), at(10, 0, 0)]), at(20, 2, 2));
});

Average("a step evaluated twice keeps the larger of each metric, and a number rather than NaN", () => {
  assert.equal(bestStep([at(10, 5, 1), at(10, 2, 4), at(20, 4, 4)]), at(10, 5, 4));
  assert.equal(bestStep([at(10, Number.NaN), at(10, 3)]), at(10, 3));
  assert.equal(bestStep([at(10, 3), at(10, Number.NaN)]), at(10, 3));
});

Average("NaN is left out of a mean; a step of nothing else is worse than any number", () => {
  assert.is(bestStep([at(10, 4, 4), at(20, Number.NaN, 5)]).step, 20);
  assert.is(bestStep([at(10, Number.NaN), at(20, -100)]).step, 20);
  assert.is(bestStep([at(20, Number.NaN), at(10, Number.NaN)]).step, 10);
});

Average("no evaluation has no best step", () => {
  assertRefused(() => bestStep([]), "bestStep", "no evaluations");
});

Average.run();
