/** @file The one shape of every metric: answered examples in, a percentage out. */
import { ArgumentError } from "../core/errors.js";

/** One question as text. */
export interface Example<Truth = unknown> {
  /** The row's own id; parts of an id with several levels are joined by `/`. */
  readonly id: string;
  /** The text that the model reads, without the task's name in front. */
  readonly inputs: string;
  /** The text that the model is trained to write. */
  readonly targets: string;
  /** The right answer, as metrics compare it: a class id, a number, or a list of accepted answers. */
  readonly truth: Truth;
  /** Examples of one group are scored together: the answers to one question. */
  readonly group?: string;
}

/** An example and the answer that was read from the model's text. */
export interface Answered<Truth = unknown, Answer = unknown> {
  readonly answer: Answer;
  readonly example: Example<Truth>;
}

/**
 * A score of answered examples, in percent.
 *
 * @throws {ArgumentError} for an empty list
 */
export type Metric<Truth = unknown, Answer = unknown> = (answered: readonly Answered<Truth, Answer>[]) => number;

/** @throws {ArgumentError} for an empty list, or what is none */
export const checkAnswered = (where: string, answered: readonly unknown[]): void => {
  if (!Array.isArray(answered) || answered.some((one) => typeof one?.example !== "object")) {
    const [what, expected] = ["answered is not a list of answers", "answers with their examples"];
    throw new ArgumentError({ where, what, expected, got: typeof answered });
  }
  if (answered.length > 0) return;
  throw new ArgumentError({ where, what: "there are no answered examples", expected: "at least one", got: "none" });
};

/** @throws {ArgumentError} when there is not one text for each example */
export const checkTexts = (where: string, examples: readonly Example[], texts: readonly string[]): void => {
  if (texts.length === examples.length) return;
  const [expected, got] = [`${examples.length} texts, one for each example`, `${texts.length}`];
  throw new ArgumentError({ where, what: "not one answer per example", expected, got });
};

/**
 * The mean of what `score` gives for each example, times 100.
 *
 * @throws {ArgumentError} for an empty list
 */
export const meanPercent = <Truth, Answer>(
  where: string,
  answered: readonly Answered<Truth, Answer>[],
  score: (one: Answered<Truth, Answer>) => number,
): number => {
  checkAnswered(where, answered);
  return (100 * answered.reduce((sum, one) => sum + score(one), 0)) / answered.length;
};
