/** @file The error, gamma, beta and Bessel functions as primitives, and `x log y`. */
import { UnsupportedError } from "../core/errors.js";
import type { Primitive } from "../core/primitive.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { betaln as betalnNumber, beta as betaNumber, binomial as binomialNumber, poch as pochNumber } from "./beta.js";
import { abs, add, div, eq, floor, lt, mul, neg, select, sign, sub } from "./elementwise.js";
import { type Elementwise, elementwise } from "./elementwise-rule.js";
import {
  betainc as betaincNumber,
  digamma as digammaNumber,
  igammac as igammacNumber,
  igammaGradA as igammaGradANumber,
  igamma as igammaNumber,
  lgamma as lgammaNumber,
  zeta as zetaNumber,
} from "./gamma.js";
import { constant, exp, floats, log, log1p, unary } from "./math.js";
import { besselIe, erfc as erfcNumber, erfcx as erfcxNumber, ndtri as ndtriNumber } from "./special.js";

type None = Record<never, never>;
type Partials = Elementwise<None>["partials"];

const of = (
  name: string,
  f: (...values: number[]) => number,
  partials: Partials,
): [Primitive<None>, (...xs: Tensor[]) => Tensor] => {
  const prim = elementwise<None>({ name, dtype: floats(name), f: () => f, partials }, add);
  return [prim, (...xs) => bind1(prim, xs, {})];
};

/** The partial derivative that a function lacks, as it does in JAX. */
const lacking = (name: string, operand: string) => (): never => {
  throw new UnsupportedError({
    where: name,
    what: `there is no derivative with respect to ${operand}`,
    hint: `wrap ${operand} in lax.stopGradient if it is a constant`,
  });
};

// --- error functions -----------------------------------------------------------------------------------------------------

const square = (x: Tensor): Tensor => mul(x, x);

export const [erfcP, erfc] = unary("erfc", erfcNumber, (x) =>
  mul(constant(x, -2 / Math.sqrt(Math.PI)), exp(neg(square(x)))),
);
/** `exp(x²) · erfc(x)`. */
export const [erfcxP, erfcx] = unary("erfcx", erfcxNumber, (x, y) =>
  sub(mul(constant(x, 2), mul(x, y)), constant(x, 2 / Math.sqrt(Math.PI))),
);
/** The quantile of the standard normal distribution. */
export const [ndtriP, ndtri] = unary("ndtri", ndtriNumber, (x, y) =>
  mul(constant(x, Math.sqrt(2 * Math.PI)), exp(mul(constant(x, 0.5), square(y)))),
);

// --- gamma ---------------------------------------------------------------------------------------------------------------

/** Hurwitz's zeta function `Σ (q + n)^-s`; it has a derivative in `q` alone. */
export const [zetaP, zeta] = of("zeta", zetaNumber, [
  lacking("zeta", "the exponent"),
  (dq, [s, q]) => mul(dq, neg(mul(s, zeta(add(s, constant(s, 1)), q)))),
]);
export const [digammaP, digamma] = unary("digamma", digammaNumber, (x) => zeta(constant(x, 2), x));
/** The `order`-th derivative of digamma; the orders are whole numbers, as floats. */
export const polygamma = (order: Tensor, x: Tensor): Tensor => {
  const next = add(order, constant(x, 1));
  const half = mul(order, constant(x, 0.5));
  const size = mul(exp(lgamma(next)), zeta(next, x));
  const signed = select(eq(half, floor(half)), neg(size), size);
  return select(eq(order, constant(x, 0)), digamma(x), signed);
};
/** `log |Γ(x)|`. */
export const [lgammaP, lgamma] = unary("lgamma", lgammaNumber, (x) => digamma(x));

/** The density of the gamma distribution. */
const gammaDensity = (a: Tensor, x: Tensor): Tensor => exp(sub(sub(mul(sub(a, constant(a, 1)), log(x)), x), lgamma(a)));
/** The derivative of `P(a, x)` by `a`; it has a derivative in `x` alone. */
export const [igammaGradAP, igammaGradA] = of("igamma_grad_a", igammaGradANumber, [
  lacking("igammaGradA", "the shape a"),
  (dx, [a, x]) => mul(dx, mul(gammaDensity(a, x), sub(log(x), digamma(a)))),
]);
/** The lower regularized incomplete gamma function `P(a, x)`. */
export const [igammaP, igamma] = of("igamma", igammaNumber, [
  (da, [a, x]) => mul(da, igammaGradA(a, x)),
  (dx, [a, x]) => mul(dx, gammaDensity(a, x)),
]);
/** The upper one, `Q(a, x) = 1 - P(a, x)`, without cancellation. */
export const [igammacP, igammac] = of("igammac", igammacNumber, [
  (da, [a, x]) => neg(mul(da, igammaGradA(a, x))),
  (dx, [a, x]) => neg(mul(dx, gammaDensity(a, x))),
]);

