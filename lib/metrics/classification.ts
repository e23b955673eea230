/** @file Metrics of class ids, in percent, as T5's evaluation computes them. An illegal answer has the id -1. */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { checkAnswered, type Metric, meanPercent } from "./answered.js";

/**
 * Share of answers that equal the truth, times 100: class ids, or texts. The id -1 of an answer that is not a label is wrong, unless the
 * truth is -1 itself: leave out examples whose truth is unknown.
 *
 * @see T5's `accuracy` and `sequence_accuracy`
 * @throws {ArgumentError} for an empty list
 * @example accuracy([{ answer: 1, example: { id: "0", inputs: "…", targets: "True", truth: 1 } }]) // 100
 */
export const accuracy: Metric = takes("accuracy(answered)", (answered) =>
  meanPercent("accuracy", answered, ({ answer, example }) => Number(answer === example.truth)),
);

/** One decision about one class: whether it is the truth, and whether it was the answer. */
export interface Detection {
  readonly expected: boolean;
  readonly given: boolean;
  readonly weight: number;
}

/** F1 of one class, from 0 to 1: `2TP / (2TP + FP + FN)`, 0 where that is undefined. */
export const detectionF1 = (detections: readonly Detection[]): number => {
  let [hits, misses] = [0, 0];
  for (const { expected, given, weight } of detections) {
    if (expected && given) hits += weight;
    else if (expected || given) misses += weight;
  }
  return hits === 0 ? 0 : (2 * hits) / (2 * hits + misses);
};

/** The mean of a score over the classes `0 … classes - 1`, times 100. */
export const meanOverClasses = (classes: number, score: (k: number) => number): number => {
  let sum = 0;
  for (let k = 0; k < classes; k++) sum += score(k);
  return (100 * sum) / classes;
};

/**
 * The unweighted mean of F1 over classes `0 … classes - 1`, times 100; also over those that do not occur. The id -1 counts as a
 * miss of the right class, and against no other class.
 *
 * @see T5's `mean_multiclass_f1`
 * @throws {ArgumentError} for an empty list
 * @example macroF1(3)(answered)
 */
export const macroF1 = takes(
  "macroF1(classes)",
  (classes: number): Metric<number, number> =>
    (answered) => {
      checkAnswered("macroF1", answered);
      const detections = (k: number): Detection[] =>
        answered.map(({ answer, example }) => ({ expected: example.truth === k, given: answer === k, weight: 1 }));
      return meanOverClasses(classes, (k) => detectionF1(detections(k)));
    },
);

/**
 * F1 of class 1 among two classes, times 100; an answer that is neither counts as the opposite of the truth. 0 when class 1 is
 * neither expected nor given.
 *
 * @see T5's `f1_score_with_invalid`, the metric of MRPC, QQP and (over all answers) MultiRC
 * @throws {ArgumentError} for an empty list, or a truth other than 0 and 1
 */
export const f1WithInvalid: Metric<number, number> = takes("f1WithInvalid(answered)", (answered) => {
  checkAnswered("f1WithInvalid", answered);
  const detections = answered.map(({ answer, example: { id, truth } }) => {
    if (truth !== 0 && truth !== 1) {
      throw new ArgumentError({
        where: "f1WithInvalid",
        what: "a truth is not one of the two classes",
        expected: "0 or 1",
        got: `${truth}`,
        at: `example ${id}`,
      });
    }
    const given = answer === 0 || answer === 1 ? answer : 1 - truth;
    return { expected: truth === 1, given: given === 1, weight: 1 };
  });
  return 100 * detectionF1(detections);
});

const countBy = (ids: readonly number[]): Map<number, number> => {
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
};

/**
 * Matthews' correlation coefficient of truths and answers, times 100, from -100 to 100; 0 where it is undefined, that is when all
 * truths or all answers are one class. The id -1 is a class like the others.
 *
 * @see T5's `matthews_corrcoef`, which is scikit-learn's form for any number of classes
 * @throws {ArgumentError} for an empty list
 */
export const matthews: Metric<number, number> = takes("matthews(answered)", (answered) => {
  checkAnswered("matthews", answered);
  const total = answered.length;
  const right = answered.filter(({ answer, example }) => answer === example.truth).length;
  const truths = countBy(answered.map(({ example }) => example.truth));
  const answers = countBy(answered.map(({ answer }) => answer));
  const product = (a: Map<number, number>, b: Map<number, number>): number =>
    [...a].reduce((sum, [id, n]) => sum + n * (b.get(id) ?? 0), 0);
  const spread = (counts: Map<number, number>): number => total ** 2 - product(counts, counts);
  const scale = Math.sqrt(spread(truths) * spread(answers));
  return scale === 0 ? 0 : (100 * (right * total - product(truths, answers))) / scale;
});
