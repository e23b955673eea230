import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { accuracy, macroF1, majority } from "../../lib/metrics/index.js";
import { readSharedJson, withShared } from "../helpers/shared.js";

const Classification = suite("metrics/classification");

const near = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-9, `${a} and ${b}`);

interface Row {
  readonly metric: string;
  readonly targets: number[];
  readonly predictions: number[];
  readonly expected: Record<string, number>;
}

withShared(Classification, "accuracy and the mean F1 of three classes equal T5's", (root) => {
  const { metrics } = readSharedJson<{ metrics: Row[] }>(root, "golden/metrics.json");
  const of = (name: string): Row[] =>
    metrics.filter((row) => row.metric === name && row.targets.every(Number.isInteger));
  const [accuracies, f1s] = [of("accuracy"), of("mean_multiclass_f1")];
  assert.ok(accuracies.length > 0 && f1s.length > 0);
  for (const row of accuracies) near(accuracy(row.targets, row.predictions), row.expected.accuracy);
  for (const row of f1s) near(macroF1(row.targets, row.predictions, 3), row.expected.mean_3class_f1);
  console.log(`  ${accuracies.length} rows of accuracy, ${f1s.length} of mean_3class_f1`);
});

Classification("an answer that is no label is wrong, and no false positive", () => {
  near(accuracy([0, 1, 2, 0], [0, -1, 2, -1]), 50);
  // Class 0: TP 1, FN 1; class 1: FN 1; class 2: TP 1.
  near(macroF1([0, 1, 2, 0], [0, -1, 2, -1], 3), (100 * (2 / 3 + 0 + 1)) / 3);
});

Classification("a class that does not occur counts with 0", () => {
  near(macroF1([0, 0], [0, 0], 3), 100 / 3);
});

Classification("the majority is the most frequent id, the smaller one at a tie", () => {
  assert.is(majority([2, 1, 1, 2, 0]), 1);
  assert.is(majority([]), -1);
});

Classification("lists that do not pair up are an error", () => {
  assert.throws(
    () => accuracy([0], []),
    (e: unknown) => isFluxionError(e, "ArgumentError"),
  );
  assert.throws(
    () => macroF1([], [], 3),
    (e: unknown) => isFluxionError(e, "ArgumentError"),
  );
});

Classification.run();
