/**
 * @file What elementwise primitives are in SIMD instructions, four elements at a time.
 *
 * A float32, int32 or uint32 is a lane of 32 bits; a bool is a lane of all ones or all zeros. A function gives the code of its
 * result from its operands; it may use locals. What is not here is left to other means.
 */
import type { DType } from "../../../core/aval.js";
import type { Params } from "../../../core/primitive.js";
import { type Piece, SINGLE } from "../../../primitives/erf-inv.js";
import { type Code, type FunctionBuilder, f32x4, i32, i32x4, type Local, v128 } from "./assembler.js";
import { CONVERSIONS } from "./conversions.js";
import type { LaneFunction } from "./lane-function.js";

export type { LaneFunction } from "./lane-function.js";

// --- elementary functions ------------------------------------------------------------------------------------------------

/** Evaluates a polynomial, highest coefficient first. */
const horner = (x: Local, coefficients: readonly number[]): Code =>
  coefficients
    .slice(1)
    .reduce<Code>((sum, c) => f32x4.add(f32x4.mul(sum, x.get), f32x4.const(c)), f32x4.const(coefficients[0]));

/** ln 2 in two parts; the first has trailing zeros, so that its products with |n| < 2^9 are exact. */
const [LN2_HIGH, LN2_LOW] = [0.693359375, -0.00021219444005469057];

/** 1.5 * 2^23, whose bits are 0x4b400000: added to a whole number below 2^22, it leaves that number in the low bits of the sum. */
const BITS_OF_WHOLE = 12_582_912;

/**
 * exp to 2 units in the last place: `2^n · exp(r)` with |r| <= ln(2)/2 and Taylor's polynomial of degree 7 (its error is below
 * 6e-9). The power of two is applied in two steps, so that subnormal results are right; NaN passes.
 */
const exp = (fn: FunctionBuilder, x: Code): Code => {
  const [r, n, whole] = [fn.local("v128"), fn.local("v128"), fn.local("v128")];
  const power = (exponent: Code): Code => i32x4.shl(i32x4.add(exponent, i32x4.const(127)), i32.const(23));
  const half: Code = i32x4.shrS(whole.get, i32.const(1));
  return [
    // Beyond these bounds the result is infinite, or 0.
    r.set(f32x4.pmax(f32x4.pmin(x, f32x4.const(89)), f32x4.const(-104))),
    n.set(f32x4.nearest(f32x4.mul(r.get, f32x4.const(Math.LOG2E)))),
    r.set(f32x4.sub(r.get, f32x4.mul(n.get, f32x4.const(LN2_HIGH)))),
    r.set(f32x4.sub(r.get, f32x4.mul(n.get, f32x4.const(LN2_LOW)))),
    // A whole number of this size stands in the low bits of the sum: cheaper than a conversion, which has NaN and overflow to look after.
    whole.set(i32x4.sub(f32x4.add(n.get, f32x4.const(BITS_OF_WHOLE)), i32x4.const(0x4b400000))),
    f32x4.mul(
      f32x4.mul(horner(r, [1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1, 1]), power(half)),
      power(i32x4.sub(whole.get, half)),
    ),
  ];
};

const SIGN = i32x4.const(-(2 ** 31));

/**
 * tanh to 2 units in the last place: below 0.625 an odd polynomial (Cephes, `tanhf`), beyond `1 - 2 / (exp(2|x|) + 1)` with the
 * sign of x.
 */
const tanh = (fn: FunctionBuilder, x: Local): Code => {
  const [size, square, near, far] = [fn.local("v128"), fn.local("v128"), fn.local("v128"), fn.local("v128")];
  const one = f32x4.const(1);
  const coefficients = [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1];
  return [
    size.set(f32x4.abs(x.get)),
    square.set(f32x4.mul(x.get, x.get)),
    far.set(exp(fn, f32x4.add(size.get, size.get))),
    far.set(f32x4.sub(one, f32x4.div(f32x4.const(2), f32x4.add(far.get, one)))),
    // Both parts are of |x|; the sign comes last, so that -0 stays -0.
    near.set(f32x4.mul(f32x4.mul(horner(square, coefficients), square.get), size.get)),
    near.set(f32x4.add(near.get, size.get)),
    v128.or(v128.select(far.get, near.get, f32x4.ge(size.get, f32x4.const(0.625))), v128.and(x.get, SIGN)),
  ];
};

/** `1 / (1 + exp(-x))`, with `exp(-|x|)` only, so that nothing overflows. */
const logistic = (fn: FunctionBuilder, x: Local): Code => {
  const [small, result] = [fn.local("v128"), fn.local("v128")];
  return [
    small.set(exp(fn, v128.or(x.get, SIGN))),
    result.set(f32x4.div(f32x4.const(1), f32x4.add(f32x4.const(1), small.get))),
    v128.select(f32x4.mul(small.get, result.get), result.get, f32x4.lt(x.get, v128.zero)),
  ];
};

