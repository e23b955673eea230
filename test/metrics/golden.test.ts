import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type Candidate,
  labelSets,
  normalizeSquad,
  normalizeTriviaQa,
  rankClassification,
  sameReferent,
  stringToFloat,
} from "../../lib/metrics/index.js";
import { lower } from "../../lib/metrics/python-text.js";
import { classId, dropSentinel, mrpcToQqp, qqpToMrpc } from "../../lib/tasks/answers.js";
import { answeredList, assertMetric, type GoldenNumber } from "../helpers/answered.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { withShared } from "../helpers/shared.js";
import { checkMetrics, METRICS, type MetricRow } from "./golden-checks.js";

const Golden = suite("metrics/golden");
const files = goldenFiles(Golden, "metrics/golden.test.ts");

interface PostprocessorRow {
  readonly function: string;
  readonly args: readonly [text: string, ...rest: readonly unknown[]];
  readonly kwargs: { readonly example?: Readonly<Record<string, unknown>>; readonly is_target?: boolean };
  readonly expected: unknown;
}

interface RankRow {
  readonly name: string;
  readonly targets: readonly (readonly [readonly [number, number], boolean, number, number])[];
  readonly scores: readonly number[];
  readonly kwargs: { readonly num_classes?: number; readonly normalize_by_target_length?: boolean };
  readonly expected: Readonly<Record<string, GoldenNumber>>;
}

interface LabelSetRow {
  readonly targets: readonly string[];
  readonly predictions: readonly string[];
  readonly kwargs: { readonly normalize?: boolean };
  readonly expected: Readonly<Record<string, string>>;
}

interface GoldenFile {
  readonly metrics: readonly MetricRow[];
  /** Rows of each metric. */
  readonly counts: Readonly<Record<string, number>>;
  readonly normalisation: readonly { readonly input: string; readonly squad: string; readonly trivia_qa: string }[];
  readonly postprocessors: readonly PostprocessorRow[];
  readonly rank_classification: readonly RankRow[];
  readonly label_set_stats: readonly LabelSetRow[];
}

const read = (root: string): GoldenFile => files.open<GoldenFile>(root, "metrics.json");

withShared(Golden, "every metric of every row is T5's", (root) => {
  const { metrics, counts } = read(root);
  assert.equal(Object.keys(counts).sort(), Object.keys(METRICS).sort());
  for (const [name, count] of Object.entries(counts)) {
    assert.is(metrics.filter(({ metric }) => metric === name).length, count, name);
  }
  for (const row of metrics) checkMetrics(row);
  assert.is(metrics.length, 198);
});

withShared(Golden, "the normal forms of SQuAD and TriviaQA are T5's", (root) => {
  const { normalisation } = read(root);
  for (const { input, squad: forSquad, trivia_qa } of normalisation) {
    assert.is(normalizeSquad(input), forSquad, input);
    assert.is(normalizeTriviaQa(input), trivia_qa, input);
  }
  assert.is(normalisation.length, 48);
});

const number = (x: number): GoldenNumber => (Number.isFinite(x) ? x : (`${x}` as GoldenNumber));

const groupOf = (example: Readonly<Record<string, unknown>>): unknown =>
  "idx/passage" in example ? [example["idx/passage"], example["idx/query"]] : example["idx/question"];

/**
 * What the reference's functions give, in our terms: the answer, or for a target the truth, which a task takes from its row together
 * with the group.
 */
const POSTPROCESSORS: Readonly<Record<string, (row: PostprocessorRow) => unknown>> = {
  string_to_float: ({ args: [text, otherwise] }) => number(stringToFloat(text, otherwise as number | undefined)),
  lower_text: ({ args: [text] }) => lower(text),
  string_label_to_class_id: ({ args: [text, labels, otherwise] }) =>
    classId(labels as string[], otherwise as number | undefined)(text),
  multirc: ({ args: [text], kwargs: { example, is_target } }) => {
    const value = classId(["False", "True"])(text);
    return is_target && example ? { value, group: groupOf(example) } : { value };
  },
  record: ({ args: [text], kwargs: { example, is_target } }) =>
    is_target && example ? { value: example.answers, group: groupOf(example) } : { value: text },
  qa: ({ args: [text], kwargs: { example, is_target } }) => (is_target && example ? example.answers : text),
  wsc_simple: ({ args: [text], kwargs: { example, is_target } }) =>
    is_target ? example?.label : sameReferent(text, example?.targets_pretokenized as string),
  remove_extra_id_0: ({ args: [text] }) => dropSentinel(text),
  mrpc_to_qqp: ({ args: [text] }) => mrpcToQqp(text),
  qqp_to_mrpc: ({ args: [text] }) => qqpToMrpc(text),
  "postprocess_with_examples(string_label_to_class_id)": ({ args: [text, labels], kwargs: { example } }) => ({
    prediction: classId(labels as string[])(text),
    prediction_pretokenized: text,
    ...example,
  }),
};

withShared(Golden, "answers are read as T5 and prompt-tuning read them", (root) => {
  const { postprocessors } = read(root);
  for (const row of postprocessors) {
    const ours = POSTPROCESSORS[row.function];
    assert.ok(ours, row.function);
    assert.equal(ours(row), row.expected, `${row.function} of ${JSON.stringify(row.args)}`);
  }
  assert.is(postprocessors.length, 73);
});

withShared(Golden, "ranked labels have T5's metrics", (root) => {
  const rows = read(root).rank_classification;
  for (const { name, targets, scores, kwargs, expected } of rows) {
    const metrics = rankClassification({
      ...(kwargs.num_classes && { classes: kwargs.num_classes }),
      byLength: kwargs.normalize_by_target_length ?? false,
    });
    const answered = answeredList(
      targets.map(([[, label], correct, weight, length]): Candidate => ({ label, correct, weight, length })),
      scores,
      targets.map(([[input]]) => `${input}`),
    );
    assert.equal(Object.keys(metrics).sort(), Object.keys(expected).sort(), name);
    for (const [key, want] of Object.entries(expected)) {
      assertMetric(metrics[key](answered), want, `${name}: ${key}`);
    }
  }
  assert.is(rows.length, 7);
});

/** The statistics as prompt-tuning prints them. */
const printed = ({ targets, predictions, kwargs }: LabelSetRow): Record<string, string> => {
  const sets = labelSets(targets, predictions);
  const distribution = (counts: ReadonlyMap<string, number>): Record<string, number> =>
    Object.fromEntries([...counts].map(([text, n]) => [text, kwargs.normalize === false ? n : n / targets.length]));
  const distributions = {
    "target label distribution": distribution(sets.targets),
    "prediction label distribution": distribution(sets.predictions),
  };
  return {
    "task label stats": [
      `target label set cardinality: ${sets.targets.size}`,
      `prediction label set cardinality: ${sets.predictions.size}`,
      `target ∩ prediction cardinality: ${sets.shared.length}`,
      `target - prediction cardinality: ${sets.onlyTargets.length}`,
      `prediction - target cardinality: ${sets.onlyPredictions.length}`,
    ].join("\n\n"),
    "task label distributions": `\`\`\`\n${JSON.stringify(distributions, null, 2)}\n\`\`\``,
  };
};

withShared(Golden, "statistics of labels print as prompt-tuning's", (root) => {
  const rows = read(root).label_set_stats;
  for (const row of rows) assert.equal(printed(row), row.expected);
  assert.is(rows.length, 2);
});

Golden.run();
