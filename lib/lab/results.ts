/** @file What a run comes to: the summary and the points of its learning curve. */
import { takes } from "../core/composite.js";
import type { Example } from "../metrics/answered.js";
import { mean } from "../metrics/average.js";
import type { Best } from "../train/progress.js";

type Scores = Readonly<Record<string, number>>;

/** What a run of one seed comes to: `summary.json`. Scores are percentages, with the names of tasks in front where there are several. */
export interface Summary {
  readonly kind: "run";
  readonly tuned: Scores;
  /** The bare model. */
  readonly untuned: Scores;
  readonly majority: Scores;
  /** The mean of the tuned scores of the tasks that are trained on, by which the best step was chosen; of all tasks where none of these is evaluated. */
  readonly score: number;
  /** Mean cross entropy of the validation targets at the best step, in nats. */
  readonly validationLoss: number;
  readonly bestStep: number;
  readonly steps: number;
  /**
   * Seconds of training and evaluation, over all parts of a run that was interrupted. Of runs that are trained together these are its share of the steps, and its own evaluations, of which
   * the first one compiles.
   */
  readonly seconds: number;
  readonly executor: string;
  readonly reason: string;
  /** How many numbers the model and the trained tree hold. */
  readonly counts: { readonly model: number; readonly tuned: number };
  /** The most memory that the process has had, in bytes. */
  readonly peakBytes: number;
}

/** Runs of one recipe that differ in their seeds. */
export interface SeedsSummary {
  readonly kind: "seeds";
  /** Means of the scores. */
  readonly tuned: Scores;
  readonly untuned: Scores;
  readonly majority: Scores;
  readonly score: number;
  /** Sample standard deviations of the tuned scores, which divide by one less than the number of runs; none of one run. */
  readonly deviation: Scores;
  readonly reason: string;
  readonly runs: Readonly<Record<string, Summary>>;
}

/** Runs on one task after another. */
export interface TasksSummary {
  readonly kind: "tasks";
  readonly reason: string;
  readonly runs: Readonly<Record<string, Summary | SeedsSummary>>;
}

/** What a run comes to. */
export type Outcome = Summary | SeedsSummary | TasksSummary;

/** The tasks whose scores choose the best step: those that are trained on and evaluated, and all that are evaluated where there are none of these, as in transfer. */
export const choosingTasks = (trained: readonly string[], evaluated: readonly string[]): readonly string[] => {
  const both = evaluated.filter((name) => trained.includes(name));
  return both.length === 0 ? evaluated : both;
};

/** The score of metrics: the mean over the tasks that choose of the means of their metrics; names of tasks stand in front where there are several. */
export const overallScore = (scores: Scores, trained: readonly string[]): number => {
  const tasks = new Map<string, number[]>();
  for (const [name, value] of Object.entries(scores)) {
    const task = name.slice(0, Math.max(0, name.indexOf("/")));
    tasks.set(task, [...(tasks.get(task) ?? []), value]);
  }
  return mean(choosingTasks(trained, [...tasks.keys()]).map((task) => mean(tasks.get(task) as number[])));
};

/** Whether a run is better than the bare model and than always giving the most frequent answer. */
export const beatsBaselines = (
  { score, untuned, majority }: Pick<Summary, "score" | "untuned" | "majority">,
  trained: readonly string[],
): boolean => !(score <= Math.max(overallScore(untuned, trained), overallScore(majority, trained)));

/** The sample standard deviation. */
export const deviationOf = (values: readonly number[]): number => {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
};

/** A number for each metric, of its values in a list of scores. */
export const byName = (list: readonly Scores[], of: (values: readonly number[]) => number): Scores =>
  Object.fromEntries(Object.keys(list[0] ?? {}).map((name) => [name, of(list.map((scores) => scores[name]))]));

/** The summary of runs with different seeds. */
export const summaryOfSeeds = (runs: Readonly<Record<string, Summary>>, reason: string): SeedsSummary => {
  const all = Object.values(runs);
  const tuned = all.map((run) => run.tuned);
  return {
    kind: "seeds",
    tuned: byName(tuned, mean),
    untuned: byName(
      all.map((run) => run.untuned),
      mean,
    ),
    majority: byName(
      all.map((run) => run.majority),
      mean,
    ),
    score: mean(all.map(({ score }) => score)),
    deviation: all.length < 2 ? {} : byName(tuned, deviationOf),
    reason,
    runs,
  };
};

/**
 * The most frequent target, for the score of always giving it. Of equally frequent ones the first label; without labels the one seen first.
 *
 * @returns an empty text when there are no examples
 */
export const usualAnswer = takes(
  "usualAnswer(examples, labels)",
  (examples: readonly Example[], labels: readonly string[] = []): string => {
    const counts = new Map<string, number>(labels.map((label) => [label, 0]));
    for (const { targets } of examples) counts.set(targets, (counts.get(targets) ?? 0) + 1);
    let [usual, most] = ["", -1];
    for (const [text, n] of counts) if (n > most) [usual, most] = [text, n];
    return usual;
  },
);

type Line = Readonly<Record<string, unknown>>;

/** What the score of an evaluation is the mean of: the metrics of one task, or the scores of several. */
const scoreName = (metrics: readonly string[]): string => {
  const tasks = [...new Set(metrics.flatMap((name) => (name.includes("/") ? name.split("/").slice(0, 1) : [])))];
  return tasks.length === 0 ? `mean of ${metrics.join(" and ")}` : `mean score of ${tasks.join(", ")}`;
};

/** The points of a learning curve, from the lines of `metrics.jsonl`. */
export const curveOf = takes(
  "curveOf(lines, best)",
  (
    lines: readonly Line[],
    best: Best,
  ): {
    readonly losses: readonly { readonly step: number; readonly value: number }[];
    readonly scores: readonly { readonly step: number; readonly value: number }[];
    readonly scoreName: string;
    readonly bestStep: number;
  } => {
    const points = (value: (line: Line) => unknown) =>
      lines.flatMap((line) => {
        const v = value(line);
        return typeof v === "number" && typeof line.step === "number" ? [{ step: line.step, value: v }] : [];
      });
    return {
      losses: points((line) => line.loss),
      scores: points((line) => (line.evaluation as Line | undefined)?.score),
      scoreName: scoreName(Object.keys(best.metrics)),
      bestStep: best.step,
    };
  },
);
