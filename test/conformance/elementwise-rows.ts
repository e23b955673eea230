/** @file Rows of the elementwise primitives. */
import type { DType } from "../../lib/core/aval.js";
import { host } from "../helpers/runtime.js";
import {
  bools,
  fill,
  floats,
  INT_LIMITS,
  ints,
  ofEach,
  RANK8,
  type Row,
  row,
  SPECIAL,
  TAME,
  UINT_LIMITS,
  uints,
} from "./row.js";

type Name = Row["prim"];

export const POSITIVE = [0.3, 0.7, 1.2, 1.6, 0.85, 2.1];
export const INSIDE = [0.3, -0.7, 0.12, -0.86, 0.55, 0.9];

/** A function of one float on values of its domain, and on special ones. */
export const unary = (prim: Name, domain: readonly number[] = TAME): Row[] => [
  row(prim, [floats([2, 3], domain)]),
  row(prim, [floats([], [domain[5]])]),
  row(prim, [floats([2, 0], domain)]),
  row(prim, [floats(RANK8, domain)]),
  row(prim, [floats([SPECIAL.length], SPECIAL)], {}, "special values"),
];
export const unaryInts = (prim: Name): Row[] => [
  row(prim, [ints([INT_LIMITS.length], INT_LIMITS)]),
  row(prim, [uints([UINT_LIMITS.length], UINT_LIMITS)]),
];

/** Every value of `list` with every other. */
export const pairs = (prim: Name, dtype: DType, list: readonly number[]): Row =>
  row(prim, [fill(dtype, [list.length, 1], list), fill(dtype, [1, list.length], list)], {}, "special values");

export const binary = (
  prim: Name,
  x: readonly number[] = TAME,
  y: readonly number[] = [0.45, 1.7, -0.9, 0.65],
): Row[] => [
  row(prim, [floats([2, 3], x), floats([2, 3], y)]),
  row(prim, [floats([2, 1], x), floats([1, 3], y)]),
  row(prim, [floats([2, 3], x), floats([2, 1], y)]),
  row(prim, [floats([], x), floats([2, 3], y)]),
  row(prim, [floats([2, 3], x), floats([], y)]),
  row(prim, [floats([], x), floats([], y)]),
  row(prim, [floats([2, 0], x), floats([2, 1], y)]),
  row(prim, [floats([0], x), floats([], y)]),
  row(prim, [floats(RANK8, x), floats([1, 2, 1, 1, 1, 1, 1, 1], y)]),
  pairs(prim, "float32", SPECIAL),
  row(prim, [floats([3], [1.5, -2, 0.5]), floats([3], [1.5, -2, 0.5])], {}, "a kink"),
];
export const binaryInts = (prim: Name): Row[] => [
  pairs(prim, "int32", INT_LIMITS),
  pairs(prim, "uint32", UINT_LIMITS),
  row(prim, [ints([2, 3]), ints([])]),
  row(prim, [ints(RANK8), ints([1, 1, 1, 1, 3, 1, 1, 1])]),
  row(prim, [uints([0, 2]), uints([1, 2])]),
];
const binaryBools = (prim: Name): Row => row(prim, [bools([2, 1], [0, 1]), bools([1, 2], [0, 1])]);

const comparison = (prim: Name): Row[] => [...binary(prim), ...binaryInts(prim), binaryBools(prim)];
const logical = (prim: Name): Row[] => [...binaryInts(prim), binaryBools(prim)];

const DTYPES: readonly DType[] = ["float32", "int32", "uint32", "bool"];
/** Values that another dtype rounds, saturates or wraps. */
const TO_CONVERT: Record<string, readonly number[]> = {
  float32: [...SPECIAL, 3e9, -3e9, 5e9, 2147483648, 4294967296, 0.99, -0.99, -1e-3],
  int32: INT_LIMITS,
  uint32: UINT_LIMITS,
  bool: [0, 1],
};
const conversions = DTYPES.flatMap((from) =>
  DTYPES.map((dtype) => {
    const list = TO_CONVERT[from];
    return row("convert", [fill(from, [list.length], list)], { dtype }, "special values");
  }),
);

