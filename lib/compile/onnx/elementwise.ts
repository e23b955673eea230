/** @file Elementwise primitives as ONNX nodes. uint32 is held as the int32 of the same bits. */
import { type DType, isFloat } from "../../core/aval.js";
import type { GraphBuilder } from "./builder.js";
import type { Equation, Lowering, Write } from "./lowering.js";
import { ELEMENT, type Element } from "./model.js";

const MIN_INT = -(2 ** 31);

/** A chain of nodes over one graph, in the words of the operators. */
export class Nodes {
  constructor(readonly b: GraphBuilder) {}
  op = (name: string, ...inputs: string[]): string => this.b.node(name, inputs);
  cast = (x: string, to: Element): string => this.b.node("Cast", [x], { to: ELEMENT[to] });
  int = (value: number): string => this.b.scalar("int32", value);
  where = (condition: string, x: string, y: string): string => this.op("Where", condition, x, y);
  not = (x: string): string => this.op("Not", x);
  /** The int32 of a uint32's bits, in the order of the uint32s. */
  ordered = (x: string): string => this.op("Add", x, this.int(MIN_INT));
  unsigned = (x: string): string => this.cast(x, "uint32");
  signed = (x: string): string => this.cast(x, "int32");
  /** A uint32 as an int64. */
  wide = (x: string): string => this.cast(this.unsigned(x), "int64");
  isNaN = (x: string): string => this.not(this.op("Equal", x, x));
}

/** A lowering that depends on the dtype of the last operand. */
const byDType =
  (f: (n: Nodes, dtype: DType, xs: readonly string[], equation: Equation) => string | undefined): Lowering =>
  (equation) => {
    const dtype = equation.inAvals[equation.inAvals.length - 1].dtype;
    return (b, inputs) => [f(new Nodes(b), dtype, inputs, equation) as string];
  };

/** One operator, whatever the dtype. */
export const operator = (name: string): Lowering => {
  const write: Write = (b, inputs) => [b.node(name, inputs)];
  return () => write;
};

/** By operators of floats; other dtypes on the host. */
export const ofFloats =
  (f: (n: Nodes, ...xs: string[]) => string): Lowering =>
  ({ inAvals }) =>
    inAvals.every((a) => a.dtype === "float32") ? (b, inputs) => [f(new Nodes(b), ...inputs)] : undefined;

const divide = byDType((n, dtype, [x, y]) => {
  if (isFloat(dtype)) return n.op("Div", x, y);
  const zero = n.op("Equal", y, n.int(0));
  if (dtype === "uint32") {
    const quotient = n.op("Div", n.wide(x), n.wide(n.where(zero, n.int(1), y)));
    return n.where(zero, n.int(-1), n.signed(quotient));
  }
  // -2^31 / -1 does not fit and would trap: x / -1 is -x modulo 2^32.
  const minus = n.op("Equal", y, n.int(-1));
  const safe = n.where(n.op("Or", zero, minus), n.int(1), y);
  return n.where(zero, n.int(-1), n.where(minus, n.op("Neg", x), n.op("Div", x, safe)));
});

const remainder = byDType((n, dtype, [x, y]) => {
  const mod = (a: string, b: string): string => n.b.node("Mod", [a, b], { fmod: 1 });
  if (isFloat(dtype)) return mod(x, y);
  const zero = n.op("Equal", y, n.int(0));
  if (dtype === "uint32") return n.where(zero, x, n.signed(mod(n.wide(x), n.wide(n.where(zero, n.int(1), y)))));
  const minus = n.op("Equal", y, n.int(-1));
  const safe = n.where(n.op("Or", zero, minus), n.int(1), y);
  return n.where(zero, x, n.where(minus, n.int(0), mod(x, safe)));
});

const extremum = (name: "Max" | "Min"): Lowering =>
  byDType((n, dtype, [x, y]) =>
    dtype === "uint32" ? n.op("Add", n.op(name, n.ordered(x), n.ordered(y)), n.int(MIN_INT)) : n.op(name, x, y),
  );

const compare = (name: string): Lowering =>
  byDType((n, dtype, [x, y]) =>
    dtype === "uint32"
      ? n.op(name, n.ordered(x), n.ordered(y))
      : dtype === "bool"
        ? n.op(name, n.cast(x, "int32"), n.cast(y, "int32"))
        : n.op(name, x, y),
  );

