/** @file Tasks as values: what a row becomes, how an answer is read, and how answers are scored. Reading files needs Node. */
export { orThrow } from "../edge/either.js";
export type { Answered, Example, Metric } from "../metrics/answered.js";
export { loadTask, type Splits } from "./load-task.js";
export { parseRows, readRows } from "./rows.js";
export { dropFirstWord, glueText, TASK_NAMES, taskOf } from "./superglue.js";
export { type Rows, type Split, type Task, type TaskSpec, task } from "./task.js";
