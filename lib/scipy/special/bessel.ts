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
  const none = e.eq(lambda, scalarOf(lambda.aval.strong(), 0));
  const safe = e.select(none, scalarOf(lambda.aval.strong(), 1), lambda);
  return e.select(none, log, e.div(m.expm1(e.mul(safe, log)), safe));
};
/** `(x^lambda - 1) / lambda`, the logarithm where lambda is 0. */
export const boxcox = binaryFloat("scipy.special.boxcox", (x, lambda) => power(m.log(x), lambda));
/** The same of `1 + x`. */
export const boxcox1p = binaryFloat("scipy.special.boxcox1p", (x, lambda) => power(m.log1p(x), lambda));
