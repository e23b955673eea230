/** @file The labels that are found in the examples of a task. */
import { takes } from "../core/composite.js";
import type { Example } from "./task.js";

/** The most labels that are found in a file. */
const MOST_LABELS = 20;

/** What the targets of examples look like. */
export interface FoundLabels {
  /** The different targets, in the order in which they first stand there; undefined where they are free text. */
  readonly labels: readonly string[] | undefined;
  /** How many different targets there are. */
  readonly distinct: number;
  readonly examples: number;
}

/**
 * Finds the labels of a task in its training examples. Their different targets are labels when there are at most 20 of them, and fewer than half as
 * many as examples; others are free text.
 *
 * @example
 * const text = task(options)
 * const { labels } = findLabels(await readExamples(text, "train"))
 * const task = task({ ...options, labels })
 */
export const findLabels = takes("findLabels(examples)", (examples: readonly Example[]): FoundLabels => {
  const distinct = [...new Set(examples.map(({ targets }) => targets))];
  const few = distinct.length <= MOST_LABELS && 2 * distinct.length < examples.length;
  return { labels: few ? distinct : undefined, distinct: distinct.length, examples: examples.length };
});
