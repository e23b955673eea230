/** @file `fluxion evaluate`: how well a T5 answers tasks, with an adapter for each. */
import { join } from "node:path";
import Table from "cli-table3";
import { CheckpointError } from "../core/errors.js";
import { dispose } from "../core/tensor.js";
import { namedBy, orThrow } from "../edge/either.js";
import { printable } from "../edge/printable.js";
import { MINI_DATA, noteSynthetic } from "../lab/assets.js";
import { checkVocabulary } from "../lab/inputs.js";
import { printScores } from "../lab/terminal.js";
import { superglueAverage } from "../metrics/average.js";
import * as np from "../np/index.js";
import { ensureDir, writeAtomic } from "../store/files.js";
import { readExamples } from "../tasks/reading.js";
import type { Split } from "../tasks/task.js";
import { loadTokenizerTE } from "../tokenizer/load-tokenizer.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import type { ReadyModel } from "../train/answer.js";
import type { Evaluation } from "../train/loop.js";
import type { Decoding, InputPrefix } from "../train/settings.js";
import { checkDecoding, checkedFront, taskEvaluator } from "../train/task-evaluator.js";
import { adapterAt, checkAdapter, type FoundAdapter } from "./adapter.js";
import { type Assignment, type AssignmentFlags, assignmentsOf } from "./assignments.js";
import { Bar } from "./bar.js";
import { vocabularyFlag } from "./flags.js";
import { type ReadyOptions, readyT5 } from "./ready.js";
import { usualSplit } from "./tasks.js";
import type { Terminal } from "./terminal.js";

export interface EvaluateFlags extends AssignmentFlags, Omit<ReadyOptions, "adapter" | "prompt"> {
  readonly tokenizer?: string;
  readonly data?: string;
  readonly decode: Decoding;
  readonly prefix: InputPrefix;
  readonly limit?: number;
  readonly maxInputLength?: number;
  readonly maxTokens?: number;
  readonly evaluationTokens: number;
  /** Folder for the answers. */
  readonly out?: string;
  readonly json?: boolean;
}

/** A task to evaluate, with its examples and its adapter. */
interface Question extends Assignment {
  readonly split: Split;
  readonly examples: Awaited<ReturnType<typeof examplesOf>>;
  readonly adapter: FoundAdapter | undefined;
}

interface Answered extends Question {
  readonly found: Evaluation;
  /** Inputs that were cut. */
  readonly cut: number;
}

const examplesOf = async ({ task }: Assignment, split: Split, { data = MINI_DATA, limit }: EvaluateFlags) =>
  (await readExamples(task, split, data)).slice(0, limit);

/** Reads and checks everything before the model is loaded; an adapter of several tasks is read once. */
const questionsOf = async (flags: EvaluateFlags): Promise<Question[]> => {
  const questions: Question[] = [];
  for (const assignment of await assignmentsOf(flags)) {
    const split = flags.split ?? usualSplit(assignment.task);
    checkedFront(assignment.task, flags.prefix);
    checkDecoding(assignment.task, flags.decode);
    const { path } = assignment;
    const known = questions.find((other) => other.path === path)?.adapter;
    const adapter = known ?? (path === undefined ? undefined : await adapterAt(path));
    questions.push({ ...assignment, split, adapter, examples: await examplesOf(assignment, split, flags) });
  }
  return questions;
};

const answer = async (
  model: ReadyModel,
  tokenizer: Tokenizer,
  question: Question,
  flags: EvaluateFlags,
  terminal: Terminal,
): Promise<Answered> => {
  const { task, examples, adapter } = question;
  const { decode, prefix, maxInputLength, maxTokens, evaluationTokens } = flags;
  const tuned = adapter === undefined ? null : (np.devicePut(adapter.tuned) as object);
  const { evaluate, cut } = taskEvaluator(model, tokenizer, task, examples, {
    decoding: decode,
    prefix,
    ...(adapter && { method: adapter.method }),
    maxTokens: evaluationTokens,
    ...(maxInputLength !== undefined && { maxInputLength }),
    ...(maxTokens !== undefined && { maxTargetLength: maxTokens }),
  });
  const bar = new Bar(terminal, "{label} {bar} {value}/{total} | {eta_formatted} left");
  try {
    bar.show(task.name, 0, examples.length);
    return { ...question, found: await evaluate(tuned, (done) => bar.show(task.name, done, examples.length)), cut };
  } finally {
    bar.stop();
    evaluate.dispose();
    dispose(tuned);
  }
};

const WRITING = { where: "--out <dir>", error: CheckpointError };

