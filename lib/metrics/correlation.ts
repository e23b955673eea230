/** @file Correlations of numbers, in percent: the metrics of STS-B. */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { type Answered, checkAnswered, type Metric } from "./answered.js";

type Pair = readonly [number, number];

const isConstant = (x: readonly number[]): boolean => x.every((v) => v === x[0]);

/** Pearson's r of the columns of pairs, from -1 to 1; NaN where a column is constant. */
const pearsonOf = (pairs: readonly Pair[]): number => {
  const [x, y] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
  // By comparison: the mean of a constant column may be off by a rounding, and its deviations look like a spread then.
  if (isConstant(x) || isConstant(y)) return Number.NaN;
  const centred = (column: readonly number[]): number[] => {
    const mean = column.reduce((a, b) => a + b, 0) / column.length;
    return column.map((v) => v - mean);
  };
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i], 0);
  const [dx, dy] = [centred(x), centred(y)];
  const r = dot(dx, dy) / (Math.sqrt(dot(dx, dx)) * Math.sqrt(dot(dy, dy)));
  return Math.max(-1, Math.min(1, r));
};

/** Places in ascending order, from 1; equal numbers share the mean of their places, NaN has none. */
const ranks = (x: readonly number[]): number[] => {
  const sorted = Float64Array.from(x).sort();
  const places = new Map<number, number>();
  for (let from = 0; from < sorted.length; ) {
    let to = from + 1;
    while (sorted[to] === sorted[from]) to++;
    places.set(sorted[from], (from + 1 + to) / 2);
    from = to;
  }
  return x.map((v) => (Number.isNaN(v) ? v : (places.get(v) as number)));
};

const pairsOf = (where: string, answered: readonly Answered<number, number>[]): Pair[] => {
  checkAnswered(where, answered);
  if (answered.length > 1) return answered.map(({ answer, example }) => [example.truth, answer]);
  throw new ArgumentError({ where, what: "a correlation needs pairs", expected: "at least two", got: "one" });
};

/**
 * Pearson's correlation of truths and answers, times 100; NaN when all truths or all answers are equal, or one is NaN.
 *
 * @see T5's `pearson_corrcoef`
 * @throws {ArgumentError} for fewer than two examples
 */
export const pearson: Metric<number, number> = takes(
  "pearson(answered)",
  (answered) => 100 * pearsonOf(pairsOf("pearson", answered)),
);

/**
 * Spearman's correlation of truths and answers, times 100: Pearson's of their ranks, where equal numbers share the mean rank. NaN
 * when all truths or all answers are equal, or one is NaN.
 *
 * @see T5's `spearman_corrcoef`
 * @throws {ArgumentError} for fewer than two examples
 */
export const spearman: Metric<number, number> = takes("spearman(answered)", (answered) => {
  const pairs = pairsOf("spearman", answered);
  const [x, y] = [ranks(pairs.map(([a]) => a)), ranks(pairs.map(([, b]) => b))];
  return 100 * pearsonOf(x.map((rank, i) => [rank, y[i]]));
});
