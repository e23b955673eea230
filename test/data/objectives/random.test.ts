/** @file What objectives draw is as likely as in T5. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  iidNoiseMask,
  type Mask,
  randomPrefixNoiseMask,
  randomSpansNoiseMask,
  regularNoiseMask,
} from "../../../lib/data/objectives/masks.js";
import { selectRandomChunk } from "../../../lib/data/objectives/pieces.js";
import { goldenFiles } from "../../helpers/golden-file.js";
import { withShared } from "../../helpers/shared.js";

const Chance = suite("data/objectives/random");
const files = goldenFiles(Chance, "data/objectives/random.test.ts");

/** `[value, count]` of what was drawn. */
type Histogram = readonly (readonly [number, number])[];
interface Common {
  readonly length: number;
  readonly density: number;
  readonly samples: number;
}
interface Spans extends Common {
  readonly function: "random_spans_noise_mask";
  readonly mean_span: number;
  readonly noise_tokens: number;
  readonly spans: number;
  readonly mean_noise_span: number;
  readonly noise_span_histogram: Histogram;
  readonly kept_span_histogram: Histogram;
  readonly noise_span_probability: readonly number[];
  readonly kept_span_probability: readonly number[];
  readonly noise_count_by_position: readonly number[];
}
interface Iid extends Common {
  readonly function: "iid_noise_mask";
  readonly noise_token_histogram: Histogram;
  readonly mean: number;
  readonly variance: number;
  readonly expected_mean: number;
  readonly expected_variance: number;
}
interface Prefix extends Common {
  readonly function: "random_prefix_noise_mask";
  readonly prefix_histogram: Histogram;
  readonly expected: string;
}
interface Regular extends Common {
  readonly function: "regular_noise_mask";
  readonly min_span_length: number;
  readonly max_span_length: number;
  readonly masks: readonly (readonly [mask: string, count: number, probability: number])[];
}
interface Chunk {
  readonly function: "select_random_chunk";
  readonly tokens: number;
  readonly max_length: number;
  readonly uniform_random_start: boolean;
  readonly samples: number;
  readonly start_length_count: readonly (readonly [number, number, number])[];
}
type Row = Spans | Iid | Prefix | Regular | Chunk;

const rowsOf = <F extends Row["function"]>(root: string, name: F): readonly Extract<Row, { function: F }>[] => {
  const { rows } = files.open<{ readonly rows: readonly Row[] }>(root, "objectives/random.json");
  const found = rows.filter((row): row is Extract<Row, { function: F }> => row.function === name);
  assert.ok(found.length > 0);
  return found;
};

const N = 3000;
/** Draws `N` times; 3000 by 3000 seeds that follow one another. */
const draws = <T>(draw: (seed: number) => T): T[] => Array.from({ length: N }, (_, seed) => draw(seed));

const countsOf = <K>(values: readonly K[]): Map<K, number> => {
  const counts = new Map<K, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
};
const total = (counts: ReadonlyMap<unknown, number>): number => [...counts.values()].reduce((sum, n) => sum + n, 0);

/** Asserts that counts have these probabilities: each within four standard deviations, and in total variation within `most`. */
const assertLikely = <K>(
  what: string,
  counts: ReadonlyMap<K, number>,
  probability: ReadonlyMap<K, number>,
  most = 0.03,
): void => {
  const n = total(counts);
  const named = [...probability.values()].reduce((sum, p) => sum + p, 0);
  const others = [...counts].reduce((sum, [value, count]) => sum + (probability.has(value) ? 0 : count), 0);
  let variation = Math.abs(others / n - Math.max(0, 1 - named));
  for (const [value, p] of probability) {
    const count = counts.get(value) ?? 0;
    variation += Math.abs(count / n - p);
    // One more, since a count is whole.
    const slack = 4 * Math.sqrt(n * p * (1 - p)) + 1;
    assert.ok(Math.abs(count - n * p) <= slack, `${what}: ${value} came ${count} times, expected ${n * p}`);
  }
  assert.ok(variation / 2 < most, `${what}: the total variation is ${variation / 2}`);
};
const byLength = (probabilities: readonly number[]): Map<number, number> =>
  new Map(probabilities.map((p, i) => [i + 1, p]));
const uniformOver = <K>(values: readonly K[]): Map<K, number> =>
  new Map(values.map((value) => [value, 1 / values.length]));

/** Lengths of the runs of `value` in a mask. */
const runs = (mask: Mask, value: boolean): number[] =>
  mask.flatMap((x, i) => {
    if (x !== value || mask[i - 1] === value) return [];
    const end = mask.indexOf(!value, i);
    return [(end < 0 ? mask.length : end) - i];
  });

withShared(Chance, "the lengths of spans are those of compositions that are all equally likely", (root) => {
  for (const row of rowsOf(root, "random_spans_noise_mask")) {
    const masks = draws((seed) =>
      randomSpansNoiseMask(row.length, seed, { noiseDensity: row.density, meanNoiseSpanLength: row.mean_span }),
    );
    const what = `length ${row.length}`;
    for (const [value, probabilities, theirs] of [
      [true, row.noise_span_probability, row.noise_span_histogram],
      [false, row.kept_span_probability, row.kept_span_histogram],
    ] as const) {
      const ours = countsOf(masks.flatMap((mask) => runs(mask, value)));
      assertLikely(`${what}, ${value ? "noise" : "kept"}`, ours, byLength(probabilities));
      assertLikely(`${what}, the reference's own`, new Map(theirs), byLength(probabilities));
      assert.is(total(ours), N * row.spans);
    }
    const noise = masks.map((mask) => mask.filter((x) => x).length);
    assert.ok(noise.every((n) => n === row.noise_tokens));
    assert.is(row.noise_tokens / row.spans, row.mean_noise_span);
  }
});