/** `log |B(a, b)|`. */
export const [betalnP, betaln] = of("betaln", betalnNumber, [
  (da, [a, b]) => mul(da, sub(digamma(a), digamma(add(a, b)))),
  (db, [a, b]) => mul(db, sub(digamma(b), digamma(add(a, b)))),
]);
/** `B(a, b) = Γ(a) Γ(b) / Γ(a + b)`. */
export const [betaP, beta] = of("beta", betaNumber, [
  (da, [a, b], y) => mul(da, mul(y, sub(digamma(a), digamma(add(a, b))))),
  (db, [a, b], y) => mul(db, mul(y, sub(digamma(b), digamma(add(a, b))))),
]);
/** `Γ(x + n) / Γ(x)`. */
export const [pochP, poch] = of("poch", pochNumber, [
  (dx, [x, n], y) => mul(dx, mul(y, sub(digamma(add(x, n)), digamma(x)))),
  (dn, [x, n], y) => mul(dn, mul(y, digamma(add(x, n)))),
]);
const factorialSlope = (x: Tensor): Tensor => digamma(add(x, constant(x, 1)));
/** `n! / (k! (n - k)!)` for `0 <= k <= n`. */
export const [binomialP, binomial] = of("binomial", binomialNumber, [
  (dn, [n, k], y) => mul(dn, mul(y, sub(factorialSlope(n), factorialSlope(sub(n, k))))),
  (dk, [n, k], y) => mul(dk, mul(y, sub(factorialSlope(sub(n, k)), factorialSlope(k)))),
]);

/** The regularized incomplete beta function `I_x(a, b)`; it has a derivative in `x` alone. */
export const [betaincP, betainc] = of("betainc", betaincNumber, [
  lacking("betainc", "a"),
  lacking("betainc", "b"),
  (dx, [a, b, x]) => {
    const one = constant(x, 1);
    const logDensity = add(mul(sub(b, one), log1p(neg(x))), mul(sub(a, one), log(x)));
    return mul(dx, exp(sub(logDensity, betaln(a, b))));
  },
]);

// --- Bessel --------------------------------------------------------------------------------------------------------------

/** `exp(-|x|) · I₀(x)`. */
export const [besselI0eP, besselI0e] = unary(
  "bessel_i0e",
  (x) => besselIe(0, x),
  (x, y) => sub(besselI1e(x), mul(sign(x), y)),
);
/** `exp(-|x|) · I₁(x)`. */
export const [besselI1eP, besselI1e] = unary(
  "bessel_i1e",
  (x) => besselIe(1, x),
  (x, y) => {
    const tiny = lt(abs(x), constant(x, 1e-30));
    const safe = select(tiny, constant(x, 1), x);
    const elsewhere = sub(besselI0e(x), mul(y, add(sign(x), div(constant(x, 1), safe))));
    return select(tiny, constant(x, 0.5), elsewhere);
  },
);

// --- x log y -------------------------------------------------------------------------------------------------------------

/** `x · log(y)`, 0 where `x` is 0 and `y` a number. */
export const [xlogyP, xlogy] = of("xlogy", (x, y) => (x === 0 && !Number.isNaN(y) ? 0 : x * Math.log(y)), [
  (dx, [, y]) => mul(dx, log(y)),
  (dy, [x, y]) => mul(dy, div(x, y)),
]);
/** `x · log(1 + y)`, 0 where `x` is 0 and `y` a number. */
export const [xlog1pyP, xlog1py] = of("xlog1py", (x, y) => (x === 0 && !Number.isNaN(y) ? 0 : x * Math.log1p(y)), [
  (dx, [, y]) => mul(dx, log1p(y)),
  (dy, [x, y]) => mul(dy, div(x, add(constant(y, 1), y))),
]);
