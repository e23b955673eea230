/** @file The functions of elements in lax that are not primitives themselves. Dtypes are not promoted. */
import { composite, named } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { scalarOf } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import * as e from "../primitives/elementwise.js";
import * as m from "../primitives/math.js";

const number = (like: Tensor, value: number): Tensor => scalarOf(like.aval.strong(), value);

/** `x * x`. */
export const square = named("lax.square(x)", (x: Tensor): Tensor => m.integerPow(x, 2));
/** `1 / x`. */
export const reciprocal = named("lax.reciprocal(x)", (x: Tensor): Tensor => m.integerPow(x, -1));
/** `2 ** x`. */
export const exp2 = composite("lax.exp2(x)", (x: Tensor): Tensor => m.exp(e.mul(x, number(x, Math.LN2))));
/** The nearest integer; ties go away from zero (the default, as in JAX) or to the even one. */
export const round = composite(
  "lax.round(x, method)",
  (x: Tensor, method: "awayFromZero" | "toNearestEven" = "awayFromZero"): Tensor => {
    if (method === "toNearestEven") return m.round(x);
    const size = e.abs(x);
    const below = e.floor(size);
    const up = e.ge(e.sub(size, below), number(x, 0.5));
    const whole = e.select(up, e.add(below, number(x, 1)), below);
    return e.select(e.lt(x, number(x, 0)), e.neg(whole), whole);
  },
);
/** `x` kept within `[low, high]` (`high` where it is below `low`); the derivative at a bound is 0, as JAX has it here (`np.clip` has one half). */
export const clamp = composite("lax.clamp(low, x, high)", (low: Tensor, x: Tensor, high: Tensor): Tensor => {
  const inside = e.and(e.lt(low, x), e.lt(x, high));
  const moved = e.stopGradient(e.min(e.max(low, x), high));
  const raised = e.select(e.gt(low, x), e.select(e.lt(low, high), low, moved), moved);
  const bounded = e.select(e.lt(high, x), high, raised);
  // NaN comes from any operand, the derivative from the one that the comparisons choose.
  return e.select(inside, x, e.select(e.ne(moved, moved), e.add(moved, bounded), bounded));
});
/**
 * For each element the case whose number `which` has there: false and true, or int32.
 *
 * @throws {ArgumentError} when a bool is to choose among other than two cases, or there is no case
 */
export const selectN = composite(
  "lax.selectN(which, ...cases)",
  (which: Tensor, ...cases: readonly Tensor[]): Tensor => {
    if (cases.length === 0 || (which.dtype === "bool" && cases.length !== 2)) {
      throw new ArgumentError({
        where: "lax.selectN",
        what: "the cases do not fit",
        expected: which.dtype === "bool" ? "two cases for a bool" : "one case or more",
        got: `${cases.length}`,
      });
    }
    if (which.dtype === "bool") return e.select(which, cases[1], cases[0]);
    return cases.slice(1).reduce((y, x, i) => e.select(e.gt(which, number(which, i)), x, y), cases[0]);
  },
);
