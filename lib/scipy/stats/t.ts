/** @file Student's distribution of `df` degrees of freedom: `jax.scipy.stats.t`. */
import type { Tensor } from "../../core/tensor.js";
import * as np from "../../np/index.js";
import { betainc, betaln, ndtr } from "../special/index.js";
import { density, logDensity, logNormal, ofOne, probability } from "./located.js";

const half = (x: Tensor): Tensor => np.multiply(0.5, x);

/** What `f` gives for finite degrees of freedom; the normal distribution for infinite ones. */
const orNormal = (z: Tensor, df: Tensor, f: (df: Tensor) => Tensor, normal: (z: Tensor) => Tensor): Tensor => {
  const finite = np.less(df, Number.POSITIVE_INFINITY);
  return np.where(finite, f(np.where(finite, df, 1)), normal(z));
};

/** `-log B(df/2, 1/2) - log(df)/2 - (df + 1)/2 · log(1 + z²/df)`: the two gamma functions are not subtracted. */
const logStudent = (z: Tensor, df: Tensor): Tensor => {
  const scale = np.add(betaln(half(df), 0.5), half(np.log(df)));
  return np.subtract(np.negative(scale), np.multiply(half(np.add(df, 1)), np.log1p(np.divide(np.square(z), df))));
};
const logStandard = (z: Tensor, df: Tensor): Tensor => orNormal(z, df, (own) => logStudent(z, own), logNormal);

/**
 * The probability of more than `|z|`, by the incomplete beta function of `z²/(df + z²)`, or of what is missing to 1, so that the argument is small. Its slope
 * is infinite at 0, where a straight line takes its place.
 */
const tail = (z: Tensor, df: Tensor): Tensor => {
  const square = np.square(z);
  const share = np.divide(square, np.add(df, square));
  const [atZero, near] = [np.equal(share, 0), np.less(share, 0.5)];
  const inner = np.where(np.logicalOr(atZero, np.logicalNot(near)), 0.25, share);
  const outer = np.where(near, 0.25, np.divide(df, np.add(df, square)));
  const line = np.subtract(0.5, np.multiply(np.absolute(z), np.exp(logStudent(np.zerosLike(z), df))));
  const close = half(np.subtract(1, betainc(0.5, half(df), inner)));
  return np.where(atZero, line, np.where(near, close, half(betainc(half(df), 0.5, outer))));
};
const below = (z: Tensor, df: Tensor): Tensor => {
  const beyond = tail(z, df);
  return np.where(np.greater(z, 0), np.subtract(1, beyond), beyond);
};
const standard = (z: Tensor, df: Tensor): Tensor => orNormal(z, df, (own) => below(z, own), ndtr);

/** The logarithm of the density at `x`. @example scipy.stats.t.logpdf(x, 4, { scale: 2 }) */
export const logpdf = ofOne("t.logpdf", "df", logDensity, logStandard);
/** The density at `x`. */
export const pdf = ofOne("t.pdf", "df", density, logStandard);
/** The probability of at most `x`. @throws {UnsupportedError} when differentiated by `df` */
export const cdf = ofOne("t.cdf", "df", probability, standard);
/** The probability of more than `x`. @throws {UnsupportedError} when differentiated by `df` */
export const sf = ofOne("t.sf", "df", probability, (z, df) => standard(np.negative(z), df));
