import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pairedBootstrap, quantile } from "../../../lib/lab/report/bootstrap.js";

const Bootstrap = suite("lab/report/bootstrap");

// NumPy 2: np.percentile([3, 1, 4, 1, 5, 9, 2, 6], [2.5, 97.5, 50, 10]) = [1, 8.475, 3.5, 1]
Bootstrap("quantiles are those of NumPy's percentile", () => {
  const sorted = [3, 1, 4, 1, 5, 9, 2, 6].sort((a, b) => a - b);
  [1, 8.475, 3.5, 1].forEach((want, i) => {
    const got = quantile(sorted, [0.025, 0.975, 0.5, 0.1][i]);
    assert.ok(Math.abs(got - want) < 1e-12, `${got} and ${want}`);
  });
  assert.is(quantile([7], 0.3), 7);
});

// SciPy 1.17.1, 200,000 resamples, seeds 0 and 1, of the 20 examples below, a right and b right:
// scipy.stats.bootstrap((a - b,), lambda x, axis: 100 * x.mean(axis), method="percentile") = (0, 50), standard error 11.97 and 12.00
const A = [1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1];
const B = [1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0];

Bootstrap("the interval of examples is SciPy's, whatever the seed", () => {
  const blocks = A.map((a, i) => ({ sum: 100 * (a - B[i]), count: 1 }));
  for (const seed of [0, 1, 2]) {
    const { difference, low, high } = pairedBootstrap(blocks, { resamples: 20_000, seed });
    assert.equal([difference, low, high], [25, 0, 50], `seed ${seed}`);
  }
});

// SciPy 1.17.1, 200,000 resamples, seeds 0 and 1: bootstrap((sums, counts), lambda s, c, axis: 100 * s.sum(axis) / c.sum(axis),
// paired=True, method="percentile") = (6.25, 56.5217), of which 36.3636 is the statistic itself
Bootstrap("groups are drawn as a whole, each with its size, as in SciPy's paired bootstrap of a ratio", () => {
  const [sums, counts] = [
    [1, 2, 0, -1, 3, 1, 0, 2],
    [2, 3, 1, 2, 4, 3, 2, 5],
  ];
  const blocks = sums.map((sum, i) => ({ sum: 100 * sum, count: counts[i] }));
  const { difference, low, high } = pairedBootstrap(blocks, { resamples: 50_000 });
  assert.ok(Math.abs(difference - 36.36363636363637) < 1e-12, `${difference}`);
  // Neighbouring values of the statistic are up to 0.6 apart there.
  assert.ok(Math.abs(low - 6.25) < 0.7, `${low}`);
  assert.ok(Math.abs(high - 56.52173913043478) < 0.7, `${high}`);
});

Bootstrap("the same seed gives the same interval, another seed another one", () => {
  const blocks = A.map((a, i) => ({ sum: a - B[i] + i / 100, count: 1 }));
  const of = (seed: number) => pairedBootstrap(blocks, { resamples: 500, level: 0.9, seed });
  assert.equal(of(3), of(3));
  assert.not.equal(of(3), of(4));
});

Bootstrap("methods that answer alike differ by nothing", () => {
  const blocks = A.map(() => ({ sum: 0, count: 1 }));
  assert.equal(pairedBootstrap(blocks), { difference: 0, low: 0, high: 0 });
});

Bootstrap.run();
