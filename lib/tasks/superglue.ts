/**
 * @file SuperGLUE as text to text, with the exact strings of T5's preprocessors.
 *
 * @see Raffel et al. 2020, appendix D; Lester et al. 2021, section 3 (the leading task name is dropped)
 */
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { DataError } from "../core/errors.js";
import { accuracy, macroF1 } from "../metrics/classification.js";
import { dropFirstWord } from "./text.js";

/** One example as strings, and its label as a number. */
export interface Example {
  readonly idx: number;
  readonly inputs: string;
  readonly targets: string;
  /** Index among the task's labels. */
  readonly label: number;
}

/** What a task is: how its rows read, how they become text, and how answers are scored. */
export interface Task<Row = unknown> {
  readonly name: string;
  /** Its folder in the official layout. */
  readonly folder: string;
  /** In the order of the class ids. */
  readonly labels: readonly string[];
  readonly row: t.Decoder<unknown, Row>;
  readonly toExample: (row: Row) => Example;
  /** Class id of a decoded string: exact equality with a label, else -1. */
  readonly postprocess: (text: string) => number;
  /** Percentages by name, of class ids. */
  readonly metrics: (targets: readonly number[], predictions: readonly number[]) => Readonly<Record<string, number>>;
}

/** `name k1: v1 k2: v2 …`, keys in alphabetical order: T5's generic GLUE preprocessor. */
export const glueText = (name: string, fields: Readonly<Record<string, string>>): string =>
  [
    name,
    ...Object.keys(fields)
      .sort()
      .map((key) => `${key}: ${fields[key]}`),
  ].join(" ");

const labelCodec = (labels: readonly string[]): t.Type<string, string, unknown> =>
  new t.Type(
    labels.map((label) => `"${label}"`).join(" or "),
    (x): x is string => typeof x === "string" && labels.includes(x),
    (x, context) => (typeof x === "string" && labels.includes(x) ? t.success(x) : t.failure(x, context)),
    t.identity,
  );

const CB_LABELS = ["entailment", "contradiction", "neutral"] as const;

/** CommitmentBank: does the premise commit its author to the hypothesis? */
const cb: Task<{ premise: string; hypothesis: string; label: string; idx: number }> = {
  name: "cb",
  folder: "CB",
  labels: CB_LABELS,
  row: t.type({ premise: t.string, hypothesis: t.string, label: labelCodec(CB_LABELS), idx: t.number }, "CB row"),
  toExample: ({ premise, hypothesis, label, idx }) => ({
    idx,
    inputs: dropFirstWord(glueText("cb", { premise, hypothesis })),
    targets: label,
    label: (CB_LABELS as readonly string[]).indexOf(label),
  }),
  postprocess: (text) => (CB_LABELS as readonly string[]).indexOf(text),
  metrics: (targets, predictions) => {
    const answered = targets.map((truth, i) => ({
      answer: predictions[i],
      example: { id: `${i}`, inputs: "", targets: CB_LABELS[truth], truth },
    }));
    return { accuracy: accuracy(answered), f1: macroF1(CB_LABELS.length)(answered) };
  },
};

const TASKS: Readonly<Record<string, Task>> = { cb: cb as Task };

/** Names of the tasks there are. */
export const TASK_NAMES: readonly string[] = Object.keys(TASKS);

/** The task of a name; Left names those there are. */
export const taskOf = (name: string): E.Either<DataError, Task> => {
  const task = Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
  if (task !== undefined) return E.right(task);
  return E.left(
    new DataError({
      where: "data",
      what: "unknown task",
      expected: TASK_NAMES.join(", "),
      got: name,
      hint: "choose one of these",
    }),
  );
};
