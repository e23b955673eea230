/** @file What a task is: where its rows are, what they become, and when an answer is right. */
import type { Decoder } from "io-ts";
import type { Answered, Example, Metric } from "../metrics/answered.js";
import type { ColumnOptions } from "./columns.js";

export type { Answered, Example, Metric } from "../metrics/answered.js";

export type Split = "train" | "validation" | "test";

/**
 * A file of rows, by its path in the data folder or an absolute one. A `*` in its name stands for any characters: the rows of all such files, in
 * the order of their names. One that is packed by gzip, or in a zip archive (`CoLA.zip/CoLA/train.tsv`), is unpacked while it is read, unless it is Parquet.
 */
export type RowFile = { readonly file: string } & (
  | { readonly format: "jsonl" }
  | ({ readonly format: "csv" | "parquet" } & ColumnOptions)
  | ({
      readonly format: "tsv";
      /** The names of the columns, of a file whose first line is a row. */
      readonly header?: readonly string[];
      /** Whether rows may lack values at their end, or have more of them than there are columns, as in GLUE. */
      readonly uneven?: boolean;
      /** Leaves the rows whose values of the columns `by` are, or are not, a line of another file; the others keep their numbers. */
      readonly only?: { readonly listed: boolean; readonly file: string; readonly by: readonly string[] };
    } & ColumnOptions)
  /** The paragraphs of SQuAD's JSON, each with the title of its article. */
  | { readonly format: "squad" }
  /** Records of lines, one a field, with an empty line behind each. */
  | { readonly format: "blocks"; readonly fields: readonly string[] }
);

/** A share of the training rows, which they then lack: drawn by a seed, of each label alike. */
export interface Share {
  /** From 0 to 1. */
  readonly share: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Where the rows of a split are: a file, the first of several that is there, or an array in memory. */
export type Rows = RowFile | { readonly firstOf: readonly RowFile[] } | { readonly rows: readonly unknown[] };

/** The rows of each split that a task has. */
export interface Splits {
  readonly train?: Rows;
  readonly validation?: Rows | Share;
  readonly test?: Rows;
}

/** The files that the rows of a split may be in, the usual one first; none of rows in memory, or of a share. */
export const choicesOf = (rows: Rows | Share | undefined): readonly RowFile[] => {
  if (rows === undefined || "rows" in rows || "share" in rows) return [];
  return "firstOf" in rows ? rows.firstOf : [rows];
};

/** A benchmark with a leaderboard. */
export type Benchmark = "superglue" | "glue";

/** How the answers to a task are written for the leaderboard of its benchmark. */
export interface Submission<Answer> {
  readonly benchmark: Benchmark;
  /** The name of the file in the archive: `CB.jsonl`. */
  readonly file: string;
  /** The names of the class ids that answers have, where the task has no labels. */
  readonly labels?: readonly string[];
  /** The text of the file, for answers that the task allows, in the order of the examples. */
  readonly write: (answered: readonly Answered<unknown, Answer>[]) => string;
}

/** The parts of a task, with the types of its rows, truths and answers. */
export interface TaskSpec<Row, Truth, Answer> {
  /** The name that commands and recipes use: `cb`. */
  readonly name: string;
  /** What the task asks, for people. */
  readonly title: string;
  /** The terms of its data, where they are known. */
  readonly licence?: string;
  /** The word that T5's own task has in front of its inputs: `cb`, `wsc:`. */
  readonly prefix?: string;
  /** The task's number among its benchmark's tasks, for inputs with an index in front. */
  readonly index?: number;
  /** The answers in the order of their class ids. A task with labels can be ranked, and its labels can start a prompt. */
  readonly labels?: readonly string[];
  readonly splits: Splits;
  /** The folder of its benchmark, for a data folder that has several: `glue`; or an absolute one, for files that are not in the data folder. */
  readonly folder?: string;
  readonly row: Decoder<unknown, Row>;
  /**
   * The examples of a row: none, one or many. Rows are numbered from 1.
   * @throws {DataError} when the row makes no sense, with the field in `at`; the reader of the file adds file and row
   */
  readonly examples: (row: Row, split: Split, number: number) => readonly Example<Truth>[];
  /** Joins an example to the first one of its id, in an earlier row; without it an id that stands twice is refused. */
  readonly again?: (first: Example<Truth>, later: Example<Truth>) => Example<Truth>;
  /** The answer in a decoded text. Some tasks judge it by the example. */
  readonly read: (text: string, example: Example<Truth>) => Answer;
  /** Whether an answer is right by itself; groups count in metrics alone. */
  readonly correct: (answer: Answer, example: Example<Truth>) => boolean;
  /** Whether the truth of an example is known, as in a test split it may not be; without it every one is. */
  readonly hasTruth?: (example: Example<Truth>) => boolean;
  /** Whether an answer is one of those that the task allows; without it every answer is. */
  readonly valid?: (answer: Answer) => boolean;
  /** Percentages by T5's own names. The score of a task is their mean. */
  readonly metrics: Readonly<Record<string, Metric<Truth, Answer>>>;
  /** How its answers are written for a leaderboard; without it none takes them. */
  readonly submission?: Submission<Answer>;
}

/** A task that keeps the types of its rows, truths and answers to itself. */
export type Task = TaskSpec<unknown, unknown, unknown>;

/** A task as a plain value: hides the types of its rows, truths and answers, so that tasks of all kinds stand in one list. */
export const asTask = <Row, Truth, Answer>(spec: TaskSpec<Row, Truth, Answer>): Task => spec as unknown as Task;

/** The three files of a task in SuperGLUE's official layout. */
export const jsonlFiles = (folder: string): Readonly<Record<Split, RowFile>> => ({
  train: { file: `${folder}/train.jsonl`, format: "jsonl" },
  validation: { file: `${folder}/val.jsonl`, format: "jsonl" },
  test: { file: `${folder}/test.jsonl`, format: "jsonl" },
});
