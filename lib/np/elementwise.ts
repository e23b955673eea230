/** @file Arithmetic and functions, element by element, with NumPy's broadcasting and promotion. */
import { type DType, isFloat, isInteger } from "../core/aval.js";
import { composite, named } from "../core/composite.js";
import { scalarOf } from "../core/rules.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as bit from "../primitives/bits.js";
import * as e from "../primitives/elementwise.js";
import { erfInv as erfInvOf } from "../primitives/erf-inv.js";
import * as m from "../primitives/math.js";
import * as special from "../primitives/special-functions.js";
import { convertTo, noBool, promote, promoteFloat } from "./promote.js";
import { type Binary, binary, binaryFloat, binaryInteger, binaryNumber, unary, unaryFloat } from "./ufunc.js";

/** Of bools, the sum is "or" and the product "and". */
const orBools =
  (f: (x: Tensor, y: Tensor) => Tensor, ofBools: (x: Tensor, y: Tensor) => Tensor) =>
  (x: Tensor, y: Tensor): Tensor =>
    x.dtype === "bool" ? ofBools(x, y) : f(x, y);

export const add = binary("np.add", orBools(e.add, e.or));
export const subtract = binary("np.subtract", e.sub);
export const multiply = binary("np.multiply", orBools(e.mul, e.and));
/** True division; integers become float32. */
export const divide = binaryFloat("np.divide", e.div);
/** Whether a remainder with the dividend's sign is to be moved to the divisor's. */
const otherSide = (r: Tensor, y: Tensor): Tensor => {
  const zero = e.zeroLike(r);
  return e.and(e.ne(r, zero), e.ne(e.lt(r, zero), e.lt(y, zero)));
};
/** Largest integer not above the quotient; with `mod`, `x = y * floorDivide(x, y) + mod(x, y)`, so that 1 by 0.1 gives 9. */
export const floorDivide = binaryNumber("np.floorDivide", (x, y) => {
  const r = e.rem(x, y);
  const lower = (q: Tensor, by: Tensor): Tensor => e.select(by, e.sub(q, scalarOf(q.aval.strong(), 1)), q);
  if (x.dtype === "uint32") return e.div(x, y);
  if (!isFloat(x.dtype)) return lower(e.div(x, y), e.and(e.ne(r, e.zeroLike(r)), e.ne(e.sign(x), e.sign(y))));
  // Without the remainder the division is exact but for rounding.
  const whole = lower(m.round(e.div(e.sub(x, r), y)), otherSide(r, y));
  // By zero the quotient itself; rounded, it has no derivative.
  return e.select(e.eq(y, e.zeroLike(y)), m.round(e.div(x, y)), whole);
});
/** The remainder with the sign of the dividend; of an integer by 0 it is 0, as in NumPy. */
const remainderOf = (x: Tensor, y: Tensor): Tensor =>
  isFloat(x.dtype) ? e.rem(x, y) : e.rem(x, e.select(e.eq(y, e.zeroLike(y)), scalarOf(y.aval.strong(), 1), y));
/** Remainder with the sign of the divisor; of an integer by 0 it is 0. */
export const mod = binaryNumber("np.mod", (x, y) => {
  const r = remainderOf(x, y);
  return e.select(otherSide(r, y), e.add(r, y), r);
});
/** Remainder with the sign of the dividend; of an integer by 0 it is 0. */
export const fmod = binaryNumber("np.fmod", remainderOf);
/** `[floorDivide(x, y), mod(x, y)]`. */
export const divmod = composite(
  "np.divmod(x, y)",
  (x: TensorLike, y: TensorLike): [quotient: Tensor, remainder: Tensor] => [floorDivide(x, y), mod(x, y)],
);
/**
 * `x ** y`; a whole number as exponent is exact, also for negative bases. Integers and bools to the power of integers and bools are
 * integers, modulo 2³²; a negative whole number as exponent of integers gives floats.
 */
