/** @file Scores of whole benchmarks, and the step at which a run was best. */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";

/** Metrics of tasks: task, then metric, then percent. */
export type Scores = Readonly<Partial<Record<string, Readonly<Partial<Record<string, number>>>>>>;

/** The columns of a benchmark; the score of a column is the mean of its metrics. */
type Benchmark = Readonly<Record<string, readonly (readonly [task: string, metric: string])[]>>;

const SUPERGLUE: Benchmark = {
  boolq: [["boolq", "accuracy"]],
  cb: [
    ["cb", "mean_3class_f1"],
    ["cb", "accuracy"],
  ],
  copa: [["copa", "accuracy"]],
  multirc: [
    ["multirc", "f1"],
    ["multirc", "exact_match"],
  ],
  record: [
    ["record", "f1"],
    ["record", "em"],
  ],
  rte: [["rte", "accuracy"]],
  wic: [["wic", "accuracy"]],
  wsc: [["wsc", "accuracy"]],
};

const GLUE: Benchmark = {
  cola: [["cola", "matthews_corrcoef"]],
  sst2: [["sst2", "accuracy"]],
  mrpc: [
    ["mrpc", "f1"],
    ["mrpc", "accuracy"],
  ],
  stsb: [
    ["stsb", "pearson_corrcoef"],
    ["stsb", "spearman_corrcoef"],
  ],
  qqp: [
    ["qqp", "f1"],
    ["qqp", "accuracy"],
  ],
  mnli: [
    ["mnli_matched", "accuracy"],
    ["mnli_mismatched", "accuracy"],
  ],
  qnli: [["qnli", "accuracy"]],
  glue_rte: [["glue_rte", "accuracy"]],
};

/** The mean of some values; NaN of none. */
export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** The mean of values that are all there. */
const meanOfAll = (values: readonly (number | undefined)[]): number | undefined =>
  values.every((value) => value !== undefined) ? mean(values) : undefined;

const columnsOf = (benchmark: Benchmark, scores: Scores): Record<string, number | undefined> =>
  Object.fromEntries(
    Object.entries(benchmark).map(([column, metrics]) => [
      column,
      meanOfAll(metrics.map(([task, metric]) => scores[task]?.[metric])),
    ]),
  );

/**
 * The eight columns of SuperGLUE, in percent: the mean of a task's metrics, undefined where one is missing.
 *
 * @param scores  of `boolq`, `cb`, `copa`, `multirc`, `record`, `rte`, `wic` and `wsc`; others do not count
 */
export const superglueScores = takes(
  "superglueScores(scores)",
  (scores: Scores): Readonly<Record<string, number | undefined>> => columnsOf(SUPERGLUE, scores),
);

/**
 * The eight columns of GLUE, in percent: the mean of a task's metrics (MNLI: of its two validation sets), undefined where one is
 * missing.
 *
 * @param scores  of `cola`, `sst2`, `mrpc`, `stsb`, `qqp`, `mnli_matched`, `mnli_mismatched`, `qnli` and `glue_rte`; others do not count
 */
export const glueScores = takes(
  "glueScores(scores)",
  (scores: Scores): Readonly<Record<string, number | undefined>> => columnsOf(GLUE, scores),
);

/**
 * SuperGLUE's score, in percent: the mean of its eight columns. Undefined where a metric is missing, NaN where one is NaN.
 *
 * @see T5's `compute_avg_glue`
 * @example superglueAverage({ boolq: { accuracy: 80 } }) // undefined: seven tasks are missing
 */
export const superglueAverage = takes("superglueAverage(scores)", (scores: Scores): number | undefined =>
  meanOfAll(Object.values(superglueScores(scores))),
);

/**
 * GLUE's score as T5 reports it, in percent: the mean of its eight columns, without WNLI. Undefined where a metric is missing, NaN
 * where one is NaN.
 *
 * @see T5's `compute_avg_glue`
 */
export const glueAverage = takes("glueAverage(scores)", (scores: Scores): number | undefined =>
  meanOfAll(Object.values(glueScores(scores))),
);

/** The metrics of one task at one step. */
export interface Evaluation {
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** A mean below that of any percentage, where every metric is NaN. */
const WORST = -1e9;

/**
 * The score of a task: the mean of its metrics, those that are NaN left out; of none it is -1e9.
 *
 * @see T5's `metric_group_max`
 * @example taskScore({ f1: 60, exact_match: 40 }) // 50
 */
export const taskScore = takes("taskScore(metrics)", (metrics: Readonly<Record<string, number>>): number => {
  const numbers = Object.values(metrics).filter((value) => !Number.isNaN(value));
  return numbers.length === 0 ? WORST : mean(numbers);
});

const larger = (a: number, b: number): number => (a > b || Number.isNaN(b) ? a : b);

/** One evaluation a step, in the order of the steps; of a metric measured twice the larger value. */
const byStep = (evaluations: readonly Evaluation[]): Evaluation[] => {
  const steps = new Map<number, Record<string, number>>();
  for (const { step, metrics } of evaluations) {
    const merged = steps.get(step) ?? {};
    for (const [name, value] of Object.entries(metrics)) {
      merged[name] = larger(value, merged[name] ?? Number.NaN);
    }
    steps.set(step, merged);
  }
  return [...steps].map(([step, metrics]) => ({ step, metrics })).sort((a, b) => a.step - b.step);
};

/**
 * The evaluation of a task with the best mean of its metrics: the earliest step of equal ones. NaN is left out of a mean. A step that
 * was evaluated twice, in a run that was resumed, counts with the larger value of each metric.
 *
 * @see T5's `metric_group_max`, the paper's rule for early stopping
 * @throws {ArgumentError} for an empty list
 * @example bestStep([{ step: 10, metrics: { em: 0, f1: 4 } }, { step: 20, metrics: { em: 10, f1: 7 } }]).step // 20
 */
export const bestStep = takes("bestStep(evaluations)", (evaluations: readonly Evaluation[]): Evaluation => {
  const score = ({ metrics }: Evaluation): number => taskScore(metrics);
  const steps = byStep(evaluations);
  if (steps.length === 0) {
    throw new ArgumentError({ where: "bestStep", what: "there are no evaluations", expected: "at least one" });
  }
  return steps.reduce((best, next) => (score(next) > score(best) ? next : best));
});
