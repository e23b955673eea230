/**
 * @file The table of samplers: a call that gives `n` numbers of each, and how far they agree with JAX's. Tests draw from it, and
 * `docs/random.md` shows it.
 */
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import * as random from "../../lib/random/index.js";

/**
 * `bits`: equal to the last bit. `rounding`: equal up to a few units in the last place, since elementary functions of backends
 * round differently. `comparison`: as before, but where a comparison falls within that rounding the number is another one.
 */
export type Agreement = "bits" | "rounding" | "comparison";

export interface SamplerRow {
  /** The name of the function, here and in JAX. */
  readonly name: keyof typeof random;
  readonly jax: string;
  readonly agreement: Agreement;
  /** `n` numbers, as they are compared with a distribution. */
  readonly draw: (key: Tensor, n: number) => Tensor;
  /** The distribution in `golden/data/distributions.json`; absent where another test tells. */
  readonly golden?: string;
}

const vector = (...values: number[]): Tensor => np.array(values);
const column = (x: Tensor, i: number): Tensor => np.take(x, np.array(i, { dtype: "int32" }), -1);

const row = (
  name: keyof typeof random,
  jax: string,
  agreement: Agreement,
  draw: SamplerRow["draw"],
  golden?: string,
): SamplerRow => ({ name, jax, agreement, draw, ...(golden === undefined ? {} : { golden }) });

