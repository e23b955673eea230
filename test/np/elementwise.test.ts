import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DType } from "../../lib/core/aval.js";
import type { Tensor, TensorLike } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { roundEven } from "../../lib/primitives/special.js";
import { checkGrads } from "../../lib/transforms/check.js";
import { grad } from "../../lib/transforms/grad.js";
import {
  anyPlain,
  at,
  broadcast,
  broadcastable,
  build,
  onReference,
  type Plain,
  property,
  refuses,
  same,
  tensor,
  vector,
} from "./oracle.js";

const Elementwise = suite("np/elementwise");
const check = onReference(Elementwise);

const EDGES = [0, -0, 0.5, -0.5, 1, -1, 2.5, -2.5, 3, 1e-20, 1e20, 1e300, Infinity, -Infinity, Number.NaN];
const i32 = (...data: number[]): Tensor => np.array(data, { dtype: "int32" });
const u32 = (...data: number[]): Tensor => np.array(data, { dtype: "uint32" });
const f64 = (...data: number[]): Tensor => tensor(vector(...data));

check("functions of one number are those of Math, also at zeros, infinities and NaN", () => {
  const table: Record<string, [(x: TensorLike) => Tensor, (x: number) => number]> = {
    negative: [np.negative, (x) => -x],
    abs: [np.abs, Math.abs],
    sign: [np.sign, Math.sign],
    square: [np.square, (x) => x * x],
    reciprocal: [np.reciprocal, (x) => 1 / x],
    exp: [np.exp, Math.exp],
    expm1: [np.expm1, Math.expm1],
    exp2: [np.exp2, (x) => 2 ** x],
    log: [np.log, Math.log],
    log1p: [np.log1p, Math.log1p],
    log2: [np.log2, Math.log2],
    log10: [np.log10, Math.log10],
    sqrt: [np.sqrt, Math.sqrt],
    rsqrt: [np.rsqrt, (x) => 1 / Math.sqrt(x)],
    sin: [np.sin, Math.sin],
    cos: [np.cos, Math.cos],
    tan: [np.tan, Math.tan],
    arcsin: [np.arcsin, Math.asin],
    arccos: [np.arccos, Math.acos],
    arctan: [np.arctan, Math.atan],
    sinh: [np.sinh, Math.sinh],
    cosh: [np.cosh, Math.cosh],
    tanh: [np.tanh, Math.tanh],
    arcsinh: [np.arcsinh, Math.asinh],
    arccosh: [np.arccosh, Math.acosh],
    arctanh: [np.arctanh, Math.atanh],
    floor: [np.floor, Math.floor],
    ceil: [np.ceil, Math.ceil],
    round: [np.round, roundEven],
    isnan: [np.isnan, (x) => Number(Number.isNaN(x))],
    isinf: [np.isinf, (x) => Number(Math.abs(x) === Infinity)],
    isfinite: [np.isfinite, (x) => Number(Number.isFinite(x))],
  };
  for (const [name, [f, g]] of Object.entries(table)) same(f(f64(...EDGES)), vector(...EDGES.map(g)), name);
});

check("functions of two numbers and comparisons, at all pairs of edge cases", () => {
  const pairs = EDGES.flatMap((x) => EDGES.map((y) => [x, y]));
  const table: Record<string, [(x: TensorLike, y: TensorLike) => Tensor, (x: number, y: number) => number]> = {
    add: [np.add, (x, y) => x + y],
    subtract: [np.subtract, (x, y) => x - y],
    multiply: [np.multiply, (x, y) => x * y],
    divide: [np.divide, (x, y) => x / y],
    fmod: [np.fmod, (x, y) => x % y],
    maximum: [np.maximum, Math.max],
    minimum: [np.minimum, Math.min],
    arctan2: [np.arctan2, Math.atan2],
    equal: [np.equal, (x, y) => Number(x === y)],
    notEqual: [np.notEqual, (x, y) => Number(x !== y)],
    less: [np.less, (x, y) => Number(x < y)],
    lessEqual: [np.lessEqual, (x, y) => Number(x <= y)],
    greater: [np.greater, (x, y) => Number(x > y)],
    greaterEqual: [np.greaterEqual, (x, y) => Number(x >= y)],
    // NaN is not zero, so it is true.
    logicalAnd: [np.logicalAnd, (x, y) => Number(x !== 0 && y !== 0)],
    logicalOr: [np.logicalOr, (x, y) => Number(x !== 0 || y !== 0)],
  };
  const [xs, ys] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
  for (const [name, [f, g]] of Object.entries(table)) {
    same(f(f64(...xs), f64(...ys)), vector(...pairs.map(([x, y]) => g(x, y))), name);
  }
});

