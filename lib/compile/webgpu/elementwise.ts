/** @file Elementwise primitives in WGSL: an expression each. */
import { type DType, type Shape, stridesOf } from "../../core/aval.js";
import type { Params } from "../../core/primitive.js";
import type { GpuLowering } from "./context.js";
import { load, offset, stored, TYPES } from "./wgsl.js";

/** The code of a result, given that of the operands. */
type Expression = (...operands: string[]) => string;

const call =
  (name: string): Expression =>
  (...operands) =>
    `${name}(${operands.join(", ")})`;
const infix =
  (operator: string): Expression =>
  (x, y) =>
    `(${x} ${operator} ${y})`;

const FLOAT: Readonly<Record<string, Expression>> = {
  add: infix("+"),
  sub: infix("-"),
  mul: call("mulf"),
  div: call("divf"),
  rem: call("remf"),
  max: call("maxf"),
  min: call("minf"),
  eq: call("eqf"),
  ne: (x, y) => `!eqf(${x}, ${y})`,
  lt: call("ltf"),
  le: call("lef"),
  gt: (x, y) => `ltf(${y}, ${x})`,
  ge: (x, y) => `lef(${y}, ${x})`,
  is_finite: call("finitef"),
};
/** Functions of the library under the name of the primitive. */
const UNARY =
  "neg abs sign floor ceil round sqrt rsqrt exp expm1 log log1p logistic tanh sinh cosh asinh acosh atanh asin acos atan erf erfc erf_inv cbrt sin cos tan exponent";
const BINARY = "pow atan2 nextafter xlogy xlog1py";
const FLOATS: Readonly<Record<string, Expression>> = {
  ...FLOAT,
  ...Object.fromEntries(`${UNARY} ${BINARY}`.split(" ").map((name) => [name, call(`${name}f`)])),
};

const COMPARISONS: Readonly<Record<string, Expression>> = {
  eq: infix("=="),
  ne: infix("!="),
  lt: infix("<"),
  le: infix("<="),
  gt: infix(">"),
  ge: infix(">="),
};
const BITS: Readonly<Record<string, Expression>> = { and: infix("&"), or: infix("|") };

/** What is the same for signed and unsigned integers. */
const WHOLE: Readonly<Record<string, Expression>> = {
  clz: call("countLeadingZeros"),
  population_count: call("countOneBits"),
  ...COMPARISONS,
  ...BITS,
  add: infix("+"),
  sub: infix("-"),
  mul: infix("*"),
  max: call("max"),
  min: call("min"),
  xor: infix("^"),
  not: (x) => `(~${x})`,
};

/** A function of unsigned integers on signed ones. */
const onBits =
  (name: string): Expression =>
  (x, y) =>
    `bitcast<i32>(${name}(bitcast<u32>(${x}), bitcast<u32>(${y})))`;

const SIGNED: Readonly<Record<string, Expression>> = {
  ...WHOLE,
  neg: (x) => `(-${x})`,
  abs: call("abs"),
  sign: call("sign"),
  div: call("divi"),
  rem: call("remi"),
  gcd: call("gcdi"),
  pow: call("powi"),
  shift_left: onBits("shl"),
  shift_right_logical: onBits("shr"),
  shift_right_arithmetic: onBits("sar"),
};
const UNSIGNED: Readonly<Record<string, Expression>> = {
  ...WHOLE,
  neg: (x) => `(0u - ${x})`,
  abs: (x) => x,
  sign: (x) => `min(${x}, 1u)`,
  div: call("divu"),
  rem: call("remu"),
  gcd: call("gcdu"),
  pow: call("poweru"),
  shift_left: call("shl"),
  shift_right_logical: call("shr"),
  shift_right_arithmetic: call("sar"),
};
const BOOL: Readonly<Record<string, Expression>> = {
  ...BITS,
  ...Object.fromEntries(
    Object.entries(COMPARISONS).map(([name, f]): [string, Expression] => [name, (x, y) => f(`u32(${x})`, `u32(${y})`)]),
  ),
  xor: infix("!="),
  not: (x) => `(!${x})`,
};

const TABLES: Readonly<Record<DType, Readonly<Record<string, Expression>>>> = {
  float32: FLOATS,
  int32: SIGNED,
  uint32: UNSIGNED,
  bool: BOOL,
  float64: {},
};

const convert = (from: DType, to: DType): Expression => {
  if (from === to) return (x) => x;
  if (from === "float32")
    return to === "bool" ? (x) => `(order(${x}) != 0)` : call(to === "int32" ? "toInt" : "toUint");
  if (to === "bool") return (x) => `bool(${x})`;
  if (to === "float32") return call("f32");
  return from === "bool" ? call(to === "int32" ? "i32" : "u32") : call(`bitcast<${to === "int32" ? "i32" : "u32"}>`);
};

/** By repeated squaring, in the order of the primitive's definition. */
const integerPow = (exponent: number, dtype: DType): Expression => {
  const suffix = dtype === "float32" ? "f" : dtype === "int32" ? "i" : "u";
  return (x) => `power${suffix}(${exponent < 0 ? `divf(1f, ${x})` : x}, ${Math.abs(exponent)}u)`;
};

/** The expression of a primitive on operands of these dtypes, or undefined where there is none. */
const expressionOf = (name: string, params: Params, dtypes: readonly DType[]): Expression | undefined => {
  const dtype = dtypes[dtypes.length - 1];
  switch (name) {
    case "select":
      return (condition, x, y) => `select(${y}, ${x}, ${condition})`;
    case "convert":
      return convert(dtype, params.dtype as DType);
    case "bitcast":
      return call(`bitcast<${TYPES[params.dtype as DType]}>`);
    case "ldexp":
      return call("ldexpf");
    case "reduce_precision":
      return (x) => `reducePrecision(${x}, ${params.exponentBits}u, ${params.mantissaBits}u)`;
    case "integer_pow":
      return integerPow(params.exponent as number, dtype);
    default:
      return TABLES[dtype][name];
  }
};

/** Strides of an operand in the shape of the result; 0 along what is repeated. */
const repeatedStrides = (own: Shape, shape: Shape): number[] => {
  const real = stridesOf(own);
  return shape.map((n, axis) => (own.length === 0 || (own[axis] === 1 && n !== 1) ? 0 : real[axis]));
};

export const elementwise: GpuLowering = ({ device, gpu }, { prim, params, inAvals, outAvals: [out] }) => {
  const f = expressionOf(
    prim.name,
    params,
    inAvals.map((a) => a.dtype),
  );
  if (f === undefined) return undefined;
  const operands = inAvals.map((a, k) => load(a.dtype, k, offset("i", out.shape, repeatedStrides(a.shape, out.shape))));
  const body = `result[i] = ${stored(out.dtype, f(...operands))};`;
  return (inputs) => {
    const result = device.make(out.shape, out.dtype);
    gpu.run(
      { body, count: out.size },
      inputs.map((x) => x.info),
      result.info,
    );
    return [result];
  };
};
