/** @file The interval of a difference between two methods, by resampling the groups of examples that both have answered. */

import { takes } from "../../core/composite.js";
import { ArgumentError } from "../../core/errors.js";
import { mix } from "../../data/batch.js";
import { uniform } from "../../data/objectives/draws.js";

/** Examples that are drawn together: the sum of their differences, in percent, and how many they are. */
export interface Block {
  readonly sum: number;
  readonly count: number;
}

/** A difference in percentage points, and the interval that holds it. */
export interface Interval {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

/** How often examples are drawn, and how much of what comes of it is inside of the interval. */
export const BOOTSTRAP = { resamples: 10_000, level: 0.95, seed: 0 } as const;

/** How often blocks are drawn (default 10,000), how much of what comes of it is inside of the interval (0.95), and the seed (0). */
export interface BootstrapOptions {
  readonly resamples?: number;
  readonly level?: number;
  readonly seed?: number;
}

/**
 * The value below which a share of sorted values lies, between neighbours on the line through them.
 *
 * @see NumPy's `percentile` with its default method `linear`
 */
export const quantile = (sorted: ArrayLike<number>, share: number): number => {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
};

const differenceOf = (blocks: readonly Block[], drawn: (i: number) => number): number => {
  let [sum, count] = [0, 0];
  for (let i = 0; i < blocks.length; i++) {
    const block = blocks[drawn(i)];
    sum += block.sum;
    count += block.count;
  }
  return sum / count;
};

/**
 * The percentile interval of the mean difference of an example, when blocks are drawn with replacement as often as there are blocks.
 *
 * @throws {ArgumentError} when there are no blocks
 * @example pairedBootstrap([{ sum: 100, count: 1 }, { sum: 0, count: 1 }]) // { difference: 50, low: 0, high: 100 }
 * @see `scipy.stats.bootstrap` with `paired=True, method="percentile"`
 */
export const pairedBootstrap = takes(
  "pairedBootstrap(blocks, { resamples, level, seed })",
  (blocks: readonly Block[], options: BootstrapOptions = {}): Interval => {
    const { resamples, level, seed } = { ...BOOTSTRAP, ...options };
    if (blocks.length === 0) {
      throw new ArgumentError({
        where: "pairedBootstrap",
        what: "there is nothing to draw",
        expected: "at least one block",
      });
    }
    const found = new Float64Array(resamples);
    for (let resample = 0; resample < resamples; resample++) {
      const key = mix(seed, resample);
      found[resample] = differenceOf(blocks, (i) => Math.floor(uniform(key, i) * blocks.length));
    }
    found.sort();
    const tail = (1 - level) / 2;
    return {
      difference: differenceOf(blocks, (i) => i),
      low: quantile(found, tail),
      high: quantile(found, 1 - tail),
    };
  },
);
