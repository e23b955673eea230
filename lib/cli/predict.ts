/** @file `fluxion predict`: the answers of a T5 to tasks, and the archive of them that a leaderboard takes. */
import { basename, dirname, resolve } from "node:path";
import { CheckpointError } from "../core/errors.js";
import { orThrow } from "../edge/either.js";
import { holdsAnswers, openAnswers, type TaskAnswers } from "../lab/answers.js";
import { noteSynthetic } from "../lab/assets.js";
import { dataAt } from "../lab/inputs.js";
import { nodeStore } from "../store/node.js";
import { writeTogether } from "../store/staging.js";
import { type SubmissionFile, submissionArchive, submissionFile } from "../tasks/submission-files.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import type { ReadyModel } from "../train/answer.js";
import { predictionsOf } from "../train/evaluate.js";
import { taskPredictor } from "../train/predict.js";
import { checkFree } from "./check-free.js";
import { usageError } from "./parse.js";
import { originsOf } from "./predict-origin.js";
import { jsonOf, noteArchive, type Predicted, tableOf } from "./predict-report.js";
import { type Plan, planOf } from "./predict-submission.js";
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

const WHERE = "fluxion predict";
const ARCHIVE = "--submission <file>";

export interface PredictFlags extends QuestionFlags {
  /** Folder for the answers. */
  readonly out?: string;
  /** The archive for a leaderboard. */
  readonly submission?: string;
  /** `cb=neutral`: what stands in place of answers that the task does not allow. */
  readonly illegal?: readonly string[];
  readonly force?: boolean;
  readonly json?: boolean;
}

/** A task, and its answers so far. */
interface Begun extends Question {
  readonly answers: TaskAnswers;
}

/** The folder for the answers. @throws {ConfigError} when there is nowhere to write to */
const folderOf = ({ out, submission }: PredictFlags): string => {
  if (submission !== undefined && !submission.toLowerCase().endsWith(".zip")) {
    throw usageError(ARCHIVE, "the archive has another ending", {
      expected: "a name that ends in .zip",
      got: submission,
    });
  }
  const folder = out ?? (submission === undefined ? undefined : `${submission}.part`);
  if (folder !== undefined) return folder;
  throw usageError(WHERE, "there is nowhere to write to", { expected: "--out DIR, --submission OUT.zip, or both" });
};

/** Asks for what is missing of the answers to a task. */
const finish = async (
  model: ReadyModel,
  tokenizer: Tokenizer,
  begun: Begun,
  flags: PredictFlags,
  terminal: Terminal,
): Promise<void> => {
  const { task, examples, answers } = begun;
  const predictor = taskPredictor(model, tokenizer, task, examples, askedBy(begun, flags));
  noteCut(begun, predictor.cut, terminal);
  if (answers.done > 0) terminal.note(`${task.name}: goes on after ${answers.done} of ${examples.length} answers`);
  try {
    await withTuned(begun, terminal, async (tuned, onProgress) => {
      for await (const batch of predictor.answers(tuned, answers.batches)) {
        await answers.keep(batch);
        onProgress(answers.done);
      }
    });
  } finally {
    predictor.dispose();
  }
};

/** Asks for all answers that are missing; without any, the model is not loaded. */
const finishAll = async (
  list: readonly Begun[],
  tokenizer: Tokenizer,
  flags: PredictFlags,
  terminal: Terminal,
): Promise<void> => {
  const open = list.filter(({ answers, examples }) => answers.done < examples.length);
  if (open.length === 0) return terminal.note("all answers are there already");
  const model = await modelFor(open, tokenizer, flags, terminal);
  try {
    for (const begun of open) await finish(model, tokenizer, begun, flags, terminal);
  } finally {
    model.dispose();
  }
};

/** Writes the answers to a task, and its file for the leaderboard. */
const save = async ({ answers, ...question }: Begun, plan: Plan | undefined): Promise<Predicted> => {
  const { task, examples } = question;
  const texts = answers.texts as readonly string[];
  const predictions = predictionsOf(task, examples, texts);
  await answers.save(predictions);
  const standIn = plan?.standIns[task.name];
  const file = plan && submissionFile(task, examples, texts, standIn === undefined ? {} : { standIn });
  return { ...question, invalid: predictions.filter(({ valid }) => !valid).length, file };
};

const writeArchive = async (path: string, files: readonly SubmissionFile[]): Promise<void> => {
  const [dir, name] = [dirname(resolve(path)), basename(path)];
  const content = [submissionArchive(files)];
  await orThrow(writeTogether(dir, [[name, content]], () => false, { where: ARCHIVE, error: CheckpointError }));
};

/**
 * Answers tasks. What was answered by a process that was killed is not asked again.
 *
 * @throws {ConfigError} for options that contradict each other; {CheckpointError} for a folder with answers of another model, adapter or data; the typed
 * errors of files that are missing or damaged
 */
export const predict = async (flags: PredictFlags, terminal: Terminal): Promise<void> => {
  const { submission, illegal, force, json } = flags;
  const out = folderOf(flags);
  const questions = await questionsOf(WHERE, flags);
  const plan =
    submission === undefined
      ? undefined
      : planOf(
          questions.map(({ task }) => task),
          illegal,
        );
  const store = nodeStore(out);
  // An archive beside its answers is made anew of them.
  if (submission !== undefined && !(await holdsAnswers(store))) checkFree(WHERE, submission, force);
  const tokenizer = await tokenizerOf(flags);
  const origins = await originsOf(questions, flags);
  const folder = await openAnswers(store);
  try {
    const list: Begun[] = [];
    for (const [i, question] of questions.entries()) {
      const { task, examples } = question;
      list.push({ ...question, answers: await folder.open(task.name, examples.length, origins[i]) });
    }
    await finishAll(list, tokenizer, flags, terminal);
    const predicted: Predicted[] = [];
    for (const begun of list) predicted.push(await save(begun, plan));
    if (submission !== undefined)
      await writeArchive(
        submission,
        predicted.flatMap(({ file }) => file ?? []),
      );
    terminal.write(json ? jsonOf(predicted, { out, submission }, plan) : tableOf(predicted, { out, submission }));
    if (plan !== undefined) noteArchive(predicted, plan, terminal);
    noteSynthetic(dataAt(flags.data), terminal);
  } finally {
    await folder.close();
  }
};
