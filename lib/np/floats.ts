/** @file Floats by their parts: rounding, sign, exponent, neighbours. */
import { isFloat } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, DTypeError } from "../core/errors.js";
import { scalarOf } from "../core/rules.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as bit from "../primitives/bits.js";
import * as e from "../primitives/elementwise.js";
import * as m from "../primitives/math.js";
import { alignRanks, cast, noBool, promoteFloat } from "./promote.js";
import { binaryFloat, type Unary, unary, unaryFloat } from "./ufunc.js";

/** A rounding of floats; integers and bools are whole. */
const rounding = (name: string, f: (x: Tensor) => Tensor): Unary => unary(name, (x) => (isFloat(x.dtype) ? f(x) : x));
export const floor = rounding("np.floor", e.floor);
export const ceil = rounding("np.ceil", e.ceil);
/** Towards zero. */
const cut = (x: Tensor): Tensor => e.select(e.lt(x, e.zeroLike(x)), e.ceil(x), e.floor(x));
/** The integer part: rounded towards zero. */
export const trunc = rounding("np.trunc", cut);
/** Nearest integer, ties to even. */
export const rint = unaryFloat("np.rint", m.round);
/**
 * To so many decimals, ties to even; integers stay as they are.
 *
 * @throws {ArgumentError} when the number of decimals is not an integer, or negative for a tensor of integers
 * @example np.round(np.array([0.125, 2.5]), 2) // [0.12, 2.5]
 */
export const round = composite("np.round(x, decimals)", (x: TensorLike, decimals: number = 0): Tensor => {
  const t = asTensor(x, "np.round");
  if (!Number.isInteger(decimals) || (decimals < 0 && !isFloat(t.dtype))) {
    throw new ArgumentError({
      where: "np.round",
      what: "not a number of decimals",
      expected: isFloat(t.dtype) ? "an integer" : "an integer that is not negative, for a tensor of integers",
      got: `${decimals}, for ${t.aval}`,
    });
  }
  if (t.dtype === "bool") {
    throw new DTypeError({
      where: "np.round",
      what: "bools are not rounded",
      expected: "floats or integers",
      got: `${t.aval}`,
      hint: 'convert them with np.astype(x, "int32")',
    });
  }
  if (!isFloat(t.dtype)) return t;
  if (decimals === 0) return m.round(t);
  const factor = scalarOf(t.aval.strong(), 10 ** Math.abs(decimals));
  return decimals > 0 ? e.div(m.round(e.mul(t, factor)), factor) : e.mul(m.round(e.div(t, factor)), factor);
});
/** The fractional part and the integer part, both with the sign of `x`. */
export const modf = composite("np.modf(x)", (x: TensorLike): [fraction: Tensor, whole: Tensor] => {
  const [t] = promoteFloat("np.modf", x);
  const whole = cut(t);
  const rest = e.sub(t, whole);
  return [e.select(m.finite(t), rest, e.select(e.eq(t, t), e.zeroLike(t), t)), whole];
});

/** Whether the sign bit of a float is set; of NaN false. Minus zero is recognized by its reciprocal. */
const negative = (x: Tensor): Tensor => {
  const zero = e.zeroLike(x);
  return e.or(e.lt(x, zero), e.lt(e.div(scalarOf(x.aval.strong(), 1), x), zero));
};
const withSign = (x: Tensor, isNegative: Tensor): Tensor => {
  const size = e.abs(x);
  return e.select(isNegative, e.neg(size), size);
};
/** Whether the number is negative, minus zero included. */
export const signbit = composite("np.signbit(x)", (x: TensorLike): Tensor => {
  const t = asTensor(x, "np.signbit");
  if (isFloat(t.dtype)) return negative(t);
  const whole = noBool("np.signbit", t);
  return e.lt(whole, e.zeroLike(whole));
});
/** The size of `x` with the sign of `y`. */
export const copysign = binaryFloat("np.copysign", (x, y) => withSign(x, negative(y)));
/** The next float from `x` towards `y`. */
export const nextafter = binaryFloat("np.nextafter", bit.nextafter);
/** The distance to the next float away from zero, with the sign of `x`. */
export const spacing = unaryFloat("np.spacing", (x) => {
  const infinite = scalarOf(x.aval.strong(), Infinity);
  return e.sub(bit.nextafter(x, withSign(infinite, negative(x))), x);
});
/** `m` (1/2 ≤ |m| < 1) and the int32 `n` with `x = m · 2ⁿ`; zero, infinities and NaN have n = 0. */
export const frexp = composite("np.frexp(x)", (x: TensorLike): [mantissa: Tensor, exponent: Tensor] => {
  const [t] = promoteFloat("np.frexp", x);
  const n = bit.exponent(t);
  return [bit.ldexp(t, e.neg(n)), n];
});
/** `x · 2ⁿ` for integers n. */
export const ldexp = composite("np.ldexp(x, n)", (x: TensorLike, n: TensorLike): Tensor => {
  const [a, k] = alignRanks("np.ldexp", [
    promoteFloat("np.ldexp", x)[0],
    cast("np.ldexp", asTensor(n, "np.ldexp"), "int32"),
  ]);
  return bit.ldexp(a, k);
});
/** NaN becomes `nan` (0), infinities `posinf` and `neginf` (the largest and the least number of the dtype). */
export const nanToNum = composite(
  "np.nanToNum(x, { nan, posinf, neginf })",
  (
    x: TensorLike,
    options: { readonly nan?: number; readonly posinf?: number; readonly neginf?: number } = {},
  ): Tensor => {
    const t = asTensor(x, "np.nanToNum");
    if (!isFloat(t.dtype)) return t;
    const number = (v: number): Tensor => scalarOf(t.aval.strong(), v);
    const most = t.dtype === "float64" ? Number.MAX_VALUE : 3.4028234663852886e38;
    const known = e.select(e.ne(t, t), number(options.nan ?? 0), t);
    const below = e.select(e.eq(known, number(Infinity)), number(options.posinf ?? most), known);
    return e.select(e.eq(below, number(-Infinity)), number(options.neginf ?? -most), below);
  },
);
