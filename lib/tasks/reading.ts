/** @file Examples from files of JSON lines or CSV, such as those of a data folder in SuperGLUE's official layout, or from rows in memory. */
import { isAbsolute, join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { DataError } from "../core/errors.js";
import { promised } from "../edge/either.js";
import { readBytes } from "../store/files.js";
import { parseCsvE } from "./csv.js";
import { READER } from "./fields.js";
import { examplesOfE, parseRows, type RawRow } from "./rows.js";
import type { Example, Rows, Split, Task } from "./task.js";

const noSplit = ({ name, splits }: Task, split: Split): DataError =>
  new DataError({
    where: READER.where,
    what: `${name} has no split ${split}`,
    expected: Object.keys(splits).join(", "),
    got: split,
  });

/** The rows of a file in its format. */
const rowsOf = (
  rows: Exclude<Rows, { readonly rows: unknown }>,
  bytes: Uint8Array,
  path: string,
): E.Either<DataError, readonly RawRow[]> =>
  rows.format === "csv" ? parseCsvE(bytes, path, rows.columns) : E.right(parseRows(bytes, path));

/** As `readExamples`, as a TaskEither of fp-ts. */
export const readExamplesTE = (task: Task, split: Split, dir = "."): TE.TaskEither<DataError, readonly Example[]> => {
  const rows = task.splits[split];
  if (rows === undefined) return TE.left(noSplit(task, split));
  if ("rows" in rows) {
    const source = `${task.name}, ${split}`;
    const raw = rows.rows.map((row, i) => ({ at: `${source}, row ${i + 1}`, number: i + 1, value: E.right(row) }));
    return TE.fromEither(examplesOfE(task, split, raw, source));
  }
  const path = isAbsolute(rows.file) ? rows.file : join(dir, rows.file);
  return pipe(
    readBytes(path, READER),
    TE.chainEitherK((bytes) => rowsOf(rows, bytes, path)),
    TE.chainEitherK((raw) => examplesOfE(task, split, raw, path)),
  );
};

/**
 * Reads a split of a task.
 *
 * - `dir`: the folder that the paths of the task start at (`DIR/CB/train.jsonl`); absolute paths and rows in memory do not need it
 *
 * @throws {DataError} that names the file, and the rows and fields that cannot be used
 * @example const examples = await readExamples(task, "validation", "data/superglue")
 */
export const readExamples = promised("readExamples(task, split, dir)", readExamplesTE);

/** The splits that a prompt is tuned with. */
export interface TunedSplits {
  readonly train: readonly Example[];
  readonly validation: readonly Example[];
}

/** As `loadTask`, as a TaskEither of fp-ts. */
export const loadTaskTE = (task: Task, dir = "."): TE.TaskEither<DataError, TunedSplits> =>
  pipe(
    TE.Do,
    TE.apSW("train", readExamplesTE(task, "train", dir)),
    TE.apSW("validation", readExamplesTE(task, "validation", dir)),
  );

/**
 * Reads the training and the validation split of a task; see `readExamples`.
 *
 * @throws {DataError} as `readExamples`
 * @example const { train, validation } = await loadTask(taskOf("rte"), "data/superglue")
 */
export const loadTask = promised("loadTask(task, dir)", loadTaskTE);