const logical = (ofBools: string, ofIntegers: string): Lowering =>
  byDType((n, dtype, xs) => n.op(dtype === "bool" ? ofBools : ofIntegers, ...xs));

/** Bits of `x` moved by `by`, of which only the lowest five count. */
const shifted = (n: Nodes, direction: "LEFT" | "RIGHT", x: string, by: string): string =>
  n.signed(n.b.node("BitShift", [n.unsigned(x), n.unsigned(n.op("BitwiseAnd", by, n.int(31)))], { direction }));
const beyond = (n: Nodes, by: string): string => n.not(n.op("Equal", n.op("BitwiseAnd", by, n.int(31)), by));

const shift = (direction: "LEFT" | "RIGHT"): Lowering =>
  byDType((n, _dtype, [x, by]) => n.where(beyond(n, by), n.int(0), shifted(n, direction, x, by)));

const shiftArithmetic = byDType((n, _dtype, [x, by]) => {
  const sign = n.where(n.op("Less", x, n.int(0)), n.int(-1), n.int(0));
  // The sign flipped away, moved, and flipped back: ~(~x >>> k) keeps ones at the left of a negative number.
  const moved = n.op("BitwiseXor", shifted(n, "RIGHT", n.op("BitwiseXor", x, sign), by), sign);
  return n.where(beyond(n, by), sign, moved);
});

const convert: Lowering = ({ inAvals: [x], params }) => {
  const from = x.dtype;
  const to = params.dtype as DType;
  return (b, [input]) => {
    const n = new Nodes(b);
    if (from === to || (!isFloat(from) && !isFloat(to) && from !== "bool" && to !== "bool")) {
      return [n.op("Identity", input)];
    }
    if (to === "bool") return [n.cast(input, "bool")];
    if (isFloat(to)) return [from === "uint32" ? n.cast(n.unsigned(input), "float32") : n.cast(input, "float32")];
    if (from === "bool") return [n.signed(input)];
    const f = (value: number): string => b.scalar("float32", value);
    const number = n.where(n.isNaN(input), f(0), input);
    if (to === "int32") {
      const big = n.op("GreaterOrEqual", number, f(2 ** 31));
      const inside = n.op("Max", n.where(big, f(0), number), f(MIN_INT));
      return [n.where(big, n.int(2 ** 31 - 1), n.signed(inside))];
    }
    // Half by half: a chain of casts by way of int64 would be cut short by the runtime.
    const over = n.op("GreaterOrEqual", number, f(2 ** 32));
    const high = n.op("GreaterOrEqual", number, f(2 ** 31));
    const inside = n.op("Max", n.where(over, f(0), n.where(high, n.op("Sub", number, f(2 ** 31)), number)), f(0));
    const half = n.signed(inside);
    return [n.where(over, n.int(-1), n.where(high, n.op("Add", half, n.int(MIN_INT)), half))];
  };
};

/**
 * `e^x - 1` without cancellation (Kahan): `x (u - 1) / log u` with `u = e^x`. As a product, so that -0 stays: the runtime's Where loses its
 * sign. Below -80 the quotient is -1 / x to the last bit; beyond the largest exponent the factor is infinite.
 */
const expm1 = ofFloats((n, x) => {
  const f = (value: number): string => n.b.scalar("float32", value);
  const inside = n.op("Clip", x, f(-80), f(88.7));
  const u = n.op("Exp", inside);
  const less = n.op("Sub", u, f(1));
  const slope = n.where(n.op("Equal", less, f(0)), f(1), n.op("Div", less, n.op("Log", u)));
  const scale = n.where(n.op("Greater", x, f(88.72283)), f(Number.POSITIVE_INFINITY), f(1));
  return n.op("Mul", n.op("Mul", inside, slope), scale);
});

