/** @file Training batches by tokens: examples of like length, as many as fit. */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { epochOrder } from "./batch.js";
import { byStep } from "./by-step.js";

/** The examples of a batch, and the group of like length that they are of. */
export interface TokenBatchRows {
  readonly rows: readonly number[];
  readonly group: number;
}

/** The batches of all steps in turn: examples are shuffled anew in every epoch, and wait until their group has a batch. */
function* batchesOf(
  groups: readonly number[],
  sizes: readonly number[],
  seed: number,
): Generator<TokenBatchRows, never> {
  const waiting = sizes.map((): number[] => []);
  for (let epoch = 0; ; epoch++) {
    for (const row of epochOrder(groups.length, seed, epoch)) {
      const group = groups[row];
      waiting[group].push(row);
      if (waiting[group].length === sizes[group]) yield { rows: waiting[group].splice(0), group };
    }
  }
}

/**
 * Which examples the batch of a step holds, where a batch takes examples of one group. Every example comes once an epoch; batches go on
 * across the ends of epochs.
 *
 * - `groups`: the group of each example
 * - `sizes`: how many examples a batch of each group holds
 * @returns a function of the step, counted from 0, that depends on nothing else; a step before the last one asked for begins anew
 * @throws {ArgumentError} when there are no examples
 * @example tokenBatchRows([0, 1, 0, 1], [2, 1], seed)(0) // { rows: [3], group: 1 }
 */
export const tokenBatchRows = takes(
  "tokenBatchRows(groups, sizes, seed)",
  (groups: readonly number[], sizes: readonly number[], seed: number): ((step: number) => TokenBatchRows) => {
    if (groups.length === 0) {
      const [what, expected] = ["there are no examples to make batches of", "at least one"];
      throw new ArgumentError({ where: "tokenBatchRows", what, expected, got: "none" });
    }
    return byStep(() => batchesOf(groups, sizes, seed));
  },
);
