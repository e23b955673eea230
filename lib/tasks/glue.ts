/**
 * @file GLUE's tasks as text to text, with the exact strings of T5's preprocessors.
 *
 * @see Raffel et al. 2020, appendix D; Wang et al. 2019
 */
import * as t from "io-ts";
import { accuracy, f1WithInvalid, matthews } from "../metrics/classification.js";
import { pearson, spearman } from "../metrics/correlation.js";
import { stringToFloat } from "../metrics/python-text.js";
import { badField, NO_LABEL } from "./fields.js";
import { withHub } from "./hub.js";
import { judgedByLabel } from "./labelled.js";
import { tsvClasses, tsvNumbers, tsvWords } from "./submission.js";
import {
  asTask,
  type Example,
  type Metric,
  type RowFile,
  type Split,
  type Splits,
  type Submission,
  type Task,
} from "./task.js";
import { byCodePoint, fieldsText, NO_TARGET, stsbTarget } from "./text.js";

/** A text, or a number of a file that has numbers. */
const Value = t.union([t.string, t.number, t.null]);
const Row = t.record(t.string, Value, "glue row");
type Row = t.TypeOf<typeof Row>;

/** What distinguishes a task of the benchmark. */
interface GlueSpec {
  readonly name: string;
  readonly title: string;
  readonly licence: string;
  /** The word that T5's own task has in front of its inputs; the name by default. */
  readonly prefix?: string;
  /** The fields of its inputs. */
  readonly fields: readonly string[];
  readonly splits: Splits;
  /** How its answers are written for the leaderboard. */
  readonly submission?: Submission<number>;
}

/** The columns of a file. */
interface Columns {
  /** That of the label, of a file that has one. */
  readonly label?: string;
  /** The names that fields have in the file. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Columns of texts whose fields have their names. */
  readonly texts?: readonly string[];
  /** The names of all columns, of files without a header: the training and validation files of CoLA. */
  readonly header?: readonly string[];
}

const table = (file: string, { label, rename, texts, header }: Columns): RowFile => ({
  file,
  format: "tsv",
  uneven: true,
  ...(header !== undefined && { header }),
  ...(texts !== undefined && { columns: texts }),
  rename: { ...rename, ...(label !== undefined && { label }) },
});

/** The official files of a task. */
const glueFiles = (folder: string, columns: Columns): Splits => ({
  train: table(`${folder}/train.tsv`, columns),
  validation: table(`${folder}/dev.tsv`, columns),
  test: table(`${folder}/test.tsv`, { ...(columns.texts !== undefined && { texts: columns.texts }) }),
});

/** The texts of a row by field; undefined where one is missing: such a row is left out, though it counts. */
const textsOf = (row: Row, fields: readonly string[]): readonly (readonly [string, string])[] | undefined => {
  const texts = fields.map((field) => [field, row[field]] as const);
  return texts.every((text): text is readonly [string, string] => typeof text[1] === "string") ? texts : undefined;
};

/** The official files number rows from 0; others may have an index. */
const idOf = ({ idx }: Row, number: number): string => (typeof idx === "number" ? `${idx}` : `${number - 1}`);

/** What the label of a row becomes. */
type Labelled<Truth> = (label: string | number) => Pick<Example<Truth>, "targets" | "truth">;

const examplesOf =
  <Truth>(fields: readonly string[], labelled: Labelled<Truth>, unknown: Pick<Example<Truth>, "targets" | "truth">) =>
  (row: Row, split: Split, number: number): readonly Example<Truth>[] => {
    const texts = textsOf(row, fields);
    const label = row.label ?? "";
    if (texts === undefined || (label === "" && split !== "test")) return [];
    return [{ id: idOf(row, number), inputs: fieldsText(texts), ...(label === "" ? unknown : labelled(label)) }];
  };

/** The class id of a label: its word, or an integer. */
const classOf = (labels: readonly string[], label: string | number): number => {
  const id = labels.indexOf(`${label}`);
  if (id >= 0) return id;
  const written = /^\d+$/.test(`${label}`) ? Number(label) : NO_LABEL;
  if (labels[written] !== undefined) return written;
  const expected = `${labels.map((word) => JSON.stringify(word)).join(" or ")}, or 0 to ${labels.length - 1}`;
  throw badField("label", "not a label", expected, label);
};

