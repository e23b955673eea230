/** @file Logistic, normal and entropy functions. */
import { scalarOf } from "../../core/rules.js";
import type { Tensor } from "../../core/tensor.js";
import { binaryFloat, unaryFloat } from "../../np/ufunc.js";
import * as e from "../../primitives/elementwise.js";
import * as m from "../../primitives/math.js";
import * as s from "../../primitives/special-functions.js";
import { customJvp } from "../../transforms/custom-jvp.js";

const number = (like: Tensor, value: number): Tensor => scalarOf(like.aval.strong(), value);

/** `1 / (1 + exp(-x))`. */
export const expit = unaryFloat("scipy.special.expit", m.logistic);
/** `log(p / (1 - p))`, the inverse of `expit`. */
export const logit = unaryFloat("scipy.special.logit", (p) => e.sub(m.log(p), m.log1p(e.neg(p))));

/** `1 - erf(x)` without cancellation. */
export const erfc = unaryFloat("scipy.special.erfc", s.erfc);
/** `exp(x²) · erfc(x)`. */
export const erfcx = unaryFloat("scipy.special.erfcx", s.erfcx);
/** The distribution function of the standard normal distribution. */
export const ndtr = unaryFloat("scipy.special.ndtr", (x) =>
  e.mul(number(x, 0.5), s.erfc(e.mul(x, number(x, -Math.SQRT1_2)))),
);
/** Its inverse: the quantile. */
export const ndtri = unaryFloat("scipy.special.ndtri", s.ndtri);
/** `log(ndtr(x))`, right far out where ndtr is zero. */
export const logNdtr = unaryFloat("scipy.special.logNdtr", (x) => {
  const right = e.gt(x, number(x, 1));
  // Each of the two forms sees only what it is for.
  const high = e.select(right, x, number(x, 1));
  const low = e.select(right, number(x, 1), x);
  const above = m.log1p(e.mul(number(x, -0.5), s.erfc(e.mul(high, number(x, Math.SQRT1_2)))));
  const scaled = e.mul(number(x, 0.5), s.erfcx(e.mul(low, number(x, -Math.SQRT1_2))));
  const below = e.sub(m.log(scaled), e.mul(number(x, 0.5), e.mul(low, low)));
  return e.select(right, above, below);
});

/** `x · log(y)`, 0 where `x` is 0 and `y` a number. */
export const xlogy = binaryFloat("scipy.special.xlogy", (x, y) => s.xlogy(x, y));
/** `x · log(1 + y)`, 0 where `x` is 0 and `y` a number. */
export const xlog1py = binaryFloat("scipy.special.xlog1py", (x, y) => s.xlog1py(x, y));
const entropyTerm = (x: Tensor): Tensor =>
  e.select(e.lt(x, number(x, 0)), number(x, Number.NEGATIVE_INFINITY), e.neg(s.xlogy(x, x)));
/** The derivative is stated, since `x / x`, a part of that of the formula, is NaN at 0 and infinity. */
const entropyWithRule = customJvp(entropyTerm, ([x], [dx]) => {
  const negative = e.lt(x, number(x, 0));
  const slope = e.neg(e.add(m.log(e.select(negative, number(x, 1), x)), number(x, 1)));
  return [entropyTerm(x), e.select(negative, number(x, 0), e.mul(slope, dx))];
});
/** `-x · log(x)`, 0 at 0 and minus infinity for negative `x`. */
export const entr = unaryFloat("scipy.special.entr", entropyWithRule);
const relativeTerm = (p: Tensor, q: Tensor): Tensor => {
  const zero = number(p, 0);
  const both = bothAbove(p, q);
  const none = e.and(e.eq(p, zero), e.ge(q, zero));
  const [safeP, safeQ] = [e.select(both, p, number(p, 1)), e.select(both, q, number(p, 1))];
  const log = e.sub(s.xlogy(safeP, safeP), s.xlogy(safeP, safeQ));
  const outside = e.select(none, zero, number(p, Number.POSITIVE_INFINITY));
  return e.select(both, log, e.select(e.or(e.ne(p, p), e.ne(q, q)), number(p, Number.NaN), outside));
};
const bothAbove = (p: Tensor, q: Tensor): Tensor => e.and(e.gt(p, number(p, 0)), e.gt(q, number(q, 0)));
/** The derivatives are stated, since `p / p`, a part of those of the formula, is NaN at infinity. */
const relative = customJvp(relativeTerm, ([p, q], [dp, dq]) => {
  const both = bothAbove(p, q);
  const [a, b] = [e.select(both, p, number(p, 1)), e.select(both, q, number(q, 1))];
  const byP = e.mul(dp, e.add(e.sub(m.log(a), m.log(b)), number(p, 1)));
  return [relativeTerm(p, q), e.select(both, e.sub(byP, e.mul(dq, e.div(a, b))), number(p, 0))];
});
/** `p · log(p / q)`, the terms of the relative entropy. */
export const relEntr = binaryFloat("scipy.special.relEntr", relative);
/** `p · log(p / q) - p + q`, the terms of Kullback and Leibler's divergence. */
export const klDiv = binaryFloat("scipy.special.klDiv", (p, q) => e.add(e.sub(relative(p, q), p), q));
