/** @file Arithmetic, comparison, selection, logic and conversion, element by element. */
import { type Aval, type DType, isFloat } from "../core/aval.js";
import { DTypeError } from "../core/errors.js";
import type { Primitive } from "../core/primitive.js";
import { known, sameDType, scalarOf } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { type Elementwise, elementwise } from "./elementwise-rule.js";

type None = Record<never, never>;
type Binary = (x: Tensor, y: Tensor) => Tensor;

const isNumber = (a: Aval): boolean => a.dtype !== "bool";
const isLogical = (a: Aval): boolean => !isFloat(a.dtype);
const isWhole = (a: Aval): boolean => a.dtype === "int32" || a.dtype === "uint32";

/** The dtype rule "all alike, of an allowed kind". */
const alike =
  (name: string, allowed: (a: Aval) => boolean, kinds: string) =>
  (avals: readonly Aval[]): DType => {
    sameDType(name, avals, allowed, kinds);
    return avals[0].dtype;
  };
const numbers = (name: string) => alike(name, isNumber, "a float or an integer");
const logicals = (name: string) => alike(name, isLogical, "an integer or bool");
const wholes = (name: string) => alike(name, isWhole, "an integer");

const define = <P = None>(spec: Elementwise<P>): Primitive<P> => elementwise(spec, (x, y) => add(x, y));

// --- arithmetic ----------------------------------------------------------------------------------------------------------

export const addP = define({
  name: "add",
  dtype: numbers("add"),
  f: () => (x, y) => x + y,
  partials: [(dx) => dx, (dy) => dy],
  pull: [(ct) => ct, (ct) => ct],
});
export const subP = define({
  name: "sub",
  dtype: numbers("sub"),
  f: () => (x, y) => x - y,
  partials: [(dx) => dx, (dy) => neg(dy)],
  pull: [(ct) => ct, (ct) => neg(ct)],
});
export const mulP = define({
  name: "mul",
  dtype: numbers("mul"),
  f: (_p, dtype) => (x, y) => (isFloat(dtype) ? x * y : Math.imul(x, y)),
  partials: [(dx, [, y]) => mul(dx, y), (dy, [x]) => mul(x, dy)],
  pull: [(ct, [, y]) => mul(ct, known(y, "mul")), (ct, [x]) => mul(known(x, "mul"), ct)],
});
/** Floats: IEEE division. Integers: towards zero; by zero gives -1, as in XLA. */
export const divP = define({
  name: "div",
  dtype: numbers("div"),
  f: (_p, dtype) => (isFloat(dtype) ? (x, y) => x / y : (x, y) => (y === 0 ? -1 : Math.trunc(x / y))),
  partials: [(dx, [, y]) => div(dx, y), (dy, [, y], q) => neg(mul(q, div(dy, y)))],
  pull: [(ct, [, y]) => div(ct, known(y, "div")), null],
});
/** Remainder with the sign of the dividend, as in C and XLA; an integer by zero gives the dividend. */
export const remP = define({
  name: "rem",
  dtype: numbers("rem"),
  f: (_p, dtype) => (x, y) => (y === 0 && !isFloat(dtype) ? x : x % y),
  partials: [
    (dx) => dx,
    (dy, [x, y]) => {
      const quotient = div(x, y);
      return neg(mul(dy, select(lt(quotient, zeroLike(quotient)), ceil(quotient), floor(quotient))));
    },
  ],
  pull: [(ct) => ct, null],
});
export const maxP = define({
  name: "max",
  dtype: numbers("max"),
  f: () => (x, y) => Math.max(x, y),
  partials: [(dx, [x, y]) => mul(dx, share(gt, x, y)), (dy, [x, y]) => mul(dy, share(gt, y, x))],
});
export const minP = define({
  name: "min",
  dtype: numbers("min"),
  f: () => (x, y) => Math.min(x, y),
  partials: [(dx, [x, y]) => mul(dx, share(lt, x, y)), (dy, [x, y]) => mul(dy, share(lt, y, x))],
});

/** 1 where `x` wins, 1/2 at a tie (JAX's convention), 0 where it loses. */
const share = (wins: Binary, x: Tensor, y: Tensor): Tensor => {
  const value = (v: number): Tensor => scalarOf(x.aval.strong(), v);
  return select(wins(x, y), value(1), select(eq(x, y), value(0.5), value(0)));
};