const labelledTask = (
  { name, prefix = name, fields, ...spec }: GlueSpec,
  labels: readonly string[],
  metrics: Readonly<Record<string, Metric<number, number>>> = { accuracy },
): Task =>
  asTask<Row, number, number>({
    name,
    prefix,
    folder: "glue",
    ...spec,
    row: Row,
    examples: examplesOf(
      [...fields].sort(byCodePoint),
      (label) => {
        // A row of the hub without a label.
        if (label === NO_LABEL) return { targets: NO_TARGET, truth: NO_LABEL };
        const id = classOf(labels, label);
        return { targets: labels[id], truth: id };
      },
      { targets: NO_TARGET, truth: NO_LABEL },
    ),
    ...judgedByLabel(labels),
    metrics,
  });

const PAIR = ["sentence1", "sentence2"];
const PAIRS_OF_MNLI = { premise: "sentence1", hypothesis: "sentence2" };
const MNLI_LABELS = ["entailment", "neutral", "contradiction"];
const ENTAILED = ["entailment", "not_entailment"];
const LIKE_QQP = { f1: f1WithInvalid, accuracy };
const RESEARCH = "research use, see the original release";

const MSR = { rename: { sentence1: "#1 String", sentence2: "#2 String" }, label: "Quality" } as const;
const msr = (listed: boolean): RowFile => ({
  ...(table("MRPC/msr_paraphrase_train.txt", MSR) as Extract<RowFile, { format: "tsv" }>),
  only: { listed, file: "MRPC/dev_ids.tsv", by: ["#1 ID", "#2 ID"] },
});

/** The owner's files, whose rows of `dev_ids.tsv` are for validation, or files that were split by that rule. */
const MRPC_FILES: Splits = {
  train: { firstOf: [msr(false), table("MRPC/train.tsv", MSR)] },
  validation: { firstOf: [msr(true), table("MRPC/dev.tsv", MSR)] },
  test: {
    firstOf: [
      table("MRPC/msr_paraphrase_test.txt", { rename: MSR.rename }),
      table("MRPC/test.tsv", { rename: MSR.rename }),
    ],
  },
};

const mnliTrain = (file: string): RowFile => table(`MNLI/${file}.tsv`, { rename: PAIRS_OF_MNLI, label: "gold_label" });
const mnliFiles = (kind: string): Splits => ({
  validation: mnliTrain(`dev_${kind}`),
  test: table(`MNLI/test_${kind}.tsv`, { rename: PAIRS_OF_MNLI }),
});
const MNLI = { prefix: "mnli", licence: "OANC, CC BY-SA 3.0 and others, see the original release" } as const;
const mnliTask = (name: string, title: string, splits: Splits, file?: string): Task => {
  const submission = file === undefined ? {} : { submission: tsvWords(file, MNLI_LABELS) };
  return labelledTask({ name, title, ...MNLI, fields: ["premise", "hypothesis"], splits, ...submission }, MNLI_LABELS);
};

/** Similarity as a number from 0 to 5, which the model writes in steps of a fifth. */
const stsb = asTask<Row, number, number>({
  name: "stsb",
  title: "How similar are the sentences, from 0 to 5?",
  licence: RESEARCH,
  prefix: "stsb",
  folder: "glue",
  splits: glueFiles("STS-B", { texts: PAIR, label: "score" }),
  row: Row,
  examples: examplesOf<number>(
    PAIR,
    (label) => {
      const score = typeof label === "number" ? label : stringToFloat(label, Number.NaN);
      if (!Number.isFinite(score)) throw badField("label", "not a score", "a number from 0 to 5", label);
      const targets = stsbTarget(score);
      return { targets, truth: Number(targets) };
    },
    { targets: "-1.0", truth: -1 },
  ),
  read: (text) => stringToFloat(text),
  correct: (answer, { truth }) => truth >= 0 && answer === truth,
  hasTruth: ({ truth }) => truth >= 0,
  metrics: { pearson_corrcoef: pearson, spearman_corrcoef: spearman },
  submission: tsvNumbers("STS-B.tsv"),
});

