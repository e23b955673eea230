/** @file Reading a task's splits from a folder in SuperGLUE's official layout. */
import { join } from "node:path";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { DataError } from "../core/errors.js";
import type { Example } from "../metrics/answered.js";
import { readRows } from "./rows.js";
import type { Task } from "./task.js";

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
  const split = (name: "train" | "validation"): TE.TaskEither<DataError, readonly Example[]> =>
    pipe(
      readRows(join(dir, (task.splits[name] as { file: string }).file), task.row),
      TE.map((rows) => rows.flatMap((row) => task.examples(row, name))),
    );
  return pipe(TE.Do, TE.apSW("train", split("train")), TE.apSW("validation", split("validation")));
};
