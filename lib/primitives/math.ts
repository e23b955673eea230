/** @file Elementary and special functions, element by element: a line each. */
import { type Aval, isFloat } from "../core/aval.js";
import { DTypeError } from "../core/errors.js";
import type { Primitive } from "../core/primitive.js";
import { sameDType, scalarOf } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { abs, add, and, div, eq, gt, mul, neg, select, stopGradient, sub, zeroLike } from "./elementwise.js";
import { elementwise } from "./elementwise-rule.js";
import { erf as erfNumber, integerPower, logistic as logisticNumber, roundEven } from "./special.js";

type None = Record<never, never>;
type Unary = (x: Tensor) => Tensor;

/** The dtype rule of functions of floats. */
export const floats =
  (name: string) =>
  (avals: readonly Aval[]): Aval["dtype"] => {
    sameDType(name, avals, (a) => isFloat(a.dtype), "a float (convert an integer first)");
    return avals[0].dtype;
  };

export const constant = (x: Tensor, value: number): Tensor => scalarOf(x.aval.strong(), value);

/** A function of one float, with its derivative as a function of `x` and `y = f(x)`; null where that is zero. */
export const unary = (
  name: string,
  f: (x: number) => number,
  derivative: ((x: Tensor, y: Tensor) => Tensor) | null,
): [Primitive<None>, Unary] => {
  const prim: Primitive<None> = elementwise<None>(
    {
      name,
      dtype: floats(name),
      f: () => f as (...values: number[]) => number,
      partials: [derivative === null ? null : (dx, [x], y) => mul(dx, derivative(x, y))],
    },
    add,
  );
  return [prim, (x) => bind1(prim, [x], {})];
};

const square: Unary = (x) => mul(x, x);
const inverse: Unary = (x) => div(constant(x, 1), x);

export const [expP, exp] = unary("exp", Math.exp, (_x, y) => y);
export const [expm1P, expm1] = unary("expm1", Math.expm1, (x) => exp(x));
export const [logP, log] = unary("log", Math.log, inverse);
export const [log1pP, log1p] = unary("log1p", Math.log1p, (x) => inverse(add(constant(x, 1), x)));
export const [sqrtP, sqrt] = unary("sqrt", Math.sqrt, (x, y) => div(constant(x, 0.5), y));
export const [rsqrtP, rsqrt] = unary(
  "rsqrt",
  (x) => 1 / Math.sqrt(x),
  (x, y) => mul(constant(x, -0.5), div(y, x)),
);
export const [cbrtP, cbrt] = unary("cbrt", Math.cbrt, (x, y) => inverse(mul(constant(x, 3), square(y))));
export const [sinP, sin] = unary("sin", Math.sin, (x) => cos(x));
export const [cosP, cos] = unary("cos", Math.cos, (x) => neg(sin(x)));
export const [tanP, tan] = unary("tan", Math.tan, (x, y) => add(constant(x, 1), square(y)));
export const [asinP, asin] = unary("asin", Math.asin, (x) => rsqrt(sub(constant(x, 1), square(x))));
export const [acosP, acos] = unary("acos", Math.acos, (x) => neg(rsqrt(sub(constant(x, 1), square(x)))));
export const [atanP, atan] = unary("atan", Math.atan, (x) => inverse(add(constant(x, 1), square(x))));
export const [sinhP, sinh] = unary("sinh", Math.sinh, (x) => cosh(x));
export const [coshP, cosh] = unary("cosh", Math.cosh, (x) => sinh(x));
export const [tanhP, tanh] = unary("tanh", Math.tanh, (x, y) => sub(constant(x, 1), square(y)));
export const [asinhP, asinh] = unary("asinh", Math.asinh, (x) => rsqrt(add(square(x), constant(x, 1))));
export const [acoshP, acosh] = unary("acosh", Math.acosh, (x) =>
  mul(rsqrt(sub(x, constant(x, 1))), rsqrt(add(x, constant(x, 1)))),
);
export const [atanhP, atanh] = unary("atanh", Math.atanh, (x) => inverse(sub(constant(x, 1), square(x))));
export const [logisticP, logistic] = unary("logistic", logisticNumber, (x, y) => mul(y, sub(constant(x, 1), y)));
export const [erfP, erf] = unary("erf", erfNumber, (x) =>
  mul(constant(x, 2 / Math.sqrt(Math.PI)), exp(neg(square(x)))),
);
/** Nearest integer, ties to even. */
export const [roundP, round] = unary("round", roundEven, null);