/** Writes the answers to a task, a line each. */
const save = async (out: string, { task, found }: Answered): Promise<void> => {
  const lines = found.predictions.map((prediction) => `${JSON.stringify(prediction)}\n`);
  await orThrow(writeAtomic(join(out, `${task.name}.jsonl`), lines.join(""), WRITING));
};

const INVALID_SHOWN = 3;

/** Says what a table has no room for: cut inputs, labels that are unknown, and answers that the task does not allow. */
const notes = ({ task, found, cut }: Answered, terminal: Terminal): void => {
  if (cut > 0) {
    terminal.note(`${task.name}: ${cut} ${cut === 1 ? "input was" : "inputs were"} cut (--max-input-length)`);
  }
  if (found.unlabelled > 0) {
    const count = `${found.unlabelled} of ${found.predictions.length} examples have no label`;
    terminal.note(`${task.name}: ${count}, so there are no scores; --out DIR writes the answers`);
  }
  if (found.invalid === 0) return;
  const some = found.predictions.filter(({ valid }) => !valid).slice(0, INVALID_SHOWN);
  const texts = some.map(({ id, prediction }) => `${JSON.stringify(printable(prediction))} (id ${id})`);
  const count = `${found.invalid} ${found.invalid === 1 ? "answer is" : "answers are"}`;
  terminal.note(`${task.name}: ${count} not allowed, such as ${texts.join(", ")}`);
};

const averageOf = (list: readonly Answered[]): number | undefined =>
  superglueAverage(Object.fromEntries(list.map(({ task, found }) => [task.name, found.metrics])));

/** A number of a table; a dash where there is none. */
const cell = (value: number, digits: number): string => (Number.isNaN(value) ? "-" : value.toFixed(digits));

const tableOf = (list: readonly Answered[]): string => {
  const table = new Table({
    head: ["task", "split", "examples", "metrics", "score", "not allowed", "loss", "tokens right"],
    style: { head: [], border: [] },
    colAligns: ["left", "left", "right", "left", "right", "right", "right", "right"],
  });
  for (const { task, split, examples, found } of list) {
    const { metrics, score, invalid, loss, tokenAccuracy } = found;
    const right = Number.isNaN(tokenAccuracy) ? "-" : `${tokenAccuracy.toFixed(1)} %`;
    const [mean, nats] = [cell(score, 1), cell(loss, 3)];
    table.push([task.name, split, examples.length, printScores(metrics), mean, invalid, nats, right]);
  }
  const average = averageOf(list);
  if (average !== undefined)
    table.push(["SuperGLUE", "", "", "mean of the eight tasks", average.toFixed(1), "", "", ""]);
  return `${table}\n`;
};

const jsonOf = (list: readonly Answered[]): string => {
  const tasks = list.map(({ task, split, examples, path, found, cut }) => {
    const { predictions, ...scores } = found;
    const invalidAnswers = predictions.filter(({ valid }) => !valid).slice(0, INVALID_SHOWN);
    return [task.name, { split, examples: examples.length, adapter: path ?? null, ...scores, cut, invalidAnswers }];
  });
  return `${JSON.stringify({ tasks: Object.fromEntries(tasks), superglue: averageOf(list) ?? null }, null, 2)}\n`;
};

/**
 * Evaluates tasks.
 *
 * @throws {ConfigError} for options that contradict each other; the typed errors of files that are missing or damaged
 */
export const evaluate = async (flags: EvaluateFlags, terminal: Terminal): Promise<void> => {
  const { model: path, executor, threads, out, json } = flags;
  const questions = await questionsOf(flags);
  const tokenizer = await orThrow(namedBy(vocabularyFlag(flags.tokenizer), loadTokenizerTE(flags.tokenizer ?? path)));
  const model = await readyT5(
    { model: path, executor, ...(threads !== undefined && { threads }) },
    terminal,
    (config) => {
      checkVocabulary(config, tokenizer);
      for (const { adapter } of questions) if (adapter !== undefined) checkAdapter(adapter, config, path, terminal);
    },
  );
  try {
    if (out !== undefined) await orThrow(ensureDir(out, WRITING));
    const list: Answered[] = [];
    for (const question of questions) {
      const answered = await answer(model, tokenizer, question, flags, terminal);
      if (out !== undefined) await save(out, answered);
      notes(answered, terminal);
      list.push(answered);
    }
    terminal.write(json ? jsonOf(list) : tableOf(list));
    noteSynthetic(flags.data ?? MINI_DATA, terminal);
  } finally {
    model.dispose();
  }
};
