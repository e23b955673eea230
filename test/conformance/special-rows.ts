/** @file Rows of the error, gamma, beta and Bessel functions and of numbers by their bits. */
import { binary, binaryInts, INSIDE, POSITIVE, pairs, unary, unaryInts } from "./elementwise-rows.js";
import { floats, INT_LIMITS, ints, RANK8, type Row, row, SPECIAL, UINT_LIMITS, uints } from "./row.js";

const BETWEEN = [0.3, 0.7, 0.12, 0.86, 0.55, 0.9];

/** Rows of a function that has a derivative in its last argument alone. */
const inLast = (prim: Row["prim"], first: readonly (readonly number[])[], last: readonly number[]): Row[] => {
  const wrt = [first.length];
  const given = (shape: readonly number[]) => first.map((list) => floats(shape, list));
  return [
    { ...row(prim, [...given([2, 3]), floats([2, 3], last)]), wrt },
    { ...row(prim, [...given([2, 1]), floats([1, 3], last)]), wrt },
    { ...row(prim, [...given([]), floats([2, 3], last)]), wrt },
    { ...row(prim, [...given([2, 3]), floats([], last)]), wrt },
    { ...row(prim, [...given([2, 0]), floats([2, 1], last)]), wrt },
    { ...row(prim, [...given(RANK8), floats([1, 2, 1, 1, 1, 1, 1, 1], last)]), wrt },
  ];
};
const shapes = [0.6, 1.5, 4.2, 12.5];

export const specialRows: readonly Row[] = [
  ...["erfc", "erfcx", "bessel_i0e", "bessel_i1e"].flatMap((name) => unary(name as Row["prim"])),
  ...unary("cbrt", INSIDE),
  ...unary("ndtri", BETWEEN),
  ...unary("lgamma"),
  ...unary("digamma"),
  ...unary("exponent"),
  ...inLast("zeta", [[2, 3.5, 1.25, 6]], POSITIVE),
  ...inLast("igamma", [shapes], POSITIVE),
  ...inLast("igammac", [shapes], POSITIVE),
  ...inLast("igamma_grad_a", [shapes], POSITIVE),
  ...(["beta", "betaln", "poch"] as const).flatMap((name) => binary(name, POSITIVE, POSITIVE)),
  ...binary("binomial", [5.5, 4.25, 7, 6.125], [0.6, 1.5, 3.25, 2]),
  ...inLast("betainc", [shapes, [2.5, 0.8]], BETWEEN),
  ...(["zeta", "igamma", "igammac", "igamma_grad_a", "beta", "betaln", "poch"] as const).map((name) =>
    pairs(name, "float32", SPECIAL),
  ),
  row(
    "betainc",
    [floats([SPECIAL.length, 1], SPECIAL), floats([1, SPECIAL.length], SPECIAL), floats([], [0.5])],
    {},
    "special values",
  ),
  row("betainc", [floats([], [2]), floats([], [3]), floats([SPECIAL.length], SPECIAL)], {}, "special values"),
  ...binary("xlogy", undefined, POSITIVE),
  ...binary("xlog1py", undefined, POSITIVE),
  ...unaryInts("population_count"),
  ...unaryInts("clz"),
  ...binaryInts("gcd"),
  row("nextafter", [floats([2, 3]), floats([2, 1])], {}, "the derivative is cut"),
  row("nextafter", [floats([]), floats([2, 1])], {}, "the derivative is cut"),
  row("nextafter", [floats(RANK8), floats([])], {}, "the derivative is cut"),
  row("nextafter", [floats([0]), floats([])], {}, "the derivative is cut"),
  pairs("nextafter", "float32", SPECIAL),
  ...(["int32", "uint32", "float32"] as const).flatMap((dtype) => [
    row("bitcast", [floats([8], SPECIAL.slice(1))], { dtype }, "the derivative is cut"),
    row("bitcast", [ints([INT_LIMITS.length], INT_LIMITS)], { dtype }, "the derivative is cut"),
    row("bitcast", [uints([UINT_LIMITS.length], UINT_LIMITS)], { dtype }, "the derivative is cut"),
    row("bitcast", [ints(RANK8)], { dtype }, "the derivative is cut"),
    row("bitcast", [ints([0])], { dtype }, "the derivative is cut"),
  ]),
  row("ldexp", [floats([2, 3]), ints([2, 3])]),
  row("ldexp", [floats([2, 1]), ints([1, 3])]),
  row("ldexp", [floats([]), ints([2, 3])]),
  row("ldexp", [floats([2, 3]), ints([])]),
  row("ldexp", [floats([0, 3]), ints([])]),
  row("ldexp", [floats(RANK8), ints([])]),
  row("ldexp", [floats([SPECIAL.length, 1], SPECIAL), ints([1, 5], [-300, -126, 0, 127, 300])], {}, "special values"),
  ...[
    { exponentBits: 8, mantissaBits: 7 },
    { exponentBits: 5, mantissaBits: 10 },
  ].flatMap((params) =>
    [
      floats([2, 3]),
      floats([]),
      floats([0]),
      floats(RANK8),
      floats([SPECIAL.length + 4], [...SPECIAL, 65519, 65520, 6e-5, 1.00390625]),
    ].map((x) => row("reduce_precision", [x], params, "it is rounded")),
  ),
];
