/**
 * @file How answers are written for a leaderboard: a file of JSON lines for each task of SuperGLUE, one of tab-separated values for GLUE's.
 *
 * Lines of JSON have spaces as the benchmark's own toolkit writes them.
 *
 * @see jiant: `jiant/evaluate.py` of version 1, `super_glue_format_preds` of version 2
 */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Answered } from "../metrics/answered.js";
import { groupsOf } from "../metrics/groups.js";
import type { Submission } from "./task.js";

const WHERE = "submission";
const DIGITS = /^\d+$/;

/** The numbers in an id. @throws {ArgumentError} when it has not `count` of them */
const numbersOf = (id: string, count: number): number[] => {
  const parts = id.split("/");
  if (parts.length === count && parts.every((part) => DIGITS.test(part))) return parts.map(Number);
  throw new ArgumentError({
    where: WHERE,
    what: "an id does not tell the number of its row",
    expected: count === 1 ? "an integer" : `${count} integers, with / in between`,
    got: id,
  });
};

const lines = <A>(answered: readonly Answered<unknown, A>[], line: (one: Answered<unknown, A>) => string): string =>
  answered.map((one) => `${line(one)}\n`).join("");

const labelLine = (idx: number, label: string | number): string => `{"idx": ${idx}, "label": ${JSON.stringify(label)}}`;

/**
 * SuperGLUE's file of a task with classes: `{"idx": 0, "label": "true"}` for each row.
 *
 * - `written`: what stands for each class id
 * - `labels`: names of the classes, where the task has no labels
 */
export const jsonlClasses = takes(
  "jsonlClasses(file, written, labels)",
  (
    file: string,
    written: readonly (string | number)[],
    labels: readonly string[] | undefined = undefined,
  ): Submission<number> => ({
    benchmark: "superglue",
    file,
    ...(labels !== undefined && { labels }),
    write: (answered) =>
      lines(answered, ({ answer, example }) => labelLine(numbersOf(example.id, 1)[0], written[answer])),
  }),
);

/** The items of a list by a number in them, in the order in which the numbers first stand there. */
const byNumber = <A>(items: readonly A[], numberOf: (item: A) => number): [number, A[]][] => {
  const found = new Map<number, A[]>();
  for (const item of items) found.set(numberOf(item), [...(found.get(numberOf(item)) ?? []), item]);
  return [...found];
};

/** SuperGLUE's file of answers to questions about paragraphs, nested as the data are. An id is paragraph, question and answer: `5/12/0`. */
export const jsonlNested = takes(
  "jsonlNested(file)",
  (file: string): Submission<number> => ({
    benchmark: "superglue",
    file,
    write: (answered) => {
      const all = answered.map(({ answer, example }) => ({ answer, at: numbersOf(example.id, 3) }));
      const passages = byNumber(all, ({ at }) => at[0]).map(([passage, members]) => {
        const questions = byNumber(members, ({ at }) => at[1]).map(([question, own]) => {
          const labels = own.map(({ answer, at }) => labelLine(at[2], answer));
          return `{"idx": ${question}, "answers": [${labels.join(", ")}]}`;
        });
        return `{"idx": ${passage}, "passage": {"questions": [${questions.join(", ")}]}}\n`;
      });
      return passages.join("");
    },
  }),
);

/** SuperGLUE's file of answers in words, a line for each group of examples: the answer to its first. An id is passage and query: `3/8`. */
export const jsonlQueries = takes(
  "jsonlQueries(file)",
  (file: string): Submission<string> => ({
    benchmark: "superglue",
    file,
    write: (answered) => {
      const first = groupsOf(WHERE, answered).map(([one]) => one);
      return lines(first, ({ answer, example }) => labelLine(numbersOf(example.id, 2)[1], answer));
    },
  }),
);

/** GLUE's file of a task: a line with the number of the row and the answer for each row. */
const tsv = <A>(file: string, print: (answer: A) => string): Submission<A> => ({
  benchmark: "glue",
  file,
  write: (answered) => {
    const rows = lines(answered, ({ answer, example }) => `${numbersOf(example.id, 1)[0]}\t${print(answer)}`);
    return `index\tprediction\n${rows}`;
  },
});

/** GLUE's file of a task whose answers are class ids: CoLA, SST-2, MRPC, QQP, WNLI. */
export const tsvClasses = takes("tsvClasses(file)", (file: string): Submission<number> => tsv(file, String));

/** GLUE's file of a task whose answers are words: MNLI, QNLI, RTE, AX. */
export const tsvWords = takes(
  "tsvWords(file, labels)",
  (file: string, labels: readonly string[]): Submission<number> => tsv(file, (id) => labels[id]),
);

const MOST_ALIKE = 5;

/** GLUE's file of STS-B: numbers from 0 to 5 with three decimals. Other numbers become the nearest, and what is not a number 0. */
export const tsvNumbers = takes(
  "tsvNumbers(file)",
  (file: string): Submission<number> =>
    tsv(file, (x) => Math.min(MOST_ALIKE, Math.max(0, Number.isNaN(x) ? 0 : x)).toFixed(3)),
);
