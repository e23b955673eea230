/** @file Reduction by any associative function: the two halves of what is left are combined until one element remains. */
import { range, sizeOf } from "../core/aval.js";
import { checkAxes, scalarOf } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { broadcastTo, reshape, transpose } from "./broadcast.js";
import { mul } from "./elementwise.js";
import { pad, sliceAxis } from "./movement.js";

/**
 * `f` over `axes`, which are dropped: log2(n) applications to tensors, so derivatives come from those of `f`.
 *
 * @param neutral  a scalar with `f(neutral, x) = x`; the result where there are no elements
 */
export const reduceByHalves = (
  x: Tensor,
  axes: readonly number[],
  neutral: Tensor,
  f: (a: Tensor, b: Tensor) => Tensor,
): Tensor => {
  checkAxes("reduce", x.aval, axes);
  const rest = range(x.ndim).filter((a) => !axes.includes(a));
  const kept = rest.map((a) => x.shape[a]);
  const last = rest.length;
  const count = sizeOf(axes.map((a) => x.shape[a]));
  if (count === 0) return broadcastTo(neutral, kept);
  let flat = reshape(transpose(x, [...rest, ...axes]), [...kept, count]);
  const none = flat.shape.map(() => 0);
  for (let n = count; n > 1; n = Math.ceil(n / 2)) {
    const half = Math.ceil(n / 2);
    const right = sliceAxis(flat, last, half, n);
    const high = none.map((_, i) => (i === last ? n % 2 : 0));
    flat = f(sliceAxis(flat, last, 0, half), pad(right, neutral, { low: none, high, interior: none }));
  }
  return reshape(flat, kept);
};

/** The product over `axes`, which are dropped; its derivatives are right where an element is zero. */
export const reduceProd = (x: Tensor, axes: readonly number[]): Tensor =>
  reduceByHalves(x, axes, scalarOf(x.aval.strong(), 1), mul);
