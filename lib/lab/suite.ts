/** @file The evaluation of several tasks as one: task by task, with a mean of their scores. */
import { mean } from "../metrics/average.js";
import type { Evaluator } from "../train/evaluate.js";
import type { Evaluation } from "../train/progress.js";

/** A task that is evaluated. */
export interface SuitePart {
  readonly name: string;
  readonly evaluate: Evaluator<object>;
}

/** An evaluation of one task or more; with several, metrics have the names of their tasks in front: `cb/accuracy`. */
export interface SuiteEvaluation extends Evaluation {
  /** Each task's own. */
  readonly tasks: Readonly<Record<string, Evaluation>>;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Scores of several tasks under one another's names; of one task its own. */
export const joinedScores = (
  scores: Readonly<Record<string, Readonly<Record<string, number>>>>,
): Readonly<Record<string, number>> => {
  const tasks = Object.entries(scores);
  if (tasks.length === 1) return tasks[0][1];
  return Object.fromEntries(
    tasks.flatMap(([task, metrics]) => Object.entries(metrics).map(([name, value]) => [`${task}/${name}`, value])),
  );
};

const joined = (tasks: Readonly<Record<string, Evaluation>>, choosing: readonly string[]): SuiteEvaluation => {
  const all = Object.values(tasks);
  if (all.length === 1) return { ...all[0], tasks };
  const metrics = Object.fromEntries(Object.entries(tasks).map(([name, one]) => [name, one.metrics]));
  return {
    metrics: joinedScores(metrics),
    score: mean(choosing.map((name) => tasks[name].score)),
    invalid: sum(all.map(({ invalid }) => invalid)),
    unlabelled: sum(all.map(({ unlabelled }) => unlabelled)),
    loss: mean(all.map(({ loss }) => loss)),
    tokenAccuracy: mean(all.map(({ tokenAccuracy }) => tokenAccuracy)),
    predictions: Object.entries(tasks).flatMap(([task, one]) => one.predictions.map((p) => ({ task, ...p }))),
    tasks,
  };
};

/** Evaluates tasks one after another; the score is that of the tasks that choose. It takes their evaluators over. */
export const suiteEvaluator = (parts: readonly SuitePart[], choosing: readonly string[]) => {
  const evaluate = async (tuned: object | null): Promise<SuiteEvaluation> => {
    const found: [string, Evaluation][] = [];
    for (const { name, evaluate: one } of parts) found.push([name, await one(tuned)]);
    return joined(Object.fromEntries(found), choosing);
  };
  const dispose = (): void => {
    for (const part of parts) part.evaluate.dispose();
  };
  return Object.assign(evaluate, { dispose });
};

export type SuiteEvaluator = ReturnType<typeof suiteEvaluator>;
