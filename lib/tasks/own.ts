/** @file Tasks of your own rows in one object: where they are, what the model reads of a row, and what it learns to write. */

import * as t from "io-ts";
import { takes } from "../core/composite.js";
import { type DataError, isFluxionError } from "../core/errors.js";
import { brief } from "../edge/decode.js";
import { accuracy } from "../metrics/classification.js";
import { badField, NO_LABEL, noColumn } from "./fields.js";
import { FORMATS } from "./formats.js";
import { judgedByLabel } from "./labelled.js";
import { badTask as bad, checkFile, checkOwn, checkShare, checkSpec, checkTask, isBag } from "./own-checks.js";
import { judgedBySquad } from "./question-answering.js";
import {
  asTask,
  type Metric,
  type RowFile,
  type Rows,
  type Share,
  type Split,
  type Splits,
  type Task,
  type TaskSpec,
} from "./task.js";
import { NO_TARGET } from "./text.js";

/** A row of which nothing is known: its values by column or key. */
export type AnyRow = Readonly<Record<string, unknown>>;

/** The name of a column, or a function of a row. */
export type Field<Row> = string | ((row: Row) => unknown);

/**
 * Where the rows of a split are: a path that ends in `.parquet`, or in `.jsonl`, `.csv` or `.tsv` with or without `.gz`; an array of objects; or
 * what `Rows` describes.
 */
export type OwnRows = string | readonly unknown[] | Rows;

/** A task of your own rows. */
export interface OwnTask<Row = AnyRow> {
  /** The name that commands, messages and reports use. */
  readonly name: string;
  /** What the task asks, for people; the name by default. */
  readonly title?: string;
  /** The terms of its data. */
  readonly licence?: string;
  /** The answers that there are, in the order of their class ids; without them an answer is any text. */
  readonly labels?: readonly string[] | undefined;
  readonly train?: OwnRows;
  /** Its own rows, or a share of the training rows. */
  readonly validation?: OwnRows | Share;
  readonly test?: OwnRows;
  /** A decoder of rows, which gives them a type. */
  readonly row?: t.Decoder<unknown, Row>;
  /** What the model reads: a text. */
  readonly input: Field<Row>;
  /** What the model learns to write: a text, a number, or the class id of a label. */
  readonly target: Field<Row>;
  /** Percentages by name; accuracy of a task with labels, SQuAD's `em` and `f1` of others. */
  readonly metrics?:
    | Readonly<Record<string, Metric<number, number>>>
    | Readonly<Record<string, Metric<readonly string[], string>>>;
}

const ENDINGS = ["parquet", "jsonl", "csv", "tsv"] as const;

/** The most keys of a row that a message lists. */
const MOST_KEYS = 20;
const FORMAT_NAMES = Object.keys(FORMATS);

/** A file by its ending. */
const fileRows = (at: string, file: string, columns: readonly string[]): RowFile => {
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(file))
    throw bad("rows are not read from an address", "a path", file, at, "fetch the file, and give its path");
  const ending = file.toLowerCase().replace(/\.gz$/, "");
  const format = ENDINGS.find((name) => ending.endsWith(`.${name}`));
  if (format === "jsonl") return { file, format };
  if (format !== undefined) return { file, format, columns };
  const expected = `a file that ends in ${ENDINGS.map((name) => `.${name}`).join(", ")}, or one of the last three with .gz`;
  throw bad("the ending of a file does not tell its format", expected, file, at);
};

/** @throws {ArgumentError} for rows that are described in part, or wrongly */
const checkedRows = (at: string, rows: Rows | Share): Rows | Share => {
  if ("share" in rows) checkShare(at, { ...rows });
  else if ("firstOf" in rows) {
    if (!Array.isArray(rows.firstOf) || rows.firstOf.length === 0)
      throw bad("not a list of files", "one file or more", brief(rows.firstOf), `${at}.firstOf`);
    for (const file of rows.firstOf) checkFile(at, { ...file }, FORMAT_NAMES);
  } else if ("rows" in rows) {
    if (!Array.isArray(rows.rows)) throw bad("not rows", "an array", brief(rows.rows), `${at}.rows`);
  } else checkFile(at, { ...rows }, FORMAT_NAMES);
  return rows;
};

const isRows = (rows: unknown): rows is Rows | Share =>
  isBag(rows) && ["file", "firstOf", "rows", "share"].some((key) => key in rows);

