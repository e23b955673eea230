/** @file Special functions: what `jax.scipy.special` has for real numbers. */
export { erf, erfInv, i0 } from "../../np/elementwise.js";
export { logsumexp } from "../../np/reduce.js";
export { boxcox, boxcox1p, i0e, i1, i1e } from "./bessel.js";
export { entr, erfc, erfcx, expit, klDiv, logit, logNdtr, ndtr, ndtri, relEntr, xlog1py, xlogy } from "./entropy.js";
export {
  beta,
  betainc,
  betaln,
  comb,
  digamma,
  factorial,
  gamma,
  gammainc,
  gammaincc,
  gammaln,
  gammasgn,
  multigammaln,
  poch,
  polygamma,
  zeta,
} from "./gamma.js";