export const isFiniteP: Primitive<None> = elementwise<None>(
  {
    name: "is_finite",
    dtype: (avals) => {
      floats("is_finite")(avals);
      return "bool";
    },
    f: () => (x) => Number(Number.isFinite(x)),
    partials: [null],
  },
  add,
);
export const finite: Unary = (x) => bind1(isFiniteP, [x], {});

/** An integer to an integer power, modulo 2³²; a negative one gives the whole part of `1 / x ** |y|`, and -1 for `x` = 0. */
const wholePower = (x: number, y: number): number => {
  if (y >= 0) return integerPower(x, y, Math.imul);
  if (Math.abs(x) === 1) return y % 2 === 0 ? 1 : x;
  return x === 0 ? -1 : 0;
};

/** `x ** y`. The derivative by `y` is 0 at x = 0, where log would give NaN (JAX's convention). */
export const powP: Primitive<None> = elementwise<None>(
  {
    name: "pow",
    dtype: (avals) => {
      sameDType("pow", avals, (a) => a.dtype !== "bool", "a float or an integer");
      return avals[0].dtype;
    },
    // IEEE 754 has pow(1, y) = pow(-1, ±inf) = 1; JavaScript gives NaN there.
    f: (_p, dtype) =>
      isFloat(dtype) ? (x, y) => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y) : wholePower,
    partials: [
      (dx, [x, y]) => {
        const [a, b] = [x, y];
        const less = pow(a, select(eq(b, zeroLike(b)), constant(b, 1), sub(b, constant(b, 1))));
        return mul(dx, mul(b, less));
      },
      (dy, [x], z) => {
        const a = x;
        const safe = select(eq(a, zeroLike(a)), constant(a, 1), a);
        return mul(dy, mul(log(safe), z));
      },
    ],
  },
  add,
);
export const pow = (x: Tensor, y: Tensor): Tensor => bind1(powP, [x, y], {});

export const atan2P: Primitive<None> = elementwise<None>(
  {
    name: "atan2",
    dtype: floats("atan2"),
    f: () => (y, x) => Math.atan2(y, x),
    partials: [(dy, [y, x]) => mul(dy, slope(x, y, x)), (dx, [y, x]) => mul(dx, neg(slope(y, y, x)))],
  },
  add,
);
/** `part / (x² + y²)`, scaled by the larger of `|x|` and `|y|`, so that squares neither overflow nor lose digits. */
const slope = (part: Tensor, y: Tensor, x: Tensor): Tensor => {
  const [a, b] = [abs(x), abs(y)];
  const larger = select(gt(a, b), a, b);
  const usable = and(gt(larger, zeroLike(larger)), finite(larger));
  const scale = stopGradient(select(usable, larger, constant(larger, 1)));
  const scaled = (v: Tensor): Tensor => div(v, scale);
  return div(div(scaled(part), add(square(scaled(x)), square(scaled(y)))), scale);
};
export const atan2 = (y: Tensor, x: Tensor): Tensor => bind1(atan2P, [y, x], {});

/** `x ** exponent` for an integer exponent, also of integers (which need `exponent >= 0`). */
export const integerPowP: Primitive<{ readonly exponent: number }> = elementwise<{ readonly exponent: number }>(
  {
    name: "integer_pow",
    dtype: ([x], { exponent }) => {
      const aval = x;
      if (aval.dtype === "bool" || (exponent < 0 && !isFloat(aval.dtype))) {
        throw new DTypeError({
          where: "integerPow",
          what: "the dtype has no such power",
          expected: "a float, or an integer and an exponent of at least 0",
          got: `${aval} to the power ${exponent}`,
        });
      }
      return aval.dtype;
    },
    f:
      ({ exponent }, dtype) =>
      (x) =>
        integerPower(x, exponent, isFloat(dtype) ? (a, b) => a * b : Math.imul),
    partials: [
      (dx, [x], _y, { exponent }) =>
        exponent === 0 ? mul(dx, constant(dx, 0)) : mul(dx, mul(constant(dx, exponent), integerPow(x, exponent - 1))),
    ],
  },
  add,
);
export const integerPow = (x: Tensor, exponent: number): Tensor => bind1(integerPowP, [x], { exponent });
