/** @file Mixtures of tasks, held to seqio's numbers. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import {
  drawMixture,
  mixtureRows,
  mixtureTokenRows,
  type Rates,
  rateBySize,
  taskRates,
} from "../../lib/data/mixture.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { withShared } from "../helpers/shared.js";

const Mixture = suite("data/mixture");
const files = goldenFiles(Mixture, "data/mixture.test.ts");

interface Golden {
  readonly sizes: Rates;
  readonly mixing_rate_num_examples: readonly {
    readonly maximum: number | null;
    readonly scale: number;
    readonly temperature: number;
    readonly rates: Rates;
    readonly proportions: Rates;
  }[];
  readonly published: Readonly<
    Record<string, readonly { readonly task: string; readonly rate: number; readonly proportion: number }[]>
  >;
  readonly nested: readonly {
    readonly inner: Rates;
    readonly inner2: Rates;
    readonly outer: Rates;
    readonly rates: Rates;
    readonly total_rate: number;
    readonly proportions: Rates;
  }[];
  readonly draws: readonly {
    readonly weights: readonly number[];
    readonly drawn: number;
    readonly counts: readonly number[];
    readonly expected: readonly number[];
  }[];
  readonly ends: readonly {
    readonly sizes: readonly number[];
    readonly weights: readonly number[];
    readonly drawn_of_each_in_40_runs: readonly (readonly number[])[];
  }[];
}
const golden = (root: string): Golden => files.open<Golden>(root, "objectives/mixtures.json");

const totalOf = (rates: Rates): number => Object.values(rates).reduce((sum, x) => sum + x, 0);
const near = (got: number, want: number, what: string): void =>
  assert.ok(Math.abs(got - want) <= 1e-12 * Math.max(1, Math.abs(want)), `${what}: ${got}, not ${want}`);

const nearAll = (got: Rates, want: Rates, what: string): void => {
  assert.equal(Object.keys(got).sort(), Object.keys(want).sort(), what);
  for (const [name, x] of Object.entries(want)) near(got[name], x, `${what}: ${name}`);
};
const proportions = (rates: Rates): Rates =>
  Object.fromEntries(Object.entries(rates).map(([name, x]) => [name, x / totalOf(rates)]));

/** How often each part is drawn. */
const countsOf = (drawn: readonly { readonly part: number }[], parts: number): number[] =>
  Array.from({ length: parts }, (_, i) => drawn.filter(({ part }) => part === i).length);
const take = (n: number, draws: ReturnType<typeof drawMixture>) =>
  Array.from({ length: n }, () => draws.next().value as never);
/** Whether counts are within four standard deviations of what is expected. */
const isLikely = (counts: readonly number[], expected: readonly number[], n: number): boolean =>
  counts.every((count, i) => Math.abs(count - n * expected[i]) <= 4 * Math.sqrt(n * expected[i] * (1 - expected[i])));

withShared(Mixture, "rates by size are seqio's for caps, scales and temperatures", (root) => {
  const { sizes, mixing_rate_num_examples } = golden(root);
  assert.ok(mixing_rate_num_examples.length > 70);
  for (const { maximum, scale, temperature, rates, proportions: shares } of mixing_rate_num_examples) {
    const options = { scale, temperature, ...(maximum !== null && { maximum }) };
    const got = Object.fromEntries(Object.entries(sizes).map(([name, n]) => [name, rateBySize(n, options)]));
    nearAll(got, rates, JSON.stringify(options));
    nearAll(proportions(got), shares, `shares for ${JSON.stringify(options)}`);
  }
});

withShared(Mixture, "the published mixtures have the published shares", (root) => {
  for (const [name, rows] of Object.entries(golden(root).published)) {
    const rates = taskRates(Object.fromEntries(rows.map(({ task, rate }) => [task, rateBySize(rate)])));
    nearAll(proportions(rates), Object.fromEntries(rows.map((row) => [row.task, row.proportion])), name);
  }
});

withShared(Mixture, "the rate of a mixture inside of another goes to its tasks", (root) => {
  for (const { inner, inner2, outer, rates, total_rate, proportions: shares } of golden(root).nested) {
    const got = taskRates(outer, { inner, inner2 });
    nearAll(got, rates, "rates");
    near(totalOf(got), total_rate, "total");
    nearAll(proportions(got), shares, "shares");
  }
});

