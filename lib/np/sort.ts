/** @file Sorting. */
import { normalizeAxis } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import { asTensor, literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as e from "../primitives/elementwise.js";
import * as mv from "../primitives/movement.js";
import * as r from "../primitives/sort.js";

/** Ascending, stable, NaN last. */
export const sort = composite("np.sort", (x: TensorLike, axis: number = -1): Tensor => {
  const t = asTensor(x, "np.sort");
  return r.sort(t, normalizeAxis("np.sort", axis, t.ndim))[0];
});
/** Indices (int32) that sort; stable, NaN last. */
export const argsort = composite("np.argsort", (x: TensorLike, axis: number = -1): Tensor => {
  const t = asTensor(x, "np.argsort");
  return r.sort(t, normalizeAxis("np.argsort", axis, t.ndim))[1];
});
/**
 * The `k` largest along the last axis in descending order, and their indices (int32); equal ones by lower index first, NaN as the
 * largest (where `sort` has it too).
 * @throws {ShapeError} when the axis has fewer than `k` elements
 */
export const topK = composite("np.topK", (x: TensorLike, k: number): [values: Tensor, indices: Tensor] => {
  const t = asTensor(x, "np.topK");
  const last = normalizeAxis("np.topK", -1, t.ndim);
  const n = t.shape[last];
  if (!Number.isInteger(k) || k < 0 || k > n) {
    throw new ShapeError({
      where: "np.topK",
      what: "the last axis has no such number of elements",
      expected: `k from 0 to ${n}, as in ${t.aval}`,
      got: `${k}`,
    });
  }
  // Sorting is stable and ascending: from back to front and back again, equal ones come by lower index first.
  const [values, indices] = r.sort(mv.reverse(t, [last]), last);
  const best = (y: Tensor): Tensor => mv.reverse(mv.sliceAxis(y, last, n - k, n), [last]);
  return [best(values), e.sub(literal("np.topK", n - 1, "int32"), best(indices))];
});
