/** @file Whether our metrics give what a row of golden/metrics.json says. */
import * as assert from "uvu/assert";
import {
  accuracy,
  allMatch,
  aucPr,
  aucRoc,
  coqaF1,
  exactMatch,
  f1WithInvalid,
  firstOfGroup,
  type Metric,
  macroF1,
  matthews,
  meanOverGroups,
  pearson,
  spanSquad,
  spearman,
  squad,
  triviaQa,
} from "../../lib/metrics/index.js";
import { answeredList, assertMetric, type GoldenNumber } from "../helpers/answered.js";

type Group = string | number | readonly number[];
type Grouped = { readonly group: Group; readonly value: unknown };

export interface MetricRow {
  readonly name: string;
  readonly metric: string;
  readonly targets: readonly unknown[];
  readonly predictions: readonly unknown[];
  readonly expected: Readonly<Record<string, GoldenNumber>>;
}

const groupName = (group: Group): string => (Array.isArray(group) ? group.join("/") : `${group}`);

/** Our metrics by the name of the reference's function, then by its keys. */
export const METRICS: Readonly<Record<string, Readonly<Record<string, Metric<never, never>>>>> = {
  accuracy: { accuracy },
  sequence_accuracy: { sequence_accuracy: accuracy },
  mean_multiclass_f1: { mean_3class_f1: macroF1(3) },
  f1_score_with_invalid: { f1: f1WithInvalid },
  multirc_f1_over_all_answers: { f1: f1WithInvalid },
  matthews_corrcoef: { matthews_corrcoef: matthews },
  pearson_corrcoef: { pearson_corrcoef: pearson },
  spearman_corrcoef: { spearman_corrcoef: spearman },
  auc: { "auc-roc": aucRoc(), "auc-pr": aucPr() },
  all_match: { exact_match: allMatch },
  "mean_group_metric(all_match)": { exact_match: exactMatch },
  "mean_group_metric(accuracy)": { accuracy: meanOverGroups(accuracy) },
  "deduplicate_metric(accuracy)": { accuracy: firstOfGroup(accuracy) },
  "deduplicate_metric(squad)": { em: firstOfGroup(squad.em), f1: firstOfGroup(squad.f1) },
  squad,
  trivia_qa: triviaQa,
  span_squad: spanSquad,
  coqa_f1: { f1: coqaF1 },
};

const isGrouped = (target: unknown): target is Grouped =>
  typeof target === "object" && target !== null && "group" in target;

const answeredOf = ({ targets, predictions }: MetricRow) => {
  if (!targets.every(isGrouped)) return answeredList(targets, predictions);
  return answeredList(
    targets.map(({ value }) => value),
    predictions.map((p) => (p as { value: unknown }).value),
    targets.map(({ group }) => groupName(group)),
  );
};

/** Asserts the values of one row. */
export const checkMetrics = (row: MetricRow): void => {
  const ours = METRICS[row.metric];
  assert.equal(Object.keys(ours ?? {}).sort(), Object.keys(row.expected).sort(), row.metric);
  for (const [key, want] of Object.entries(row.expected)) {
    assertMetric(ours[key](answeredOf(row) as never), want, `${row.metric}, ${row.name}: ${key}`);
  }
};
