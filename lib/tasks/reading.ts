/** @file Examples of a task from files, read as streams, or from rows in memory. */

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { takes } from "../core/composite.js";
import { DataError } from "../core/errors.js";
import { orThrow, promised } from "../edge/either.js";
import { attempt } from "../store/files.js";
import { READER } from "./fields.js";
import { rowsOf } from "./formats.js";
import { ExampleCollector, type RawRow, rowReader } from "./rows.js";
import { partShare } from "./share.js";
import { type LocatedRows, locate, sourceAt } from "./sources.js";
import type { Example, Rows, Share, Split, Task } from "./task.js";

const noSplit = ({ name, splits }: Task, split: Split): DataError =>
  new DataError({
    where: READER.where,
    what: `${name} has no split ${split}`,
    expected: Object.keys(splits).join(", "),
    got: split,
  });

/** Batches of the rows of files; rows are numbered through all of them. */
async function* rowsIn({ rows, paths }: LocatedRows, dir: string, task: Task): AsyncGenerator<readonly RawRow[]> {
  let before = 0;
  for (const path of paths) {
    let last = before;
    for await (const batch of rowsOf(sourceAt(path, dir, task.folder), rows)) {
      const numbered = before === 0 ? batch : batch.map((row) => ({ ...row, number: row.number + before }));
      last = numbered.at(-1)?.number ?? last;
      yield numbered;
    }
    before = last;
  }
}

const memoryRows = ({ name }: Task, split: Split, rows: readonly unknown[]): readonly RawRow[] =>
  rows.map((row, i) => ({ at: `${name}, ${split}, row ${i + 1}`, number: i + 1, value: E.right(row) }));

/** The rows of a split, and what messages call them. */
const batchesOf = (
  task: Task,
  split: Split,
  dir: string,
): readonly [source: string, batches: Iterable<readonly RawRow[]> | AsyncIterable<readonly RawRow[]>] => {
  const rows = task.splits[split];
  if (rows === undefined) throw noSplit(task, split);
  if ("rows" in rows) return [`${task.name}, ${split}`, [memoryRows(task, split, rows.rows)]];
  const located = locate(task, split, dir);
  return [located.paths.join(", "), rowsIn(located, dir, task)];
};

const isShare = (rows: Rows | Share): rows is Share => "share" in rows;

/** All examples of the rows of a split. */
const collected = async (task: Task, split: Split, dir: string): Promise<readonly Example[]> => {
  const [source, batches] = batchesOf(task, split, dir);
  const collector = new ExampleCollector(task, split);
  for await (const batch of batches) collector.add(batch);
  return orThrow(collector.end(source));
};

const examplesIn = async (task: Task, split: Split, dir: string): Promise<readonly Example[]> => {
  const { validation } = task.splits;
  if (validation === undefined || !isShare(validation) || split === "test") return collected(task, split, dir);
  const { drawn, rest } = partShare(task, await collected(task, "train", dir), validation);
  return split === "validation" ? drawn : rest;
};

/** As `readExamples`, as a TaskEither of fp-ts. */
export const readExamplesTE = takes(
  "readExamplesTE(task, split, dir)",
  (task: Task, split: Split, dir = "."): TE.TaskEither<DataError, readonly Example[]> =>
    attempt(READER, dir, () => examplesIn(task, split, dir)),
);

/**
 * Reads a split of a task.
 *
 * - `dir`: the folder that the paths of the task start at (`DIR/CB/train.jsonl`), or one with the folders of several benchmarks
 *   (`DIR/glue/CoLA/train.tsv`); absolute paths and rows in memory do not need it
 *
 * @throws {DataError} that names the file, and the rows and fields that cannot be used
 * @example const examples = await readExamples(task, "validation", "data/superglue")
 */
export const readExamples = promised("readExamples(task, split, dir)", readExamplesTE);

/**
 * Reads the examples of a split one after the other, as rows arrive: memory does not grow with the file. Ids are not compared.
 *
 * - `dir`: as for `readExamples`
 *
 * @throws {DataError} for the first row that cannot be used, and for a split that is a share of another, which needs all rows
 * @example for await (const { inputs } of streamExamples(task, "train", "data")) count(inputs)
 */
export const streamExamples = takes(
  "streamExamples(task, split, dir)",
  async function* (task: Task, split: Split, dir = "."): AsyncGenerator<Example> {
    const { validation } = task.splits;
    if (validation !== undefined && isShare(validation) && split !== "test") {
      const [what, hint] = [`${task.name}: a share is drawn from all rows`, "read it by readExamples"];
      throw new DataError({ where: "streamExamples", what, got: split, hint });
    }
    const [, batches] = batchesOf(task, split, dir);
    const read = rowReader(task, split);
    for await (const batch of batches) for (const row of batch) yield* orThrow(read(row));
  },
);

/** The splits that a prompt is tuned with. */
export interface TunedSplits {
  readonly train: readonly Example[];
  readonly validation: readonly Example[];
}

/** As `loadTask`, as a TaskEither of fp-ts. */
export const loadTaskTE = takes(
  "loadTaskTE(task, dir)",
  (task: Task, dir = "."): TE.TaskEither<DataError, TunedSplits> =>
    pipe(
      TE.Do,
      TE.apSW("train", readExamplesTE(task, "train", dir)),
      TE.apSW("validation", readExamplesTE(task, "validation", dir)),
    ),
);

/**
 * Reads the training and the validation split of a task; see `readExamples`.
 *
 * @throws {DataError} as `readExamples`
 * @example const { train, validation } = await loadTask(taskOf("rte"), "data/superglue")
 */
export const loadTask = promised("loadTask(task, dir)", loadTaskTE);
