/** @file Accuracy and F1 of class ids, in percent, as T5's evaluation computes them. */
import { ArgumentError } from "../core/errors.js";

const checkLengths = (where: string, targets: readonly number[], predictions: readonly number[]): void => {
  if (targets.length === predictions.length && targets.length > 0) return;
  throw new ArgumentError({
    where,
    what: "targets and predictions do not pair up",
    expected: "equally many, at least one",
    got: `${targets.length} targets, ${predictions.length} predictions`,
  });
};

/** Share of equal ids, times 100. A prediction of -1 (no label) is wrong. */
export const accuracy = (targets: readonly number[], predictions: readonly number[]): number => {
  checkLengths("accuracy", targets, predictions);
  return (100 * targets.filter((t, i) => t === predictions[i]).length) / targets.length;
};

/** F1 of one class: `2TP / (2TP + FP + FN)`, 0 where that is undefined. */
const classF1 = (targets: readonly number[], predictions: readonly number[], k: number): number => {
  let [hits, misses] = [0, 0];
  targets.forEach((t, i) => {
    if (t === k && predictions[i] === k) hits++;
    else if (t === k || predictions[i] === k) misses++;
  });
  return hits === 0 ? 0 : (2 * hits) / (2 * hits + misses);
};

/**
 * The unweighted mean of F1 over classes `0 … classes - 1`, times 100; also over those that do not occur.
 *
 * @see T5's `mean_multiclass_f1`
 */
export const macroF1 = (targets: readonly number[], predictions: readonly number[], classes: number): number => {
  checkLengths("macroF1", targets, predictions);
  let sum = 0;
  for (let k = 0; k < classes; k++) sum += classF1(targets, predictions, k);
  return (100 * sum) / classes;
};

/** The most frequent id; of equally frequent ones the smallest. */
export const majority = (ids: readonly number[]): number => {
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || a - b)[0]?.[0] ?? -1;
};
