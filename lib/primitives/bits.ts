/** @file Numbers by their bits: counting and reinterpreting them, neighbours, exponents and rounding to fewer bits. */
import { type Aval, type DType, isFloat, isInteger, itemBytes } from "../core/aval.js";
import { DTypeError } from "../core/errors.js";
import type { TypedArray } from "../core/host.js";
import type { Primitive } from "../core/primitive.js";
import { known, sameDType } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { add } from "./elementwise.js";
import { type Elementwise, elementwise } from "./elementwise-rule.js";
import { floats } from "./math.js";
import { roundEven } from "./special.js";

type None = Record<never, never>;

const define = <P = None>(spec: Elementwise<P>): Primitive<P> => elementwise(spec, add);
const wholes =
  (name: string) =>
  (avals: readonly Aval[]): DType => {
    sameDType(name, avals, (a) => isInteger(a.dtype), "an integer");
    return avals[0].dtype;
  };

// --- integers ------------------------------------------------------------------------------------------------------------

const ones = (x: number): number => {
  let count = 0;
  for (let rest = x | 0; rest !== 0; rest &= rest - 1) count++;
  return count;
};
export const populationCountP = define({
  name: "population_count",
  dtype: wholes("population_count"),
  f: () => (x) => ones(x),
  partials: [null],
});
/** The number of bits that are one. */
export const populationCount = (x: Tensor): Tensor => bind1(populationCountP, [x], {});

export const clzP = define({ name: "clz", dtype: wholes("clz"), f: () => (x) => Math.clz32(x), partials: [null] });
/** The number of zero bits before the first that is one. */
export const clz = (x: Tensor): Tensor => bind1(clzP, [x], {});

const divisor = (x: number, y: number): number => {
  let [a, b] = [Math.abs(x), Math.abs(y)];
  while (b !== 0) [a, b] = [b, a % b];
  return a;
};
export const gcdP = define({ name: "gcd", dtype: wholes("gcd"), f: () => divisor, partials: [null, null] });
/** The greatest common divisor, not negative; of 0 and 0 it is 0. */
export const gcd = (x: Tensor, y: Tensor): Tensor => bind1(gcdP, [x, y], {});

// --- reinterpreting ------------------------------------------------------------------------------------------------------

const viewOf = (dtype: DType, buffer: ArrayBuffer): TypedArray => {
  if (dtype === "float64") return new Float64Array(buffer);
  return dtype === "float32"
    ? new Float32Array(buffer)
    : dtype === "int32"
      ? new Int32Array(buffer)
      : new Uint32Array(buffer);
};

export const bitcastP = define<{ readonly dtype: DType }>({
  name: "bitcast",
  dtype: ([x], { dtype }) => {
    if (x.dtype !== "bool" && dtype !== "bool" && itemBytes(x.dtype) === itemBytes(dtype)) return dtype;
    throw new DTypeError({
      where: "bitcastConvertType",
      what: "the dtypes differ in size",
      expected: "two of float32, int32 and uint32",
      got: `${x} to ${dtype}`,
    });
  },
  strong: true,
  f: ({ dtype }, from) => {
    const buffer = new ArrayBuffer(8);
    const [given, taken] = [from, dtype].map((kind) => viewOf(kind, buffer));
    return (x) => {
      given[0] = x;
      return taken[0];
    };
  },
  partials: [null],
});
/** The same bits read as another dtype of the same size. */
export const bitcastConvertType = (x: Tensor, dtype: DType): Tensor =>
  x.dtype === dtype ? x : bind1(bitcastP, [x], { dtype });

// --- floats --------------------------------------------------------------------------------------------------------------

const FLOAT = new Float32Array(1);
const FLOAT_BITS = new Int32Array(FLOAT.buffer);
const DOUBLE = new Float64Array(1);
const DOUBLE_BITS = new BigInt64Array(DOUBLE.buffer);

