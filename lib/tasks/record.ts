/** @file ReCoRD: which entity of a news text fills the gap in a sentence about it. */
import * as t from "io-ts";
import { naturalNumber } from "../edge/decode.js";
import { firstOfGroup } from "../metrics/groups.js";
import { squad } from "../metrics/qa.js";
import { badField, checkDistinct, rowId } from "./fields.js";
import { judgedBySquad } from "./question-answering.js";
import { jsonlQueries } from "./submission.js";
import { asTask, type Example, jsonlFiles, type Split } from "./task.js";
import { byCodePoint, fieldsText, NO_TARGET } from "./text.js";

const Entity = t.type({ start: naturalNumber, end: naturalNumber });
// Answers count as they are written; their places in the text are not read.
const Query = t.intersection([
  t.type({ query: t.string, idx: rowId }),
  t.partial({ answers: t.array(t.type({ text: t.string })) }),
]);
const Row = t.type(
  { idx: rowId, passage: t.type({ text: t.string, entities: t.array(Entity) }), qas: t.array(Query) },
  "record row",
);
type Passage = t.TypeOf<typeof Row>["passage"];

/** A passage whose highlights are sentences: ` ` after an end of sentence or a quote, `. ` elsewhere. */
export const withoutHighlights = (text: string): string =>
  text.replaceAll(/([.?!"'])\n@highlight\n/g, (_, end: string) => `${end} `).replaceAll("\n@highlight\n", ". ");

const distinctSorted = (texts: readonly string[]): string[] => [...new Set(texts)].sort(byCodePoint);

/** The different entities of a passage. Places count code points, and `end` is the place of the last one. */
const entitiesOf = ({ text, entities }: Passage): string[] => {
  const points = Array.from(text);
  return distinctSorted(
    entities.map(({ start, end }, i) => {
      if (start <= end && end < points.length) return points.slice(start, end + 1).join("");
      const expected = `start <= end < ${points.length}, the characters of the text`;
      throw badField(`passage.entities[${i}]`, "an entity lies outside of the text", expected, { start, end });
    }),
  );
};

const answersOf = ({ answers }: t.TypeOf<typeof Query>, at: string, split: Split): string[] => {
  const found = distinctSorted((answers ?? []).map(({ text }) => text));
  if (found.length > 0 || split === "test") return found;
  throw badField(at, `a query of ${split} has no answer`, "at least one", answers);
};

/** One example an answer, each of which knows all answers; one without a target for a query without answers. */
const examples = ({ idx, passage, qas }: t.TypeOf<typeof Row>, split: Split): Example<readonly string[]>[] => {
  const entities = entitiesOf(passage).join(", ");
  const text = withoutHighlights(passage.text);
  checkDistinct(
    "qas",
    qas.map(({ idx }) => idx),
  );
  return qas.flatMap((query, q) => {
    const answers = answersOf(query, `qas[${q}].answers`, split);
    const id = `${idx}/${query.idx}`;
    const inputs = fieldsText([
      ["query", query.query],
      ["entities", entities],
      ["passage", text],
    ]);
    const targets = answers.length === 0 ? [NO_TARGET] : answers;
    return targets.map((target) => ({ id, inputs, targets: target, truth: answers, group: id }));
  });
};

/** The gap in a sentence; a query that has several answers makes as many examples, of which the first is scored. */
export const record = asTask<t.TypeOf<typeof Row>, readonly string[], string>({
  name: "record",
  title: "Which entity of the text fills the gap?",
  licence: "annotations Apache-2.0; the texts are news of CNN and Daily Mail, research use",
  prefix: "record",
  index: 4,
  splits: jsonlFiles("ReCoRD"),
  row: Row,
  examples,
  ...judgedBySquad,
  metrics: { em: firstOfGroup(squad.em), f1: firstOfGroup(squad.f1) },
  submission: jsonlQueries("ReCoRD.jsonl"),
});
