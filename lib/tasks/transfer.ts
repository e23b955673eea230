/**
 * @file Paraphrase transfer: a prompt of one task answers the questions of another, and its words are put into that one's.
 *
 * @see Lester et al. 2021, section 5; prompt-tuning's `glue_transfer`
 */
import { classId, mrpcToQqp, qqpToMrpc } from "./answers.js";
import type { Task } from "./task.js";

/** The task with the answers of a prompt that was tuned on another. The labels to rank are the other's, class by class. */
const transferred = (target: Task, source: Task, toTarget: (text: string) => string): Task => {
  const { train: _, ...splits } = target.splits;
  const { labels = [] } = target;
  const read = classId(labels);
  return {
    ...target,
    name: `${target.name}_from_${source.name}`,
    title: `${target.title} Answered in the words of ${source.name}`,
    splits,
    labels: source.labels as readonly string[],
    read: (text) => read(toTarget(text)),
  };
};

/** MRPC's questions for prompts of QQP, and the other way round. */
export const transferTasks = (glue: readonly Task[]): readonly Task[] => {
  const [mrpc, qqp] = ["mrpc", "qqp"].map((name) => glue.find((task) => task.name === name) as Task);
  return [transferred(mrpc, qqp, qqpToMrpc), transferred(qqp, mrpc, mrpcToQqp)];
};
