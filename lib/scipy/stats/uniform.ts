/** @file The uniform distribution on `[loc, loc + scale]`: `jax.scipy.stats.uniform`. */
import type { Tensor } from "../../core/tensor.js";
import * as np from "../../np/index.js";
import { density, inUnit, logDensity, ofNone, probability, quantile, within } from "./located.js";

const { NEGATIVE_INFINITY, NaN: none } = Number;

const logStandard = (z: Tensor): Tensor => within(z, inUnit(z), np.zerosLike, NEGATIVE_INFINITY);

/** The logarithm of the density at `x`; both ends belong to the support. @example scipy.stats.uniform.logpdf(x, -1, 2) // on [-1, 1] */
export const logpdf = ofNone("uniform.logpdf", logDensity, logStandard);
/** The density at `x`. */
export const pdf = ofNone("uniform.pdf", density, logStandard);
/** The probability of at most `x`. */
export const cdf = ofNone("uniform.cdf", probability, (z) => np.clip(z, 0, 1));
/** The probability of more than `x`. */
export const sf = ofNone("uniform.sf", probability, (z) => np.clip(np.subtract(1, z), 0, 1));
/** The value whose `cdf` is `q`; NaN outside of [0, 1]. */
export const ppf = ofNone("uniform.ppf", quantile, (q) => within(q, inUnit(q), (inside) => inside, none));
