/** @file Notes on `jax.scipy`. */
import type { Module } from "./note.js";

const STATS = [
  "",
  "bernoulli",
  "beta",
  "betabinom",
  "binom",
  "cauchy",
  "chi2",
  "dirichlet",
  "expon",
  "gamma",
  "gumbel_l",
  "gumbel_r",
  "gennorm",
  "geom",
  "laplace",
  "logistic",
  "multinomial",
  "multivariate_normal",
  "nbinom",
  "norm",
  "pareto",
  "poisson",
  "t",
  "truncnorm",
  "uniform",
  "vonmises",
  "wrapcauchy",
];

export const SCIPY: Readonly<Record<string, Module>> = {
  ...Object.fromEntries(
    STATS.map((name) => [
      `jax.scipy.stats${name === "" ? "" : `.${name}`}`,
      { absent: "no densities; `random` draws from it" },
    ]),
  ),
  "jax.scipy.cluster.vq": { absent: "outside of what fluxion is for" },
  "jax.scipy.fft": { absent: "no Fourier transforms, since there are no complex numbers" },
  "jax.scipy.integrate": { absent: "`np.trapezoid`" },
  "jax.scipy.interpolate": { absent: "outside of what fluxion is for" },
  "jax.scipy.linalg": { space: "np.linalg", absent: "not yet" },
  "jax.scipy.ndimage": { absent: "outside of what fluxion is for" },
  "jax.scipy.optimize": { absent: "optimizers are in `optim`" },
  "jax.scipy.signal": { space: "np", absent: "no Fourier transforms" },
  "jax.scipy.spatial.transform": { absent: "outside of what fluxion is for" },
  "jax.scipy.sparse.linalg": { absent: "no sparse solvers yet" },
  "jax.scipy.special": { space: "np", absent: "not yet" },
};
