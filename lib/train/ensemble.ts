/**
 * @file The answer of several adapters of one task: the one that most of them give, or the label that is likeliest on the average.
 *
 * @see Lester et al. 2021, section 6 and table 3
 */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Example } from "../metrics/answered.js";
import type { Task } from "../tasks/task.js";
import type { Answer } from "./answer.js";

/** A text, and its log likelihood. */
export type Voice = Pick<Answer, "text" | "score">;

/** The logarithm of a sum of likelihoods, of their logarithms. */
const logSum = (logs: readonly number[]): number => {
  const most = Math.max(...logs);
  return Number.isFinite(most) ? most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0)) : most;
};

/** The place of the greatest number; of equal ones the first. */
const firstGreatest = (numbers: readonly number[]): number => numbers.indexOf(Math.max(...numbers));

const checkAny = (where: string, what: string, list: readonly unknown[]): void => {
  if (list.length > 0) return;
  throw new ArgumentError({ where, what, expected: "at least one", got: "none" });
};

/**
 * The text with the answer that most voices give, where texts that the task reads as one answer count together; an answer that the task does not allow counts as
 * others do. Of answers with equally many voices it is the one with the greatest sum of likelihoods; where these are equal too, the one that is named first. Of its texts
 * it is the likeliest.
 *
 * @throws {ArgumentError} when there is no voice
 * @example
 * const voices = [{ text: "True", score: -0.2 }, { text: "False", score: -0.1 }, { text: "True", score: -0.9 }];
 * majorityVote(boolq, example, voices) // "True"
 */
export const majorityVote = takes(
  "majorityVote(task, example, voices)",
  (task: Pick<Task, "read">, example: Example, voices: readonly Voice[]): string => {
    checkAny("majorityVote", "there is no vote", voices);
    const byAnswer = new Map<string, Voice[]>();
    for (const voice of voices) {
      const answer = JSON.stringify(task.read(voice.text, example)) ?? "";
      byAnswer.set(answer, [...(byAnswer.get(answer) ?? []), voice]);
    }
    const parties = [...byAnswer.values()];
    const most = Math.max(...parties.map(({ length }) => length));
    const largest = parties.filter(({ length }) => length === most);
    const winner = largest[firstGreatest(largest.map((party) => logSum(party.map(({ score }) => score))))];
    return winner[firstGreatest(winner.map(({ score }) => score))].text;
  },
);

/**
 * The place of the label that is likeliest on the average: `argmax_c mean_m p_m(c)`; of equal ones the first.
 *
 * - `logLikelihoods`: of each member those of all labels
 * @throws {ArgumentError} when there is no member
 * @example likeliestLabel([[-0.1, -3], [-2, -0.5]]) // 0
 */
export const likeliestLabel = takes(
  "likeliestLabel(logLikelihoods)",
  (logLikelihoods: readonly (readonly number[])[]): number => {
    checkAny("likeliestLabel", "there is no member", logLikelihoods);
    return firstGreatest(logLikelihoods[0].map((_, label) => logSum(logLikelihoods.map((member) => member[label]))));
  },
);
