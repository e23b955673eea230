/** @file A tree of tensors as one vector. */

import type { DType, Shape } from "../core/aval.js";
import { composite, takes } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import { unflatten } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { flattenTensors } from "../transforms/trees.js";

/** Takes the vector apart. */
const unraveler = (
  leaves: readonly { readonly shape: Shape; readonly size: number; readonly dtype: DType }[],
  build: (leaves: readonly Tensor[]) => unknown,
): ((flat: Tensor) => unknown) => {
  const ends: number[] = [];
  for (const { size } of leaves) ends.push((ends[ends.length - 1] ?? 0) + size);
  const total = ends[ends.length - 1] ?? 0;
  return composite("tree.unravel(flat)", (flat: Tensor) => {
    if (flat.ndim !== 1 || flat.size !== total) {
      throw new ShapeError({
        where: "tree.unravel",
        what: "the vector does not fit the tree",
        expected: `[${total}]`,
        got: `${flat.aval}`,
      });
    }
    return build(
      leaves.map(({ shape, size, dtype }, i) =>
        np.astype(np.reshape(np.slice(flat, [[ends[i] - size, ends[i]]]), shape), dtype),
      ),
    );
  });
};

/**
 * All leaves in one vector, and the function that makes a tree of such a vector again.
 *
 * The vector has the common dtype of the leaves; the way back restores each leaf's own.
 * @throws {TreeError} for a leaf that is not a tensor; the function: {ShapeError} for a vector of another length
 * @see JAX's `jax.flatten_util.ravel_pytree`
 * @example const [flat, unravel] = tree.ravelPytree(params); const h = hessian((v) => loss(unravel(v)))(flat)
 */
export const ravelPytree = takes(
  "tree.ravelPytree(tree)",
  <T>(tree: T): readonly [flat: Tensor, unravel: (flat: Tensor) => T] => {
    const [leaves, def] = flattenTensors("tree.ravelPytree", tree, "");
    const join = composite(
      "tree.ravelPytree(xs)",
      (xs: readonly Tensor[]): Tensor => (xs.length === 0 ? np.zeros([0]) : np.concatenate(xs.map((x) => np.ravel(x)))),
    );
    const kept = leaves.map(({ shape, size, dtype }) => ({ shape, size, dtype }));
    return [join(leaves), unraveler(kept, (xs) => unflatten(def, xs)) as (flat: Tensor) => T];
  },
);
