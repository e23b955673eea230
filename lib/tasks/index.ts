/** @file Tasks as values: what a row becomes, how an answer is read, and how answers are scored. Reading files needs Node. */

export { orThrow } from "../edge/either.js";
export { classId, dropSentinel, mrpcToQqp, qqpToMrpc } from "./answers.js";
export { loadTask, type Splits } from "./load-task.js";
export { parseRows, readRows } from "./rows.js";
export { type Example, glueText, TASK_NAMES, type Task, taskOf } from "./superglue.js";
export { dropFirstWord, joinTexts, padPunctuation, stsbTarget } from "./text.js";
