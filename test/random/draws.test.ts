/** @file The formulas and the order of draws, against JAX's algorithms written a second time in NumPy (`golden/make/jax-draws.py`). */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import * as random from "../../lib/random/index.js";
import { assertNear } from "../helpers/golden.js";
import { numbers, onReference } from "../helpers/runtime.js";

const Draws = suite("random/draws");
const golden: { seed: number; rates: number[]; draws: Record<string, number[]> } = JSON.parse(
  readFileSync("test/golden/data/jax-draws.json", "utf8"),
);

const N = 40;
const cycle = (list: readonly number[]): Tensor => np.array(Array.from({ length: N }, (_, i) => list[i % list.length]));

const CALLS: Readonly<Record<string, (key: Tensor) => Tensor>> = {
  "gamma 0.3": (key) => random.gamma(key, 0.3, [N]),
  "gamma 4.5": (key) => random.gamma(key, 4.5, [N]),
  loggamma: (key) => random.loggamma(key, 0.3, [N]),
  beta: (key) => random.beta(key, 0.5, 2, [N]),
  dirichlet: (key) => random.dirichlet(key, np.array([0.7, 1.5, 2]), [N]),
  chisquare: (key) => random.chisquare(key, 3, [N]),
  f: (key) => random.f(key, 3, 5, [N]),
  t: (key) => random.t(key, 4, [N]),
  generalizedNormal: (key) => random.generalizedNormal(key, 1.5, [N]),
  ball: (key) => random.ball(key, 3, 2, [N]),
  wald: (key) => random.wald(key, 0.7, [N]),
  doubleSidedMaxwell: (key) => random.doubleSidedMaxwell(key, 1, 2, [N]),
  gumbel: (key) => random.gumbel(key, [N]),
  "gumbel high": (key) => random.gumbel(key, [N], { mode: "high" }),
  "bernoulli high": (key) => random.bernoulli(key, 0.3, [N], { mode: "high" }),
  bernoulli: (key) => random.bernoulli(key, 0.3, [N]),
  truncatedNormal: (key) => random.truncatedNormal(key, -0.5, 2, [N]),
  lognormal: (key) => random.lognormal(key, 0.5, [N]),
  maxwell: (key) => random.maxwell(key, [N]),
  exponential: (key) => random.exponential(key, [N]),
  laplace: (key) => random.laplace(key, [N]),
  logistic: (key) => random.logistic(key, [N]),
  cauchy: (key) => random.cauchy(key, [N]),
  pareto: (key) => random.pareto(key, 3, [N]),
  rayleigh: (key) => random.rayleigh(key, 2, [N]),
  weibullMin: (key) => random.weibullMin(key, 2, 1.5, [N]),
  triangular: (key) => random.triangular(key, -1, 0, 3, [N]),
  geometric: (key) => random.geometric(key, 0.3, [N]),
  rademacher: (key) => random.rademacher(key, [N]),
  categorical: (key) => random.categorical(key, np.log(np.array([0.5, 0.2, 0.3])), { shape: [N] }),
  choice: (key) => random.choice(key, 4, [N], { p: np.array([0.1, 0.4, 0.2, 0.3]) }),
  permutation: (key) => np.slice(random.permutation(key, 2000), [[0, N]]),
  poisson: (key) => random.poisson(key, np.array(golden.rates)),
  binomial: (key) => random.binomial(key, cycle([0, 1, 5, 30, 100, 1000, 7.5, 40]), cycle([0.3, 0.9, 0.4, 0.5, 0.7])),
  multinomial: (key) => random.multinomial(key, 30, np.array([0.2, 0.5, 0.3])),
};

Draws("every golden draw is compared", () => {
  assert.equal(Object.keys(CALLS).sort(), Object.keys(golden.draws).sort());
});

for (const [name, call] of Object.entries(CALLS)) {
  Draws(`${name} draws as JAX does`, () => {
    const got = onReference(() => scope(() => numbers(call(random.key(golden.seed)))));
    // float32: NumPy and JavaScript round elementary functions alike but for a few units in the last place.
    assertNear(name, got, golden.draws[name], { abs: 2e-6, rel: 5e-6 });
  });
}

Draws.run();