/**
 * log to 1 unit in the last place: `e · ln 2 + log(m)` with `m` in [sqrt(1/2), sqrt(2))` and a polynomial of degree 9 of `m - 1`
 * (Cephes, `logf`). Subnormals are scaled up first.
 */
const log = (fn: FunctionBuilder, x: Code): Code => {
  const [v, y, m, e, small] = [0, 0, 0, 0, 0].map(() => fn.local("v128"));
  const coefficients = [
    7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
    2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
  ];
  const zero = v128.zero;
  return [
    v.set(x),
    small.set(f32x4.lt(v.get, f32x4.const(2 ** -126))),
    y.set(v128.select(f32x4.mul(v.get, f32x4.const(2 ** 23)), v.get, small.get)),
    // m in [1/2, 1) and its exponent; below sqrt(1/2) it is doubled.
    e.set(i32x4.sub(i32x4.shrS(y.get, i32.const(23)), i32x4.const(126))),
    e.set(i32x4.sub(e.get, v128.and(small.get, i32x4.const(23)))),
    m.set(v128.or(v128.and(y.get, i32x4.const(0x007fffff)), f32x4.const(0.5))),
    small.set(f32x4.lt(m.get, f32x4.const(Math.SQRT1_2))),
    e.set(f32x4.fromI32(i32x4.add(e.get, small.get))),
    m.set(f32x4.sub(f32x4.add(m.get, v128.and(m.get, small.get)), f32x4.const(1))),
    small.set(f32x4.mul(m.get, m.get)),
    y.set(f32x4.mul(f32x4.mul(horner(m, coefficients), m.get), small.get)),
    y.set(f32x4.add(y.get, f32x4.mul(e.get, f32x4.const(LN2_LOW)))),
    y.set(f32x4.sub(y.get, f32x4.mul(small.get, f32x4.const(0.5)))),
    y.set(f32x4.add(f32x4.add(m.get, y.get), f32x4.mul(e.get, f32x4.const(LN2_HIGH)))),
    // Infinity and NaN stay; zero and what is below it have the limits and NaN.
    y.set(v128.select(y.get, v.get, f32x4.lt(v.get, f32x4.const(Number.POSITIVE_INFINITY)))),
    y.set(v128.select(f32x4.const(Number.NEGATIVE_INFINITY), y.get, f32x4.eq(v.get, zero))),
    v128.select(f32x4.const(Number.NaN), y.get, f32x4.lt(v.get, zero)),
  ];
};

/** `log(u)` of the rounded `u = 1 + x`, and what the rounding took away, to first order. */
const log1p = (fn: FunctionBuilder, x: Local): Code => {
  const [u, y] = [fn.local("v128"), fn.local("v128")];
  const one = f32x4.const(1);
  const lost = f32x4.sub(f32x4.sub(u.get, one), x.get);
  return [
    u.set(f32x4.add(x.get, one)),
    y.set(log(fn, u.get)),
    // At the ends of the domain the log is infinite and there is nothing to correct; near 0 all of x was lost.
    y.set(
      v128.select(
        f32x4.sub(y.get, f32x4.div(lost, u.get)),
        y.get,
        f32x4.lt(f32x4.abs(y.get), f32x4.const(Number.POSITIVE_INFINITY)),
      ),
    ),
    v128.select(x.get, y.get, f32x4.eq(u.get, one)),
  ];
};

/** See `primitives/erf-inv.ts`. Both polynomials are computed. */
const erfInv = (fn: FunctionBuilder, x: Local): Code => {
  const [w, t, p] = [fn.local("v128"), fn.local("v128"), fn.local("v128")];
  const piece = ({ root, shift, coefficients }: Piece): Code => [
    t.set(f32x4.sub(root ? f32x4.sqrt(w.get) : w.get, f32x4.const(shift))),
    ...horner(t, coefficients),
  ];
  const [centre, tail] = SINGLE;
  // 1 - x² is exact where it is small; elsewhere only the absolute error of w counts.
  const rest = f32x4.sub(f32x4.const(1), f32x4.mul(x.get, x.get));
  return [
    w.set(f32x4.neg(log(fn, rest))),
    p.set(piece(tail)),
    p.set(v128.select(piece(centre), p.get, f32x4.lt(w.get, f32x4.const(centre.below)))),
    p.set(v128.select(f32x4.const(Number.POSITIVE_INFINITY), p.get, f32x4.eq(f32x4.abs(x.get), f32x4.const(1)))),
    f32x4.mul(p.get, x.get),
  ];
};

// --- tables --------------------------------------------------------------------------------------------------------------

const unary =
  (f: (x: Code) => Code): LaneFunction =>
  (_fn, [x]) =>
    f(x.get);
