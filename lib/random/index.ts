/** @file Random numbers from explicit keys. */
export { type ChoiceOptions, choice, permutation } from "./choice.js";
export {
  cauchy,
  exponential,
  gumbel,
  laplace,
  logistic,
  pareto,
  rayleigh,
  triangular,
  wald,
  weibullMin,
} from "./continuous.js";
export { binomial, type CategoricalOptions, categorical, geometric, multinomial, poisson } from "./discrete.js";
export { ball, beta, chisquare, dirichlet, f, gamma, generalizedNormal, loggamma, t } from "./gamma.js";
export { bits, clone, foldIn, key, keyData, PRNGKey, split, subkeys, wrapKeyData } from "./keys.js";
export {
  doubleSidedMaxwell,
  lognormal,
  maxwell,
  multivariateNormal,
  normal,
  orthogonal,
  truncatedNormal,
} from "./normal.js";
export type { Float, FloatOptions } from "./parameters.js";
export { bernoulli, rademacher, randint, uniform } from "./uniform.js";
