/** @file How long things are: numbers and a histogram in text. */

export interface LengthSummary {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  readonly all: readonly number[];
}

export const summaryOf = (all: readonly number[]): LengthSummary => {
  let [min, sum, max] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const n of all) {
    min = Math.min(min, n);
    max = Math.max(max, n);
    sum += n;
  }
  return { min, mean: sum / all.length, max, all };
};

const BARS = 12;
const WIDTH = 40;

/** The width of a bin, 1, 2 or 5 times a power of ten, so that at most twelve hold everything. */
const binWidth = (span: number): number => {
  for (let power = 1; ; power *= 10) {
    const step = [1, 2, 5].find((s) => span / (s * power) <= BARS);
    if (step !== undefined) return step * power;
  }
};

/**
 * A histogram of whole numbers, a line a bin: its range, a bar, the count.
 *
 * @example histogram([3, 3, 4]) // "  3  ████████████████████████████████████████ 2\n  4  ████████████████████ 1\n"
 */
export const histogram = (values: readonly number[]): string => {
  const { min, max } = summaryOf(values);
  const width = binWidth(max - min + 1);
  const first = Math.floor(min / width);
  const counts = new Array<number>(Math.floor(max / width) - first + 1).fill(0);
  for (const value of values) counts[Math.floor(value / width) - first]++;
  const most = Math.max(...counts);
  const range = (i: number): string => {
    const from = (first + i) * width;
    return width === 1 ? `${from}` : `${from}-${from + width - 1}`;
  };
  const pad = Math.max(...counts.map((_, i) => range(i).length));
  return counts
    .map((n, i) => `  ${range(i).padStart(pad)}  ${"█".repeat(Math.ceil((WIDTH * n) / most))} ${n}\n`)
    .join("");
};
