/**
 * @file The sets of the MRQA shared task of 2019: six to train on, and six of other domains for evaluation alone.
 *
 * @see Fisch et al. 2019; Lester et al. 2021, section 5
 */
import * as t from "io-ts";
import { strip } from "../metrics/python-text.js";
import { judgedBySquad, questionExample } from "./question-answering.js";
import { asTask, type Example, type RowFile, type Split, type Splits, type Task } from "./task.js";

const Question = t.type({ qid: t.string, question: t.string, answers: t.array(t.string) });
const Row = t.union(
  [t.type({ context: t.string, qas: t.array(Question) }), t.type({ header: t.UnknownRecord })],
  "mrqa row",
);
type Row = t.TypeOf<typeof Row>;

/** One example a question; none of the first line, which tells the name of the set. */
const examples = (row: Row, split: Split): readonly Example<readonly string[]>[] => {
  if ("header" in row) return [];
  const context = strip(row.context);
  return row.qas.map(({ qid, question, answers }, q) =>
    questionExample({ id: qid, context, question: strip(question), answers }, split, `qas[${q}].answers`),
  );
};

const file = (folder: "train" | "dev", name: string): { readonly firstOf: readonly RowFile[] } => ({
  firstOf: [`${folder}/${name}.jsonl.gz`, `${folder}/${name}.jsonl`].map((path) => ({ file: path, format: "jsonl" })),
});

const mrqaTask = (name: string, title: string, splits: Splits): Task =>
  asTask<Row, readonly string[], string>({
    name: `mrqa_${name}`,
    title,
    licence: "of each source, see the shared task",
    folder: "mrqa",
    splits,
    row: Row,
    examples,
    ...judgedBySquad,
  });

/** Names of the official files of the sets that have training rows. */
const IN_DOMAIN = {
  squad: "SQuAD",
  news_qa: "NewsQA",
  trivia_qa: "TriviaQA-web",
  search_qa: "SearchQA",
  hotpot_qa: "HotpotQA",
  natural_questions: "NaturalQuestionsShort",
};
/** Those of the sets that have none. */
const OUT_OF_DOMAIN = {
  bio_asq: "BioASQ",
  drop: "DROP",
  duo_rc: "DuoRC.ParaphraseRC",
  race: "RACE",
  relation_extraction: "RelationExtraction",
  textbook_qa: "TextbookQA",
};

/** All twelve sets, those with training rows first. */
export const MRQA: readonly Task[] = [
  ...Object.entries(IN_DOMAIN).map(([name, path]) =>
    mrqaTask(name, `Questions of ${path}, in MRQA's form`, {
      train: file("train", path),
      validation: file("dev", path),
    }),
  ),
  ...Object.entries(OUT_OF_DOMAIN).map(([name, path]) =>
    mrqaTask(name, `Questions of ${path}, for models of other sets`, { validation: file("dev", path) }),
  ),
];