/** Numbers of one sign are in the order of their bits, so a neighbour is one more or less. */
const neighbour = (x: number, y: number, dtype: DType): number => {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  if (x === y) return y;
  if (x === 0) return Math.sign(y) * (dtype === "float64" ? Number.MIN_VALUE : 2 ** -149);
  const by = x < y === x > 0 ? 1 : -1;
  if (dtype === "float64") {
    DOUBLE[0] = x;
    DOUBLE_BITS[0] += BigInt(by);
    return DOUBLE[0];
  }
  FLOAT[0] = x;
  FLOAT_BITS[0] += by;
  return FLOAT[0];
};
export const nextafterP = define({
  name: "nextafter",
  dtype: floats("nextafter"),
  f: (_p, dtype) => (x, y) => neighbour(x, y, dtype),
  partials: [null, null],
});
/** The next number of the dtype from `x` in the direction of `y`. */
export const nextafter = (x: Tensor, y: Tensor): Tensor => bind1(nextafterP, [x, y], {});

/** `e` with `|x| = m · 2^e` and m in [1/2, 1); 0 for zero, infinities and NaN. */
const exponentOf = (x: number): number => {
  if (x === 0 || !Number.isFinite(x)) return 0;
  const a = Math.abs(x);
  let e = Math.floor(Math.log2(a)) + 1;
  const scaled = scale(a, -e);
  if (scaled >= 1) e++;
  else if (scaled < 0.5) e--;
  return e;
};
/** `x · 2^n`, in steps that do not overflow where the result does not. */
const scale = (x: number, n: number): number => {
  let y = x;
  let rest = Math.max(-2200, Math.min(2200, n));
  for (; Math.abs(rest) > 1000; rest -= 1000 * Math.sign(rest)) y *= 2 ** (1000 * Math.sign(rest));
  return y * 2 ** rest;
};

export const exponentP = define({
  name: "exponent",
  dtype: (avals) => {
    floats("exponent")(avals);
    return "int32";
  },
  strong: true,
  f: () => exponentOf,
  partials: [null],
});
/** The exponent (int32) that scales `x` into [1/2, 1). */
export const exponent = (x: Tensor): Tensor => bind1(exponentP, [x], {});

export const ldexpP = define({
  name: "ldexp",
  dtype: ([x, n]) => {
    if (isFloat(x.dtype) && n.dtype === "int32") return x.dtype;
    throw new DTypeError({
      where: "ldexp",
      what: "the dtypes do not fit",
      expected: "a float and an int32",
      got: `${x}, ${n}`,
    });
  },
  f: () => scale,
  partials: [(dx, [, n]) => ldexp(dx, n), null],
  pull: [(ct, [, n]) => ldexp(ct, known(n, "ldexp")), null],
});
/** `x · 2^n`. */
export const ldexp = (x: Tensor, n: Tensor): Tensor => bind1(ldexpP, [x, n], {});

export type Precision = { readonly exponentBits: number; readonly mantissaBits: number };

const rounded = ({ exponentBits, mantissaBits }: Precision): ((x: number) => number) => {
  const bias = 2 ** (exponentBits - 1) - 1;
  return (x) => {
    if (x === 0 || !Number.isFinite(x)) return x;
    const unit = 2 ** (exponentOf(x) - 1 - mantissaBits);
    const y = roundEven(x / unit) * unit;
    if (Math.abs(y) >= 2 ** (bias + 1)) return Math.sign(x) * Infinity;
    return Math.abs(y) < 2 ** (1 - bias) ? Math.sign(x) * 0 : y;
  };
};
export const reducePrecisionP = define<Precision>({
  name: "reduce_precision",
  dtype: floats("reduce_precision"),
  f: (params) => rounded(params),
  partials: [(dx, _xs, _y, params) => reducePrecision(dx, params)],
  pull: [(ct, _xs, params) => reducePrecision(ct, params)],
});
/** `x` rounded to a float of so many bits, and back: what lies beyond becomes infinite, what is subnormal zero. */
export const reducePrecision = (x: Tensor, params: Precision): Tensor => bind1(reducePrecisionP, [x], params);
