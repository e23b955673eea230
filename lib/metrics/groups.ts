/** @file Metrics over groups: the answers to one question of MultiRC, the copies of one query of ReCoRD. */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { type Answered, checkAnswered, type Metric } from "./answered.js";

/**
 * Answered examples by group, the groups in the order in which they begin.
 *
 * @throws {ArgumentError} for an empty list, or an example without a group
 */
export const groupsOf = <Truth, Answer>(
  where: string,
  answered: readonly Answered<Truth, Answer>[],
): Answered<Truth, Answer>[][] => {
  checkAnswered(where, answered);
  const groups = new Map<string, Answered<Truth, Answer>[]>();
  for (const one of answered) {
    const { id, group } = one.example;
    if (group === undefined) {
      throw new ArgumentError({ where, what: "an example has no group", expected: "a group", at: `example ${id}` });
    }
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [one]);
    else members.push(one);
  }
  return [...groups.values()];
};

/**
 * The metric of the first example of each group; its other examples are copies of the same question.
 *
 * @see T5's `deduplicate_metric`
 * @throws {ArgumentError} for an empty list, or an example without a group
 * @example firstOfGroup(squad.f1) // ReCoRD's F1
 */
export const firstOfGroup = takes(
  "firstOfGroup(metric)",
  <Truth, Answer>(metric: Metric<Truth, Answer>): Metric<Truth, Answer> =>
    (answered) =>
      metric(groupsOf("firstOfGroup", answered).map(([first]) => first)),
);

/**
 * The mean of the metrics of the groups, each of which counts the same.
 *
 * @see T5's `mean_group_metric`
 * @throws {ArgumentError} for an empty list, or an example without a group
 */
export const meanOverGroups = takes(
  "meanOverGroups(metric)",
  <Truth, Answer>(metric: Metric<Truth, Answer>): Metric<Truth, Answer> =>
    (answered) => {
      const groups = groupsOf("meanOverGroups", answered);
      return groups.reduce((sum, group) => sum + metric(group), 0) / groups.length;
    },
);

/**
 * 100 when all answers are right, else 0.
 *
 * @see T5's `all_match`
 * @throws {ArgumentError} for an empty list
 */
export const allMatch: Metric = takes("allMatch(answered)", (answered) => {
  checkAnswered("allMatch", answered);
  return answered.every(({ answer, example }) => answer === example.truth) ? 100 : 0;
});

/**
 * The share of groups whose answers are all right, times 100: MultiRC's exact match.
 *
 * @throws {ArgumentError} for an empty list, or an example without a group
 */
export const exactMatch: Metric = takes("exactMatch(answered)", meanOverGroups(allMatch));
