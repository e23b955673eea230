/** @file The gamma and beta functions and what is made of them. */
import { composite } from "../../core/composite.js";
import { ArgumentError } from "../../core/errors.js";
import { scalarOf } from "../../core/rules.js";
import { Literal, type Tensor, type TensorLike } from "../../core/tensor.js";
import { promoteFloat } from "../../np/promote.js";
import { binaryFloat, ternaryFloat, unaryFloat } from "../../np/ufunc.js";
import * as e from "../../primitives/elementwise.js";
import * as m from "../../primitives/math.js";
import * as s from "../../primitives/special-functions.js";

const number = (like: Tensor, value: number): Tensor => scalarOf(like.aval.strong(), value);

/** `log |Γ(x)|`; infinite at 0, -1, -2, …. */
export const gammaln = unaryFloat("scipy.special.gammaln", (x) => s.lgamma(x));
/** The derivative of `log |Γ(x)|`; minus infinity at 0, NaN at -1, -2, …. */
export const digamma = unaryFloat("scipy.special.digamma", (x) => s.digamma(x));
const isWhole = (x: Tensor): Tensor => e.eq(x, e.floor(x));
/** The sign of `Γ(x)`; NaN at -1, -2, …, of zero that of zero. */
const sign = (x: Tensor): Tensor => {
  const [zero, one] = [number(x, 0), number(x, 1)];
  const half = e.mul(e.floor(x), number(x, 0.5));
  const below = e.select(isWhole(half), one, number(x, -1));
  const negative = e.select(isWhole(x), number(x, Number.NaN), below);
  const atZero = e.select(e.lt(e.div(one, x), zero), number(x, -1), one);
  return e.select(e.gt(x, zero), one, e.select(e.eq(x, zero), atZero, e.select(e.eq(x, x), negative, x)));
};
/** The sign of the gamma function. */
export const gammasgn = unaryFloat("scipy.special.gammasgn", sign);
/** `Γ(x)`, which for a whole number n is (n - 1)!. */
export const gamma = unaryFloat("scipy.special.gamma", (x) => e.mul(sign(x), m.exp(s.lgamma(x))));
/** `n!`, also between whole numbers; 0 of negative ones. */
export const factorial = unaryFloat("scipy.special.factorial", (n) =>
  e.select(e.lt(n, number(n, 0)), number(n, 0), m.exp(s.lgamma(e.add(n, number(n, 1))))),
);
/** `Γ(x + n) / Γ(x)`, for whole `n` the product `x (x + 1) … (x + n - 1)`. */
export const poch = binaryFloat("scipy.special.poch", (x, n) => s.poch(x, n));

/** The lower regularized incomplete gamma function `P(a, x)`. @throws {UnsupportedError} when differentiated twice by `a` */
export const gammainc = binaryFloat("scipy.special.gammainc", (a, x) => s.igamma(a, x));
/** The upper one, `1 - P(a, x)`. @throws {UnsupportedError} when differentiated twice by `a` */
export const gammaincc = binaryFloat("scipy.special.gammaincc", (a, x) => s.igammac(a, x));

/** `log |B(a, b)|`. */
export const betaln = binaryFloat("scipy.special.betaln", (a, c) => s.betaln(a, c));
/** `B(a, b) = Γ(a) Γ(b) / Γ(a + b)`; at poles as SciPy has it. */
export const beta = binaryFloat("scipy.special.beta", (a, c) => s.beta(a, c));
/** The regularized incomplete beta function. @throws {UnsupportedError} when differentiated by `a` or `b` */
export const betainc = ternaryFloat("scipy.special.betainc", (a, c, x) => s.betainc(a, c, x));
/** How many ways there are to choose `k` of `n`; 0 where there are none. */
export const comb = binaryFloat("scipy.special.comb", (n, k) => {
  const one = number(n, 1);
  const possible = e.and(e.ge(k, number(n, 0)), e.ge(n, k));
  const chosen = e.select(possible, k, number(n, 0));
  const count = e.select(possible, n, one);
  return e.select(possible, s.binomial(count, chosen), number(n, 0));
});

/** Hurwitz's zeta function `Σ (q + k)^-x`, for x > 1. @throws {UnsupportedError} when differentiated by `x` */
export const zeta = binaryFloat("scipy.special.zeta", (x, q) => s.zeta(x, q));
/** The `n`-th derivative of digamma. @throws {UnsupportedError} when differentiated by `n` */
export const polygamma = composite("scipy.special.polygamma(n, x)", (n: TensorLike, x: TensorLike): Tensor => {
  const [order, at] = promoteFloat("scipy.special.polygamma", n, x);
  if (order instanceof Literal && !(Number.isInteger(order.value) && order.value >= 0)) {
    throw new ArgumentError({
      where: "scipy.special.polygamma",
      what: "there is no such derivative",
      expected: "an order of 0, 1, 2, …",
      got: `${order.value}`,
    });
  }
  return s.polygamma(order, at);
});
/** `log Γ_d(a)`, the gamma function of `d` by `d` matrices. @throws {ArgumentError} when `d` is not a positive integer */
export const multigammaln = composite("scipy.special.multigammaln(a, d)", (a: TensorLike, d: number): Tensor => {
  if (!Number.isInteger(d) || d < 1) {
    throw new ArgumentError({
      where: "scipy.special.multigammaln",
      what: "not a size of a matrix",
      expected: "1, 2, 3, …",
      got: `${d}`,
    });
  }
  const [x] = promoteFloat("scipy.special.multigammaln", a);
  let sum: Tensor = number(x, (d * (d - 1) * Math.log(Math.PI)) / 4);
  for (let i = 0; i < d; i++) sum = e.add(sum, s.lgamma(e.sub(x, number(x, i / 2))));
  return sum;
});
