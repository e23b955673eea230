/** @file Sorting. */
import { normalizeAxis, range } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as mv from "../primitives/movement.js";
import * as r from "../primitives/sort.js";

export interface SortOptions {
  /** From the largest, and NaN, to the smallest. */
  readonly descending?: boolean;
}

/** The values in ascending order along `axis` (with null, of the whole, flattened): stable, NaN last. @see JAX, `jax.numpy.sort` */
export const sort = composite(
  "np.sort(x, axis, { descending })",
  (x: TensorLike, axis: number | null = -1, { descending = false }: SortOptions = {}): Tensor => {
    const [t, at] = sortable("np.sort", x, axis);
    const [y] = r.sortTogether([t], at);
    return descending ? mv.reverse(y, [at]) : y;
  },
);
/** The indices (int32) that sort along `axis`: stable, also when descending. @see JAX, `jax.numpy.argsort` */
export const argsort = composite(
  "np.argsort(x, axis, { descending })",
  (x: TensorLike, axis: number | null = -1, { descending = false }: SortOptions = {}): Tensor => {
    const [t, at] = sortable("np.argsort", x, axis);
    return descending ? r.sortDescending(t, at)[1] : r.sort(t, at)[1];
  },
);

const sortable = (where: string, x: TensorLike, axis: number | null): [x: Tensor, axis: number] => {
  const t = asTensor(x, where);
  return axis === null ? [b.reshape(t, [t.size]), 0] : [t, normalizeAxis(where, axis, t.ndim)];
};

/**
 * The `k` largest along `axis` in descending order, and where they are (int32); of equal ones the first ones; NaN is largest.
 *
 * @throws {ShapeError} when the axis has fewer elements
 * @see JAX, `jax.lax.top_k`
 */
export const topK = composite(
  "np.topK(x, k, axis)",
  (x: TensorLike, k: number, axis: number = -1): [values: Tensor, indices: Tensor] => {
    const t = asTensor(x, "np.topK");
    const at = normalizeAxis("np.topK", axis, t.ndim);
    return r.largest("np.topK", t, k, at);
  },
);

/**
 * The indices (int32) that sort by several keys, the last of them first in importance.
 *
 * - `keys`: tensors of one shape, or one tensor whose first axis counts them
 * @see JAX, `jax.numpy.lexsort`
 * @example np.lexsort([firstNames, surnames]) // by surname, then by first name
 */
export const lexsort = composite(
  "np.lexsort(keys, axis)",
  (keys: Tensor | readonly TensorLike[], axis: number = -1): Tensor => {
    const list = Array.isArray(keys)
      ? keys.map((key: TensorLike) => asTensor(key, "np.lexsort"))
      : range((keys as Tensor).shape[0]).map((i) => {
          const t = keys as Tensor;
          return b.reshape(mv.sliceAxis(t, 0, i, i + 1), t.shape.slice(1));
        });
    if (list.length === 0) {
      throw new ArgumentError({
        where: "np.lexsort",
        what: "there are no keys",
        expected: "at least one",
        got: "none",
      });
    }
    const [{ shape, ndim }] = list;
    const at = normalizeAxis("np.lexsort", axis, ndim);
    const sorted = r.sortTogether([...list.reverse(), mv.iota(shape, "int32", at)], at, list.length);
    return sorted[list.length];
  },
);

const checkKth = (where: string, x: Tensor, axis: number, kth: number): void => {
  const n = x.shape[axis];
  if (Number.isInteger(kth) && kth >= -n && kth < n) return;
  throw new ArgumentError({ where, what: "there is no such place", expected: `-${n} to ${n - 1}`, got: String(kth) });
};
/** An order in which element `kth` is where sorting puts it, with none larger before it: here the whole is sorted. */
export const partition = composite(
  "np.partition(x, kth, axis)",
  (x: TensorLike, kth: number, axis: number = -1): Tensor => {
    const [t, at] = sortable("np.partition", x, axis);
    checkKth("np.partition", t, at, kth);
    return sort(t, at);
  },
);
/** The indices (int32) of `np.partition`. */
export const argpartition = composite(
  "np.argpartition(x, kth, axis)",
  (x: TensorLike, kth: number, axis: number = -1): Tensor => {
    const [t, at] = sortable("np.argpartition", x, axis);
    checkKth("np.argpartition", t, at, kth);
    return argsort(t, at);
  },
);
