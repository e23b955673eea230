/**
 * @file Rank classification: every label of an input is scored, and the label with the best score is the answer.
 *
 * An answered example is one label of one input: its truth says which label, its answer is the score (a log-likelihood), and the
 * labels of an input are a group.
 *
 * @see T5's `rank_classification`
 */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { type Answered, checkAnswered, type Metric } from "./answered.js";
import { averagePrecision, rocArea, type Scored } from "./auc.js";
import { type Detection, detectionF1, meanOverClasses } from "./classification.js";
import { groupsOf } from "./groups.js";

const WHERE = "rankClassification";

/** One label of an input. */
export interface Candidate {
  /** Its class id. */
  readonly label: number;
  readonly correct: boolean;
  /** How much the input counts; 1 without it. */
  readonly weight?: number;
  /** Tokens of the label's text, for scores by token. */
  readonly length?: number;
}

/** How labels are ranked. */
export interface RankOptions {
  /** How many labels each input has; without it their number varies. */
  readonly classes?: number;
  /** Whether a score is divided by the label's number of tokens. */
  readonly byLength?: boolean;
}

/** An input with the label that ranks first. */
interface Ranked {
  readonly scores: readonly number[];
  readonly correct: readonly boolean[];
  readonly chosen: number;
  readonly weight: number;
}

type Scores = readonly Answered<Candidate, number>[];

const scoreOf = ({ answer, example: { id, truth } }: Scores[number], { classes, byLength }: RankOptions): number => {
  if (byLength && truth.length === undefined) {
    throw new ArgumentError({
      where: WHERE,
      what: "a label has no length",
      expected: "its number of tokens",
      at: `example ${id}`,
    });
  }
  const score = byLength ? answer / (truth.length as number) : answer;
  // The reference compares float32, and ties with it, where the number of labels is fixed.
  return classes === undefined ? score : Math.fround(score);
};

const checkLabels = (labels: Scores, classes: number): void => {
  if (labels.length === classes && labels.every(({ example }, k) => example.truth.label === k)) return;
  throw new ArgumentError({
    where: WHERE,
    what: "an input does not have every label once",
    expected: `labels 0 to ${classes - 1}`,
    got: labels.map(({ example }) => example.truth.label).join(", "),
    at: `group ${labels[0].example.group}`,
  });
};

const rankedInputs = (answered: Scores, options: RankOptions): Ranked[] =>
  groupsOf(WHERE, answered).map((group) => {
    const labels = [...group].sort((a, b) => a.example.truth.label - b.example.truth.label);
    if (options.classes !== undefined) checkLabels(labels, options.classes);
    const scores = labels.map((one) => scoreOf(one, options));
    const best = Math.max(...scores);
    const chosen = scores.findIndex((score) => score === best || Number.isNaN(score));
    // Weights belong to the input. Where they differ the reference takes the first, or for a varying number the chosen label's.
    const { weight = 1 } = labels[options.classes === undefined ? chosen : 0].example.truth;
    return { scores, correct: labels.map(({ example }) => example.truth.correct), chosen, weight };
  });

const rankAccuracy = (inputs: readonly Ranked[]): number => {
  const sum = (list: readonly Ranked[]): number => list.reduce((total, { weight }) => total + weight, 0);
  return (100 * sum(inputs.filter(({ correct, chosen }) => correct[chosen]))) / sum(inputs);
};

const oneCorrect = (inputs: readonly Ranked[]): readonly Ranked[] => {
  if (inputs.every(({ correct }) => correct.filter(Boolean).length < 2)) return inputs;
  throw new ArgumentError({
    where: WHERE,
    what: "an input has several correct labels",
    expected: "at most one",
    hint: "accuracy alone is defined for several",
  });
};

const detections = (inputs: readonly Ranked[], k: number): Detection[] =>
  inputs.map(({ correct, chosen, weight }) => ({ expected: correct[k], given: chosen === k, weight }));

/** The probability of label 1 among two, in float32 as the reference has it: ties there are ties in the curve. */
const probabilityOf1 = ([a, b]: readonly number[]): number => {
  const best = Math.max(a, b);
  const [p, q] = [a, b].map((score) => Math.fround(Math.exp(Math.fround(score - best))));
  return Math.fround(q / Math.fround(p + q));
};

const scored = (inputs: readonly Ranked[]): Scored[] =>
  inputs.map(({ scores, correct, weight }) => ({ positive: correct[1], score: probabilityOf1(scores), weight }));

/**
 * The metrics of ranked labels, in percent, by T5's names: `accuracy`; for two classes also `f1`, `auc-roc` and `auc-pr` of class 1; for
 * more, `mean_3class_f1` and the like. A label is the answer when its score is the highest, the first of equal ones.
 *
 * Metrics throw an ArgumentError for an empty list, a label without a group (its input), an input without every label, and
 * several correct labels, where only `accuracy` is defined.
 *
 * @example rankClassification({ classes: 2 }).accuracy(scoredLabels)
 */
export const rankClassification = takes(
  "rankClassification({ classes, byLength })",
  (options: RankOptions = {}): Readonly<Record<string, Metric<Candidate, number>>> => {
    const { classes } = options;
    const metric =
      (score: (inputs: readonly Ranked[]) => number): Metric<Candidate, number> =>
      (answered) => {
        checkAnswered(WHERE, answered);
        return score(rankedInputs(answered, options));
      };
    const accuracy = metric(rankAccuracy);
    if (classes === undefined) return { accuracy };
    const single = (score: (inputs: readonly Ranked[]) => number) => metric((inputs) => score(oneCorrect(inputs)));
    if (classes > 2) {
      const f1 = (inputs: readonly Ranked[]) => meanOverClasses(classes, (k) => detectionF1(detections(inputs, k)));
      return { accuracy, [`mean_${classes}class_f1`]: single(f1) };
    }
    return {
      accuracy,
      f1: single((inputs) => 100 * detectionF1(detections(inputs, 1))),
      "auc-roc": single((inputs) => 100 * rocArea(scored(inputs))),
      "auc-pr": single((inputs) => 100 * averagePrecision(scored(inputs))),
    };
  },
);