export const negP = define({
  name: "neg",
  dtype: numbers("neg"),
  f: () => (x) => -x,
  partials: [(dx) => neg(dx)],
  pull: [(ct) => neg(ct)],
});
export const absP = define({
  name: "abs",
  dtype: numbers("abs"),
  f: (_p, dtype) => (dtype === "uint32" ? (x) => x : (x) => Math.abs(x)),
  partials: [(dx, [x]) => mul(dx, sign(x))],
});
export const signP = define({
  name: "sign",
  dtype: numbers("sign"),
  f: () => (x) => Math.sign(x),
  partials: [null],
});
export const floorP = define({
  name: "floor",
  dtype: alike("floor", (a) => isFloat(a.dtype), "a float"),
  f: () => (x) => Math.floor(x),
  partials: [null],
});
export const ceilP = define({
  name: "ceil",
  dtype: alike("ceil", (a) => isFloat(a.dtype), "a float"),
  f: () => (x) => Math.ceil(x),
  partials: [null],
});

export const add: Binary = (x, y) => bind1(addP, [x, y], {});
export const sub: Binary = (x, y) => bind1(subP, [x, y], {});
export const mul: Binary = (x, y) => bind1(mulP, [x, y], {});
export const div: Binary = (x, y) => bind1(divP, [x, y], {});
export const rem: Binary = (x, y) => bind1(remP, [x, y], {});
/** The larger one; of bools "or". */
export const max: Binary = (x, y) => (areBools(x, y) ? or(x, y) : bind1(maxP, [x, y], {}));
/** The smaller one; of bools "and". */
export const min: Binary = (x, y) => (areBools(x, y) ? and(x, y) : bind1(minP, [x, y], {}));
export const neg = (x: Tensor): Tensor => bind1(negP, [x], {});
export const abs = (x: Tensor): Tensor => bind1(absP, [x], {});
export const sign = (x: Tensor): Tensor => bind1(signP, [x], {});
export const floor = (x: Tensor): Tensor => bind1(floorP, [x], {});
export const ceil = (x: Tensor): Tensor => bind1(ceilP, [x], {});

const areBools: (x: Tensor, y: Tensor) => boolean = (x, y) => x.dtype === "bool" && y.dtype === "bool";

/** A scalar zero of the dtype of `x`. */
export const zeroLike = (x: Tensor): Tensor => scalarOf(x.aval.strong(), 0);

// --- comparison ----------------------------------------------------------------------------------------------------------

const comparison = (name: string, f: (x: number, y: number) => boolean): Primitive<None> =>
  define({
    name,
    dtype: (avals) => {
      sameDType(name, avals, () => true, "any dtype");
      return "bool";
    },
    f: () => (x, y) => Number(f(x, y)),
    partials: [null, null],
  });

export const eqP = comparison("eq", (x, y) => x === y);
export const neP = comparison("ne", (x, y) => x !== y);
export const ltP = comparison("lt", (x, y) => x < y);
export const leP = comparison("le", (x, y) => x <= y);
export const gtP = comparison("gt", (x, y) => x > y);
export const geP = comparison("ge", (x, y) => x >= y);

export const eq: Binary = (x, y) => bind1(eqP, [x, y], {});
export const ne: Binary = (x, y) => bind1(neP, [x, y], {});
export const lt: Binary = (x, y) => bind1(ltP, [x, y], {});
export const le: Binary = (x, y) => bind1(leP, [x, y], {});
export const gt: Binary = (x, y) => bind1(gtP, [x, y], {});
export const ge: Binary = (x, y) => bind1(geP, [x, y], {});

// --- selection -----------------------------------------------------------------------------------------------------------

/** `select(condition, x, y)`: `x` where the condition holds, else `y`. */
export const selectP = define({
  name: "select",
  dtype: ([condition, ...branches]) => {
    if (condition.dtype !== "bool") {
      throw new DTypeError({
        where: "select",
        what: "the condition is not bool",
        expected: "bool",
        got: `${condition}`,
      });
    }
    sameDType("select", branches, () => true, "any dtype");
    return branches[0].dtype;
  },
  f: () => (condition, x, y) => (condition !== 0 ? x : y),
  partials: [
    null,
    (dx, [condition]) => select(condition, dx, zeroLike(dx)),
    (dy, [condition]) => select(condition, zeroLike(dy), dy),
  ],
  pull: [
    null,
    (ct, [condition]) => select(known(condition, "select"), ct, zeroLike(ct)),
    (ct, [condition]) => select(known(condition, "select"), zeroLike(ct), ct),
  ],
});
export const select = (condition: Tensor, x: Tensor, y: Tensor): Tensor => bind1(selectP, [condition, x, y], {});

