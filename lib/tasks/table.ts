/** @file Tasks without code: a file of rows for each split, a column that the model reads and one that it writes. */
import * as t from "io-ts";
import { ArgumentError, type DataError } from "../core/errors.js";
import { brief } from "../edge/decode.js";
import { accuracy } from "../metrics/classification.js";
import { squad } from "../metrics/qa.js";
import { badField, noColumn } from "./fields.js";
import { judgedByLabel } from "./labelled.js";
import { type Example, type Rows, type Task, type TaskSpec, task } from "./task.js";

/** The files and columns of a task. */
export interface TableOptions {
  /** The name that messages and reports use. */
  readonly name: string;
  /** What the task asks, for people; the name by default. */
  readonly title?: string;
  /** The file of the training rows, which ends in `.csv` or `.jsonl`. */
  readonly train: string;
  /** The file of the validation rows, which ends in `.csv` or `.jsonl`. */
  readonly validation: string;
  /** The column that the model reads. */
  readonly input: string;
  /** The column that the model learns to write. */
  readonly target: string;
  /** The answers that there are; without them an answer is any text. */
  readonly labels?: readonly string[] | undefined;
}

const badColumn = (column: string, what: string, expected: string, value?: unknown): DataError =>
  badField(`column ${brief(column)}`, what, expected, value);

type Row = Readonly<Record<string, unknown>>;

const fileRows = (at: string, file: string, columns: readonly string[]): Rows => {
  const ending = file.toLowerCase();
  if (ending.endsWith(".csv")) return { file, format: "csv", columns };
  if (ending.endsWith(".jsonl")) return { file, format: "jsonl" };
  const [what, expected] = ["the ending of a file does not tell its format", "a file that ends in .csv or .jsonl"];
  throw new ArgumentError({ where: "tableTask", what, expected, got: file, at });
};

/** A target as a decoder writes it: it knows single spaces, between words, and no other white space. */
const asWritten = (text: string): string => text.trim().replaceAll(/\s+/g, " ");

const fieldOf = (row: Row, column: string): unknown => {
  if (Object.hasOwn(row, column)) return row[column];
  const { what, expected } = noColumn(column, Object.keys(row));
  throw badColumn(column, what, expected);
};

const inputOf = (row: Row, column: string): string => {
  const value = fieldOf(row, column);
  if (typeof value === "string" && value.trim() !== "") return value;
  throw badColumn(column, "not an input", "a text that is not empty", value);
};

const targetOf = (row: Row, column: string, labels: readonly string[] | undefined): string => {
  const value = fieldOf(row, column);
  const text = typeof value === "string" || Number.isSafeInteger(value) ? asWritten(`${value}`) : "";
  if (text === "") throw badColumn(column, "not a target", "a text that is not empty, or an integer", value);
  if (labels === undefined || labels.includes(text)) return text;
  throw badColumn(column, "not a label", labels.map((label) => JSON.stringify(label)).join(" or "), value);
};

const checkedLabels = (labels: readonly string[]): readonly string[] => {
  const written = labels.map(asWritten);
  const twice = written.find((label, i) => written.indexOf(label) < i);
  if (written.length > 0 && !written.includes("") && twice === undefined) return written;
  const what = twice === undefined ? "labels are missing or empty" : "a label stands twice";
  const [expected, got] = ["one label or more, each once", brief(labels)];
  throw new ArgumentError({ where: "tableTask", what, expected, got, at: "labels" });
};

/** How targets become truths, and how answers are judged by them. */
interface Judgement<Truth, Answer>
  extends Pick<TaskSpec<Row, Truth, Answer>, "labels" | "read" | "correct" | "hasTruth" | "valid" | "metrics"> {
  readonly truthOf: (target: string) => Truth;
}

const byLabel = (labels: readonly string[]): Judgement<number, number> => ({
  ...judgedByLabel(labels),
  metrics: { accuracy },
  truthOf: (target) => labels.indexOf(target),
});

const byText: Judgement<readonly string[], string> = {
  read: (text) => text,
  correct: (answer, example) => squad.em([{ answer, example }]) === 100,
  metrics: squad,
  truthOf: (target) => [target],
};

const tableOf = <Truth, Answer>(
  { name, title = name, train, validation, input, target }: TableOptions,
  { truthOf, ...judgement }: Judgement<Truth, Answer>,
): Task =>
  task<Row, Truth, Answer>({
    name,
    title,
    prefix: name,
    splits: {
      train: fileRows("train", train, [input, target]),
      validation: fileRows("validation", validation, [input, target]),
    },
    row: t.UnknownRecord,
    examples: (row, _, number) => {
      const inputs = inputOf(row, input);
      const targets = targetOf(row, target, judgement.labels);
      return [{ id: `${number}`, inputs, targets, truth: truthOf(targets) }];
    },
    ...judgement,
  });

/**
 * A task of rows in files: one column is the input, another one the target. Paths start at the folder that `readExamples` is given, by default the
 * working directory.
 *
 * With `labels` the truth of an example is the place of its target among them, the metric is accuracy, and a target that is not a label is refused.
 * Without them an answer is any text, and the metrics are SQuAD's `em` and `f1`. Inputs stay as they are. In targets and labels white space at the
 * ends is dropped and other runs of it become one space, since a decoder writes no others. An integer of a JSONL file is a target as its digits.
 * The id of an example is the number of its row.
 *
 * @throws {ArgumentError} for files that do not end in `.csv` or `.jsonl`, and for labels that are empty or stand twice
 * @example
 * const mood = tableTask({ name: "mood", train: "train.csv", validation: "dev.csv", input: "text", target: "label", labels: ["sad", "glad"] })
 */
export const tableTask = (options: TableOptions): Task =>
  options.labels === undefined ? tableOf(options, byText) : tableOf(options, byLabel(checkedLabels(options.labels)));

/** The most labels that are found in a file. */
const MOST_LABELS = 20;

/** What the targets of examples look like. */
export interface FoundLabels {
  /** The different targets, in the order in which they first stand there; undefined where they are free text. */
  readonly labels: readonly string[] | undefined;
  /** How many different targets there are. */
  readonly distinct: number;
  readonly examples: number;
}

/**
 * Finds the labels of a task in its training examples. Their different targets are labels when there are at most 20 of them, and fewer than half as
 * many as examples; others are free text.
 *
 * @example
 * const text = tableTask(options)
 * const { labels } = findLabels(await readExamples(text, "train"))
 * const task = tableTask({ ...options, labels })
 */
export const findLabels = (examples: readonly Example[]): FoundLabels => {
  const distinct = [...new Set(examples.map(({ targets }) => targets))];
  const few = distinct.length <= MOST_LABELS && 2 * distinct.length < examples.length;
  return { labels: few ? distinct : undefined, distinct: distinct.length, examples: examples.length };
};
