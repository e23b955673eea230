/** @file The gamma distribution of shape `a` from `loc` on, with mean `loc + a · scale`: `jax.scipy.stats.gamma`. */
import type { Tensor } from "../../core/tensor.js";
import * as np from "../../np/index.js";
import { gammainc, gammaincc, gammaln, xlogy } from "../special/index.js";
import { density, logDensity, ofOne, probability, within } from "./located.js";

const notNegative = (z: Tensor): Tensor => np.greaterEqual(z, 0);
const above = (z: Tensor): Tensor => np.greater(z, 0);

const logStandard = (z: Tensor, a: Tensor): Tensor =>
  within(
    z,
    notNegative(z),
    (x) => np.subtract(np.subtract(xlogy(np.subtract(a, 1), x), x), gammaln(a)),
    Number.NEGATIVE_INFINITY,
  );
const below = (z: Tensor, a: Tensor): Tensor => within(z, above(z), (x) => gammainc(a, x), 0);
const beyond = (z: Tensor, a: Tensor): Tensor => within(z, above(z), (x) => gammaincc(a, x), 1);

/** The logarithm of the density at `x`. @example scipy.stats.gamma.logpdf(x, 3, { scale: 0.5 }) // of rate 2 */
export const logpdf = ofOne("gamma.logpdf", "a", logDensity, logStandard);
/** The density at `x`. */
export const pdf = ofOne("gamma.pdf", "a", density, logStandard);
/** The probability of at most `x`. @throws {UnsupportedError} when differentiated twice by `a` */
export const cdf = ofOne("gamma.cdf", "a", probability, below);
/** The logarithm of `cdf`; minus infinity where that is zero. @throws {UnsupportedError} when differentiated twice by `a` */
export const logcdf = ofOne("gamma.logcdf", "a", probability, (z, a) => np.log(below(z, a)));
/** The probability of more than `x`. @throws {UnsupportedError} when differentiated twice by `a` */
export const sf = ofOne("gamma.sf", "a", probability, beyond);
/** The logarithm of `sf`; minus infinity where that is zero. @throws {UnsupportedError} when differentiated twice by `a` */
export const logsf = ofOne("gamma.logsf", "a", probability, (z, a) => np.log(beyond(z, a)));