withShared(Chance, "each position is noise as often as in the reference", (root) => {
  for (const { length, density, mean_span, samples, noise_count_by_position: theirs } of rowsOf(
    root,
    "random_spans_noise_mask",
  )) {
    const masks = draws((seed) =>
      randomSpansNoiseMask(length, seed, { noiseDensity: density, meanNoiseSpanLength: mean_span }),
    );
    for (const [i, count] of theirs.entries()) {
      const ours = masks.filter((mask) => mask[i]).length;
      const p = (ours + count) / (N + samples);
      const slack = 4 * Math.sqrt(p * (1 - p) * (1 / N + 1 / samples));
      assert.ok(Math.abs(ours / N - count / samples) <= slack, `${length}, position ${i}: ${ours}, theirs ${count}`);
    }
  }
});

withShared(Chance, "each token is noise by itself", (root) => {
  for (const row of rowsOf(root, "iid_noise_mask")) {
    const ours = draws((seed) => iidNoiseMask(row.length, seed, { noiseDensity: row.density }));
    const counts = ours.map((mask) => mask.filter((x) => x).length);
    const theirs = row.noise_token_histogram.flatMap(([n, count]) => Array<number>(count).fill(n));
    const meanOf = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length;
    for (const [what, xs] of [
      ["ours", counts],
      ["theirs", theirs],
    ] as const) {
      const mean = meanOf(xs);
      const variance = meanOf(xs.map((x) => (x - mean) ** 2));
      const deviation = Math.sqrt(row.expected_variance / xs.length);
      assert.ok(Math.abs(mean - row.expected_mean) < 4 * deviation, `${what}: the mean is ${mean}`);
      // The variance of n numbers that are nearly normal is off by a share of sqrt(2 / n).
      const off = Math.abs(variance / row.expected_variance - 1);
      assert.ok(off < 4 * Math.sqrt(2 / xs.length), `${what}: the variance is ${variance}`);
      if (what === "theirs") assert.ok(Math.abs(mean - row.mean) + Math.abs(variance - row.variance) < 1e-6);
    }
    assert.is(theirs.length, row.samples);
    for (let i = 0; i < row.length; i++) {
      const noise = ours.filter((mask) => mask[i]).length;
      const slack = 4 * Math.sqrt(N * row.density * (1 - row.density));
      assert.ok(Math.abs(noise - N * row.density) < slack, `position ${i}: ${noise}`);
    }
  }
});

withShared(Chance, "prefixes of all lengths are equally likely", (root) => {
  for (const { length, density, prefix_histogram: theirs, expected, samples } of rowsOf(
    root,
    "random_prefix_noise_mask",
  )) {
    assert.is(expected, "uniform over the listed values");
    const probability = uniformOver(theirs.map(([prefix]) => prefix));
    const masks = draws((seed) => randomPrefixNoiseMask(length, seed, { noiseDensity: density }));
    const ours = countsOf(masks.map((mask) => mask.filter((x) => x).length));
    assertLikely(`length ${length}, density ${density}`, ours, probability);
    assert.is(total(new Map(theirs)), samples);
    assertLikely("the reference's own", new Map(theirs), probability, 0.05);
  }
});

withShared(Chance, "a regular mask is one of the reference's, as often", (root) => {
  for (const row of rowsOf(root, "regular_noise_mask")) {
    const probability = new Map(row.masks.map(([mask, , p]) => [mask, p]));
    const ours = countsOf(
      draws((seed) =>
        regularNoiseMask(row.length, seed, {
          noiseDensity: row.density,
          minSpanLength: row.min_span_length,
          maxSpanLength: row.max_span_length,
        })
          .map(Number)
          .join(""),
      ),
    );
    assert.equal(
      [...ours.keys()].filter((mask) => !probability.has(mask)),
      [],
    );
    // About a hundred masks, each drawn some thirty times: the variation of exact draws is about 0.07.
    assertLikely(`length ${row.length}`, ours, probability, 0.1);
    const theirs = new Map(row.masks.map(([mask, count]) => [mask, count]));
    assert.is(total(theirs), row.samples);
    assertLikely("the reference's own", theirs, probability, 0.12);
  }
});

withShared(Chance, "a chunk starts where the reference's does, as often", (root) => {
  for (const row of rowsOf(root, "select_random_chunk")) {
    const tokens = Array.from({ length: row.tokens }, (_, i) => i);
    const options = { maxLength: row.max_length, uniformRandomStart: row.uniform_random_start };
    const chunks = draws((seed) => selectRandomChunk(tokens, seed, options));
    for (const chunk of chunks) assert.equal(chunk, tokens.slice(chunk[0], chunk[0] + chunk.length));
    const ours = countsOf(chunks.map((chunk) => `${chunk[0]}, ${chunk.length}`));
    const theirs = new Map(row.start_length_count.map(([start, length, count]) => [`${start}, ${length}`, count]));
    assertLikely(`${row.tokens} tokens`, ours, uniformOver([...theirs.keys()]), 0.05);
    assert.is(total(theirs), row.samples);
    assertLikely("the reference's own", theirs, uniformOver([...theirs.keys()]), 0.06);
  }
});

Chance.run();
