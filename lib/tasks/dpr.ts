/** @file Definite pronoun resolution: more pronouns for WSC's task, in its form. */
import * as t from "io-ts";
import { escapePattern } from "../core/pattern.js";
import { accuracy } from "../metrics/classification.js";
import { strip } from "../metrics/python-text.js";
import { badField } from "./fields.js";
import { asTask, type Example } from "./task.js";

const Row = t.type({ sentence: t.string, pronoun: t.string, candidates: t.string, answer: t.string }, "dpr row");
type Row = t.TypeOf<typeof Row>;

/** The sentence with the first pronoun that stands alone between stars. */
const marked = (sentence: string, pronoun: string): string =>
  sentence.replace(
    new RegExp(` (${escapePattern(pronoun)})( |\\.|,)`),
    (_, word: string, end: string) => ` *${word}*${end}`,
  );

const examples = (row: Row, _: unknown, number: number): readonly Example<string>[] => {
  const candidates = row.candidates.split(",").map(strip);
  const targets = strip(row.answer);
  if (!candidates.includes(targets)) throw badField("answer", "not a candidate", candidates.join(" or "), row.answer);
  return [{ id: `${number - 1}`, inputs: marked(strip(row.sentence), strip(row.pronoun)), targets, truth: targets }];
};

const FIELDS = ["sentence", "pronoun", "candidates", "answer"];

/** Referents of pronouns, as `wsc` asks for them; an answer is right when it is the target to the character. */
export const dpr = asTask<Row, string, string>({
  name: "dpr",
  title: "Whom or what does the marked pronoun mean? More rows for wsc",
  licence: "see the original release",
  prefix: "wsc:",
  folder: "dpr",
  splits: {
    train: { file: "train.c.txt", format: "blocks", fields: FIELDS },
    validation: { file: "test.c.txt", format: "blocks", fields: FIELDS },
  },
  row: Row,
  examples,
  read: (text) => text,
  correct: (answer, { truth }) => answer === truth,
  metrics: { accuracy },
});
