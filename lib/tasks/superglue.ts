/**
 * @file SuperGLUE as text to text, with the exact strings of T5's preprocessors.
 *
 * @see Raffel et al. 2020, appendix D; Lester et al. 2021, section 3 (the leading task name is dropped)
 */
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { DataError } from "../core/errors.js";
import { accuracy, macroF1 } from "../metrics/classification.js";
import { type Task, task } from "./task.js";

/** `name k1: v1 k2: v2 …`, keys in alphabetical order: T5's generic GLUE preprocessor. */
export const glueText = (name: string, fields: Readonly<Record<string, string>>): string =>
  [
    name,
    ...Object.keys(fields)
      .sort()
      .map((key) => `${key}: ${fields[key]}`),
  ].join(" ");

/** Drops everything up to and including the first space: the task name. */
export const dropFirstWord = (text: string): string => text.replace(/^[^ ]* /, "");

const labelCodec = (labels: readonly string[]): t.Type<string, string, unknown> =>
  new t.Type(
    labels.map((label) => `"${label}"`).join(" or "),
    (x): x is string => typeof x === "string" && labels.includes(x),
    (x, context) => (typeof x === "string" && labels.includes(x) ? t.success(x) : t.failure(x, context)),
    t.identity,
  );

const CB_LABELS = ["entailment", "contradiction", "neutral"] as const;

/** CommitmentBank: does the premise commit its author to the hypothesis? */
const cb = task<{ premise: string; hypothesis: string; label: string; idx: number }, number, number>({
  name: "cb",
  title: "CommitmentBank",
  licence: "research",
  prefix: "cb",
  index: 1,
  labels: CB_LABELS,
  splits: {
    train: { file: "CB/train.jsonl", format: "jsonl" },
    validation: { file: "CB/val.jsonl", format: "jsonl" },
  },
  row: t.type({ premise: t.string, hypothesis: t.string, label: labelCodec(CB_LABELS), idx: t.number }, "CB row"),
  examples: ({ premise, hypothesis, label, idx }) => [
    {
      id: String(idx),
      inputs: dropFirstWord(glueText("cb", { premise, hypothesis })),
      targets: label,
      truth: (CB_LABELS as readonly string[]).indexOf(label),
    },
  ],
  read: (text) => (CB_LABELS as readonly string[]).indexOf(text),
  correct: (answer, { truth }) => answer === truth,
  valid: (answer) => answer >= 0,
  metrics: {
    mean_3class_f1: (answered) =>
      macroF1(
        answered.map(({ example }) => example.truth),
        answered.map(({ answer }) => answer),
        3,
      ),
    accuracy: (answered) =>
      accuracy(
        answered.map(({ example }) => example.truth),
        answered.map(({ answer }) => answer),
      ),
  },
});

const TASKS: Readonly<Record<string, Task>> = { cb };

/** Names of the tasks there are. */
export const TASK_NAMES: readonly string[] = Object.keys(TASKS);

/** The task of a name; Left names those there are. */
export const taskOf = (name: string): E.Either<DataError, Task> => {
  const found = Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
  if (found !== undefined) return E.right(found);
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
