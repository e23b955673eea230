/** @file What the tasks of question answering share: `question: … context: …` as text, and SQuAD's judgement of answers. */

import * as t from "io-ts";
import { takes } from "../core/composite.js";
import { squad } from "../metrics/qa.js";
import { badField } from "./fields.js";
import { asTask, type Example, type Split, type Splits, type Task, type TaskSpec } from "./task.js";
import { joinTexts, NO_TARGET, padPunctuation } from "./text.js";

/** A question about a context, with the answers that count. */
export interface Question {
  readonly id: string;
  readonly context: string;
  readonly question: string;
  readonly answers: readonly string[];
}

/**
 * The example of a question: punctuation has spaces around it, and the target is the first answer.
 *
 * @param at  what messages call its answers
 * @throws {DataError} for a question of `train` or `validation` without an answer
 * @see T5's `squad` preprocessor
 */
export const questionExample = (
  { id, context, question, answers }: Question,
  split: Split,
  at: string,
): Example<readonly string[]> => {
  if (answers.length === 0 && split !== "test") {
    throw badField(at, `a question of ${split} has no answer`, "at least one; SQuAD 1.1 has no others");
  }
  const truth = answers.map(padPunctuation);
  const inputs = joinTexts(["question:", padPunctuation(question), "context:", padPunctuation(context)]);
  return { id, inputs, targets: truth[0] ?? NO_TARGET, truth };
};

type Judged = TaskSpec<unknown, readonly string[], string>;

/** How answers in free text are judged: by SQuAD's normalization, against each answer that counts. */
export const judgedBySquad: Pick<Judged, "read" | "correct" | "hasTruth" | "metrics"> = {
  read: (text) => text,
  correct: (answer, example) => example.truth.length > 0 && squad.em([{ answer, example }]) === 100,
  hasTruth: ({ truth }) => truth.length > 0,
  metrics: squad,
};

const TABLE = ["id", "context", "question", "answer", "answers"] as const;
const TableRow = t.type(
  Object.fromEntries(TABLE.map((name) => [name, t.string])) as Record<(typeof TABLE)[number], t.StringC>,
);
type TableRow = t.TypeOf<typeof TableRow>;

/**
 * A task of questions in tab-separated files: id, context, question, answer, and all answers with `|||` between them. The first line is a header, whatever it says.
 *
 * @see prompt-tuning's `preprocess_tsv_to_qa`
 * @example const mine = questionTable("mine", { validation: "dev.tsv" })
 */
export const questionTable = takes(
  "questionTable(name, files)",
  (name: string, files: Readonly<Partial<Record<Split, string>>>): Task => {
    const splits = Object.entries(files).map(([split, file]) => [split, { file, format: "tsv", header: TABLE }]);
    return asTask<TableRow, readonly string[], string>({
      name,
      title: name,
      splits: Object.fromEntries(splits) as Splits,
      row: TableRow,
      examples: ({ id, context, question, answer, answers }, split, number) => {
        if (number === 1) return [];
        const all = questionExample({ id, context, question, answers: answers.split("|||") }, split, "answers");
        return [{ ...all, targets: padPunctuation(answer) }];
      },
      ...judgedBySquad,
    });
  },
);
