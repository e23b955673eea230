/** @file Arithmetic, comparison and functions, element by element, with NumPy's broadcasting and promotion. */
import { type DType, isFloat } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { scalarOf } from "../core/rules.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as e from "../primitives/elementwise.js";
import { erfInv as erfInvOf } from "../primitives/erf-inv.js";
import * as m from "../primitives/math.js";
import { alignRanks, cast, convertTo, promote, promoteFloat } from "./promote.js";

type Unary = (x: TensorLike) => Tensor;
type Binary = (x: TensorLike, y: TensorLike) => Tensor;

const unary = (name: string, f: (x: Tensor) => Tensor): Unary =>
  composite(name, (x: TensorLike) => f(asTensor(x, name)));
const unaryFloat = (name: string, f: (x: Tensor) => Tensor): Unary =>
  composite(name, (x: TensorLike) => f(promoteFloat(name, x)[0]));
const binary = (name: string, f: (x: Tensor, y: Tensor) => Tensor): Binary =>
  composite(name, (x: TensorLike, y: TensorLike) => {
    const [a, b] = promote(name, x, y);
    return f(a, b);
  });
const binaryFloat = (name: string, f: (x: Tensor, y: Tensor) => Tensor): Binary =>
  composite(name, (x: TensorLike, y: TensorLike) => {
    const [a, b] = promoteFloat(name, x, y);
    return f(a, b);
  });

export const add = binary("np.add", e.add);
export const subtract = binary("np.subtract", e.sub);
export const multiply = binary("np.multiply", e.mul);
/** True division; integers become float32. */
export const divide = binaryFloat("np.divide", e.div);
/** Whether a remainder with the dividend's sign is to be moved to the divisor's. */
const otherSide = (r: Tensor, y: Tensor): Tensor => {
  const zero = e.zeroLike(r);
  return e.and(e.ne(r, zero), e.ne(e.lt(r, zero), e.lt(y, zero)));
};
/** Largest integer not above the quotient; with `mod`, `x = y * floorDivide(x, y) + mod(x, y)`, so that 1 by 0.1 gives 9. */
export const floorDivide = binary("np.floorDivide", (x, y) => {
  const r = e.rem(x, y);
  // Without the remainder the division is exact but for rounding.
  const q = isFloat(x.dtype) ? m.round(e.div(e.sub(x, r), y)) : e.div(x, y);
  return e.select(otherSide(r, y), e.sub(q, scalarOf(q.aval.strong(), 1)), q);
});
/** Remainder with the sign of the divisor. */
export const mod = binary("np.mod", (x, y) => {
  const r = e.rem(x, y);
  return e.select(otherSide(r, y), e.add(r, y), r);
});
/** Remainder with the sign of the dividend. */
export const fmod = binary("np.fmod", e.rem);
/** `x ** y`; an integer literal as exponent is exact, also for negative bases and integers; other powers are of floats. */
export const power: Binary = composite("np.power", (x: TensorLike, y: TensorLike) => {
  if (typeof y === "number" && Number.isInteger(y) && (y >= 0 || isFloat(asTensor(x, "np.power").dtype))) {
    return m.integerPow(asTensor(x, "np.power"), y);
  }
  const [a, b] = promoteFloat("np.power", x, y);
  return m.pow(a, b);
});
export const maximum = binary("np.maximum", e.max);
export const minimum = binary("np.minimum", e.min);
export const arctan2 = binaryFloat("np.arctan2", m.atan2);
export const negative = unary("np.negative", e.neg);
export const abs = unary("np.abs", e.abs);
export const sign = unary("np.sign", e.sign);
export const square = unary("np.square", (x) => e.mul(x, x));
export const reciprocal = unaryFloat("np.reciprocal", (x) => m.integerPow(x, -1));

