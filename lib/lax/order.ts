/** @file Sorting and running operations along an axis. */

import { normalizeAxis } from "../core/aval.js";
import { composite, named, takes } from "../core/composite.js";
import { isTensor, type Tensor } from "../core/tensor.js";
import * as c from "../primitives/cumulative.js";
import * as r from "../primitives/sort.js";

export interface SortOptions {
  /** The axis to sort along; default the last. */
  readonly dimension?: number;
  /** How many of the operands are compared, the first one first; default 1. */
  readonly numKeys?: number;
}

/** `sort` of one tensor, and of several. */
interface Sort {
  (operand: Tensor, options?: SortOptions): Tensor;
  (operands: readonly Tensor[], options?: SortOptions): Tensor[];
}
const sortAll = (
  operand: Tensor | readonly Tensor[],
  { dimension = -1, numKeys = 1 }: SortOptions = {},
): Tensor | Tensor[] => {
  const xs = isTensor(operand) ? [operand] : operand;
  const ys = [...r.sortTogether(xs, normalizeAxis("lax.sort", dimension, xs[0]?.ndim ?? 0), numKeys)];
  return isTensor(operand) ? ys[0] : ys;
};
/**
 * One tensor in ascending order, or several of one shape in the order of the first `numKeys` of them: stable, NaN last.
 *
 * @see JAX, `jax.lax.sort`
 * @example const [keys, values] = lax.sort([k, v], { numKeys: 1 })
 */
export const sort = takes("lax.sort(operand, { dimension, numKeys })", sortAll as Sort);
/** Keys in ascending order, and the values that belong to them. @see JAX, `jax.lax.sort_key_val` */
export const sortKeyVal = named(
  "lax.sortKeyVal(keys, values, dimension)",
  (keys: Tensor, values: Tensor, dimension: number = -1): [keys: Tensor, values: Tensor] => {
    const [k, v] = sort([keys, values], { dimension });
    return [k, v];
  },
);
/**
 * The `k` largest along `axis` in descending order, and where they are (int32); of equal ones the first ones; NaN is largest.
 *
 * @throws {ShapeError} when the axis has fewer elements
 * @see JAX, `jax.lax.top_k`
 */
export const topK = composite(
  "lax.topK(x, k, axis)",
  (x: Tensor, k: number, axis: number = -1): [values: Tensor, indices: Tensor] => {
    return r.largest("lax.topK", x, k, normalizeAxis("lax.topK", axis, x.ndim));
  },
);

export interface CumulativeOptions {
  /** Default 0. */
  readonly axis?: number;
  /** From the end. */
  readonly reverse?: boolean;
}
const running = (name: string, f: (x: Tensor, axis: number, reverse: boolean) => Tensor) =>
  named(
    `${name}(x, { axis, reverse })`,
    (x: Tensor, { axis = 0, reverse: fromEnd = false }: CumulativeOptions = {}): Tensor =>
      f(x, normalizeAxis(name, axis, x.ndim), fromEnd),
  );
/** Running sums. */
export const cumsum = running("lax.cumsum", c.cumSum);
/** Running products; the derivatives are right also where elements are zero. */
export const cumprod = running("lax.cumprod", c.cumProd);
/** The largest so far; NaN wins. */
export const cummax = running("lax.cummax", c.cumMax);
/** The smallest so far; NaN wins. */
export const cummin = running("lax.cummin", c.cumMin);
/** `log(cumsum(exp(x)))` without overflow. */
export const cumlogsumexp = running("lax.cumlogsumexp", c.cumLogSumExp);
