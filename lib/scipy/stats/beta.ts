/** @file The beta distribution of shapes `a` and `b` on `[loc, loc + scale]`: `jax.scipy.stats.beta`. */
import type { Tensor } from "../../core/tensor.js";
import * as np from "../../np/index.js";
import { betainc, betaln, xlog1py, xlogy } from "../special/index.js";
import { density, inUnit, logDensity, ofTwo, probability, within } from "./located.js";

const logStandard = (z: Tensor, a: Tensor, b: Tensor): Tensor =>
  within(
    z,
    inUnit(z),
    (x) => np.subtract(np.add(xlogy(np.subtract(a, 1), x), xlog1py(np.subtract(b, 1), np.negative(x))), betaln(a, b)),
    Number.NEGATIVE_INFINITY,
  );

const inside = (z: Tensor): Tensor => np.logicalAnd(np.greater(z, 0), np.less(z, 1));
const below = (z: Tensor, a: Tensor, b: Tensor): Tensor =>
  within(z, inside(z), (x) => betainc(a, b, x), np.where(np.greater(z, 0), 1, np.zerosLike(z)));
const beyond = (z: Tensor, a: Tensor, b: Tensor): Tensor => below(np.subtract(1, z), b, a);

/** The logarithm of the density at `x`. @example scipy.stats.beta.logpdf(x, 2, 5) */
export const logpdf = ofTwo("beta.logpdf", logDensity, logStandard);
/** The density at `x`. */
export const pdf = ofTwo("beta.pdf", density, logStandard);
/** The probability of at most `x`. @throws {UnsupportedError} when differentiated by `a` or `b` */
export const cdf = ofTwo("beta.cdf", probability, below);
/** The logarithm of `cdf`; minus infinity where that is zero. @throws {UnsupportedError} when differentiated by `a` or `b` */
export const logcdf = ofTwo("beta.logcdf", probability, (z, a, b) => np.log(below(z, a, b)));
/** The probability of more than `x`. @throws {UnsupportedError} when differentiated by `a` or `b` */
export const sf = ofTwo("beta.sf", probability, beyond);
/** The logarithm of `sf`; minus infinity where that is zero. @throws {UnsupportedError} when differentiated by `a` or `b` */
export const logsf = ofTwo("beta.logsf", probability, (z, a, b) => np.log(beyond(z, a, b)));
