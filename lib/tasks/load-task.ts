/** @file Reading a task's splits from a folder in SuperGLUE's official layout. */
import { join } from "node:path";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { DataError } from "../core/errors.js";
import { readRows } from "./rows.js";
import type { Example, Task } from "./superglue.js";

/** The splits that have labels. */
export interface Splits {
  readonly train: readonly Example[];
  readonly validation: readonly Example[];
}

/**
 * Reads `DIR/<task folder>/train.jsonl` and `val.jsonl`.
 *
 * @returns Left with a DataError that names file and rows when anything is missing or malformed
 */
export const loadTask = (task: Task, dir: string): TE.TaskEither<DataError, Splits> => {
  const split = (name: string): TE.TaskEither<DataError, readonly Example[]> =>
    pipe(
      readRows(join(dir, task.folder, `${name}.jsonl`), task.row),
      TE.map((rows) => rows.map(task.toExample)),
    );
  return pipe(TE.Do, TE.apSW("train", split("train")), TE.apSW("validation", split("val")));
};
