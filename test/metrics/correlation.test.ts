import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pearson, spearman } from "../../lib/metrics/index.js";
import { answeredList, assertMetric, assertRefused } from "../helpers/answered.js";

const Correlation = suite("metrics/correlation");

const columns = fc
  .array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), { minLength: 2, maxLength: 12 })
  .map((pairs) => [pairs.map(([x]) => x), pairs.map(([, y]) => y)] as const);

Correlation("equal ranks are averaged", () => {
  // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: covariance 4.5, variances 4.5 and 5.
  assertMetric(spearman(answeredList([1, 2, 2, 3], [10, 20, 30, 40])), 100 * Math.sqrt(4.5 / 5), "spearman");
});

Correlation("stays the same under a rising line, and within 100", () => {
  fc.assert(
    fc.property(columns, ([x, y]) => {
      const answered = answeredList(x, y);
      const moved = answeredList(
        x.map((v) => 0.1 * v + 0.7),
        y,
      );
      for (const metric of [pearson, spearman]) {
        const r = metric(answered);
        assert.ok(Number.isNaN(r) || Math.abs(r) <= 100, `${r}`);
        assertMetric(metric(moved), Number.isNaN(r) ? "NaN" : r, "moved");
      }
      const line = pearson(
        answeredList(
          x,
          x.map((v) => 0.1 * v + 0.7),
        ),
      );
      assert.ok(Number.isNaN(line) || line <= 100, `${line}`);
    }),
  );
});

Correlation("Spearman's is 1 - 6 Σ d² / (n³ - n) where no ranks are equal", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([...Array(9).keys()], { minLength: 2 }), (order) => {
      const x = [...order].sort((a, b) => a - b);
      const rank = (v: number): number => x.indexOf(v);
      const squares = order.reduce((sum, v, i) => sum + (rank(v) - i) ** 2, 0);
      const n = order.length;
      assertMetric(spearman(answeredList(x, order)), 100 * (1 - (6 * squares) / (n ** 3 - n)), "spearman");
    }),
  );
});

Correlation("a constant column has no correlation, also one whose mean is rounded; nor has a NaN", () => {
  const rising = [1, 2, 3];
  const constant = [0.1, 0.1, 0.1];
  for (const metric of [pearson, spearman]) {
    assertMetric(metric(answeredList(rising, constant)), "NaN", "constant answers");
    assertMetric(metric(answeredList(constant, rising)), "NaN", "constant truths");
    assertMetric(metric(answeredList(rising, [1, Number.NaN, 3])), "NaN", "NaN");
  }
});

Correlation("an infinite answer has a rank, and no r", () => {
  assertMetric(spearman(answeredList([1, 2, 3], [4, 5, Infinity])), 100, "spearman");
  assertMetric(pearson(answeredList([1, 2, 3], [4, 5, Infinity])), "NaN", "pearson");
});

Correlation("fewer than two pairs are an error", () => {
  for (const [name, metric] of Object.entries({ pearson, spearman })) {
    assertRefused(() => metric([]), name, "no answered examples");
    assertRefused(() => metric(answeredList([1], [1])), name, "at least two");
  }
});

Correlation.run();
