/** @file Tasks whose answer is one of a few labels, and whose input is a few fields of the row. */

import * as t from "io-ts";
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { accuracy } from "../metrics/classification.js";
import { classId } from "./answers.js";
import { checkLabel, labelId, NO_LABEL, rowId, type Written } from "./fields.js";
import { asTask, jsonlFiles, type Metric, type Splits, type Submission, type Task, type TaskSpec } from "./task.js";
import { byCodePoint, fieldsText, NO_TARGET } from "./text.js";

/** What a labelled task may have besides its name, labels and fields. */
export interface LabelledOptions {
  /** What the task asks, for people; the name by default. */
  readonly title?: string;
  /** The terms of its data. */
  readonly licence?: string;
  /** Where its rows are; by default the three files of SuperGLUE's layout, in the folder of the name in capitals. */
  readonly splits?: Splits;
  /** The word that T5's own task has in front of its inputs; the name by default. */
  readonly prefix?: string;
  /** The task's number among its benchmark's tasks. */
  readonly index?: number;
  /** What the file writes for each label, in the same order; a label may also stand there itself. */
  readonly written?: readonly Written[];
  /** The names that fields have in the file, where these differ. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Percentages by name; accuracy by default. */
  readonly metrics?: Readonly<Record<string, Metric<number, number>>>;
  /** How class ids are written for a leaderboard. */
  readonly submission?: Submission<number>;
}

type Judgement<Part extends keyof TaskSpec<unknown, number, number>> = Pick<TaskSpec<unknown, number, number>, Part>;

/** How class ids are judged, of which -1 stands for an answer that is not allowed, or for an unknown truth. */
export const judgedById: Judgement<"correct" | "hasTruth" | "valid"> = {
  correct: (answer, { truth }) => answer !== NO_LABEL && answer === truth,
  hasTruth: ({ truth }) => truth !== NO_LABEL,
  valid: (answer) => answer !== NO_LABEL,
};

/** How a label is read off a text and judged: the class id of a text that is exactly a label, -1 of any other. */
export const judgedByLabel = (
  labels: readonly string[],
): Judgement<"labels" | "read" | "correct" | "hasTruth" | "valid"> => ({
  labels,
  read: classId(labels),
  ...judgedById,
});

const checkList = (at: string, list: readonly Written[]): void => {
  const twice = list.find((item, i) => list.indexOf(item) < i);
  if (list.length > 0 && twice === undefined) return;
  const what = twice === undefined ? "a list is empty" : "an item stands twice in a list";
  const got = twice === undefined ? "[]" : JSON.stringify(twice);
  throw new ArgumentError({ where: "labelled", what, expected: "one item or more, each once", got, at });
};

const checkArguments = (
  labels: readonly string[],
  fields: readonly string[],
  { written = labels, columns = {} }: LabelledOptions,
): void => {
  for (const [at, list] of Object.entries({ labels, fields, written })) checkList(at, list);
  if (written.length !== labels.length) {
    const [expected, got] = [`${labels.length}, one for each label`, `${written.length}`];
    throw new ArgumentError({ where: "labelled", what: "written is not as long as labels", expected, got });
  }
  const stray = Object.keys(columns).find((field) => !fields.includes(field));
  if (stray === undefined) return;
  const what = "a column is given for a field that the task does not have";
  throw new ArgumentError({ where: "labelled", what, expected: fields.join(", "), got: stray, at: "columns" });
};

/**
 * A task of rows `{ idx, label, ...fields }`: the input is `field1: … field2: …` in the order of the alphabet, the target the label's name.
 *
 * A row of `train` or `validation` must have a label. In `test` a row may be without: its target is then `<unk>`, its truth -1. An answer
 * counts only when it is exactly a label; any other has the class id -1.
 *
 * @throws {ArgumentError} for labels or fields that are missing or repeated, and options that do not fit them
 * @see T5's `glue` preprocessor and `string_label_to_class_id`
 * @example
 * const rte = labelled("rte", ["entailment", "not_entailment"], ["premise", "hypothesis"])
 */
export const labelled = takes(
  "labelled(name, labels, fields, { title, licence, splits, prefix, index, written, columns, metrics, submission })",
  (name: string, labels: readonly string[], fields: readonly string[], options: LabelledOptions = {}): Task => {
    checkArguments(labels, fields, options);
    const { title = name, prefix = name, written = labels, columns = {}, metrics = { accuracy } } = options;
    const { licence, index, submission, splits = jsonlFiles(name.toUpperCase()) } = options;
    const columnOf = (field: string): string => columns[field] ?? field;
    const label = labelId(written, labels);
    const sorted = [...fields].sort(byCodePoint);
    const texts = t.type(Object.fromEntries(fields.map((field) => [columnOf(field), t.string])));
    return asTask<{ idx: string; label: number } & Readonly<Record<string, unknown>>, number, number>({
      name,
      title,
      prefix,
      splits,
      metrics,
      ...(licence !== undefined && { licence }),
      ...(index !== undefined && { index }),
      ...(submission !== undefined && { submission }),
      row: t.type({ idx: rowId, label, ...texts.props }, `${name} row`),
      examples: (row, split) => {
        checkLabel("label", row.label, split, label.name);
        return [
          {
            id: row.idx,
            inputs: fieldsText(sorted.map((field) => [field, row[columnOf(field)] as string])),
            targets: labels[row.label] ?? NO_TARGET,
            truth: row.label,
          },
        ];
      },
      ...judgedByLabel(labels),
    });
  },
);