check("floorDivide and mod are Python's // and %, of integers and of floats", () => {
  const signed = [-7, -6, -3, -2, -1, 1, 2, 3, 6, 7];
  const pairs = [...signed, 0].flatMap((x) => signed.map((y) => [x, y]));
  for (const dtype of ["int32", "float64"] as const) {
    const x = np.array(
      pairs.map(([v]) => v),
      { dtype },
    );
    const y = np.array(
      pairs.map(([, v]) => v),
      { dtype },
    );
    const floors = pairs.map(([a, b]) => Math.floor(a / b));
    same(np.floorDivide(x, y), vector(...floors), "//", dtype);
    same(np.mod(x, y), vector(...pairs.map(([a, b], i) => a - b * floors[i])), "%", dtype);
  }
  // As Python prints them: 1 // 0.1 is 9, since 0.1 is a little more than a tenth.
  const x = f64(1, -1, 1, -1, 6.5, -1);
  const y = f64(0.1, 0.1, -0.1, -0.1, 2, Infinity);
  same(np.floorDivide(x, y), vector(9, -10, -10, 9, 3, -1));
  same(
    np.mod(x, y),
    vector(0.09999999999999995, 5.551115123125783e-17, -5.551115123125783e-17, -0.09999999999999995, 0.5, Infinity),
  );
});

check("the quotient and the remainder give back the dividend", () => {
  const number = fc.integer({ min: -1000, max: 1000 }).map((v) => v / 16);
  property(
    fc.tuple(
      number,
      number.filter((v) => v !== 0),
    ),
    ([a, b]) => {
      const [q, r] = [np.floorDivide(f64(a), b).item(), np.mod(f64(a), b).item()];
      assert.is(q * b + r, a);
      assert.ok(r === 0 || (r < 0 === b < 0 && Math.abs(r) < Math.abs(b)), `${a} mod ${b} = ${r}`);
    },
  );
});

check("integers keep 32 bits: products wrap, shifts and bits are those of JavaScript", () => {
  same(np.multiply(i32(65537, -(2 ** 31)), i32(65537, -1)), vector(131073, -(2 ** 31)), "", "int32");
  same(np.subtract(u32(1), u32(2)), vector(2 ** 32 - 1), "", "uint32");
  same(np.rightShift(i32(-8, 8), 1), vector(-4, 4));
  same(np.rightShift(u32(2 ** 32 - 8), 1), vector(2 ** 31 - 4), "", "uint32");
  same(np.leftShift(i32(3, 1), i32(4, 31)), vector(48, -(2 ** 31)));
  property(fc.tuple(fc.integer(), fc.integer()), ([a, b]) => {
    const [x, y] = [i32(a), i32(b)];
    same(np.bitwiseAnd(x, y), vector(a & b));
    same(np.bitwiseOr(x, y), vector(a | b));
    same(np.bitwiseXor(x, y), vector(a ^ b));
    same(np.bitwiseNot(x), vector(~a));
  });
  refuses(() => np.bitwiseAnd(f64(1), f64(1)), "DTypeError", "integer");
});

check("an integer power is exact, of negative bases and of integers; others are of floats", () => {
  same(np.power(f64(-3, 2, 0, -0.5), 3), vector(-27, 8, 0, -0.125));
  same(np.power(i32(-3, 2, 46341), 2), vector(9, 4, (46341 * 46341) | 0), "", "int32");
  same(np.power(f64(-2, 4), -2), vector(0.25, 1 / 16));
  same(np.power(f64(0, 3), 0), vector(1, 1));
  same(np.power(f64(4, -4), 0.5), vector(2, Number.NaN));
  same(np.power(2, f64(-1, 10)), vector(0.5, 1024));
  same(np.power(f64(1, -1), f64(Number.NaN, Infinity)), vector(1, 1));
  same(np.power(np.array([true, false]), 2), vector(1, 0), "a bool counts", "int32");
});

check("astype cuts fractions off, stays within the range, and finds anything but zero true", () => {
  const x = f64(2.9, -2.9, 3e9, -3e9, Number.NaN, 0);
  same(np.astype(x, "int32"), vector(2, -2, 2 ** 31 - 1, -(2 ** 31), 0, 0), "", "int32");
  same(np.astype(x, "uint32"), vector(2, 0, 3e9, 0, 0, 0), "", "uint32");
  same(np.astype(x, "bool"), vector(1, 1, 1, 1, 1, 0), "", "bool");
  // The same of plain numbers.
  const numbers: [number, DType, number][] = [
    [2.9, "int32", 2],
    [-3e9, "int32", -(2 ** 31)],
    [5, "bool", 1],
    [0, "bool", 0],
    [0.1, "float64", 0.1],
  ];
  for (const [v, dtype, want] of numbers) same(np.astype(v, dtype), { shape: [], data: [want] }, `${v}`, dtype);
  same(np.logicalNot(5), { shape: [], data: [0] });
  same(np.logicalAnd(np.array([true, false]), -2), vector(1, 0));
  same(np.where(7, f64(1), f64(2)), vector(1));
});

