import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  accuracy,
  exactMatch,
  f1WithInvalid,
  firstOfGroup,
  type Metric,
  macroF1,
  matthews,
  pearson,
  sameReferent,
  spearman,
  squad,
  stringToFloat,
} from "../../lib/metrics/index.js";
import { classId } from "../../lib/tasks/answers.js";
import { answeredList, assertMetric, assertRefused, type GoldenNumber } from "../helpers/answered.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { withShared } from "../helpers/shared.js";

const Golden = suite("metrics/golden-tasks");
const files = goldenFiles(Golden, "metrics/golden-tasks.test.ts");

type Expected = Readonly<Record<string, GoldenNumber>>;
type Metrics<Truth, Answer> = Readonly<Record<string, Metric<Truth, Answer>>>;

interface Read<Truth, Answer> {
  readonly name: string;
  readonly targets: readonly string[];
  readonly predictions: readonly string[];
  readonly targets_postprocessed?: readonly Truth[];
  readonly predictions_postprocessed?: readonly Answer[];
  readonly expected?: Expected;
  readonly reference_raises?: string;
}

interface RecordRow {
  readonly "idx/passage": number;
  readonly "idx/query": number;
  readonly answers: readonly string[];
  /** The answer of this copy of the query. */
  readonly targets: string;
  readonly prediction: string;
}

interface GoldenFile {
  readonly classification: readonly (Read<number, number> & { readonly task: string })[];
  readonly multirc: readonly (Read<{ value: number }, { value: number }> & { readonly groups: readonly number[] })[];
  readonly record: readonly {
    readonly name: string;
    readonly rows: readonly RecordRow[];
    readonly expected: Expected;
  }[];
  readonly wsc: {
    readonly pairs: readonly { readonly prediction: string; readonly referent: string; readonly expected: number }[];
    readonly cases: readonly {
      readonly name: string;
      readonly referents: readonly string[];
      readonly labels: readonly number[];
      readonly predictions: readonly string[];
      readonly targets_postprocessed: readonly number[];
      readonly predictions_postprocessed: readonly number[];
      readonly expected: Expected;
    }[];
  };
  readonly qa: readonly {
    readonly task: string;
    readonly name: string;
    readonly answers: readonly (readonly string[])[];
    readonly predictions: readonly string[];
    readonly expected: Expected;
  }[];
  readonly stsb: readonly Read<GoldenNumber, GoldenNumber>[];
}

const read = (root: string): GoldenFile => files.open<GoldenFile>(root, "tasks/metrics.json");

const compare = <Truth, Answer>(
  metrics: Metrics<Truth, Answer>,
  answered: Parameters<Metric<Truth, Answer>>[0],
  expected: Expected,
  what: string,
): void => {
  assert.equal(Object.keys(metrics).sort(), Object.keys(expected).sort(), what);
  for (const [key, want] of Object.entries(expected)) assertMetric(metrics[key](answered), want, `${what}: ${key}`);
};

const BOOLEAN = ["False", "True"];
const ENTAILMENT = ["entailment", "not_entailment"];

/** Labels in the order of their ids, and metrics, of the tasks whose answers are labels. */
const TASKS: Readonly<Record<string, readonly [labels: readonly string[], metrics: Metrics<number, number>]>> = {
  super_glue_boolq_v102: [BOOLEAN, { accuracy }],
  super_glue_cb_v102: [["entailment", "contradiction", "neutral"], { mean_3class_f1: macroF1(3), accuracy }],
  super_glue_copa_v102: [["choice1", "choice2"], { accuracy }],
  super_glue_rte_v102: [ENTAILMENT, { accuracy }],
  super_glue_wic_v102: [BOOLEAN, { accuracy }],
  glue_cola_v002: [["unacceptable", "acceptable"], { matthews_corrcoef: matthews }],
  glue_sst2_v002: [["negative", "positive"], { accuracy }],
  glue_mrpc_v002: [["not_equivalent", "equivalent"], { f1: f1WithInvalid, accuracy }],
  glue_qqp_v002: [["not_duplicate", "duplicate"], { f1: f1WithInvalid, accuracy }],
  glue_mnli_v002: [["entailment", "neutral", "contradiction"], { accuracy }],
  glue_qnli_v002: [ENTAILMENT, { accuracy }],
  glue_rte_v002: [ENTAILMENT, { accuracy }],
  glue_wnli_v002: [["not_entailment", "entailment"], { accuracy }],
};