const rowsOf = (at: Split, rows: OwnRows | Share, columns: readonly string[]): Rows | Share => {
  if (typeof rows === "string") return fileRows(at, rows, columns);
  if (Array.isArray(rows)) return { rows };
  if (isRows(rows) && (at === "validation" || !("share" in rows))) return checkedRows(at, rows);
  const expected = `a path, an array of rows${at === "validation" ? ", or { share }" : ""}`;
  throw bad("not the rows of a split", expected, brief(rows), at);
};

const splitsOf = <Row>({ input, target, ...task }: OwnTask<Row>): Splits => {
  const columns = [input, target].filter((field) => typeof field === "string");
  const given = (["train", "validation", "test"] as const).flatMap((split) => {
    const rows = task[split];
    // A test split may have no target.
    const needed = split === "test" ? columns.slice(0, typeof input === "string" ? 1 : 0) : columns;
    return rows === undefined ? [] : [[split, rowsOf(split, rows, needed)] as const];
  });
  const splits: Splits = Object.fromEntries(given);
  if (given.length === 0) throw bad("the task has no rows", "train, validation or test", "none of them", task.name);
  if (splits.validation === undefined || !("share" in splits.validation) || splits.train !== undefined) return splits;
  throw bad("there are no rows to take a share of", "train", "none", "validation");
};

const fieldOf = (row: AnyRow, column: string, at: string): unknown => {
  if (Object.hasOwn(row, column)) return row[column];
  const { what, expected } = noColumn(column, Object.keys(row));
  throw badField(at, what, expected);
};

/** The columns or keys of a row, for messages. */
const keysOf = (row: unknown): string => {
  const keys = Object.keys(row as AnyRow);
  const shown = keys.slice(0, MOST_KEYS).map((key) => brief(key));
  return `the row has ${shown.join(", ") || "no keys"}${keys.length > MOST_KEYS ? ", …" : ""}`;
};

/** A field of rows, and what messages call it. */
interface Reader<Row> {
  readonly at: string;
  readonly get: (row: Row) => unknown;
}

/** What a function gives for a row. @throws {DataError} where it fails, or gives a promise */
const givenBy = <Row>(at: string, field: (row: Row) => unknown, row: Row): unknown => {
  let value: unknown;
  try {
    value = field(row);
  } catch (error) {
    if (isFluxionError(error, "DataError")) throw error;
    throw badField(at, `the function failed: ${error}`, `a value; ${keysOf(row)}`);
  }
  if (!(value instanceof Promise)) return value;
  // It is not awaited: a failure of it must not end the process.
  value.catch(() => undefined);
  throw badField(at, "the function gives a promise", "a value at once, of a function that is not async");
};

const readerOf = <Row>(name: "input" | "target", field: Field<Row>): Reader<Row> => {
  if (typeof field === "function") return { at: name, get: (row) => givenBy(name, field, row) };
  const at = `column ${brief(field)}`;
  return { at, get: (row) => fieldOf(row as AnyRow, field, at) };
};

/** A target as a decoder writes it: it knows single spaces, between words, and no other white space. */
const asWritten = (text: string): string => text.trim().replaceAll(/\s+/g, " ");

/** What was expected; where nothing was found, also what the row has. */
const expectedOf = (expected: string, value: unknown, row: unknown): string =>
  value === undefined ? `${expected}; ${keysOf(row)}` : expected;

const inputOf = <Row>({ at, get }: Reader<Row>, row: Row): string => {
  const value = get(row);
  if (typeof value === "string" && value.trim() !== "") return value;
  throw badField(at, "not an input", expectedOf("a text that is not empty", value, row), value);
};

/** A value as a target; undefined where it is none. */
const targetText = (value: unknown): string | undefined => {
  const text = typeof value === "string" || (typeof value === "number" && Number.isFinite(value)) ? `${value}` : "";
  return asWritten(text) || undefined;
};

const notALabel = (at: string, labels: readonly string[], value: unknown): DataError =>
  badField(at, "not a label", labels.map((label) => JSON.stringify(label)).join(" or "), value);

const targetOf = <Row>({ at, get }: Reader<Row>, row: Row, labels: readonly string[] | undefined): string => {
  const value = get(row);
  const text = targetText(value);
  if (text === undefined)
    throw badField(at, "not a target", expectedOf("a text that is not empty, or a number", value, row), value);
  if (labels === undefined || labels.includes(text)) return text;
  if (typeof value === "number" && labels[value] !== undefined) return labels[value];
  throw notALabel(at, labels, value);
};

/** Whether a row of a test split has no target. */
const isWithout = <Row>({ get }: Reader<Row>, field: Field<Row>, row: Row): boolean =>
  typeof field === "string" ? ((row as AnyRow)[field] ?? "") === "" : (get(row) ?? "") === "";

