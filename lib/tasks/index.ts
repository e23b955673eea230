/** @file Tasks as values: what a row becomes, how an answer is read, and how answers are scored. Reading files needs Node. */

export { orThrow } from "../edge/either.js";
export { classId, dropSentinel, mrpcToQqp, qqpToMrpc } from "./answers.js";
export { parseCsv, parseCsvE } from "./csv.js";
export type { Written } from "./fields.js";
export { type FoundLabels, findLabels } from "./found-labels.js";
export { type LabelledOptions, labelled } from "./labelled.js";
export { type AnyRow, type Field, type OwnRows, type OwnTask, tableTask, task } from "./own.js";
export { questionTable } from "./question-answering.js";
export { loadTask, loadTaskTE, readExamples, readExamplesTE, streamExamples, type TunedSplits } from "./reading.js";
export { GLUE_NAMES, SUPERGLUE_NAMES, TASK_NAMES, TASKS, taskIndices, taskOf, taskOfE } from "./registry.js";
export { examplesOf, examplesOfE, parseRows, type RawRow } from "./rows.js";
export { jsonlClasses, jsonlNested, jsonlQueries, tsvClasses, tsvNumbers, tsvWords } from "./submission.js";
export { type SubmissionFile, type SubmissionOptions, submissionArchive, submissionFile } from "./submission-files.js";
export type {
  Answered,
  Benchmark,
  Example,
  Metric,
  RowFile,
  Rows,
  Share,
  Split,
  Splits,
  Submission,
  Task,
  TaskSpec,
} from "./task.js";
export { dropFirstWord, fieldsText, joinTexts, padPunctuation, stsbTarget } from "./text.js";
export { fixSpans, type WscSpans } from "./wsc.js";
