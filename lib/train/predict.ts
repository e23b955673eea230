/** @file Asking a T5 for its answers to a task's examples, batch by batch, without their scores. */
import { takes } from "../core/composite.js";
import type { Example } from "../metrics/answered.js";
import type { Task } from "../tasks/task.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import type { ReadyModel } from "./answer.js";
import { inputsOf, ofBatch, openT5, textsOf } from "./evaluate.js";
import { breathe } from "./loop.js";
import { askingOf, EVALUATOR_OPTIONS, type TaskEvaluatorOptions } from "./task-evaluator.js";

/** The answers to a batch. */
export interface AnsweredBatch {
  /** The places of its examples. */
  readonly rows: readonly number[];
  /** The answer to each of them. */
  readonly texts: readonly string[];
}

export interface TaskPredictor<P> {
  /** Inputs that were cut to `maxInputLength`. */
  readonly cut: number;
  /**
   * The answers to all batches after the first `done`, one batch after the other. Batches depend on the examples, the options and the number of
   * vectors of the tuned tree alone, so that a program can go on where another one has ended. Lets timers and signals in between batches.
   */
  answers(tuned: P | null, done?: number): AsyncIterable<AnsweredBatch>;
  dispose(): void;
}

/**
 * A predictor of the answers to `examples` by a T5: `taskEvaluator` without scores, for examples whose truths are unknown, and for many of them.
 *
 * @throws {ConfigError} for ranking a task without labels, or a prefix that the task does not have
 * @example
 * const predictor = taskPredictor({ config, params }, tokenizer, task, examples, { method });
 * for await (const { rows, texts } of predictor.answers(tuned)) keep(rows, texts);
 */
export const taskPredictor = takes(
  `taskPredictor(model, tokenizer, task, examples, { ${EVALUATOR_OPTIONS} })`,
  <P extends object = never>(
    model: ReadyModel,
    tokenizer: Tokenizer,
    task: Task,
    examples: readonly Example[],
    options: TaskEvaluatorOptions<P> = {},
  ): TaskPredictor<P> => {
    const { cut, answerer, batches } = askingOf(model, tokenizer, task, examples, options);
    async function* answers(tuned: P | null, done = 0): AsyncGenerator<AnsweredBatch> {
      const opened = openT5(model, options.method, tuned);
      try {
        for (const batch of batches(opened.inserted).slice(done)) {
          await breathe();
          using inputs = inputsOf(batch);
          let texts: readonly string[];
          try {
            texts = textsOf(answerer, opened.model, inputs);
          } catch (error) {
            throw ofBatch(error, batch, examples);
          }
          yield { rows: batch.rows, texts: texts.slice(0, batch.rows.length) };
        }
      } finally {
        opened.dispose();
      }
    }
    return { cut, answers, dispose: () => answerer.dispose() };
  },
);