check("where chooses element by element, with all three broadcast", () => {
  const operands = broadcastable(3).chain(([c, a, b]) => fc.tuple(anyPlain(c), anyPlain(a), anyPlain(b)));
  property(operands, ([c, x, y]) => {
    const shape = broadcast(c.shape, x.shape, y.shape) as number[];
    const want = build(shape, (i) => (at(c, i) !== 0 ? at(x, i) : at(y, i)));
    same(np.where(tensor(c), tensor(x), tensor(y)), want);
  });
  refuses(() => np.where(np.zeros([2]), np.zeros([3]), 0), "ShapeError", "np.where", "[2]", "[3]");
});

check("clip keeps within the bounds that are given; at a bound the derivative is one half", () => {
  const x = f64(-2, -1, 0, 1, 2, Number.NaN);
  same(np.clip(x, -1, 1), vector(-1, -1, 0, 1, 1, Number.NaN));
  same(np.clip(x, null, 0), vector(-2, -1, 0, 0, 0, Number.NaN));
  same(np.clip(x, 0), vector(0, 0, 0, 1, 2, Number.NaN));
  const g = grad((t: Tensor) => np.sum(np.clip(t, -1, 1)))(f64(-2, -1, 0, 1, 2));
  same(g, vector(0, 0.5, 1, 0.5, 0));
});

check("logaddexp does not overflow, knows infinities, and is smooth where both are equal", () => {
  const cases: [number, number, number][] = [
    [1000, 1000, 1000 + Math.LN2],
    [-1000, -1001, -1000 + Math.log1p(Math.exp(-1))],
    [Infinity, Infinity, Infinity],
    [Infinity, -Infinity, Infinity],
    [-Infinity, -Infinity, -Infinity],
    [-Infinity, 3, 3],
    [Number.NaN, 1, Number.NaN],
    [1, Number.NaN, Number.NaN],
  ];
  same(
    np.logaddexp(f64(...cases.map(([x]) => x)), f64(...cases.map(([, y]) => y))),
    vector(...cases.map(([, , z]) => z)),
  );
  checkGrads(np.logaddexp, [f64(0.3, 1, -2), f64(0.3, 0.5, -2)], { order: 3 });
  const g = grad((x: Tensor) => np.sum(np.logaddexp(x, f64(-Infinity, Infinity))))(f64(-Infinity, Infinity));
  assert.not(Array.from(g.dataSync()).some(Number.isNaN));
});

check("derivatives are those of central differences, to the second order", () => {
  const generic = f64(0.31, -0.64, 0.87);
  const positive = f64(0.31, 1.64, 2.87);
  const above = f64(1.31, 1.64, 2.87);
  for (const f of [
    np.negative,
    np.abs,
    np.square,
    np.reciprocal,
    np.exp,
    np.expm1,
    np.exp2,
    np.sin,
    np.cos,
    np.tan,
    np.arcsin,
    np.arccos,
    np.arctan,
    np.sinh,
    np.cosh,
    np.tanh,
    np.arcsinh,
    np.arctanh,
    np.erf,
    np.erfInv,
    np.floor,
    np.round,
    np.sign,
  ]) {
    checkGrads(f, [generic]);
  }
  for (const f of [np.log, np.log1p, np.log2, np.log10, np.sqrt, np.rsqrt]) checkGrads(f, [positive]);
  checkGrads(np.arccosh, [above]);
  // The second operand broadcasts, so its derivative is summed.
  const column = tensor({ shape: [2, 1], data: [0.73, -1.42] });
  for (const f of [
    np.add,
    np.subtract,
    np.multiply,
    np.divide,
    np.maximum,
    np.minimum,
    np.arctan2,
    np.mod,
    np.fmod,
    np.floorDivide,
    np.logaddexp,
  ]) {
    checkGrads((x: Tensor, y: Tensor) => f(x, y), [generic, column]);
    checkGrads((x: Tensor, y: Tensor) => f(x, y), [column, generic]);
  }
  checkGrads((x: Tensor, y: Tensor) => np.power(x, y), [positive, column]);
  for (const n of [-2, -1, 0, 1, 2, 5]) checkGrads((x: Tensor) => np.power(x, n), [generic]);
  checkGrads((x: Tensor, y: Tensor) => np.where(np.greater(x, 0), np.multiply(x, y), np.sin(y)), [generic, column]);
});

check("powers have JAX's derivatives at zero", () => {
  const slopes = grad((a: Tensor, b: Tensor) => np.power(a, b), { argnums: [0, 1] });
  const by = (x: number, y: number): number[] =>
    slopes(np.scalar(x, "float64"), np.scalar(y, "float64")).map((g) => g.item());
  assert.equal(by(0, 2), [0, 0]);
  assert.equal(by(0, 1), [1, 0]);
  assert.equal(by(0, 0), [0, 0]);
  const at0 = (n: number): Plain => vector(n === 1 ? 1 : 0);
  for (const n of [0, 1, 2]) same(grad((x: Tensor) => np.sum(np.power(x, n)))(f64(0)), at0(n), `x ** ${n}`);
});

Elementwise.run();
