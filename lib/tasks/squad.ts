/** @file SQuAD 1.1: a question about a paragraph, whose answer stands in it. */
import * as t from "io-ts";
import { withHub } from "./hub.js";
import { judgedBySquad, questionExample } from "./question-answering.js";
import { asTask, type Example, type Split } from "./task.js";

const Answer = t.type({ text: t.string });
const Question = t.type({ id: t.string, question: t.string, answers: t.array(Answer) });
/** A paragraph of the official JSON. */
const Paragraph = t.type({ context: t.string, qas: t.array(Question) });
/** A row of the Hugging Face hub. */
const Flat = t.type({
  id: t.string,
  context: t.string,
  question: t.string,
  answers: t.type({ text: t.array(t.string) }),
});
const Row = t.union([Paragraph, Flat], "squad row");
type Row = t.TypeOf<typeof Row>;

const examples = (row: Row, split: Split): readonly Example<readonly string[]>[] => {
  if (!("qas" in row)) return [questionExample({ ...row, answers: row.answers.text }, split, "answers.text")];
  return row.qas.map(({ id, question, answers }, q) => {
    const texts = answers.map(({ text }) => text);
    return questionExample({ id, context: row.context, question, answers: texts }, split, `qas[${q}].answers`);
  });
};

const official = asTask<Row, readonly string[], string>({
  name: "squad",
  title: "Which words of the paragraph answer the question?",
  licence: "CC BY-SA 4.0",
  folder: "squad",
  splits: {
    train: { file: "train-v1.1.json", format: "squad" },
    validation: { file: "dev-v1.1.json", format: "squad" },
  },
  row: Row,
  examples,
  again: (first, later) => ({ ...first, truth: [...first.truth, ...later.truth] }),
  ...judgedBySquad,
});

/** Questions of SQuAD 1.1, with every accepted answer. A question whose id stands twice has the answers of both. */
export const squadTask = withHub(official, "plain_text");