export const SAMPLERS: readonly SamplerRow[] = [
  row("bits", "bits", "bits", (key, n) => random.bits(key, [n])),
  row("uniform", "uniform", "bits", (key, n) => random.uniform(key, [n], { minval: -2, maxval: 3 }), "uniform"),
  row("randint", "randint", "bits", (key, n) => random.randint(key, [n], -3, 4), "randint"),
  row("bernoulli", "bernoulli", "bits", (key, n) => random.bernoulli(key, 0.3, [n]), "bernoulli"),
  row("rademacher", "rademacher", "bits", (key, n) => random.rademacher(key, [n])),
  row("permutation", "permutation", "bits", (key, n) => random.permutation(key, n)),
  row(
    "choice",
    "choice",
    "rounding",
    (key, n) => random.choice(key, 4, [n], { p: vector(0.1, 0.4, 0.2, 0.3) }),
    "choice",
  ),
  row("normal", "normal", "rounding", (key, n) => random.normal(key, [n]), "normal"),
  row(
    "truncatedNormal",
    "truncated_normal",
    "rounding",
    (key, n) => random.truncatedNormal(key, -0.5, 2, [n]),
    "truncatedNormal",
  ),
  row("lognormal", "lognormal", "rounding", (key, n) => random.lognormal(key, 0.5, [n]), "lognormal"),
  row("maxwell", "maxwell", "rounding", (key, n) => random.maxwell(key, [n]), "maxwell"),
  row(
    "doubleSidedMaxwell",
    "double_sided_maxwell",
    "rounding",
    (key, n) => {
      const z = np.divide(np.subtract(random.doubleSidedMaxwell(key, 1, 2, [n]), 1), 2);
      return np.divide(np.multiply(np.sign(z), np.square(z)), 2);
    },
    "doubleSidedMaxwell",
  ),
  row("multivariateNormal", "multivariate_normal", "rounding", (key, n) =>
    column(
      random.multivariateNormal(
        key,
        vector(1, 2),
        np.array([
          [2, 0.5],
          [0.5, 1],
        ]),
        [n],
      ),
      1,
    ),
  ),
  row("orthogonal", "orthogonal", "rounding", (key, n) => np.ravel(random.orthogonal(key, 2, [n]))),
  row("exponential", "exponential", "rounding", (key, n) => random.exponential(key, [n]), "exponential"),
  row("laplace", "laplace", "rounding", (key, n) => random.laplace(key, [n]), "laplace"),
  row("logistic", "logistic", "rounding", (key, n) => random.logistic(key, [n]), "logistic"),
  row("cauchy", "cauchy", "rounding", (key, n) => random.cauchy(key, [n]), "cauchy"),
  row("gumbel", "gumbel", "rounding", (key, n) => random.gumbel(key, [n]), "gumbel"),
  row("gumbel", "gumbel", "rounding", (key, n) => random.gumbel(key, [n], { mode: "high" }), "gumbel"),
  row("pareto", "pareto", "rounding", (key, n) => random.pareto(key, 3, [n]), "pareto"),
  row("rayleigh", "rayleigh", "rounding", (key, n) => random.rayleigh(key, 2, [n]), "rayleigh"),
  row("weibullMin", "weibull_min", "rounding", (key, n) => random.weibullMin(key, 2, 1.5, [n]), "weibullMin"),
  row("triangular", "triangular", "rounding", (key, n) => random.triangular(key, -1, 0, 3, [n]), "triangular"),
  row("wald", "wald", "comparison", (key, n) => random.wald(key, 0.7, [n]), "wald"),
  row(
    "categorical",
    "categorical",
    "comparison",
    (key, n) => random.categorical(key, np.log(vector(0.5, 0.2, 0.3)), { shape: [n] }),
    "categorical",
  ),
  row("geometric", "geometric", "comparison", (key, n) => random.geometric(key, 0.3, [n]), "geometric"),
  row("gamma", "gamma", "comparison", (key, n) => random.gamma(key, 0.3, [n]), "gamma 0.3"),
  row("gamma", "gamma", "comparison", (key, n) => random.gamma(key, 1, [n]), "gamma 1"),
  row("gamma", "gamma", "comparison", (key, n) => random.gamma(key, 4.5, [n]), "gamma 4.5"),
  row("loggamma", "loggamma", "comparison", (key, n) => random.loggamma(key, 0.3, [n]), "loggamma"),
  row("beta", "beta", "comparison", (key, n) => random.beta(key, 0.5, 2, [n]), "beta"),
  row(
    "dirichlet",
    "dirichlet",
    "comparison",
    (key, n) => column(random.dirichlet(key, vector(0.7, 1.5, 2), [n]), 0),
    "dirichlet",
  ),
  row("chisquare", "chisquare", "comparison", (key, n) => random.chisquare(key, 3, [n]), "chisquare"),
  row("f", "f", "comparison", (key, n) => random.f(key, 3, 5, [n]), "f"),
  row("t", "t", "comparison", (key, n) => random.t(key, 4, [n]), "t"),
  row(
    "generalizedNormal",
    "generalized_normal",
    "comparison",
    (key, n) => random.generalizedNormal(key, 1.5, [n]),
    "generalizedNormal",
  ),
  row(
    "ball",
    "ball",
    "comparison",
    (key, n) => np.sqrt(np.sum(np.square(random.ball(key, 3, 2, [n])), { axis: -1 })),
    "ball",
  ),
  row("poisson", "poisson", "comparison", (key, n) => random.poisson(key, 3, [n]), "poisson 3"),
  row("poisson", "poisson", "comparison", (key, n) => random.poisson(key, 40, [n]), "poisson 40"),
  row("binomial", "binomial", "comparison", (key, n) => random.binomial(key, 10, 0.3, [n]), "binomial 10"),
  row("binomial", "binomial", "comparison", (key, n) => random.binomial(key, 100, 0.7, [n]), "binomial 100"),
  row(
    "multinomial",
    "multinomial",
    "comparison",
    (key, n) => column(random.multinomial(key, 30, vector(0.2, 0.5, 0.3), [n, 3]), 1),
    "multinomial",
  ),
];

/** The names of `jax.random` that are not samplers. */
export const KEYS: Readonly<Record<string, keyof typeof random>> = {
  key: "key",
  PRNGKey: "PRNGKey",
  key_data: "keyData",
  wrap_key_data: "wrapKeyData",
  fold_in: "foldIn",
  split: "split",
  clone: "clone",
};
