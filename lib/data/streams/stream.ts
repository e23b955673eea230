/**
 * @file Streams: endless rows of examples, as functions of a number.
 *
 * A stream is a function from `n` to its `n`-th example. It is computed, not read on: the function has a seed and the data, and nothing that changes, so
 * there is nothing to save when a run stops, and a run that goes on at step `n` asks for the examples of step `n`. The batch of a step is the examples
 * `step * size` to `(step + 1) * size - 1`. Workers share a batch by turns: with `count` workers, worker `index` makes the rows `index`,
 * `index + count`, and so on, so that together they make the same batch, however many they are.
 *
 * What a stream remembers is only to be fast: the order of an epoch, how often the parts of a mixture were drawn.
 */
import { takes } from "../../core/composite.js";
import { ArgumentError } from "../../core/errors.js";
import { mix, shuffledRows, type Tokens } from "../batch.js";
import { checkRates, partAt } from "../mixture.js";
import { checkWhole } from "../objectives/checks.js";
import { uniform } from "../objectives/draws.js";

/** The `n`-th example, counted from 0. */
export type Stream<T = Tokens> = (n: number) => T;

/** Which of several workers makes a part of a batch. */
export interface Shard {
  /** Its number, from 0. */
  readonly index: number;
  /** How many workers there are. */
  readonly count: number;
}

/**
 * The examples of a step's batch, or those that one of several workers makes: the rows `index`, `index + count`, and so on.
 *
 * @throws {ArgumentError} for numbers out of range
 * @example streamBatch(stream, 128, step) // as streamBatch(stream, 128, step, { index: 0, count: 2 }) and { index: 1, count: 2 } by turns
 */
export const streamBatch = takes(
  "streamBatch(stream, size, step, { index, count })",
  <T>(stream: Stream<T>, size: number, step: number, { index, count }: Shard = { index: 0, count: 1 }): T[] => {
    const where = "data.streamBatch";
    checkWhole(where, "the size of a batch", size, 1);
    checkWhole(where, "the step", step, 0);
    checkWhole(where, "the number of workers", count, 1);
    checkWhole(where, "the number of the worker", index, 0);
    if (index >= count) {
      const [what, expected] = ["there is no such worker", `a number below ${count}`];
      throw new ArgumentError({ where, what, expected, got: `${index}` });
    }
    const rows = Math.max(0, Math.ceil((size - index) / count));
    return Array.from({ length: rows }, (_, i) => stream(step * size + index + i * count));
  },
);

/**
 * A stream of examples that are there already, in another order in every epoch.
 *
 * @throws {ArgumentError} when there are none
 * @example const stream = streamOf(tokenize(examples, tokenizer), seed);
 */
export const streamOf = takes("streamOf(examples, seed)", <T>(examples: readonly T[], seed: number): Stream<T> => {
  if (examples.length === 0) {
    const [what, expected] = ["there are no examples to make a stream of", "at least one"];
    throw new ArgumentError({ where: "data.streamOf", what, expected, got: "none" });
  }
  const rowAt = shuffledRows(examples.length, 1, seed);
  return (n) => examples[rowAt(n)[0]];
});

/** Examples between two counts that are kept. */
const BLOCK = 256;

/**
 * A mixture of streams: each example is of stream `i` with probability `rates[i] / sum(rates)`, and those of a stream keep their order.
 *
 * @throws {ArgumentError} for rates that are not as many as streams, out of range, or all 0
 * @see seqio's `Mixture.get_dataset`
 * @example const stream = mixStreams([spans, tasks], [0.9, 0.1], seed);
 */
export const mixStreams = takes(
  "mixStreams(streams, rates, seed)",
  <T>(streams: readonly Stream<T>[], rates: readonly number[], seed: number): Stream<T> => {
    checkRates("data.mixStreams", streams.length, rates);
    const total = rates.reduce((sum, rate) => sum + rate, 0);
    const draws = mix(seed, 0);
    const partOf = (n: number): number => partAt(rates, uniform(draws, n) * total);
    /** How often each stream was drawn before every `BLOCK`-th example. */
    const counts: number[][] = [streams.map(() => 0)];
    const countTo = (before: readonly number[], from: number, to: number): number[] => {
      const after = [...before];
      for (let n = from; n < to; n++) after[partOf(n)]++;
      return after;
    };
    /** The number that was asked for last: the next one is often near. */
    let near = { n: 0, before: counts[0] };
    return (n) => {
      const block = Math.floor(n / BLOCK);
      for (let b = counts.length; b <= block; b++) counts.push(countTo(counts[b - 1], (b - 1) * BLOCK, b * BLOCK));
      const start = { n: block * BLOCK, before: counts[block] };
      const from = near.n <= n && near.n > start.n ? near : start;
      near = { n, before: countTo(from.before, from.n, n) };
      const part = partOf(n);
      return streams[part](near.before[part]);
    };
  },
);