const selectRows: Row[] = [
  row("select", [bools([2, 3]), floats([2, 3]), floats([2, 3], POSITIVE)]),
  row("select", [bools([]), floats([2, 3]), floats([1, 3], POSITIVE)]),
  row("select", [bools([2, 1]), floats([]), floats([1, 3])]),
  row("select", [bools([2, 3]), floats([]), floats([])]),
  row("select", [bools([0, 3]), floats([0, 3]), floats([])]),
  row("select", [bools(RANK8), floats(RANK8), floats([])]),
  row(
    "select",
    [bools([SPECIAL.length]), floats([SPECIAL.length], SPECIAL), floats([], [Number.NaN])],
    {},
    "special values",
  ),
  row("select", [bools([12]), ints([12], INT_LIMITS), ints([])]),
  row("select", [bools([11]), uints([11], UINT_LIMITS), uints([])]),
  row("select", [bools([3]), bools([3], [1, 1, 0]), bools([3], [0, 1, 0])]),
];

const powers: Row[] = [-2, -1, 0, 1, 2, 3, 5].flatMap((exponent) => [
  row("integer_pow", [floats([2, 3])], { exponent }),
  row("integer_pow", [floats([SPECIAL.length], SPECIAL)], { exponent }, "special values"),
  ...(exponent < 0
    ? []
    : [
        row("integer_pow", [ints([INT_LIMITS.length], INT_LIMITS)], { exponent }),
        row("integer_pow", [uints([UINT_LIMITS.length], UINT_LIMITS)], { exponent }),
      ]),
]);

export const elementwiseRows: readonly Row[] = [
  ...["exp", "expm1", "sin", "cos", "sinh", "cosh", "tanh", "asinh", "atan", "logistic", "erf"].flatMap((name) =>
    unary(name as Name),
  ),
  row(
    "random_gamma_grad",
    [floats([2, 3], [0.01, 0.7, 3, 40, 2, 1e4]), floats([2, 3], [1e-9, 1, 2.5, 60, 30, 1e4])],
    {},
    "no derivative along the draw",
  ),
  row(
    "random_gamma_grad",
    [floats([4], [0, -1, 2, Number.NaN]), floats([4], [1, 1, 0, 1])],
    {},
    "no derivative along the draw",
  ),
  ...["floor", "ceil", "round", "is_finite"].flatMap((name) => unary(name as Name)),
  row("round", [floats([8], [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 8388609, 0.49999997])], {}, "a kink"),
  ...["log", "sqrt", "rsqrt"].flatMap((name) => unary(name as Name, POSITIVE)),
  ...unary("tan", [0.3, -0.7, 1.1, -1.2, 0.85, 0.1]),
  ...unary("log1p", [0.3, -0.7, 1.2, -0.6, 1e-5, 2.1]),
  ...["asin", "acos", "atanh", "erf_inv"].flatMap((name) => unary(name as Name, INSIDE)),
  ...unary("acosh", [1.3, 1.7, 1.2, 2.6, 5.5, 2]),
  ...(["neg", "abs", "sign"] as const).flatMap((name) => [...unary(name), ...unaryInts(name)]),
  ...unaryInts("not"),
  row("not", [bools([2, 2])]),
  row("not", [ints(RANK8)]),
  row("not", [bools([0])]),
  ...(["add", "sub", "mul", "div", "rem", "max", "min"] as const).flatMap((name) => [
    ...binary(name),
    ...binaryInts(name),
  ]),
  ...binary("pow", POSITIVE),
  ...binaryInts("pow"),
  ...binary("atan2"),
  ...(["eq", "ne", "lt", "le", "gt", "ge"] as const).flatMap(comparison),
  ...(["and", "or", "xor"] as const).flatMap(logical),
  ...(["shift_left", "shift_right_logical", "shift_right_arithmetic"] as const).flatMap(binaryInts),
  ...selectRows,
  ...conversions,
  row("convert", [floats([2, 3])], { dtype: "float64" }),
  row("convert", [host("float64", [3], [0.1, -1e300, 1e-300])], { dtype: "int32" }),
  row("convert", [floats([2, 0])], { dtype: "int32" }),
  row("convert", [ints(RANK8)], { dtype: "float32" }),
  ...powers,
  row("integer_pow", [floats([2, 0])], { exponent: 2 }),
  row("integer_pow", [floats(RANK8)], { exponent: 3 }),
  ...[floats([SPECIAL.length], SPECIAL), floats([]), floats([0]), floats(RANK8), ints([3]), uints([3]), bools([3])].map(
    (x) => row("stop_gradient", [x], {}, "the derivative is cut"),
  ),
  row("name", [floats([SPECIAL.length], SPECIAL)], { name: "a" }, "special values"),
  ...[...ofEach([2, 3]), floats([]), floats([0]), floats(RANK8)].map((x) => row("name", [x], { name: "a" })),
];
