/** @file Comparing, asking, combining truths and choosing by them. */
import { broadcastShapes, sameShape } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, isFluxionError } from "../core/errors.js";
import { scalarOf } from "../core/rules.js";
import { asTensor, literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as e from "../primitives/elementwise.js";
import * as m from "../primitives/math.js";
import * as r from "../primitives/reduce.js";
import { alignRanks, cast, convertTo, promote, promoteFloat, promoteInteger } from "./promote.js";
import { type Binary, binary, type Unary, unaryFloat } from "./ufunc.js";

export const equal = binary("np.equal", e.eq);
export const notEqual = binary("np.notEqual", e.ne);
export const less = binary("np.less", e.lt);
export const lessEqual = binary("np.lessEqual", e.le);
export const greater = binary("np.greater", e.gt);
export const greaterEqual = binary("np.greaterEqual", e.ge);
export const isfinite = unaryFloat("np.isfinite", m.finite);
export const isnan = unaryFloat("np.isnan", (x) => e.ne(x, x));
export const isinf = unaryFloat("np.isinf", (x) => e.eq(e.abs(x), cast("np.isinf", asTensor(Infinity, ""), x.dtype)));

/** Anything but zero is true. */
const truth = (x: TensorLike, where: string): Tensor => convertTo(asTensor(x, where), "bool");
export const logicalAnd: Binary = composite("np.logicalAnd(x, y)", (x: TensorLike, y: TensorLike) => {
  const [a, b] = promote("np.logicalAnd", truth(x, "np.logicalAnd"), truth(y, "np.logicalAnd"));
  return e.and(a, b);
});
export const logicalOr: Binary = composite("np.logicalOr(x, y)", (x: TensorLike, y: TensorLike) => {
  const [a, b] = promote("np.logicalOr", truth(x, "np.logicalOr"), truth(y, "np.logicalOr"));
  return e.or(a, b);
});
export const logicalNot: Unary = composite("np.logicalNot(x)", (x: TensorLike) => e.not(truth(x, "np.logicalNot")));
export const logicalXor: Binary = composite("np.logicalXor(x, y)", (x: TensorLike, y: TensorLike) => {
  const [a, b] = promote("np.logicalXor", truth(x, "np.logicalXor"), truth(y, "np.logicalXor"));
  return e.xor(a, b);
});
export const isposinf = unaryFloat("np.isposinf", (x) => e.eq(x, scalarOf(x.aval.strong(), Infinity)));
export const isneginf = unaryFloat("np.isneginf", (x) => e.eq(x, scalarOf(x.aval.strong(), -Infinity)));

/** How far numbers may be apart to be called close. */
export interface CloseOptions {
  /** Relative to the second operand; default 1e-5. */
  readonly rtol?: number;
  /** Absolute; default 1e-8. */
  readonly atol?: number;
  /** Whether NaN equals NaN; default false. */
  readonly equalNan?: boolean;
}
/** Whether `|x - y| <= atol + rtol · |y|`; infinities are close to themselves alone. */
export const isclose = composite(
  "np.isclose(x, y, { rtol, atol, equalNan })",
  (x: TensorLike, y: TensorLike, options: CloseOptions = {}): Tensor => {
    const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
    const [p, q] = promoteFloat("np.isclose", x, y);
    const number = (v: number): Tensor => scalarOf(p.aval.strong(), v);
    const near = e.le(e.abs(e.sub(p, q)), e.add(number(atol), e.mul(number(rtol), e.abs(q))));
    const close = e.or(e.and(near, m.finite(q)), e.eq(p, q));
    return equalNan ? e.or(close, e.and(e.ne(p, p), e.ne(q, q))) : close;
  },
);
const everywhere = (x: Tensor): Tensor =>
  r.reduceAnd(
    x,
    x.shape.map((_, i) => i),
  );
/** Whether all elements are close: a bool scalar. */
export const allclose = composite(
  "np.allclose(x, y, { rtol, atol, equalNan })",
  (x: TensorLike, y: TensorLike, options: CloseOptions = {}): Tensor => everywhere(isclose(x, y, options)),
);
const equals = (where: string, x: TensorLike, y: TensorLike, equalNan: boolean): Tensor => {
  const [p, q] = promote(where, x, y);
  const same = e.eq(p, q);
  return everywhere(equalNan ? e.or(same, e.and(e.ne(p, p), e.ne(q, q))) : same);
};
/** Whether shapes and all elements are equal: a bool scalar. */
export const arrayEqual = composite(
  "np.arrayEqual(x, y, { equalNan })",
  (x: TensorLike, y: TensorLike, options: { readonly equalNan?: boolean } = {}): Tensor => {
    const [p, q] = [asTensor(x, "np.arrayEqual"), asTensor(y, "np.arrayEqual")];
    if (!sameShape(p.shape, q.shape)) return literal("np.arrayEqual", 0, "bool");
    return equals("np.arrayEqual", p, q, options.equalNan === true);
  },
);
/** Whether the shapes broadcast and all elements are then equal: a bool scalar. */
export const arrayEquiv = composite("np.arrayEquiv(x, y)", (x: TensorLike, y: TensorLike): Tensor => {
  const [p, q] = [asTensor(x, "np.arrayEquiv"), asTensor(y, "np.arrayEquiv")];
  try {
    broadcastShapes("np.arrayEquiv", p.shape, q.shape);
  } catch (error) {
    if (isFluxionError(error, "ShapeError")) return literal("np.arrayEquiv", 0, "bool");
    throw error;
  }
  return equals("np.arrayEquiv", p, q, false);
});

/** `x` where the condition holds, else `y`. */
export const where = composite(
  "np.where(condition, x, y)",
  (condition: TensorLike, x: TensorLike, y: TensorLike): Tensor => {
    const chosen = truth(condition, "np.where");
    const [a, b] = promoteInteger("np.where", x, y);
    const [c, p, q] = alignRanks("np.where", [chosen, a, b]);
    return e.select(c, p, q);
  },
);

/**
 * For each element the choice of the first condition that holds there, else `otherwise`.
 *
 * @throws {ArgumentError} when there is no condition, or not one choice for each
 * @example np.select([np.less(x, 0), np.less(x, 1)], [np.negative(x), np.square(x)], 1)
 */
export const select = composite(
  "np.select(conditions, choices, otherwise)",
  (conditions: readonly TensorLike[], choices: readonly TensorLike[], otherwise: TensorLike = 0): Tensor => {
    if (conditions.length === 0 || conditions.length !== choices.length) {
      throw new ArgumentError({
        where: "np.select",
        what: "conditions and choices do not pair",
        expected: "one choice for each of one condition or more",
        got: `${conditions.length} conditions, ${choices.length} choices`,
      });
    }
    return conditions.reduceRight<Tensor>((rest, c, i) => where(c, choices[i], rest), asTensor(otherwise, "np.select"));
  },
);
/**
 * For each element the function of the last condition that holds there; one function more than conditions is for the rest, which is
 * 0 without it. Numbers stand for constant functions.
 *
 * @example np.piecewise(x, [np.less(x, 0), np.greaterEqual(x, 0)], [np.negative, np.square])
 */
export const piecewise = composite(
  "np.piecewise(x, conditions, functions)",
  (
    x: TensorLike,
    conditions: readonly TensorLike[],
    functions: readonly (((x: Tensor) => TensorLike) | number)[],
  ): Tensor => {
    if (functions.length !== conditions.length && functions.length !== conditions.length + 1) {
      throw new ArgumentError({
        where: "np.piecewise",
        what: "conditions and functions do not pair",
        expected: `${conditions.length} or ${conditions.length + 1} functions`,
        got: `${functions.length}`,
      });
    }
    const t = asTensor(x, "np.piecewise");
    const apply = (f: ((x: Tensor) => TensorLike) | number): Tensor =>
      cast("np.piecewise", asTensor(typeof f === "number" ? f : f(t), "np.piecewise"), t.dtype);
    const rest = functions.length > conditions.length ? apply(functions[functions.length - 1]) : e.zeroLike(t);
    const start = b.broadcastTo(rest, t.shape);
    return conditions.reduce<Tensor>((y, c, i) => where(c, apply(functions[i]), y), start);
  },
);