export const exp = unaryFloat("np.exp", m.exp);
export const expm1 = unaryFloat("np.expm1", m.expm1);
export const log = unaryFloat("np.log", m.log);
export const log1p = unaryFloat("np.log1p", m.log1p);
export const log2 = unaryFloat("np.log2", (x) => multiply(m.log(x), 1 / Math.LN2));
export const log10 = unaryFloat("np.log10", (x) => multiply(m.log(x), 1 / Math.LN10));
export const exp2 = unaryFloat("np.exp2", (x) => m.exp(multiply(x, Math.LN2)));
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
export const floor = unaryFloat("np.floor", e.floor);
export const ceil = unaryFloat("np.ceil", e.ceil);
/** Nearest integer, ties to even, as NumPy rounds. */
export const round = unaryFloat("np.round", m.round);
/** `log(exp(x) + exp(y))` without overflow. */
export const logaddexp = binaryFloat("np.logaddexp", (x, y) => {
  // Larger and smaller by selection: where they are equal this has no kink, so all derivatives are right there too.
  const first = e.ge(x, y);
  const low = e.select(first, y, x);
  const high = e.select(first, x, y);
  // The gap of equal infinities, and of NaN, is NaN; there the result is the sum.
  const gap = e.sub(low, high);
  const known = e.eq(gap, gap);
  const safe = e.select(known, gap, e.zeroLike(gap));
  return e.select(known, e.add(high, m.log1p(m.exp(safe))), e.add(x, y));
});

export const equal = binary("np.equal", e.eq);
export const notEqual = binary("np.notEqual", e.ne);
export const less = binary("np.less", e.lt);
export const lessEqual = binary("np.lessEqual", e.le);
export const greater = binary("np.greater", e.gt);
export const greaterEqual = binary("np.greaterEqual", e.ge);
export const isfinite = unaryFloat("np.isfinite", m.finite);
export const isnan = unaryFloat("np.isnan", (x) => e.ne(x, x));
export const isinf = unaryFloat("np.isinf", (x) => e.eq(e.abs(x), cast("np.isinf", asTensor(Infinity, ""), x.dtype)));

/** Anything but zero is true. */
const truth = (x: TensorLike, where: string): Tensor => convertTo(asTensor(x, where), "bool");
export const logicalAnd: Binary = composite("np.logicalAnd", (x: TensorLike, y: TensorLike) => {
  const [a, b] = promote("np.logicalAnd", truth(x, "np.logicalAnd"), truth(y, "np.logicalAnd"));
  return e.and(a, b);
});
export const logicalOr: Binary = composite("np.logicalOr", (x: TensorLike, y: TensorLike) => {
  const [a, b] = promote("np.logicalOr", truth(x, "np.logicalOr"), truth(y, "np.logicalOr"));
  return e.or(a, b);
});
export const logicalNot: Unary = composite("np.logicalNot", (x: TensorLike) => e.not(truth(x, "np.logicalNot")));
export const bitwiseAnd = binary("np.bitwiseAnd", e.and);
export const bitwiseOr = binary("np.bitwiseOr", e.or);
export const bitwiseXor = binary("np.bitwiseXor", e.xor);
export const bitwiseNot = unary("np.bitwiseNot", e.not);
export const leftShift = binary("np.leftShift", e.shiftLeft);
/** Fills with the sign for int32, with zeros for uint32. */
export const rightShift = binary("np.rightShift", (x, y) =>
  x.dtype === "uint32" ? e.shiftRightLogical(x, y) : e.shiftRightArithmetic(x, y),
);

/** `x` where the condition holds, else `y`. */
export const where = composite("np.where", (condition: TensorLike, x: TensorLike, y: TensorLike): Tensor => {
  const [a, b] = promote("np.where", x, y);
  const [c, p, q] = alignRanks("np.where", [truth(condition, "np.where"), a, b]);
  return e.select(c, p, q);
});

/** `x` kept within `[low, high]`; the derivative at a bound is one half, as JAX has it. */
export const clip = composite("np.clip", (x: TensorLike, low?: TensorLike | null, high?: TensorLike | null): Tensor => {
  const above = low === undefined || low === null ? asTensor(x, "np.clip") : maximum(x, low);
  return high === undefined || high === null ? above : minimum(above, high);
});

/** `x` in another dtype: a float becomes an integer towards zero, within its range; anything but zero becomes true. */
export const astype = (x: TensorLike, dtype: DType): Tensor => convertTo(asTensor(x, "np.astype"), dtype);
