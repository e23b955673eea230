/** @file Which texts a model answers with, beside those it should answer with: shows labels it never gives, and texts that are not labels. */
import { takes } from "../core/composite.js";

/** The distinct texts among targets and predictions. Lists keep the order in which texts first occur. */
export interface LabelSets {
  /** How often each target occurs. */
  readonly targets: ReadonlyMap<string, number>;
  /** How often each prediction occurs. */
  readonly predictions: ReadonlyMap<string, number>;
  readonly shared: readonly string[];
  /** Labels that the model never gives. */
  readonly onlyTargets: readonly string[];
  /** Answers that are not labels. */
  readonly onlyPredictions: readonly string[];
}

const countTexts = (texts: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
};

/**
 * Compares the texts that a model gave with the targets.
 *
 * @see prompt-tuning's `label_set_stats`
 * @example labelSets(["True", "False"], ["True", "maybe"]).onlyPredictions // ["maybe"]
 */
export const labelSets = takes(
  "labelSets(targets, predictions)",
  (targets: readonly string[], predictions: readonly string[]): LabelSets => {
    const [wanted, given] = [countTexts(targets), countTexts(predictions)];
    return {
      targets: wanted,
      predictions: given,
      shared: [...wanted.keys()].filter((text) => given.has(text)),
      onlyTargets: [...wanted.keys()].filter((text) => !given.has(text)),
      onlyPredictions: [...given.keys()].filter((text) => !wanted.has(text)),
    };
  },
);
