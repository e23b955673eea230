/** @file The normal distribution, with mean `loc` and standard deviation `scale`: `jax.scipy.stats.norm`. */
import * as np from "../../np/index.js";
import { logNdtr, ndtr, ndtri } from "../special/index.js";
import { density, logDensity, logNormal, ofNone, probability, quantile } from "./located.js";

/** The logarithm of the density at `x`. @example scipy.stats.norm.logpdf(x, 1, 2) // or { loc: 1, scale: 2 } */
export const logpdf = ofNone("norm.logpdf", logDensity, logNormal);
/** The density at `x`. */
export const pdf = ofNone("norm.pdf", density, logNormal);
/** The probability of at most `x`. */
export const cdf = ofNone("norm.cdf", probability, ndtr);
/** The logarithm of `cdf`, right far out where that is zero. */
export const logcdf = ofNone("norm.logcdf", probability, logNdtr);
/** The probability of more than `x`. */
export const sf = ofNone("norm.sf", probability, (z) => ndtr(np.negative(z)));
/** The logarithm of `sf`, right far out where that is zero. */
export const logsf = ofNone("norm.logsf", probability, (z) => logNdtr(np.negative(z)));
/** The value whose `cdf` is `q`; NaN outside of [0, 1]. */
export const ppf = ofNone("norm.ppf", quantile, ndtri);
/** The value whose `sf` is `q`; NaN outside of [0, 1]. */
export const isf = ofNone("norm.isf", quantile, (q) => np.negative(ndtri(q)));