withShared(Mixture, "parts are drawn as often as their rates say, with every seed", (root) => {
  for (const { weights, drawn, counts, expected } of golden(root).draws) {
    assert.ok(isLikely(counts, expected, drawn), "the reference's own");
    for (const seed of [0, 1, 2, 7, 1000]) {
      const own = countsOf(
        take(
          drawn,
          drawMixture(
            weights.map(() => 50),
            weights,
            seed,
          ),
        ),
        weights.length,
      );
      assert.ok(isLikely(own, expected, drawn), `seed ${seed}: ${own} for ${weights}`);
    }
  }
});

withShared(Mixture, "without repetition one part is complete at the end, as in the reference", (root) => {
  for (const { sizes, weights, drawn_of_each_in_40_runs: theirs } of golden(root).ends) {
    const ours = theirs.map((_, seed) => countsOf([...drawMixture(sizes, weights, seed, { repeat: false })], 2));
    for (const runs of [theirs, ours]) {
      assert.ok(runs.every((counts) => counts.some((count, i) => count === sizes[i])));
      assert.ok(runs.every((counts) => counts.every((count, i) => count <= sizes[i])));
    }
    const mean = (runs: readonly (readonly number[])[]): number =>
      runs.reduce((sum, [a, b]) => sum + a + b, 0) / runs.length;
    // The length of a run has a standard deviation of about 3, its mean over 40 runs one of 0.5.
    assert.ok(Math.abs(mean(ours) - mean(theirs)) < 2.5, `${mean(ours)}, theirs ${mean(theirs)}`);
  }
});

Mixture("without options the rate of a task is its size", () => {
  assert.is(rateBySize(250), 250);
  assert.is(rateBySize(250, { maximum: 100 }), 100);
});

Mixture("caps below 1, small scales, high temperatures and tasks without examples have seqio's rates", () => {
  // seqio 0.0.20's `mixing_rate_num_examples`.
  const rows = [
    [0, 100, 7.5, 3, 0],
    [7, 0.5, 7.5, 100, 0.9930924954370359],
    [1, 131072, 7.5, 1.5, 3.8315471619677655],
    [250, 100, 7.5, 1.5, 21.544346900318832],
    [184351, 100, 1, 100, 1.0471285480508996],
    [7, 131072, 1, 3, 1.912931182772389],
  ] as const;
  for (const [size, maximum, scale, temperature, want] of rows) {
    near(rateBySize(size, { maximum, scale, temperature }), want, `${size} examples`);
  }
});

Mixture("all examples of a part come once before one comes again, in another order", () => {
  const draws = take(400, drawMixture([5, 7], [2, 1], 3)) as { part: number; row: number }[];
  for (const [part, size] of [5, 7].entries()) {
    const rows = draws.filter((one) => one.part === part).map(({ row }) => row);
    const epochs = Array.from({ length: Math.floor(rows.length / size) }, (_, i) =>
      rows.slice(i * size, (i + 1) * size),
    );
    assert.ok(epochs.length > 10);
    const all = Array.from({ length: size }, (_, i) => i);
    for (const epoch of epochs) assert.equal([...epoch].sort(), all);
    assert.ok(new Set(epochs.map(String)).size > 5);
  }
});

Mixture("the batch of a step depends on seed and step alone", () => {
  const at = (seed: number) => mixtureRows([5, 7], [2, 1], 4, seed);
  const rows = at(3);
  const steps = [0, 1, 2, 3, 4].map(rows);
  assert.equal(steps.flat(), take(20, drawMixture([5, 7], [2, 1], 3)));
  assert.equal(rows(1), steps[1]);
  assert.equal(rows(1), steps[1]);
  assert.equal(rows(4), steps[4]);
  assert.equal(at(3)(2), steps[2]);
  assert.not.equal(at(4)(2), steps[2]);
});

const GROUPS = [
  [0, 1, 0, 0, 2],
  [1, 1, 0, 1, 1, 0, 1],
];
const SIZES = [4, 3, 2];

