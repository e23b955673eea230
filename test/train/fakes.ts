/** @file A task, a method and a model for tests of the trainer: the model says what it is told to, and needs no T5. */
import * as t from "io-ts";
import type { Tensor } from "../../lib/core/tensor.js";
import type { EvaluationBatch } from "../../lib/data/evaluation-batches.js";
import type { Method } from "../../lib/methods/method.js";
import type { Example, Metric } from "../../lib/metrics/answered.js";
import * as np from "../../lib/np/index.js";
import { asTask, type Task } from "../../lib/tasks/task.js";
import type { Respondent, Responses } from "../../lib/train/evaluate.js";
import type { Evaluation, Position } from "../../lib/train/progress.js";

const shareOf =
  (isRight: (answer: number, truth: number) => boolean): Metric<number, number> =>
  (answered) =>
    (100 * answered.filter(({ answer, example }) => isRight(answer, example.truth)).length) / answered.length;

/** Colours: right answers are scored, and red ones. */
export const colours: Task = asTask<string, number, number>({
  name: "colours",
  title: "Colours",
  licence: "invented",
  prefix: "colours",
  labels: ["red", "green", "blue"],
  splits: { train: { rows: ["a red", "b green"] }, validation: { rows: ["c blue"] } },
  row: t.string,
  examples: (row) => [exampleOf(row.split(" ")[0], row.split(" ")[1])],
  read: (text) => ["red", "green", "blue"].indexOf(text),
  correct: (answer, { truth }) => answer === truth,
  valid: (answer) => answer >= 0,
  metrics: { accuracy: shareOf((answer, truth) => answer === truth), red: shareOf((answer) => answer === 0) },
});

export const exampleOf = (id: string, targets: string, group?: string): Example<number> => ({
  id,
  inputs: `colour of ${id}?`,
  targets,
  truth: ["red", "green", "blue"].indexOf(targets),
  ...(group !== undefined && { group }),
});

/** An evaluation with a score. */
export const found = (score: number): Evaluation => ({
  metrics: { accuracy: score },
  score,
  invalid: 0,
  unlabelled: 0,
  loss: 100 - score,
  tokenAccuracy: 2,
  predictions: [],
});

/** Where a run stands that has not begun. */
export const START: Position = { step: 0, best: undefined, stale: 0 };

/** A tree as no method of the library has it. */
export interface Toy {
  readonly gain: Tensor;
  readonly deep: { readonly shift: Tensor };
}

/** A stand-in for a method: it scales and shifts all embeddings. */
export const toyMethod: Method<Toy> = {
  settings: { name: "toy" },
  init: (_key, config) => ({ gain: np.ones([config.dModel]), deep: { shift: np.zeros([config.dModel]) } }),
  apply: (_config, frozen, { gain, deep: { shift } }) => {
    const embedding = np.add(np.multiply(frozen.tokenEmbedder.embedding, gain), shift);
    return { params: { ...frozen, tokenEmbedder: { embedding } } };
  },
};

/** Answers `texts[i]` to example i, with a log likelihood of `-(i + 1)` and `i` right tokens. */
export const saying = <P = null>(
  texts: readonly string[],
  onBatch: (rows: readonly number[], tuned: P | null) => void = () => undefined,
  inserted = 0,
) => {
  const state = { disposed: false, open: 0 };
  const respondent: Respondent<P> = {
    open(tuned) {
      state.open++;
      const respond = (batch: EvaluationBatch): Responses => {
        onBatch(batch.rows, tuned);
        const of = <T>(value: (example: number) => T): T[] =>
          Array.from({ length: batch.size }, (_, row) => value(batch.rows[row] ?? 1000));
        return {
          texts: of((i) => texts[i] ?? "nobody reads this"),
          logLikelihoods: of((i) => -(i + 1)),
          correctTokens: of((i) => i),
        };
      };
      return {
        inserted,
        respond,
        dispose: () => {
          state.open--;
        },
      };
    },
    dispose: () => {
      state.disposed = true;
    },
  };
  return { respondent, state };
};
