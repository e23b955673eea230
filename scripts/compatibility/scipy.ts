/** @file Notes on `jax.scipy`. */
import { all, COMPLEX, differing, type Module, type Note } from "./note.js";

/** Distributions of `jax.scipy.stats`, and which sampler of `random` draws from each. */
const STATS: Readonly<Record<string, string | undefined>> = {
  bernoulli: "bernoulli",
  beta: "beta",
  betabinom: undefined,
  binom: "binomial",
  cauchy: "cauchy",
  chi2: "chisquare",
  dirichlet: "dirichlet",
  expon: "exponential",
  gamma: "gamma",
  gumbel_l: undefined,
  gumbel_r: "gumbel",
  gennorm: "generalizedNormal",
  geom: "geometric",
  laplace: "laplace",
  logistic: "logistic",
  multinomial: "multinomial",
  multivariate_normal: "multivariateNormal",
  nbinom: undefined,
  norm: "normal",
  pareto: "pareto",
  poisson: "poisson",
  t: "t",
  truncnorm: "truncatedNormal",
  uniform: "uniform",
  vonmises: undefined,
  wrapcauchy: undefined,
};

/** Distributions that are there with all their functions. */
const DENSITIES: readonly string[] = ["beta", "expon", "gamma", "multivariate_normal", "norm", "t", "uniform"];
const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

const OUTSIDE = "outside of what fluxion is for";
const MATRICES: Note = { not: "not yet; `scipy.linalg.toeplitz` is there" };
const NOT_SYMMETRIC: Note = { not: "it needs eigenvalues of matrices that are not symmetric, which are complex" };
const TRANSFORMS: Note = { not: "no Fourier transforms, since there are no complex numbers" };

export const SCIPY: Readonly<Record<string, Module>> = {
  "jax.scipy.stats": { absent: "not yet" },
  ...Object.fromEntries(
    Object.entries(STATS).map(([name, sampler]) => [
      `jax.scipy.stats.${name}`,
      DENSITIES.includes(name)
        ? { space: `scipy.stats.${camel(name)}`, absent: "not yet" }
        : {
            absent:
              sampler === undefined ? "no densities yet" : `no densities yet; \`random.${sampler}\` draws from it`,
          },
    ]),
  ),
  "jax.scipy.cluster.vq": { absent: OUTSIDE },
  "jax.scipy.fft": { absent: "no Fourier transforms, since there are no complex numbers" },
  "jax.scipy.integrate": {
    absent: "not yet",
    names: { trapezoid: { as: "np.trapezoid", differs: "`np.trapezoid(y, { x, dx, axis })`" } },
  },
  "jax.scipy.interpolate": { absent: "not yet; `np.interp` interpolates in one dimension" },
  "jax.scipy.linalg": {
    space: "scipy.linalg",
    absent: "not yet",
    names: {
      ...all(
        "circulant companion convolution_matrix fiedler fiedler_companion hadamard hankel helmert hilbert invhilbert invpascal leslie pascal",
        MATRICES,
      ),
      dft: COMPLEX,
      ...all("funm hessenberg rsf2csf schur sqrtm", NOT_SYMMETRIC),
      ...differing({
        cholesky: "`{ lower }`",
        cho_factor: "`{ lower }`; a pair of the factor and whether it is lower",
        solve: '`{ assumeA: "gen" }` or "pos"',
        solve_triangular: "`{ lower, trans, unitDiagonal }`",
        eigh: "as `np.linalg.eigh`: no second matrix",
        qr: "as `np.linalg.qr`; no pivoting",
        svd: "as `np.linalg.svd`",
        expm: "`{ maxSquarings }`; no `upper_triangular`",
        lu: "`[p, l, u]`; no `permute_l`",
      }),
    },
  },
  "jax.scipy.ndimage": { absent: OUTSIDE },
  "jax.scipy.optimize": {
    absent: "`optim` has optimizers of first order; `hessian` and `hvp` make Newton's method a few lines",
  },
  "jax.scipy.signal": {
    absent: "not yet",
    names: {
      convolve: { as: "np.convolve", differs: "of vectors; more axes by `lax.convGeneralDilated`" },
      correlate: { as: "np.correlate", differs: 'of vectors, and `"valid"` by default' },
      ...all("convolve2d correlate2d", { not: "`lax.convGeneralDilated`" }),
      ...all("fftconvolve csd istft stft welch", TRANSFORMS),
    },
  },
  "jax.scipy.spatial.transform": { absent: OUTSIDE },
  "jax.scipy.sparse.linalg": { absent: "not yet" },
  "jax.scipy.special": {
    space: "scipy.special",
    absent: "not yet",
    names: {
      erfinv: { as: "scipy.special.erfInv" },
      loggamma: { as: "scipy.special.gammaln", differs: "of real numbers" },
      softmax: { as: "nn.softmax", differs: "over the last axis by default" },
      log_softmax: { as: "nn.logSoftmax", differs: "over the last axis by default" },
      ...all("sph_harm_y wofz", COMPLEX),
      ...differing({
        logsumexp: "`{ axis, keepDims, where, b }`; no `return_sign`",
        comb: "no `exact`, no `repetition`",
        digamma: "infinite at 0, as SciPy's, where JAX's is NaN",
        beta: "infinite at poles, as SciPy's, where JAX's is NaN",
        factorial: "no `exact`",
      }),
    },
  },
};
