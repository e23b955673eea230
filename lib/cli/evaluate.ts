/** @file `fluxion evaluate`: how well a T5 answers tasks, with an adapter for each. */

import { join } from "node:path";
import Table from "cli-table3";
import { CheckpointError } from "../core/errors.js";
import { counted } from "../edge/counted.js";
import { orThrow } from "../edge/either.js";
import { printable } from "../edge/printable.js";
import { noteSynthetic } from "../lab/assets.js";
import { jsonLines } from "../lab/folder.js";
import { dataAt } from "../lab/inputs.js";
import { printScores } from "../lab/terminal.js";
import { glueAverage, superglueAverage } from "../metrics/average.js";
import { ensureDir, writeAtomic } from "../store/files.js";
import type { Task } from "../tasks/task.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import type { ReadyModel } from "../train/answer.js";
import type { Evaluation } from "../train/progress.js";
import { taskEvaluator } from "../train/task-evaluator.js";
import {
  askedBy,
  modelFor,
  noteCut,
  type Question,
  type QuestionFlags,
  questionsOf,
  tokenizerOf,
  withTuned,
} from "./questions.js";
import type { Terminal } from "./terminal.js";

const WHERE = "fluxion evaluate";

export interface EvaluateFlags extends QuestionFlags {
  /** Folder for the answers. */
  readonly out?: string;
  readonly json?: boolean;
  /** Evaluates all adapters of the folder as one ensemble. */
  readonly vote?: boolean;
}

interface Answered extends Question {
  readonly found: Evaluation;
  /** Inputs that were cut. */
  readonly cut: number;
}

const answer = async (
  model: ReadyModel,
  tokenizer: Tokenizer,
  question: Question,
  flags: EvaluateFlags,
  terminal: Terminal,
): Promise<Answered> => {
  const { task, examples } = question;
  const { evaluate, cut } = taskEvaluator(model, tokenizer, task, examples, askedBy(question, flags));
  try {
    return { ...question, found: await withTuned(question, terminal, evaluate), cut };
  } finally {
    evaluate.dispose();
  }
};

export const WRITING = { where: "--out <dir>", error: CheckpointError };

/** Answers to a task. */
interface Said {
  readonly task: Task;
  readonly found: Pick<Evaluation, "predictions" | "unlabelled" | "invalid">;
  /** Inputs that were cut. */
  readonly cut: number;
}

/** Writes the answers to a task, a line each. */
export const save = async (out: string, { task, found }: Said): Promise<void> => {
  await orThrow(writeAtomic(join(out, `${task.name}.jsonl`), jsonLines(found.predictions), WRITING));
};

const INVALID_SHOWN = 3;

/** Says what a table has no room for: cut inputs, labels that are unknown, and answers that the task does not allow. */
export const notes = (answered: Said, terminal: Terminal): void => {
  const { task, found, cut } = answered;
  noteCut(answered, cut, terminal);
  if (found.unlabelled > 0) {
    const count = `${found.unlabelled} of ${found.predictions.length} examples have no label`;
    terminal.note(`${task.name}: ${count}, so there are no scores; --out DIR writes the answers`);
  }
  if (found.invalid === 0) return;
  const some = found.predictions.filter(({ valid }) => !valid).slice(0, INVALID_SHOWN);
  const texts = some.map(({ id, prediction }) => `${JSON.stringify(printable(prediction))} (id ${id})`);
  const count = counted(found.invalid, "answer is", "answers are");
  terminal.note(`${task.name}: ${count} not allowed, such as ${texts.join(", ")}`);
};

/** The averages of the benchmarks whose tasks are all in the list. */
const averagesOf = (list: readonly Answered[]): Readonly<Record<"superglue" | "glue", number | undefined>> => {
  const scores = Object.fromEntries(list.map(({ task, found }) => [task.name, found.metrics]));
  return { superglue: superglueAverage(scores), glue: glueAverage(scores) };
};
const TITLES = { superglue: "SuperGLUE", glue: "GLUE" } as const;

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
  const averages = averagesOf(list);
  for (const [name, title] of Object.entries(TITLES)) {
    const average = averages[name as keyof typeof TITLES];
    if (average !== undefined) table.push([title, "", "", "mean of the eight tasks", average.toFixed(1), "", "", ""]);
  }
  return `${table}\n`;
};

const jsonOf = (list: readonly Answered[]): string => {
  const tasks = list.map(({ task, split, examples, path, found, cut }) => {
    const { predictions, ...scores } = found;
    const invalidAnswers = predictions.filter(({ valid }) => !valid).slice(0, INVALID_SHOWN);
    return [task.name, { split, examples: examples.length, adapter: path ?? null, ...scores, cut, invalidAnswers }];
  });
  const { superglue = null, glue = null } = averagesOf(list);
  return `${JSON.stringify({ tasks: Object.fromEntries(tasks), superglue, glue }, null, 2)}\n`;
};

/**
 * Evaluates tasks.
 *
 * @throws {ConfigError} for options that contradict each other; the typed errors of files that are missing or damaged
 */
export const evaluate = async (flags: EvaluateFlags, terminal: Terminal): Promise<void> => {
  const { out, json } = flags;
  const questions = await questionsOf(WHERE, flags);
  const tokenizer = await tokenizerOf(flags);
  const model = await modelFor(questions, tokenizer, flags, terminal);
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
    noteSynthetic(dataAt(flags.data), terminal);
  } finally {
    model.dispose();
  }
};