withShared(Golden, "answers that are labels have T5's ids and metrics", (root) => {
  const rows = read(root).classification;
  for (const row of rows) {
    const [labels, metrics] = TASKS[row.task.replace("taskless_", "")];
    const [truths, answers] = [row.targets, row.predictions].map((texts) => texts.map((text) => classId(labels)(text)));
    if (row.targets_postprocessed) assert.equal(truths, row.targets_postprocessed);
    if (row.predictions_postprocessed) assert.equal(answers, row.predictions_postprocessed);
    compare(metrics, answeredList(truths, answers), row.expected as Expected, `${row.task}, ${row.name}`);
  }
  assert.is(rows.length, 195);
});

withShared(Golden, "MultiRC has T5's F1 over all answers and exact match over questions", (root) => {
  const rows = read(root).multirc;
  const id = classId(BOOLEAN);
  for (const row of rows) {
    const [truths, answers] = [row.targets.map(id), row.predictions.map(id)];
    assert.equal(
      truths.map((value, i) => ({ value, group: row.groups[i] })),
      row.targets_postprocessed,
    );
    assert.equal(
      answers.map((value) => ({ value })),
      row.predictions_postprocessed,
    );
    const answered = answeredList(truths, answers, row.groups.map(String));
    compare({ f1: f1WithInvalid, exact_match: exactMatch }, answered, row.expected as Expected, row.name);
  }
  assert.is(rows.length, 14);
});

withShared(Golden, "ReCoRD has T5's metrics over the first copy of each query", (root) => {
  const cases = read(root).record;
  const metrics = { em: firstOfGroup(squad.em), f1: firstOfGroup(squad.f1) };
  for (const { name, rows, expected } of cases) {
    for (const { answers, targets } of rows) assert.ok(answers.includes(targets), name);
    const answered = answeredList(
      rows.map((row) => row.answers),
      rows.map((row) => row.prediction),
      rows.map((row) => `${row["idx/passage"]}/${row["idx/query"]}`),
    );
    compare(metrics, answered, expected, name);
  }
  assert.is(cases.length, 12);
});

withShared(Golden, "WSC's answers are judged as T5 judges them", (root) => {
  const { pairs, cases } = read(root).wsc;
  for (const { prediction, referent, expected } of pairs) {
    assert.is(sameReferent(prediction, referent), expected, `"${prediction}" for "${referent}"`);
  }
  for (const row of cases) {
    const answers = row.predictions.map((prediction, i) => sameReferent(prediction, row.referents[i]));
    assert.equal(answers, row.predictions_postprocessed, row.name);
    assert.equal(row.labels, row.targets_postprocessed, row.name);
    compare({ accuracy }, answeredList(row.labels, answers), row.expected, row.name);
  }
  assert.equal([pairs.length, cases.length], [35, 7]);
});

withShared(Golden, "answers of SQuAD and MRQA have T5's exact match and F1", (root) => {
  const rows = read(root).qa;
  for (const { task, name, answers, predictions, expected } of rows) {
    compare(squad, answeredList(answers, predictions), expected, `${task}, ${name}`);
  }
  assert.is(rows.length, 54);
});

withShared(Golden, "STS-B's texts become T5's numbers and correlations; one pair has none", (root) => {
  const rows = read(root).stsb;
  const metrics = { pearson_corrcoef: pearson, spearman_corrcoef: spearman };
  for (const row of rows) {
    const [truths, answers] = [row.targets, row.predictions].map((texts) => texts.map((text) => stringToFloat(text)));
    const answered = answeredList(truths, answers);
    if (row.reference_raises !== undefined) {
      assert.is(row.name, "one pair");
      for (const metric of Object.values(metrics)) assertRefused(() => metric(answered), "at least two");
      continue;
    }
    assert.equal(truths, row.targets_postprocessed?.map(Number), row.name);
    assert.equal(answers, row.predictions_postprocessed?.map(Number), row.name);
    compare(metrics, answered, row.expected as Expected, row.name);
  }
  assert.is(rows.length, 13);
});

Golden.run();
