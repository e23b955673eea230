/** @file The exponential distribution from `loc` on, with mean `loc + scale`: `jax.scipy.stats.expon`. */
import type { Tensor } from "../../core/tensor.js";
import * as np from "../../np/index.js";
import { density, inUnit, logDensity, ofNone, probability, quantile, within } from "./located.js";

const { NEGATIVE_INFINITY, NaN: none } = Number;

const notNegative = (z: Tensor): Tensor => np.greaterEqual(z, 0);
const logStandard = (z: Tensor): Tensor => within(z, notNegative(z), np.negative, NEGATIVE_INFINITY);

/** `log(1 - exp(-z))` for `z` from 0 on, by the form that does not cancel. */
const logBelow = (z: Tensor): Tensor => {
  const small = np.less(z, Math.LN2);
  const [near, far] = [np.where(small, z, 0.5), np.where(small, 1, z)];
  return np.where(
    small,
    np.log(np.negative(np.expm1(np.negative(near)))),
    np.log1p(np.negative(np.exp(np.negative(far)))),
  );
};

/** The logarithm of the density at `x`. @example scipy.stats.expon.logpdf(x, { scale: 2 }) // of rate 1/2 */
export const logpdf = ofNone("expon.logpdf", logDensity, logStandard);
/** The density at `x`. */
export const pdf = ofNone("expon.pdf", density, logStandard);
/** The probability of at most `x`. */
export const cdf = ofNone("expon.cdf", probability, (z) =>
  within(z, notNegative(z), (x) => np.negative(np.expm1(np.negative(x))), 0),
);
/** The logarithm of `cdf`. */
export const logcdf = ofNone("expon.logcdf", probability, (z) =>
  within(z, notNegative(z), logBelow, NEGATIVE_INFINITY),
);
/** The probability of more than `x`. */
export const sf = ofNone("expon.sf", probability, (z) => within(z, notNegative(z), (x) => np.exp(np.negative(x)), 1));
/** The logarithm of `sf`. */
export const logsf = ofNone("expon.logsf", probability, (z) => within(z, notNegative(z), np.negative, 0));
/** The value whose `cdf` is `q`; NaN outside of [0, 1]. */
export const ppf = ofNone("expon.ppf", quantile, (q) =>
  within(q, inUnit(q), (x) => np.negative(np.log1p(np.negative(x))), none),
);
/** The value whose `sf` is `q`; NaN outside of [0, 1]. */
export const isf = ofNone("expon.isf", quantile, (q) => within(q, inUnit(q), (x) => np.negative(np.log(x)), none));
