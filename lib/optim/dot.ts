/** @file Inner products of trees. */
import { leavesOf } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";

/** The sum of a tensor, or of all leaves of a tree. */
export const totalOf = (tree: unknown): Tensor =>
  (leavesOf(tree) as Tensor[]).map((x) => np.sum(x)).reduce((a, b) => np.add(a, b));

/** The inner product of two trees of one structure. */
export const dotOf = (a: unknown, b: unknown): Tensor => {
  const others = leavesOf(b) as Tensor[];
  return totalOf((leavesOf(a) as Tensor[]).map((x, i) => np.multiply(x, others[i])));
};
