/** @file Tasks that a model is asked, each with its examples and its adapter: what `evaluate` and `predict` share. */

import { dispose } from "../core/tensor.js";
import { counted } from "../edge/counted.js";
import { namedBy, orThrow } from "../edge/either.js";
import { checkVocabulary, dataAt } from "../lab/inputs.js";
import * as np from "../np/index.js";
import { readExamples } from "../tasks/reading.js";
import type { Split } from "../tasks/task.js";
import { loadTokenizerTE } from "../tokenizer/load-tokenizer.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import type { Decoding, InputPrefix } from "../train/settings.js";
import { checkDecoding, checkedFront, type TaskEvaluatorOptions } from "../train/task-evaluator.js";
import { adapterAt, checkAdapter, type FoundAdapter } from "./adapter.js";
import { type Assignment, type AssignmentFlags, assignmentsOf } from "./assignments.js";
import { Bar } from "./bar.js";
import { vocabularyFlag } from "./flags.js";
import { type ReadyOptions, type ReadyT5, readyT5 } from "./ready.js";
import { usualSplit } from "./tasks.js";
import type { Terminal } from "./terminal.js";

export interface QuestionFlags extends AssignmentFlags, Omit<ReadyOptions, "adapter" | "prompt" | "task"> {
  readonly tokenizer?: string;
  readonly data?: string;
  readonly decode: Decoding;
  readonly prefix: InputPrefix;
  readonly sentinel?: boolean;
  readonly limit?: number;
  readonly maxInputLength?: number;
  readonly maxTokens?: number;
  readonly evaluationTokens: number;
}

/** A task to ask, with its examples and its adapter. */
export interface Question extends Assignment {
  readonly split: Split;
  readonly examples: Awaited<ReturnType<typeof readExamples>>;
  readonly adapter: FoundAdapter | undefined;
}

/**
 * Reads and checks everything before the model is loaded; an adapter of several tasks is read once.
 *
 * - `where`: the command, for messages
 */
export const questionsOf = async (where: string, flags: QuestionFlags): Promise<Question[]> => {
  const { limit, prefix, decode } = flags;
  const data = dataAt(flags.data);
  const questions: Question[] = [];
  for (const assignment of await assignmentsOf(where, flags)) {
    const { task, path } = assignment;
    const split = flags.split ?? usualSplit(task);
    checkedFront(task, prefix);
    checkDecoding(task, decode);
    const known = questions.find((other) => other.path === path)?.adapter;
    const adapter = known ?? (path === undefined ? undefined : await adapterAt(path, undefined, task.name));
    const examples = (await readExamples(task, split, data)).slice(0, limit);
    questions.push({ ...assignment, split, adapter, examples });
  }
  return questions;
};

/** The path of the vocabulary. */
export const vocabularyPath = ({ tokenizer, model }: QuestionFlags): string => tokenizer ?? model;

export const tokenizerOf = (flags: QuestionFlags): Promise<Tokenizer> =>
  orThrow(namedBy(vocabularyFlag(flags.tokenizer), loadTokenizerTE(vocabularyPath(flags))));

/** Loads the model, and checks that the vocabulary and all adapters fit it. */
export const modelFor = (
  questions: readonly Pick<Question, "adapter">[],
  tokenizer: Tokenizer,
  { model: path, executor, threads }: QuestionFlags,
  terminal: Terminal,
): Promise<ReadyT5> =>
  readyT5({ model: path, executor, ...(threads !== undefined && { threads }) }, terminal, (config) => {
    checkVocabulary(config, tokenizer);
    for (const { adapter } of questions) if (adapter !== undefined) checkAdapter(adapter, config, path, terminal);
  });

/** How a question is asked. */
export const askedBy = ({ adapter }: Pick<Question, "adapter">, flags: QuestionFlags): TaskEvaluatorOptions<object> => {
  const { decode, prefix, sentinel = false, maxInputLength, maxTokens, evaluationTokens } = flags;
  return {
    decoding: decode,
    prefix,
    sentinel,
    ...(adapter && { method: adapter.method }),
    maxTokens: evaluationTokens,
    ...(maxInputLength !== undefined && { maxInputLength }),
    ...(maxTokens !== undefined && { maxTargetLength: maxTokens }),
  };
};

/** Runs `work` with the tree of a question's adapter on the device, and with a bar for the number of examples that are done. */
export const withTuned = async <A>(
  { task, examples, adapter }: Question,
  terminal: Terminal,
  work: (tuned: object | null, onProgress: (done: number) => void) => Promise<A>,
): Promise<A> => {
  const tuned = adapter === undefined ? null : (np.devicePut(adapter.tuned) as object);
  const bar = new Bar(terminal, "{label} {bar} {value}/{total} | {eta_formatted} left");
  const show = (done: number): void => bar.show(task.name, done, examples.length);
  try {
    show(0);
    return await work(tuned, show);
  } finally {
    bar.stop();
    dispose(tuned);
  }
};

/** Tells how many inputs were cut. */
export const noteCut = ({ task }: Pick<Question, "task">, cut: number, terminal: Terminal): void => {
  if (cut === 0) return;
  terminal.note(`${task.name}: ${counted(cut, "input was", "inputs were")} cut (--max-input-length)`);
};
