/** @file Running sums, products and extrema. */
import { type Aval, isFloat, normalizeAxis } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { asTensor, literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as r from "../primitives/cumulative.js";
import * as e from "../primitives/elementwise.js";
import * as mv from "../primitives/movement.js";
import { noBool } from "./promote.js";

/** Running operation along an axis by doubling steps: log2(n) slices and products. */
const scanByDoubling = (x: Tensor, axis: number, neutral: Tensor, f: (a: Tensor, b: Tensor) => Tensor): Tensor => {
  const n = x.shape[axis];
  let y = x;
  for (let step = 1; step < n; step *= 2) {
    const at = (v: number): number[] => y.shape.map((_, i) => (i === axis ? v : 0));
    const shifted = mv.pad(mv.sliceAxis(y, axis, 0, n - step), neutral, {
      low: at(step),
      high: at(0),
      interior: at(0),
    });
    y = f(shifted, y);
  }
  return y;
};

/** Running sums. */
export const cumsum = composite(
  "np.cumsum",
  (x: TensorLike, options: { axis?: number; reverse?: boolean } = {}): Tensor => {
    const t = noBool("np.cumsum", asTensor(x, "np.cumsum"));
    const [y, axis] =
      options.axis === undefined ? [b.reshape(t, [t.size]), 0] : [t, normalizeAxis("np.cumsum", options.axis, t.ndim)];
    return r.cumSum(y, axis, options.reverse === true);
  },
);
const cumulative = (name: string, neutral: (aval: Aval) => number, f: (a: Tensor, b: Tensor) => Tensor) =>
  composite(name, (x: TensorLike, options: { axis?: number } = {}): Tensor => {
    const t = noBool(name, asTensor(x, name));
    const [y, axis] =
      options.axis === undefined ? [b.reshape(t, [t.size]), 0] : [t, normalizeAxis(name, options.axis, t.ndim)];
    return scanByDoubling(y, axis, literal(name, neutral(y.aval), y.dtype), f);
  });
/** Running products. */
export const cumprod = cumulative("np.cumprod", () => 1, e.mul);
const least = (a: Aval): number => (isFloat(a.dtype) ? -Infinity : a.dtype === "int32" ? -(2 ** 31) : 0);
const greatest = (a: Aval): number => (isFloat(a.dtype) ? Infinity : a.dtype === "int32" ? 2 ** 31 - 1 : 2 ** 32 - 1);
export const cummax = cumulative("np.cummax", least, e.max);
export const cummin = cumulative("np.cummin", greatest, e.min);
