/** @file Reductions that pass over NaN. */
import { isFloat } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { scalarOf } from "../core/rules.js";
import { asTensor, literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as e from "../primitives/elementwise.js";
import * as m from "../primitives/math.js";
import { type CumulativeOptions, cumprod, cumsum } from "./cumulative.js";
import { logicalAnd } from "./logic.js";
import { noBool, promoteFloat } from "./promote.js";
import {
  type ArgOptions,
  all,
  argmax,
  argmin,
  type InitialOptions,
  type MaskedOptions,
  max,
  min,
  prod,
  sum,
  type VarianceOptions,
  varianceOf,
} from "./reduce.js";

/** `x` with a number in place of NaN; integers have none. */
const without = (x: Tensor, value: number): Tensor =>
  isFloat(x.dtype) ? e.select(e.ne(x, x), scalarOf(x.aval.strong(), value), x) : x;
const known = (x: Tensor): Tensor => e.eq(x, x);

/** The sum of what is not NaN. */
export const nansum = composite(
  "np.nansum(x, { initial, where, axis, keepDims })",
  (x: TensorLike, options: InitialOptions = {}): Tensor => sum(without(asTensor(x, "np.nansum"), 0), options),
);
/** The product of what is not NaN. */
export const nanprod = composite(
  "np.nanprod(x, { initial, where, axis, keepDims })",
  (x: TensorLike, options: InitialOptions = {}): Tensor => prod(without(asTensor(x, "np.nanprod"), 1), options),
);
/** Running sums, NaN counting as 0. */
export const nancumsum = composite(
  "np.nancumsum(x, { axis, reverse })",
  (x: TensorLike, options: CumulativeOptions = {}): Tensor => cumsum(without(asTensor(x, "np.nancumsum"), 0), options),
);
/** Running products, NaN counting as 1. */
export const nancumprod = composite(
  "np.nancumprod(x, { axis, reverse })",
  (x: TensorLike, options: CumulativeOptions = {}): Tensor =>
    cumprod(without(asTensor(x, "np.nancumprod"), 1), options),
);

const extremum = (name: string, f: typeof max, worst: number) =>
  composite(`${name}(x, { initial, where, axis, keepDims })`, (x: TensorLike, options: InitialOptions = {}): Tensor => {
    const t = asTensor(x, name);
    if (!isFloat(t.dtype)) return f(t, options);
    const best = f(without(t, worst), options);
    return e.select(all(e.ne(t, t), options), scalarOf(t.aval.strong(), Number.NaN), best);
  });
/** The largest of what is not NaN; NaN where there is nothing else. */
export const nanmax = extremum("np.nanmax", max, -Infinity);
/** The smallest of what is not NaN; NaN where there is nothing else. */
export const nanmin = extremum("np.nanmin", min, Infinity);

const argument = (name: string, f: typeof argmax, worst: number) =>
  composite(`${name}(x, { axis, keepDims })`, (x: TensorLike, options: ArgOptions = {}): Tensor => {
    const t = noBool(name, asTensor(x, name));
    if (!isFloat(t.dtype)) return f(t, options);
    return e.select(all(e.ne(t, t), options), literal(name, -1, "int32"), f(without(t, worst), options));
  });
/** Index (int32) of the largest of what is not NaN; -1 where there is nothing else, as JAX has it. */
export const nanargmax = argument("np.nanargmax", argmax, -Infinity);
/** Index (int32) of the smallest of what is not NaN; -1 where there is nothing else. */
export const nanargmin = argument("np.nanargmin", argmin, Infinity);

/** The mean of what is not NaN; NaN where there is nothing else. */
export const nanmean = composite(
  "np.nanmean(x, { where, axis, keepDims })",
  (x: TensorLike, options: MaskedOptions = {}): Tensor => {
    const [t] = promoteFloat("np.nanmean", x);
    return e.div(sum(without(t, 0), options), e.convert(sum(known(t), options), t.dtype));
  },
);
/** The variance of what is not NaN. */
export const nanvar = composite(
  "np.nanvar(x, { ddof, correction, where, axis, keepDims })",
  (x: TensorLike, options: VarianceOptions = {}): Tensor => {
    const [t] = promoteFloat("np.nanvar", x);
    // Where nothing counts the derivative is 0, as in JAX, whose `var` has NaN there.
    const divisor = (left: Tensor, some: Tensor): Tensor => e.select(some, left, scalarOf(t.aval.strong(), 1));
    const where = options.where === undefined ? known(t) : logicalAnd(known(t), options.where);
    return varianceOf(without(t, 0), { ...options, where }, divisor);
  },
);
/** The standard deviation of what is not NaN. */
export const nanstd = composite(
  "np.nanstd(x, { ddof, correction, where, axis, keepDims })",
  (x: TensorLike, options: VarianceOptions = {}): Tensor => m.sqrt(nanvar(x, options)),
);