export const power: Binary = composite("np.power(x, y)", (x: TensorLike, y: TensorLike) => {
  if (typeof y === "number" && Number.isInteger(y) && (y >= 0 || isFloat(asTensor(x, "np.power").dtype))) {
    return m.integerPow(noBool("np.power", asTensor(x, "np.power")), y);
  }
  const [a, b] = promote("np.power", x, y).map((v) => noBool("np.power", v));
  if (typeof y !== "number" && isInteger(a.dtype)) return m.pow(a, b);
  const [base, exponent] = promoteFloat("np.power", x, y);
  return m.pow(base, exponent);
});
/** `x ** y` of floats, whatever the operands are. */
export const floatPower: Binary = composite("np.floatPower(x, y)", (x: TensorLike, y: TensorLike) => {
  const [a, b] = [x, y].map((v) => (typeof v === "number" ? v : promoteFloat("np.floatPower", v)[0]));
  const [base, exponent] = promoteFloat("np.floatPower", a, b);
  return m.pow(base, exponent);
});
export const maximum = binary("np.maximum", orBools(e.max, e.or));
export const minimum = binary("np.minimum", orBools(e.min, e.and));
export const arctan2 = binaryFloat("np.arctan2", m.atan2);
/** The larger one, the other where one is NaN. */
export const fmax = binary("np.fmax", (x, y) => e.select(e.or(e.gt(x, y), e.ne(y, y)), x, y));
/** The smaller one, the other where one is NaN. */
export const fmin = binary("np.fmin", (x, y) => e.select(e.or(e.lt(x, y), e.ne(y, y)), x, y));
export const negative = unary("np.negative", e.neg);
export const positive = unary("np.positive", (x) => x);
export const abs = unary("np.abs", (x) => (x.dtype === "bool" ? x : e.abs(x)));
/** The size of a number as a float. */
export const fabs = unaryFloat("np.fabs", e.abs);
export const sign = unary("np.sign", e.sign);
export const square = unary("np.square", (x) => {
  const t = noBool("np.square", x);
  return e.mul(t, t);
});
export const reciprocal = unaryFloat("np.reciprocal", (x) => m.integerPow(x, -1));

