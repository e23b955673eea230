/** @file Modified Bessel functions of the first kind, and Box and Cox's transformation. */
import { scalarOf } from "../../core/rules.js";
import type { Tensor } from "../../core/tensor.js";
import { binaryFloat, unaryFloat } from "../../np/ufunc.js";
import * as e from "../../primitives/elementwise.js";
import * as m from "../../primitives/math.js";
import * as s from "../../primitives/special-functions.js";

/** `exp(-|x|) · I₀(x)`. */
export const i0e = unaryFloat("scipy.special.i0e", s.besselI0e);
/** `I₁(x)`. */
export const i1 = unaryFloat("scipy.special.i1", (x) => e.mul(m.exp(e.abs(x)), s.besselI1e(x)));
/** `exp(-|x|) · I₁(x)`. */
export const i1e = unaryFloat("scipy.special.i1e", s.besselI1e);

/** `(exp(lambda · log) - 1) / lambda`, which tends to the logarithm as lambda goes to 0. */
const power = (log: Tensor, lambda: Tensor): Tensor => {
  const number = (value: number): Tensor => scalarOf(lambda.aval.strong(), value);
  const none = e.eq(lambda, number(0));
  const safe = e.select(none, number(1), lambda);
  const exponent = e.mul(safe, log);
  // In two halves where the power is large: it may overflow although the quotient does not.
  const large = e.and(e.gt(exponent, number(LARGE)), e.lt(exponent, number(Number.POSITIVE_INFINITY)));
  const root = m.exp(e.mul(e.select(large, exponent, number(0)), number(0.5)));
  const small = m.expm1(e.select(large, number(0), exponent));
  return e.select(none, log, e.select(large, e.mul(e.div(root, safe), root), e.div(small, safe)));
};
/** From here on `exp(x) - 1` is `exp(x)` in every dtype. */
const LARGE = 40;
/** `(x^lambda - 1) / lambda`, the logarithm where lambda is 0. */
export const boxcox = binaryFloat("scipy.special.boxcox", (x, lambda) => power(m.log(x), lambda));
/** The same of `1 + x`. */
export const boxcox1p = binaryFloat("scipy.special.boxcox1p", (x, lambda) => power(m.log1p(x), lambda));
