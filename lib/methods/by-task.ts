/** @file Prompts of several tasks as a table, from which each row of a batch takes the one of its task. */
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { valuesAtHand } from "../t5/ids.js";
import type { Batch } from "../t5/model.js";

const HINT = "give the batch `tasks`: the task of each row, from 0, or one number for all rows";

/** @throws {ArgumentError} when the number of tasks is not a whole number above 0 */
export const checkTasks = (where: string, tasks: number): void => {
  if (Number.isInteger(tasks) && tasks > 0) return;
  throw new ArgumentError({ where, what: "there is no task", expected: "1, 2, … tasks", got: String(tasks) });
};

/** @throws {ArgumentError} for a task that is not among the first `count`, where numbers are at hand */
const checkRange = (where: string, tasks: Tensor, count: number): void => {
  const wrong = valuesAtHand(tasks)?.find((task) => !(task >= 0 && task < count));
  if (wrong === undefined) return;
  const [what, expected] = ["there is no prompt for this task", `tasks from 0 to ${count - 1}`];
  throw new ArgumentError({ where, what, expected, got: String(wrong) });
};

/**
 * The rows of a table `[tasks, ...]` for the rows of a batch, `[B, ...]`; of one task alone, or for a batch with one task, `[...]`.
 *
 * @throws {ArgumentError} for several tasks and a batch that does not name those of its rows, or names one that is not there; {ShapeError} for tasks
 * that are neither `[B]` nor a scalar
 */
export const rowsByTask = (where: string, table: Tensor, batch: Partial<Batch> | undefined): Tensor => {
  const count = table.shape[0];
  const tasks = batch?.tasks;
  if (tasks === undefined && count === 1) return np.squeeze(table, 0);
  if (tasks === undefined) {
    const what = "the batch does not say which task its rows are of";
    throw new ArgumentError({ where, what, expected: `tasks from 0 to ${count - 1}`, got: "none", hint: HINT });
  }
  const rows = batch?.inputs?.shape[0];
  if (tasks.ndim > 1 || (tasks.ndim === 1 && rows !== undefined && tasks.shape[0] !== rows)) {
    const expected = `i32[${rows ?? "B"}] or i32[]`;
    throw new ShapeError({ where, what: "the tasks do not fit the batch", expected, got: `${tasks.aval}`, hint: HINT });
  }
  checkRange(where, tasks, count);
  return np.take(table, tasks, 0);
};

/** The prompt of one task, `[...]`. @throws {ArgumentError} for several tasks without a choice, or a task that is not there */
export const rowOfTask = (where: string, table: Tensor, task: number | undefined): Tensor => {
  const count = table.shape[0];
  const chosen = task ?? (count === 1 ? 0 : undefined);
  if (chosen !== undefined && Number.isInteger(chosen) && chosen >= 0 && chosen < count) return np.get(table, chosen);
  const what = chosen === undefined ? "one prompt is kept of one task" : "there is no prompt for this task";
  throw new ArgumentError({ where, what, expected: `a task from 0 to ${count - 1}`, got: String(chosen ?? "none") });
};
