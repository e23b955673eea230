/**
 * @file The answers to tasks in a folder, kept batch by batch, so that a process that was killed goes on where it was.
 *
 * `progress/TASK.json` tells what the answers are made from, and `progress/TASK.jsonl` has a line for each batch. A line that was cut off ends the
 * batches: those from it on are asked again.
 */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { CheckpointError } from "../core/errors.js";
import { decodeAs, naturalNumber } from "../edge/decode.js";
import { orThrow } from "../edge/either.js";
import { parseJson } from "../edge/json.js";
import { readFrom, type Store } from "../store/store.js";
import type { AnsweredBatch } from "../train/predict.js";
import type { Prediction } from "../train/progress.js";
import { json, jsonLines } from "./folder.js";

const PROGRESS = "progress";
const caller = { where: "answers", error: CheckpointError };

const Batch = t.type({ rows: t.readonlyArray(naturalNumber), texts: t.readonlyArray(t.string) }, "batch");
const Origin = t.readonly(t.record(t.string, t.union([t.string, t.number, t.null])), "origin");

/** What answers are made from: digests of model, adapter and examples, and settings. Answers of another origin do not go with them. */
export type Origin = t.TypeOf<typeof Origin>;

/** The answers to a task, of which some may be missing. */
export interface TaskAnswers {
  /** Batches that are answered. */
  readonly batches: number;
  /** Examples that are answered. */
  readonly done: number;
  /** The answer to each example; undefined where it is missing. */
  readonly texts: readonly (string | undefined)[];
  /** Keeps the answers to the next batch. */
  keep(batch: AnsweredBatch): Promise<void>;
  /** Writes all answers as `TASK.jsonl`. */
  save(predictions: readonly Prediction[]): Promise<void>;
}

/** The answers to the tasks of a folder, for one writer. */
export interface AnswerFolder {
  /**
   * The answers to a task so far.
   *
   * @throws {CheckpointError} when they are of another origin
   */
  open(task: string, examples: number, origin: Origin): Promise<TaskAnswers>;
  close(): Promise<void>;
}

const textFrom = async (store: Store, path: string): Promise<string | undefined> => {
  const bytes = await readFrom(store, path);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
};

/** Whether a folder holds answers, or a part of them. */
export const holdsAnswers = async (store: Store): Promise<boolean> =>
  (await store.list()).some((path) => path.startsWith(`${PROGRESS}/`));

/** @throws {CheckpointError} that names what differs */
const checkOrigin = (task: string, before: Origin, now: Origin, at: string): void => {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const other = names.filter((name) => before[name] !== now[name]);
  if (other.length === 0) return;
  throw new CheckpointError({
    ...{ where: caller.where, what: `the answers to ${task} that are here were made from something else` },
    expected: `the same ${names.join(", ")}`,
    got: `another ${other.join(", ")}`,
    at,
    hint: "ask as before, choose another folder by --out, or remove this file to ask anew",
  });
};

/** The batches of a text of lines, up to the first line that is not one. */
const batchesIn = (text: string, examples: number, source: string): AnsweredBatch[] => {
  const batches: AnsweredBatch[] = [];
  // What follows the last end of a line was cut off.
  for (const line of text.split("\n").slice(0, -1)) {
    const batch = pipe(parseJson(line, caller, source), E.chain(decodeAs(Batch, caller, source)));
    if (E.isLeft(batch)) return batches;
    const { rows, texts } = batch.right;
    if (rows.length !== texts.length || rows.some((row) => row >= examples)) return batches;
    batches.push(batch.right);
  }
  return batches;
};

/** Reads the batches that a task has, and cuts off what is not whole. @throws {CheckpointError} when they are of another origin */
const storedBatches = async (progress: Store, task: string, examples: number, origin: Origin) => {
  const [record, lines] = [`${task}.json`, `${task}.jsonl`];
  const text = (await textFrom(progress, lines)) ?? "";
  const known = await textFrom(progress, record);
  // Where nothing is answered yet, anything may be asked.
  if (known !== undefined && text.includes("\n")) {
    const at = progress.name(record);
    checkOrigin(task, orThrow(pipe(parseJson(known, caller, at), E.chain(decodeAs(Origin, caller, at)))), origin, at);
  }
  const batches = known === undefined ? [] : batchesIn(text, examples, progress.name(lines));
  const whole = jsonLines(batches);
  if (whole !== text) await progress.write(lines, whole);
  await progress.write(record, json(origin));
  return batches;
};

const openTask = async (store: Store, task: string, examples: number, origin: Origin): Promise<TaskAnswers> => {
  const progress = store.below(PROGRESS);
  const texts = new Array<string | undefined>(examples).fill(undefined);
  let [batches, done] = [0, 0];
  const count = (batch: AnsweredBatch): void => {
    batch.rows.forEach((row, i) => {
      texts[row] = batch.texts[i];
    });
    batches++;
    done += batch.rows.length;
  };
  for (const batch of await storedBatches(progress, task, examples, origin)) count(batch);
  return {
    get batches() {
      return batches;
    },
    get done() {
      return done;
    },
    texts,
    async keep(batch) {
      await progress.append(`${task}.jsonl`, jsonLines([batch]));
      count(batch);
    },
    save: (predictions) => store.write(`${task}.jsonl`, jsonLines(predictions)),
  };
};

/** Returns whether the writer of answers writes a file of this path. */
const isWritten = (path: string): boolean => /\.jsonl?$/.test(path);

/**
 * Opens the answers in a folder; until `close` no other process can.
 *
 * @throws {CheckpointError} when another process has the folder, or it cannot be written
 * @example const answers = await openAnswers(nodeStore("answers"))
 */
export const openAnswers = async (store: Store): Promise<AnswerFolder> => {
  const close = await store.lock(isWritten);
  return { open: (task, examples, origin) => openTask(store, task, examples, origin), close };
};