const checkedLabels = (labels: readonly string[]): readonly string[] => {
  const written = labels.map(asWritten);
  const twice = written.find((label, i) => written.indexOf(label) < i);
  if (written.length > 0 && !written.includes("") && twice === undefined) return written;
  const what = twice === undefined ? "labels are missing or empty" : "a label stands twice";
  throw bad(what, "one label or more, each once", brief(labels), "labels");
};

/** How targets become truths, and how answers are judged by them. */
interface Judgement<Truth, Answer>
  extends Pick<TaskSpec<unknown, Truth, Answer>, "labels" | "read" | "correct" | "hasTruth" | "valid" | "metrics"> {
  readonly truthOf: (target: string | undefined) => Truth;
}

const byLabel = (labels: readonly string[]): Judgement<number, number> => ({
  ...judgedByLabel(labels),
  metrics: { accuracy },
  truthOf: (target) => (target === undefined ? NO_LABEL : labels.indexOf(target)),
});

const byText: Judgement<readonly string[], string> = {
  ...judgedBySquad,
  truthOf: (target) => (target === undefined ? [] : [target]),
};

const taskOf = <Row, Truth, Answer>(
  own: OwnTask<Row>,
  { truthOf, metrics, ...judgement }: Judgement<Truth, Answer>,
): Task => {
  const { name, title = name, licence, row = t.UnknownRecord as unknown as t.Decoder<unknown, Row> } = own;
  const [input, target] = [readerOf("input", own.input), readerOf("target", own.target)];
  return asTask<Row, Truth, Answer>({
    name,
    title,
    prefix: name,
    ...(licence !== undefined && { licence }),
    splits: splitsOf(own),
    row,
    examples: (row, split, number) => {
      const inputs = inputOf(input, row);
      const isOpen = split === "test" && isWithout(target, own.target, row);
      const found = isOpen ? undefined : targetOf(target, row, judgement.labels);
      return [{ id: `${number}`, inputs, targets: found ?? NO_TARGET, truth: truthOf(found) }];
    },
    ...judgement,
    metrics: (own.metrics as typeof metrics | undefined) ?? metrics,
  });
};

const ownTask = <Row>(own: OwnTask<Row>): Task => {
  checkOwn(own);
  return own.labels === undefined ? taskOf(own, byText) : taskOf(own, byLabel(checkedLabels(own.labels)));
};

/**
 * A task as a plain value.
 *
 * Of your own rows it takes where they are, `input` and `target`, each a column or a function of a row that may give `unknown`: what is not a text, or
 * for a target a number, is refused with file and row. A row is an object of unknown values; with `row`, a decoder, it has a type. With
 * `labels` the truth of an example is the place of its target among them, the metric is accuracy, a target that is not a label is refused, and a number
 * that is not a label is a class id. Without them an answer is any text, and the metrics are SQuAD's `em` and `f1`. `validation: { share: 0.1, seed: 0 }` takes a
 * tenth of the training rows, of each label alike.
 *
 * Inputs stay as they are. In targets and labels white space at the ends is dropped and other runs of it become one space, since a decoder writes no
 * others. The id of an example is the number of its row. A row of `test` may be without a target. Relative paths start at the folder that `readExamples` is
 * given, by default the working directory.
 *
 * Tasks of other kinds are a `TaskSpec`: their function `examples` makes none, one or many of a row. Its types of rows, truths and answers are hidden, so that
 * tasks of all kinds stand in one list.
 *
 * @throws {ArgumentError} for keys that there are not, values of another kind, files whose ending does not tell their format, splits without rows, and
 * labels that are empty or stand twice
 * @example
 * const toxicity = task({
 *   name: "toxicity",
 *   labels: ["no", "yes"],
 *   train: "train.csv",
 *   validation: "dev.csv",
 *   input: (row) => row.text,
 *   target: (row) => row.label,
 * });
 */
export const task: TaskMaker = takes("task(own)", <Row>(spec: OwnTask<Row> | TaskSpec<Row, unknown, unknown>): Task => {
  checkTask(spec);
  if (!("examples" in spec)) return ownTask(spec);
  checkSpec(spec);
  return asTask(spec);
});
interface TaskMaker {
  <Row = AnyRow>(own: OwnTask<Row>): Task;
  <Row, Truth, Answer>(spec: TaskSpec<Row, Truth, Answer>): Task;
}

/**
 * Makes a task of the names of two columns.
 *
 * @deprecated `task` takes the same object
 */
export const tableTask: (options: OwnTask) => Task = takes(
  "tableTask({ name, title, licence, labels, train, validation, test, row, input, target, metrics })",
  task,
);
