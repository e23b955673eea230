/** @file MultiRC: whether an answer to a question about a paragraph is right; a question has several answers, of which any number are. */
import * as t from "io-ts";
import { f1WithInvalid } from "../metrics/classification.js";
import { exactMatch } from "../metrics/groups.js";
import { checkDistinct, checkLabel, labelId, rowId } from "./fields.js";
import { judgedByLabel } from "./labelled.js";
import { jsonlNested } from "./submission.js";
import { asTask, type Example, jsonlFiles, type Split } from "./task.js";
import { fieldsText, NO_TARGET } from "./text.js";

const LABELS = ["False", "True"];
const label = labelId([0, 1]);
const Answer = t.type({ text: t.string, idx: rowId, label });
const Question = t.type({ question: t.string, idx: rowId, answers: t.array(Answer) });
const Row = t.type({ idx: rowId, passage: t.type({ text: t.string, questions: t.array(Question) }) }, "multirc row");

/** Text without the marks that the first edition of the data had: `<br>` is a space; `<b>` and `</b>` go. */
export const withoutMarkup = (text: string): string => text.replaceAll("<br>", " ").replaceAll(/<\/?b>/g, "");

/** One example an answer, in the order of the file. */
const examples = ({ idx, passage }: t.TypeOf<typeof Row>, split: Split): Example<number>[] => {
  const found = passage.questions.flatMap(({ question, answers, idx: questionId }, q) =>
    answers.map((answer, a): Example<number> => {
      const at = `passage.questions[${q}].answers[${a}].label`;
      checkLabel(at, answer.label, split, label.name);
      return {
        id: `${idx}/${questionId}/${answer.idx}`,
        inputs: withoutMarkup(
          fieldsText([
            ["question", question],
            ["answer", answer.text],
            ["paragraph", passage.text],
          ]),
        ),
        targets: LABELS[answer.label] ?? NO_TARGET,
        truth: answer.label,
        // Ids of questions count through the whole split.
        group: questionId,
      };
    }),
  );
  checkDistinct(
    "passage.questions",
    found.map(({ id }) => id),
  );
  return found;
};

/** Several answers to a question, each right or wrong; `exact_match` counts the questions whose answers are all judged right. */
export const multirc = asTask({
  name: "multirc",
  title: "Is this answer to a question about a paragraph right?",
  licence: "research use, see the original release",
  prefix: "multirc",
  index: 3,
  splits: jsonlFiles("MultiRC"),
  row: Row,
  examples,
  ...judgedByLabel(LABELS),
  metrics: { f1: f1WithInvalid, exact_match: exactMatch },
  submission: jsonlNested("MultiRC.jsonl"),
});
