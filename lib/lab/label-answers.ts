/** @file What losses over labels need of a task: its labels as tokens, and the right one of each example. */
import { ConfigError, DataError } from "../core/errors.js";
import { targetIds } from "../data/batch.js";
import type { Example } from "../metrics/answered.js";
import type { Task } from "../tasks/task.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import type { TokenPart } from "./batches.js";
import type { TaskObjective } from "./objective-settings.js";
import type { Part } from "./task-table.js";

/**
 * @throws {ConfigError} for a loss over the labels of a task that has none; {DataError} for an example whose target is not one of them
 */
export const checkLoss = ({ task, examples }: Part, { loss }: TaskObjective): void => {
  if (loss.name === "tokens") return;
  const { labels } = task;
  if (labels === undefined) {
    const what = `the task ${task.name} has no labels, over which the loss ${loss.name} is`;
    throw new ConfigError({ where: "objective.loss", what, expected: "tokens", got: loss.name });
  }
  const other = examples.find(({ targets }) => !labels.includes(targets));
  if (other === undefined) return;
  const at = `${task.name}, example ${other.id}`;
  throw new DataError({
    where: "objective.loss",
    what: "a target is not a label",
    expected: labels.join(", "),
    got: other.targets,
    at,
  });
};

/** The labels of a task as tokens, and the place of each example's target among them. */
export const answerLabels = (
  { labels = [] }: Task,
  examples: readonly Example[],
  tokenizer: Tokenizer,
  sentinel?: number,
): Pick<TokenPart, "labels" | "answers"> => ({
  labels: labels.map((label) => targetIds(label, tokenizer, sentinel)),
  answers: examples.map(({ targets }) => labels.indexOf(targets)),
});
