/** @file Tasks as values: what a row becomes, how an answer is read, and how answers are scored. Reading files needs Node. */

export { orThrow } from "../edge/either.js";
export { classId, dropSentinel, mrpcToQqp, qqpToMrpc } from "./answers.js";
export { parseCsv, parseCsvE } from "./csv.js";
export type { Written } from "./fields.js";
export { type LabelledOptions, labelled } from "./labelled.js";
export { loadTask, loadTaskTE, readExamples, readExamplesTE, type TunedSplits } from "./reading.js";
export { SUPERGLUE_NAMES, TASK_NAMES, TASKS, taskIndices, taskOf, taskOfE } from "./registry.js";
export { examplesOf, examplesOfE, parseRows, type RawRow } from "./rows.js";
export { jsonlClasses, jsonlNested, jsonlQueries, tsvClasses, tsvNumbers, tsvWords } from "./submission.js";
export { type SubmissionFile, type SubmissionOptions, submissionArchive, submissionFile } from "./submission-files.js";
export { type FoundLabels, findLabels, type TableOptions, tableTask } from "./table.js";
export {
  type Answered,
  type Benchmark,
  type Example,
  type Metric,
  type Rows,
  type Split,
  type Splits,
  type Submission,
  type Task,
  type TaskSpec,
  task,
} from "./task.js";
export { dropFirstWord, fieldsText, joinTexts, padPunctuation, stsbTarget } from "./text.js";
export { fixSpans, type WscSpans } from "./wsc.js";
