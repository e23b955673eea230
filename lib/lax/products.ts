/** @file Products of vectors and matrices by `dotGeneral`. */

import { range } from "../core/aval.js";
import { named } from "../core/composite.js";
import { demand } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { dotGeneral } from "../primitives/dot.js";

/** The product of vectors and matrices: the last axis of `x` with the first of `y`. @throws {ShapeError} for other ranks */
export const dot = named("lax.dot(x, y)", (x: Tensor, y: Tensor): Tensor => {
  const fits = [x, y].every((t) => t.ndim === 1 || t.ndim === 2);
  demand(fits, "lax.dot", "an operand is neither a vector nor a matrix", "ranks 1 and 2", `${x.aval}, ${y.aval}`);
  return dotGeneral(x, y, { lhsContract: [x.ndim - 1], rhsContract: [0], lhsBatch: [], rhsBatch: [] });
});

/** Products of matrices `[..., m, k]` and `[..., k, n]` whose leading axes are the same. @throws {ShapeError} for other shapes */
export const batchMatmul = named("lax.batchMatmul(x, y)", (x: Tensor, y: Tensor): Tensor => {
  const fits = x.ndim >= 2 && x.ndim === y.ndim;
  demand(fits, "lax.batchMatmul", "the ranks differ, or are too low", "one rank, 2 or more", `${x.aval}, ${y.aval}`);
  const batch = range(x.ndim - 2);
  return dotGeneral(x, y, { lhsContract: [x.ndim - 1], rhsContract: [x.ndim - 2], lhsBatch: batch, rhsBatch: batch });
});
