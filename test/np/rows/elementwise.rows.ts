/** @file Elementwise functions, floats by their parts, comparison, logic and bits. */

import { scope } from "../../../lib/core/composite.js";
import type { Tensor } from "../../../lib/core/tensor.js";
import * as np from "../../../lib/np/index.js";
import { type Gradient, golden, type Row } from "./row.js";

const row = golden("np-elementwise");
const camel = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
type Function = (...xs: Tensor[]) => unknown;

/** A row of the case that has the name in NumPy, of its edge cases where there are some. */
const named = (name: string, gradient: Gradient, ...variants: readonly string[]): Row[] => {
  const f = (np as unknown as Record<string, Function>)[camel(name)];
  const call: Function = (...xs) => f(...xs);
  return [
    row(`np.${camel(name)}`, name, call, gradient),
    ...variants.map((variant) =>
      row(`np.${camel(name)}`, `${name}: ${variant}`, call, variant === "integers" ? "no floats" : "special values"),
    ),
  ];
};
const each = (names: string, gradient: Gradient, ...variants: readonly string[]): Row[] =>
  names.split(" ").flatMap((name) => named(name, gradient, ...variants));

export const rows: readonly Row[] = [
  ...each("cbrt fabs deg2rad rad2deg exp2 reciprocal square negative abs exp expm1", "differences", "edges"),
  ...each("log1p log2 log10 sqrt sin cos tan arctan sinh cosh tanh arcsinh", "differences", "edges"),
  ...each("sinc i0 arcsin arccos arctanh arccosh rsqrt logaddexp", "differences"),
  row("np.sinc", "sinc: around zero", (x) => np.sinc(x), "differences"),
  ...each("trunc rint signbit spacing isposinf isneginf sign floor ceil", "piecewise constant", "edges"),
  ...each("isnan isinf isfinite", "piecewise constant", "edges"),
  ...each("add subtract multiply maximum", "differences", "edges", "integers"),
  ...each("minimum divide arctan2 hypot copysign fmax fmin logaddexp2 power", "differences", "edges"),
  ...each("mod fmod divmod", "differences", "integers"),
  ...each("floor_divide", "piecewise constant", "integers"),
  ...each("heaviside nextafter", "piecewise constant", "edges"),
  // It gives back its argument, which is not to be freed with the result.
  row("np.positive", "positive", (x) => np.multiply(np.positive(x), 1), "differences"),
  row("np.divide", "divide: integers", (x, y) => np.divide(x, y), "no floats"),
  row("np.power", "power: integers", (x, y) => np.power(x, y), "no floats"),
  row("np.floatPower", "float_power", (x, y) => np.floatPower(x, y), "no floats"),
  row("np.gcd", "gcd: integers", (x, y) => np.gcd(x, y), "no floats"),
  row("np.lcm", "lcm: integers", (x, y) => np.lcm(x, y), "no floats"),
  row("np.modf", "modf", (x) => np.modf(x), "differences"),
  row("np.frexp", "frexp", (x) => np.frexp(x), "special values"),
  row("np.frexp", "frexp: plain", (x) => np.frexp(x), "differences"),
  row("np.ldexp", "ldexp", (x, n) => np.ldexp(x, n), "differences"),
  row("np.nanToNum", "nan_to_num", (x) => np.nanToNum(x), "special values"),
  row("np.nanToNum", "nan_to_num: plain", (x) => np.nanToNum(x), "differences"),
  row("np.nanToNum", "nan_to_num: values", (x) => np.nanToNum(x, { nan: 1, posinf: 2, neginf: -3 }), "special values"),
  row("np.round", "round", (x) => np.round(x), "piecewise constant"),
  row("np.round", "round: decimals", (x) => np.round(x, 1), "piecewise constant"),
  row("np.round", "round: tens", (x) => np.round(x, -1), "piecewise constant"),
  row("np.round", "round: integers", (x) => np.add(np.round(x), 0), "no floats"),

  ...each("equal not_equal less less_equal greater greater_equal logical_not", "no floats"),
  ...each("logical_and logical_or logical_xor", "no floats", "numbers"),
  row("np.isclose", "isclose", (x, y) => np.isclose(x, y), "piecewise constant"),
  row("np.isclose", "isclose: nan", (x, y) => np.isclose(x, y, { equalNan: true }), "piecewise constant"),
  row("np.allclose", "allclose", (x, y) => np.allclose(x, y), "piecewise constant"),
  row("np.allclose", "allclose: not", (x, y) => np.allclose(x, y), "piecewise constant"),
  row("np.arrayEqual", "array_equal", (x, y) => np.arrayEqual(x, y), "no floats"),
  row("np.arrayEqual", "array_equal: shapes", (x, y) => np.arrayEqual(x, y), "no floats"),
  row("np.arrayEquiv", "array_equiv", (x, y) => np.arrayEquiv(x, y), "no floats"),
  row("np.arrayEquiv", "array_equiv: shapes", (x, y) => np.arrayEquiv(x, y), "no floats"),
  row("np.where", "where", (c, x, y) => np.where(c, x, y), "differences"),
  row(
    "np.select",
    "select",
    (x) => scope(() => np.select([np.less(x, -0.5), np.less(x, 1)], [np.negative(x), np.square(x)], 1)),
    "differences",
  ),
  row(
    "np.piecewise",
    "piecewise",
    (x) => scope(() => np.piecewise(x, [np.less(x, -0.5), np.greater(x, 1)], [np.negative, np.square, np.sin])),
    "differences",
  ),
  row("np.clip", "clip", (x) => np.clip(x, -0.5, 1), "differences"),

  row("np.bitwiseAnd", "bitwise_and: integers", (x, y) => np.bitwiseAnd(x, y), "no floats"),
  row("np.bitwiseOr", "bitwise_or: integers", (x, y) => np.bitwiseOr(x, y), "no floats"),
  row("np.bitwiseXor", "bitwise_xor: integers", (x, y) => np.bitwiseXor(x, y), "no floats"),
  row("np.bitwiseNot", "bitwise_not", (x) => np.bitwiseNot(x), "no floats"),
  row("np.bitwiseNot", "bitwise_not: bool", (x) => np.bitwiseNot(x), "no floats"),
  row("np.leftShift", "left_shift", (x, y) => np.leftShift(x, y), "no floats"),
  row("np.rightShift", "right_shift", (x, y) => np.rightShift(x, y), "no floats"),
  row("np.rightShift", "right_shift: words", (x) => np.rightShift(x, 3), "no floats"),
  row("np.bitwiseCount", "bitwise_count", (x) => np.astype(np.bitwiseCount(x), "int32"), "no floats"),
  row("np.packbits", "packbits", (x) => np.packbits(x), "no floats"),
  row("np.packbits", "packbits: axis, little", (x) => np.packbits(x, { axis: 1, bitorder: "little" }), "no floats"),
  row("np.unpackbits", "unpackbits", (x) => np.unpackbits(x, { axis: 1, count: -3 }), "no floats"),
  row("np.unpackbits", "unpackbits: little", (x) => np.unpackbits(x, { bitorder: "little" }), "no floats"),
];