const binary =
  (f: (x: Code, y: Code) => Code): LaneFunction =>
  (_fn, [x, y]) =>
    f(x.get, y.get);

const FLOAT: Readonly<Record<string, LaneFunction>> = {
  add: binary(f32x4.add),
  sub: binary(f32x4.sub),
  mul: binary(f32x4.mul),
  div: binary(f32x4.div),
  max: binary(f32x4.max),
  min: binary(f32x4.min),
  eq: binary(f32x4.eq),
  ne: binary(f32x4.ne),
  lt: binary(f32x4.lt),
  le: binary(f32x4.le),
  gt: binary(f32x4.gt),
  ge: binary(f32x4.ge),
  neg: unary(f32x4.neg),
  abs: unary(f32x4.abs),
  ceil: unary(f32x4.ceil),
  floor: unary(f32x4.floor),
  round: unary(f32x4.nearest),
  sqrt: unary(f32x4.sqrt),
  rsqrt: unary((x) => f32x4.div(f32x4.const(1), f32x4.sqrt(x))),
  is_finite: unary((x) => f32x4.lt(f32x4.abs(x), f32x4.const(Number.POSITIVE_INFINITY))),
  sign: (_fn, [x]) =>
    v128.select(
      f32x4.const(1),
      v128.select(f32x4.const(-1), x.get, f32x4.lt(x.get, v128.zero)),
      f32x4.gt(x.get, v128.zero),
    ),
  exp: (fn, [x]) => exp(fn, x.get),
  log: (fn, [x]) => log(fn, x.get),
  log1p: (fn, [x]) => log1p(fn, x),
  erf_inv: (fn, [x]) => erfInv(fn, x),
  tanh: (fn, [x]) => tanh(fn, x),
  logistic: (fn, [x]) => logistic(fn, x),
};

const BITS: Readonly<Record<string, LaneFunction>> = {
  and: binary(v128.and),
  or: binary(v128.or),
  xor: binary(v128.xor),
  not: unary(v128.not),
};

/** What is the same for signed and unsigned integers. */
const WHOLE: Readonly<Record<string, LaneFunction>> = {
  ...BITS,
  add: binary(i32x4.add),
  sub: binary(i32x4.sub),
  mul: binary(i32x4.mul),
  neg: unary(i32x4.neg),
  eq: binary(i32x4.eq),
  ne: binary(i32x4.ne),
};

const SIGNED: Readonly<Record<string, LaneFunction>> = {
  ...WHOLE,
  max: binary(i32x4.maxS),
  min: binary(i32x4.minS),
  lt: binary(i32x4.ltS),
  le: binary(i32x4.leS),
  gt: binary(i32x4.gtS),
  ge: binary(i32x4.geS),
  abs: unary(i32x4.abs),
  // A true comparison is -1.
  sign: (_fn, [x]) => i32x4.sub(i32x4.ltS(x.get, v128.zero), i32x4.gtS(x.get, v128.zero)),
};

const UNSIGNED: Readonly<Record<string, LaneFunction>> = {
  ...WHOLE,
  max: binary(i32x4.maxU),
  min: binary(i32x4.minU),
  lt: binary(i32x4.ltU),
  le: binary(i32x4.leU),
  gt: binary(i32x4.gtU),
  ge: binary(i32x4.geU),
};

const TABLES: Readonly<Record<DType, Readonly<Record<string, LaneFunction>>>> = {
  float32: FLOAT,
  int32: SIGNED,
  uint32: UNSIGNED,
  bool: BITS,
  float64: {},
};

/** Powers up to the fourth: at most two roundings. */
const integerPow =
  (exponent: number): LaneFunction =>
  (fn, [x]) => {
    const square = fn.local("v128");
    const factor = [undefined, undefined, undefined, x, square][exponent];
    if (exponent === 1) return x.get;
    return [square.set(f32x4.mul(x.get, x.get)), factor === undefined ? square.get : f32x4.mul(square.get, factor.get)];
  };

const INTEGER_POWERS: ReadonlyMap<unknown, LaneFunction> = new Map([1, 2, 3, 4].map((n) => [n, integerPow(n)]));

const select: LaneFunction = (_fn, [condition, x, y]) => v128.select(x.get, y.get, condition.get);

/**
 * The function of a primitive on lanes, or undefined where there is none; the same one for the same primitive, parameters and dtypes.
 *
 * @param dtypes  of the operands
 */
export const laneFunction = (name: string, params: Params, dtypes: readonly DType[]): LaneFunction | undefined => {
  const dtype = dtypes[dtypes.length - 1];
  switch (name) {
    case "select":
      return dtype === "float64" ? undefined : select;
    case "convert":
      return CONVERSIONS.get(`${dtype} ${params.dtype}`);
    case "integer_pow":
      return dtype === "float32" ? INTEGER_POWERS.get(params.exponent) : undefined;
    default:
      return TABLES[dtype]?.[name];
  }
};
