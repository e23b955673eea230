import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeFor } from "../../lib/compile/init.js";
import type { ExecutorRuntime } from "../../lib/compile/runtime.js";
import { scope } from "../../lib/core/composite.js";
import * as np from "../../lib/np/index.js";
import { erfInvDouble } from "../../lib/primitives/erf-inv.js";
import { gammaDerivative } from "../../lib/primitives/random-gamma.js";
import * as random from "../../lib/random/index.js";
import { numbers, on } from "../helpers/runtime.js";
import { SAMPLERS } from "./samplers.js";

const Distributions = suite("random/distributions");

interface Golden {
  /** Pairs of a probability and its quantile. */
  readonly quantiles: Readonly<Record<string, readonly (readonly [number, number])[]>>;
  /** Pairs of the distribution function and its place. */
  readonly distributions: Readonly<Record<string, readonly (readonly [number, number])[]>>;
  readonly gammaDerivatives: readonly (readonly [alpha: number, z: number, derivative: number])[];
  readonly erfInv: readonly (readonly [x: number, y: number])[];
}
const golden: Golden = JSON.parse(readFileSync("test/golden/data/distributions.json", "utf8"));

const N = 4000;
/** What Kolmogorov's statistic of `N` numbers exceeds with a probability of 1e-4. The places of the golden file are some of all. */
const CRITICAL = 2.23 / Math.sqrt(N);

let wasm: ExecutorRuntime;
Distributions.before(async () => {
  wasm = await runtimeFor("wasm");
});

for (const { name, golden: key, draw } of SAMPLERS) {
  if (key === undefined) continue;
  Distributions(`${name} has its distribution (scipy's ${key})`, () => {
    const places = golden.quantiles[key] ?? golden.distributions[key];
    const xs = on(wasm, () => scope(() => numbers(draw(random.key(20261124), N))));
    assert.is(xs.length, N);
    for (const [p, q] of places) {
      const below = xs.filter((x) => x <= q).length / N;
      assert.ok(Math.abs(below - p) < CRITICAL, `${below} of the numbers are at most ${q}; expected ${p}`);
    }
  });
}

const moments = (xs: readonly number[]): { mean: number; variance: number } => {
  const mean = xs.reduce((a, b) => a + b, 0) / xs.length;
  return { mean, variance: xs.reduce((a, b) => a + (b - mean) ** 2, 0) / xs.length };
};
const near = (got: number, want: number, tolerance: number): void =>
  assert.ok(Math.abs(got - want) <= tolerance, `${got}, expected ${want}`);

Distributions("signs are even, and so are the places of a permutation", () => {
  on(wasm, () =>
    scope(() => {
      const { mean, variance } = moments(numbers(random.rademacher(random.key(1), [N])));
      near(mean, 0, 4 / Math.sqrt(N));
      near(variance, 1, 1e-2);
      // The entry that comes first is uniform.
      const firsts = numbers(
        random.permutation(random.key(2), np.broadcastTo(np.arange(8), [N, 8]), 1, { independent: true }),
      );
      near(moments(firsts.filter((_, i) => i % 8 === 0)).mean, 3.5, (4 * 2.3) / Math.sqrt(N));
    }),
  );
});

Distributions("normal vectors have their mean and covariance", () => {
  on(wasm, () =>
    scope(() => {
      const cov = [
        [2, 0.5],
        [0.5, 1],
      ];
      const xs = random.multivariateNormal(random.key(3), np.array([1, -2]), np.array(cov), [N]);
      const centred = np.subtract(xs, np.array([1, -2]));
      near(numbers(np.mean(centred, { axis: 0 }))[0], 0, (4 * Math.SQRT2) / Math.sqrt(N));
      numbers(np.divide(np.matmul(np.transpose(centred), centred), N)).forEach((v, i) => {
        near(v, cov.flat()[i], (4 * 3) / Math.sqrt(N));
      });
    }),
  );
});

Distributions("orthogonal matrices are orthogonal, and their entries centred", () => {
  on(wasm, () =>
    scope(() => {
      const q = random.orthogonal(random.key(4), 3, [500]);
      numbers(np.subtract(np.matmul(q, np.swapaxes(q, -1, -2)), np.eye(3))).forEach((v) => {
        near(v, 0, 2e-6);
      });
      const { mean, variance } = moments(numbers(q));
      near(mean, 0, 4 / Math.sqrt(3 * 4500));
      near(variance, 1 / 3, 1e-4);
      assert.equal(random.orthogonal(random.key(4), 2, [], { m: 4 }).shape, [2, 4]);
    }),
  );
});

Distributions("gamma draws have the derivative that holds their probability constant (mpmath)", () => {
  for (const [alpha, z, derivative] of golden.gammaDerivatives) {
    near(gammaDerivative(alpha, z) / derivative, 1, 1e-9);
  }
});

Distributions("the inverse error function is right in float64 (scipy)", () => {
  for (const [x, y] of golden.erfInv) near(erfInvDouble(x) / y, 1, 1e-14);
});

Distributions.run();