/** `log(1 + x)` without cancellation (Kahan): `x log u / (u - 1)` with `u = 1 + x`; as a product, as above. */
const log1p = ofFloats((n, x) => {
  const f = (value: number): string => n.b.scalar("float32", value);
  const inside = n.op("Min", x, f(3.4028234663852886e38));
  const u = n.op("Add", f(1), inside);
  const less = n.op("Sub", u, f(1));
  const slope = n.where(n.op("Equal", less, f(0)), f(1), n.op("Div", n.op("Log", u), less));
  const infinity = f(Number.POSITIVE_INFINITY);
  return n.op("Mul", n.op("Mul", inside, slope), n.where(n.op("Equal", x, infinity), infinity, f(1)));
});

const integerPower: Lowering = ({ params, inAvals: [aval] }) => {
  const exponent = params.exponent as number;
  return (b, [x]) => {
    const n = new Nodes(b);
    const one = (): string => b.node("Expand", [b.scalar(aval.dtype, 1), b.ints(aval.shape)]);
    let result: string | undefined;
    let power = x;
    for (let left = Math.abs(exponent); left > 0; left = Math.floor(left / 2)) {
      if (left % 2 === 1) result = result === undefined ? power : n.op("Mul", result, power);
      if (left > 1) power = n.op("Mul", power, power);
    }
    const positive = result ?? one();
    return [exponent < 0 ? n.op("Reciprocal", positive) : positive === x ? n.op("Identity", x) : positive];
  };
};

/** Every elementwise primitive that has a way. */
export const ELEMENTWISE = {
  abs: byDType((n, dtype, [x]) => (dtype === "uint32" ? n.op("Identity", x) : n.op("Abs", x))),
  add: operator("Add"),
  and: logical("And", "BitwiseAnd"),
  ceil: operator("Ceil"),
  convert,
  div: divide,
  eq: operator("Equal"),
  floor: operator("Floor"),
  ge: compare("GreaterOrEqual"),
  gt: compare("Greater"),
  le: compare("LessOrEqual"),
  lt: compare("Less"),
  max: extremum("Max"),
  min: extremum("Min"),
  mul: operator("Mul"),
  ne: byDType((n, _dtype, [x, y]) => n.not(n.op("Equal", x, y))),
  neg: operator("Neg"),
  not: logical("Not", "BitwiseNot"),
  or: logical("Or", "BitwiseOr"),
  rem: remainder,
  select: byDType((n, dtype, [c, x, y]) =>
    dtype === "bool" ? n.op("Or", n.op("And", c, x), n.op("And", n.not(c), y)) : n.where(c, x, y),
  ),
  shift_left: shift("LEFT"),
  shift_right_arithmetic: shiftArithmetic,
  shift_right_logical: shift("RIGHT"),
  sign: byDType((n, dtype, [x]) => {
    if (dtype === "uint32") return n.where(n.op("Equal", x, n.int(0)), n.int(0), n.int(1));
    if (dtype === "int32") return n.op("Sign", x);
    // The operator gives 0 for NaN and -0; x / |x| has neither fault.
    const f = (value: number): string => n.b.scalar("float32", value);
    const zero = n.op("Equal", x, f(0));
    const finite = n.op("Clip", x, f(-1e30), f(1e30));
    return n.op("Div", finite, n.where(zero, f(1), n.op("Abs", finite)));
  }),
  stop_gradient: operator("Identity"),
  sub: operator("Sub"),
  xor: logical("Xor", "BitwiseXor"),
  acos: operator("Acos"),
  acosh: operator("Acosh"),
  asin: operator("Asin"),
  asinh: operator("Asinh"),
  atan: operator("Atan"),
  atanh: operator("Atanh"),
  cos: operator("Cos"),
  cosh: operator("Cosh"),
  erf: operator("Erf"),
  exp: operator("Exp"),
  expm1,
  integer_pow: integerPower,
  is_finite: ofFloats((n, x) => n.op("Equal", n.op("Sub", x, x), n.b.scalar("float32", 0))),
  log: operator("Log"),
  log1p,
  logistic: operator("Sigmoid"),
  pow: ofFloats((n, x, y) => n.op("Pow", x, y)),
  round: operator("Round"),
  rsqrt: ofFloats((n, x) => n.op("Reciprocal", n.op("Sqrt", x))),
  sin: operator("Sin"),
  sinh: operator("Sinh"),
  sqrt: operator("Sqrt"),
  tan: operator("Tan"),
  tanh: operator("Tanh"),
} satisfies Record<string, Lowering>;