export const exp = unaryFloat("np.exp", m.exp);
export const expm1 = unaryFloat("np.expm1", m.expm1);
export const log = unaryFloat("np.log", m.log);
export const log1p = unaryFloat("np.log1p", m.log1p);
export const log2 = unaryFloat("np.log2", (x) => multiply(m.log(x), 1 / Math.LN2));
export const log10 = unaryFloat("np.log10", (x) => multiply(m.log(x), 1 / Math.LN10));
export const exp2 = unaryFloat("np.exp2", (x) => m.exp(multiply(x, Math.LN2)));
export const cbrt = unaryFloat("np.cbrt", m.cbrt);
export const sqrt = unaryFloat("np.sqrt", m.sqrt);
export const rsqrt = unaryFloat("np.rsqrt", m.rsqrt);
export const sin = unaryFloat("np.sin", m.sin);
export const cos = unaryFloat("np.cos", m.cos);
export const tan = unaryFloat("np.tan", m.tan);
export const arcsin = unaryFloat("np.arcsin", m.asin);
export const arccos = unaryFloat("np.arccos", m.acos);
export const arctan = unaryFloat("np.arctan", m.atan);
export const sinh = unaryFloat("np.sinh", m.sinh);
export const cosh = unaryFloat("np.cosh", m.cosh);
export const tanh = unaryFloat("np.tanh", m.tanh);
export const arcsinh = unaryFloat("np.arcsinh", m.asinh);
export const arccosh = unaryFloat("np.arccosh", m.acosh);
export const arctanh = unaryFloat("np.arctanh", m.atanh);
export const erf = unaryFloat("np.erf", m.erf);
export const erfInv = unaryFloat("np.erfInv", erfInvOf);
/** `sqrt(x² + y²)` without overflow; infinite where one operand is, even beside NaN. */
export const hypot = binaryFloat("np.hypot", (x, y) => {
  const number = (v: number): Tensor => scalarOf(x.aval.strong(), v);
  const [a, b] = [e.abs(x), e.abs(y)];
  const first = e.ge(a, b);
  const [high, low] = [e.select(first, a, b), e.select(first, b, a)];
  const none = e.eq(high, number(0));
  const ratio = e.div(low, e.select(none, number(1), high));
  const length = e.mul(high, m.sqrt(e.add(number(1), e.mul(ratio, ratio))));
  const infinite = e.or(e.eq(a, number(Infinity)), e.eq(b, number(Infinity)));
  return e.select(infinite, number(Infinity), e.select(none, e.add(high, low), length));
});
/** 0 for negative `x`, 1 for positive, `y` at zero. */
export const heaviside = binaryFloat("np.heaviside", (x, y) => {
  const number = (v: number): Tensor => scalarOf(x.aval.strong(), v);
  const stepped = e.select(e.lt(x, number(0)), number(0), e.select(e.gt(x, number(0)), number(1), x));
  return e.select(e.eq(x, number(0)), y, stepped);
});
export const deg2rad = unaryFloat("np.deg2rad", (x) => e.mul(x, scalarOf(x.aval.strong(), Math.PI / 180)));
export const rad2deg = unaryFloat("np.rad2deg", (x) => e.mul(x, scalarOf(x.aval.strong(), 180 / Math.PI)));
/** `sin(πx) / (πx)`; around 0 by its power series, so that derivatives of any order are right there. */
export const sinc = unaryFloat("np.sinc", (x) => {
  const number = (v: number): Tensor => scalarOf(x.aval.strong(), v);
  const t = e.mul(x, number(Math.PI));
  const near = e.lt(e.abs(t), number(0.3));
  const safe = e.select(near, number(1), t);
  const square = e.mul(t, t);
  // Σ (-1)ⁿ t²ⁿ / (2n + 1)!, from the last coefficient on.
  let series: Tensor = number(1);
  for (let n = 7; n >= 1; n--) {
    series = e.sub(number(1), e.mul(e.mul(square, number(1 / (2 * n * (2 * n + 1)))), series));
  }
  return e.select(near, series, e.div(m.sin(safe), safe));
});
/** The modified Bessel function of order 0. */
export const i0 = unaryFloat("np.i0", (x) => e.mul(m.exp(e.abs(x)), special.besselI0e(x)));
/** Greatest common divisor of integers. */
export const gcd = binaryInteger("np.gcd", bit.gcd);
/** Least common multiple of integers, modulo 2³²; not negative where it fits, 0 where one is 0. */
export const lcm = binaryInteger("np.lcm", (x, y) => {
  const d = bit.gcd(x, y);
  const none = e.eq(d, e.zeroLike(d));
  const safe = e.select(none, scalarOf(d.aval.strong(), 1), d);
  return e.mul(e.div(e.abs(x), safe), e.abs(y));
});
/** `log2(2^x + 2^y)` without overflow. */
export const logaddexp2 = binaryFloat("np.logaddexp2", (x, y) => {
  const scaled = (v: Tensor): Tensor => e.mul(v, scalarOf(v.aval.strong(), Math.LN2));
  return e.mul(logaddexp(scaled(x), scaled(y)), scalarOf(x.aval.strong(), 1 / Math.LN2));
});
/** `log(exp(x) + exp(y))` without overflow. */
export const logaddexp = binaryFloat("np.logaddexp", (x, y) => {
  // Larger and smaller by selection: where they are equal this has no kink, so all derivatives are right there too.
  const first = e.ge(x, y);
  const low = e.select(first, y, x);
  const high = e.select(first, x, y);
  // The gap of equal infinities is NaN; there the result is the sum. That of NaN stays, and with it the derivatives are NaN.
  const gap = e.sub(low, high);
  const known = e.or(e.eq(gap, gap), e.ne(x, y));
  const safe = e.select(known, gap, e.zeroLike(gap));
  return e.select(known, e.add(high, m.log1p(m.exp(safe))), e.add(x, y));
});

/** `x` kept within `[min, max]`; the derivative at a bound is one half, as JAX has it. */
export const clip = composite(
  "np.clip(x, min, max)",
  (x: TensorLike, min?: TensorLike | null, max?: TensorLike | null): Tensor => {
    const above = min === undefined || min === null ? asTensor(x, "np.clip") : maximum(x, min);
    return max === undefined || max === null ? above : minimum(above, max);
  },
);

/** `x` in another dtype: a float becomes an integer towards zero, within its range; anything but zero becomes true. */
export const astype = named(
  "np.astype(x, dtype)",
  (x: TensorLike, dtype: DType): Tensor => convertTo(asTensor(x, "np.astype"), dtype),
);