const ALL: readonly Task[] = [
  labelledTask(
    {
      name: "cola",
      title: "Is the sentence acceptable English?",
      licence: RESEARCH,
      fields: ["sentence"],
      splits: glueFiles("CoLA", {
        texts: ["sentence"],
        label: "is_acceptable",
        header: ["source", "is_acceptable", "mark", "sentence"],
      }),
      submission: tsvClasses("CoLA.tsv"),
    },
    ["unacceptable", "acceptable"],
    { matthews_corrcoef: matthews },
  ),
  labelledTask(
    {
      name: "sst2",
      title: "Is the review positive?",
      licence: RESEARCH,
      fields: ["sentence"],
      splits: glueFiles("SST-2", { texts: ["sentence"], label: "label" }),
      submission: tsvClasses("SST-2.tsv"),
    },
    ["negative", "positive"],
  ),
  labelledTask(
    {
      name: "mrpc",
      title: "Do the sentences mean the same?",
      licence: "Microsoft Research Paraphrase Corpus, research use",
      fields: PAIR,
      splits: MRPC_FILES,
      submission: tsvClasses("MRPC.tsv"),
    },
    ["not_equivalent", "equivalent"],
    LIKE_QQP,
  ),
  labelledTask(
    {
      name: "qqp",
      title: "Do the questions ask the same?",
      licence: "Quora's terms, not commercial",
      fields: ["question1", "question2"],
      splits: glueFiles("QQP", { texts: ["question1", "question2"], label: "is_duplicate" }),
      submission: tsvClasses("QQP.tsv"),
    },
    ["not_duplicate", "duplicate"],
    LIKE_QQP,
  ),
  stsb,
  mnliTask("mnli", "Does the premise entail the hypothesis, or contradict it?", {
    train: mnliTrain("train"),
    validation: mnliTrain("dev_matched"),
  }),
  mnliTask("mnli_matched", "MNLI's validation and test of the genres it trains on", mnliFiles("matched"), "MNLI-m.tsv"),
  mnliTask("mnli_mismatched", "MNLI's validation and test of other genres", mnliFiles("mismatched"), "MNLI-mm.tsv"),
  labelledTask(
    {
      name: "qnli",
      title: "Does the sentence answer the question?",
      licence: "CC BY-SA 4.0",
      fields: ["question", "sentence"],
      splits: glueFiles("QNLI", { texts: ["question", "sentence"], label: "label" }),
      submission: tsvWords("QNLI.tsv", ENTAILED),
    },
    ENTAILED,
  ),
  labelledTask(
    {
      name: "glue_rte",
      title: "Does the first sentence entail the second? GLUE's format of rte",
      licence: RESEARCH,
      prefix: "rte",
      fields: PAIR,
      splits: glueFiles("RTE", { texts: PAIR, label: "label" }),
      submission: tsvWords("RTE.tsv", ENTAILED),
    },
    ENTAILED,
  ),
  labelledTask(
    {
      name: "wnli",
      title: "Does the second sentence follow, with a pronoun replaced?",
      licence: "CC BY 4.0",
      fields: PAIR,
      splits: glueFiles("WNLI", { texts: PAIR, label: "label" }),
      submission: tsvClasses("WNLI.tsv"),
    },
    ["not_entailment", "entailment"],
  ),
  mnliTask(
    "ax",
    "Broad-coverage diagnostics, for a prompt of MNLI",
    { test: table("AX/test.tsv", { rename: PAIRS_OF_MNLI }) },
    "AX.tsv",
  ),
];

const MATCHED = { validation: "validation_matched" } as const;

/** The benchmark: nine tasks, MNLI's two parts alone, and a diagnostic set without labels. */
export const GLUE: readonly Task[] = ALL.map((task) =>
  withHub(task, task.name.replace("glue_", ""), task.name === "mnli" ? MATCHED : {}),
);