// --- logic and bits ------------------------------------------------------------------------------------------------------

const logical = (name: string, f: (x: number, y: number) => number, dtype = logicals(name)): Primitive<None> =>
  define({ name, dtype, f: () => (x, y) => f(x, y), partials: [null, null] });

export const andP = logical("and", (x, y) => x & y);
export const orP = logical("or", (x, y) => x | y);
export const xorP = logical("xor", (x, y) => x ^ y);
/** Shifts by 32 or more (or by a negative number) give 0, or the sign, as in XLA. */
export const shiftLeftP = logical("shift_left", (x, y) => (y >>> 0 < 32 ? x << y : 0), wholes("shift_left"));
export const shiftRightLogicalP = logical(
  "shift_right_logical",
  (x, y) => (y >>> 0 < 32 ? x >>> y : 0),
  wholes("shift_right_logical"),
);
export const shiftRightArithmeticP = logical(
  "shift_right_arithmetic",
  (x, y) => (y >>> 0 < 32 ? (x | 0) >> y : (x | 0) >> 31),
  wholes("shift_right_arithmetic"),
);
export const notP = define({
  name: "not",
  dtype: logicals("not"),
  f: (_p, dtype) => (dtype === "bool" ? (x) => 1 - x : (x) => ~x),
  partials: [null],
});

export const and: Binary = (x, y) => bind1(andP, [x, y], {});
export const or: Binary = (x, y) => bind1(orP, [x, y], {});
export const xor: Binary = (x, y) => bind1(xorP, [x, y], {});
export const shiftLeft: Binary = (x, y) => bind1(shiftLeftP, [x, y], {});
export const shiftRightLogical: Binary = (x, y) => bind1(shiftRightLogicalP, [x, y], {});
export const shiftRightArithmetic: Binary = (x, y) => bind1(shiftRightArithmeticP, [x, y], {});
export const not = (x: Tensor): Tensor => bind1(notP, [x], {});

// --- conversion ----------------------------------------------------------------------------------------------------------

/** A float becomes an integer towards zero, saturating, NaN as 0 (XLA on CPU); anything but zero becomes true. */
const convertNumber = (to: DType, from: DType): ((x: number) => number) => {
  if (to === "bool") return (x) => Number(x !== 0);
  if (!isFloat(from)) return (x) => x;
  if (to === "int32") return (x) => (Number.isNaN(x) ? 0 : Math.trunc(Math.min(Math.max(x, -(2 ** 31)), 2 ** 31 - 1)));
  if (to === "uint32") return (x) => (Number.isNaN(x) ? 0 : Math.trunc(Math.min(Math.max(x, 0), 2 ** 32 - 1)));
  return (x) => x;
};

export const convertP = define<{ readonly dtype: DType }>({
  name: "convert",
  dtype: (_avals, { dtype }) => dtype,
  strong: true,
  f: ({ dtype }, from) => convertNumber(dtype, from) as (...values: number[]) => number,
  partials: [(dx, _xs, _y, { dtype }) => (isFloat(dtype) ? convert(dx, dtype) : null)],
  pull: [(ct, [x]) => convert(ct, x.aval.dtype)],
});

/** `x` in another dtype; strong, whatever `x` was. */
export const convert = (x: Tensor, dtype: DType): Tensor =>
  x.dtype === dtype && !x.aval.weak ? x : bind1(convertP, [x], { dtype });

/** The value without its derivative: tangents and cotangents end here. */
export const stopGradientP = define({
  name: "stop_gradient",
  dtype: (avals) => avals[0].dtype,
  f: () => (x) => x,
  partials: [null],
});
export const stopGradient = (x: Tensor): Tensor => bind1(stopGradientP, [x], {});

/** The value itself, under a name by which a checkpoint policy may save it. */
export const nameP = define<{ readonly name: string }>({
  name: "name",
  dtype: (avals) => avals[0].dtype,
  f: () => (x) => x,
  // A tangent is another value, and has no name.
  partials: [(dx) => dx],
  pull: [(ct) => ct],
});
