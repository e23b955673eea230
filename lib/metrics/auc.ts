/** @file Areas under the curves of a scored yes or no: ROC, and precision over recall. Fractions, as T5 gives them. */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { type Answered, checkAnswered, type Metric } from "./answered.js";

/** One scored yes or no. */
export interface Scored {
  readonly positive: boolean;
  readonly score: number;
  readonly weight: number;
}

/** Weights of the positives and negatives whose score reaches a threshold. */
type Reached = readonly [positives: number, negatives: number];

/** What reaches each distinct threshold, the highest first. */
const curve = (points: readonly Scored[]): Reached[] => {
  const sorted = [...points].sort((a, b) => b.score - a.score);
  const reached: Reached[] = [];
  let [positives, negatives] = [0, 0];
  sorted.forEach(({ positive, score, weight }, i) => {
    if (positive) positives += weight;
    else negatives += weight;
    if (score !== sorted[i + 1]?.score) reached.push([positives, negatives]);
  });
  return reached;
};

/** What each step of a curve adds, from nothing. */
const sumOverSteps = (reached: readonly Reached[], step: (from: Reached, to: Reached) => number): number =>
  reached.reduce((sum, to, i) => sum + step(i === 0 ? [0, 0] : reached[i - 1], to), 0);

const hasNoNumber = (points: readonly Scored[]): boolean => points.some(({ score }) => Number.isNaN(score));

/** The area under the ROC curve, from 0 to 1; ties count half. NaN without a positive, without a negative, or with a NaN. */
export const rocArea = (points: readonly Scored[]): number => {
  if (hasNoNumber(points)) return Number.NaN;
  const reached = curve(points);
  const [positives, negatives] = reached.at(-1) as Reached;
  const area = sumOverSteps(reached, ([p, n], [q, m]) => ((m - n) * (p + q)) / 2);
  return area / (positives * negatives);
};

/**
 * Average precision, from 0 to 1: precision at each distinct threshold, weighted by the recall that it adds. 0 without a positive,
 * NaN with a NaN.
 */
export const averagePrecision = (points: readonly Scored[]): number => {
  if (hasNoNumber(points)) return Number.NaN;
  const reached = curve(points);
  const [positives] = reached.at(-1) as Reached;
  if (positives === 0) return 0;
  return sumOverSteps(reached, ([p], [q, m]) => ((q - p) * q) / (q + m)) / positives;
};

const pointsOf = (
  where: string,
  answered: readonly Answered<number, number>[],
  threshold: number | undefined,
): Scored[] => {
  checkAnswered(where, answered);
  return answered.map(({ answer, example: { id, truth } }) => {
    if (threshold === undefined && truth !== 0 && truth !== 1) {
      throw new ArgumentError({
        where,
        what: "a truth is neither yes nor no",
        expected: "0 or 1",
        got: `${truth}`,
        at: `example ${id}`,
        hint: "cut other truths at a { threshold }",
      });
    }
    return { positive: truth >= (threshold ?? 1), score: answer, weight: 1 };
  });
};

/** Truths from this number on are positive; without it, truths are 0 or 1. */
export interface AucOptions {
  readonly threshold?: number;
}

/**
 * The area under the ROC curve of truths and scores, a fraction from 0 to 1. NaN when all truths are the same class.
 *
 * @see T5's `auc`, key `auc-roc`
 * @throws {ArgumentError} for an empty list, or a truth that is neither 0 nor 1 and no threshold
 * @example aucRoc({ threshold: 2.5 })(answered)
 */
export const aucRoc = takes(
  "aucRoc({ threshold })",
  ({ threshold }: AucOptions = {}): Metric<number, number> =>
    (answered) =>
      rocArea(pointsOf("aucRoc", answered, threshold)),
);

/**
 * Average precision of truths and scores, a fraction from 0 to 1; 0 when no truth is positive.
 *
 * @see T5's `auc`, key `auc-pr`
 * @throws {ArgumentError} for an empty list, or a truth that is neither 0 nor 1 and no threshold
 */
export const aucPr = takes(
  "aucPr({ threshold })",
  ({ threshold }: AucOptions = {}): Metric<number, number> =>
    (answered) =>
      averagePrecision(pointsOf("aucPr", answered, threshold)),
);
