/** @file Small pieces that the rules of primitives are made of. */
import type { Aval } from "./aval.js";
import { DTypeError, InvariantError, ShapeError } from "./errors.js";
import { type BatchDim, isLinear, isZero, type MaybeLinear, type Primitive, type Tangent, Zero } from "./primitive.js";
import { Literal, type Tensor } from "./tensor.js";
import { bind, bind1 } from "./trace.js";

/** Tangents that are all zero: for functions that are constant between jumps, and for integer results. */
export const zeroTangents =
  <P>(self: () => Primitive<P>): Primitive<P>["jvp"] =>
  (xs, _dxs, params) => {
    const outs = bind(self(), xs, params);
    return [outs, outs.map((y) => new Zero(y.aval.strong()))];
  };

/** The tangent of a linear function of its first input is the same function of the tangent. */
export const linearJvp =
  <P>(self: () => Primitive<P>): Primitive<P>["jvp"] =>
  ([x, ...rest], [dx], params) => {
    const y = bind1(self(), [x, ...rest], params);
    const dy = isZero(dx) ? new Zero(y.aval.strong()) : bind1(self(), [dx, ...rest], params);
    return [[y], [dy]];
  };

/** Checks axes that a reduction names. @throws {ShapeError} for one that the operand does not have, or that is named twice */
export const checkAxes = (name: string, { ndim }: Aval, axes: readonly number[]): void => {
  const fine = axes.every((a, i) => Number.isInteger(a) && a >= 0 && a < ndim && axes.indexOf(a) === i);
  if (fine) return;
  throw new ShapeError({
    where: name,
    what: "the axes do not fit",
    expected: ndim === 0 ? "no axes, since this is a scalar" : `distinct axes from 0 to ${ndim - 1}`,
    got: `[${axes.join(",")}]`,
  });
};

/** The batch dimension of the one mapped input. */
export const mapped = (dim: BatchDim | undefined): number => {
  if (typeof dim === "number") return dim;
  throw new InvariantError({ where: "batch", what: "an input that must be mapped is not" });
};

/** The value of an input that a transpose rule needs, which is therefore not linear. */
export const known = (x: MaybeLinear | undefined, name: string): Tensor => {
  if (x !== undefined && !isLinear(x)) return x;
  throw new InvariantError({ where: name, what: "this rule needs the value of a linear input" });
};

/** The cotangent of a single-output equation, which is never zero when a rule is called. */
export const one = (cts: readonly Tangent[]): Tensor => {
  const ct = cts[0];
  if (ct !== undefined && !isZero(ct)) return ct;
  throw new InvariantError({ where: "transpose", what: "a zero cotangent reached a rule" });
};

/** A scalar of `aval`'s dtype. */
export const scalarOf = (aval: Aval, value: number): Literal => new Literal(value, aval.dtype, aval.weak);

/** Checks that all avals have one dtype, of an allowed kind. */
export const sameDType = (
  where: string,
  avals: readonly Aval[],
  allowed: (aval: Aval) => boolean,
  kinds: string,
): void => {
  const [first] = avals;
  for (const aval of avals) {
    if (aval.dtype !== first?.dtype) {
      throw new DTypeError({ where, what: "dtypes differ", expected: "equal dtypes", got: avals.join(", ") });
    }
    if (!allowed(aval))
      throw new DTypeError({ where, what: "the dtype has no such operation", expected: kinds, got: `${aval}` });
  }
};

/** Throws a ShapeError when `ok` is false. */
export const demand = (ok: boolean, where: string, what: string, expected: Said, got: Said): void => {
  if (!ok) throw new ShapeError({ where, what, expected: textOf(expected), got: textOf(got) });
};

/** A text, or a function that makes it where writing it at each call would take as long as the operation. */
type Said = string | (() => string);
const textOf = (said: Said): string => (typeof said === "string" ? said : said());