Mixture("a batch of one group holds what was drawn of it, in the order of the draws", () => {
  const rowsAt = mixtureTokenRows(GROUPS, [2, 1], SIZES, 3);
  const batches = Array.from({ length: 30 }, (_, step) => rowsAt(step));
  const groupOf = ({ part, row }: { readonly part: number; readonly row: number }): number => GROUPS[part][row];
  const draws = take(400, drawMixture([5, 7], [2, 1], 3)) as { part: number; row: number }[];
  for (const group of [0, 1, 2]) {
    const own = batches.filter(([first]) => groupOf(first) === group);
    assert.ok(own.length > 0);
    for (const batch of own) assert.is(batch.length, SIZES[group]);
    const drawn = draws.filter((one) => groupOf(one) === group);
    assert.equal(own.flat(), drawn.slice(0, own.flat().length));
  }
  // A batch comes when its last example is drawn.
  const lastOf = (batch: (typeof batches)[number], n: number): number => {
    const group = groupOf(batch[0]);
    const before = batches.slice(0, n + 1).filter(([first]) => groupOf(first) === group).length;
    return draws.flatMap((one, i) => (groupOf(one) === group ? [i] : []))[before * SIZES[group] - 1];
  };
  const ends = batches.map(lastOf);
  assert.equal(
    ends,
    ends.toSorted((a, b) => a - b),
  );
});

Mixture("the parts of batches of groups are as frequent as their rates say", () => {
  for (const seed of [0, 1, 2]) {
    const rowsAt = mixtureTokenRows(GROUPS, [2, 1], SIZES, seed);
    const drawn = Array.from({ length: 1000 }, (_, step) => rowsAt(step)).flat();
    const counts = countsOf(drawn, 2);
    assert.ok(isLikely(counts, [2 / 3, 1 / 3], drawn.length), `seed ${seed}: ${counts}`);
  }
});

Mixture("the batch of a group depends on seed and step alone", () => {
  const rowsAt = mixtureTokenRows(GROUPS, [2, 1], SIZES, 3);
  const steps = [0, 1, 2, 3, 4].map(rowsAt);
  assert.equal([rowsAt(1), rowsAt(4), rowsAt(0)], [steps[1], steps[4], steps[0]]);
  assert.not.equal([0, 1, 2, 3, 4].map(mixtureTokenRows(GROUPS, [2, 1], SIZES, 4)), steps);
});

Mixture("what has no meaning is refused with its place", () => {
  const refused = (f: () => unknown, ...parts: readonly (string | RegExp)[]): void => {
    let error: unknown;
    try {
      f();
    } catch (e) {
      error = e;
    }
    assert.ok(isFluxionError(error, "ArgumentError"), String(error));
    for (const part of parts) assert.match((error as Error).message, part);
  };
  refused(() => rateBySize(-1), "the size is out of range", "-1");
  refused(() => rateBySize(1, { scale: 0 }), "the scale");
  refused(() => rateBySize(1, { maximum: Number.NaN }), "the maximum");
  refused(() => rateBySize(1, { temperature: 0 }), "the temperature");
  refused(() => taskRates({ a: 1, b: -2 }), "a rate is out of range", /at +b/);
  refused(() => taskRates({ m: 1 }, { m: { a: 1, b: Number.POSITIVE_INFINITY } }), /at +m\/b/);
  refused(() => taskRates({ m: 1 }, { m: { n: 1 }, n: { m: 1 } }), "a mixture is part of itself", /at +m\/n\/m/);
  refused(() => taskRates({ m: 1 }, { m: { a: 0 } }), "all rates of a mixture are 0", /at +m/);
  assert.equal(taskRates({ m: 0, a: 1 }, { m: { b: 0 } }), { b: 0, a: 1 });
  const draw = (sizes: number[], rates: number[]) => () => drawMixture(sizes, rates, 0).next();
  refused(draw([1, 2], [1]), "each part has a size and a rate");
  refused(draw([1], [-1]), "a rate is out of range");
  refused(draw([1, 1], [0, 0]), "no part is drawn");
  refused(draw([], []), "no part is drawn", "no rates");
  refused(draw([1, 0], [1, 1]), "a part has no examples", /at +part 1/);
  refused(draw([0, 1], [1, 1]), "a part has no examples", /at +part 0/);
  refused(() => mixtureRows([1, 0], [1, 1], 4, 0), "a part has no examples");
  refused(() => mixtureTokenRows([[0], []], [1, 1], [4], 0), "a part has no examples", /at +part 1/);
  assert.equal(draw([1, 0], [1, 0])(), { done: false, value: { part: 0, row: 0 } });
});

Mixture.run();
