/** @file SM3: one number for each row, column and so on of a parameter, in place of one for each element. */

import { scope } from "../core/composite.js";
import { checkSameStructure, structureOf, subtreesAt, unflatten } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { alignedLeaves, ONE_TREE } from "./base.js";
import { optimizer } from "./define.js";
import { average } from "./per-leaf.js";
import { type GradientTransformation, type PerParam, transformation } from "./state.js";

/** The template of the state of SM3. */
export interface Sm3State {
  /** For each parameter a list with a vector for each of its axes; a scalar's has one scalar. */
  readonly mu: PerParam<readonly Tensor[]>;
  /** Moving average of the updates, a tree like the parameters. */
  readonly nu: PerParam;
}

/** The other axes of a tensor. */
const others = (ndim: number, axis: number): number[] =>
  Array.from({ length: ndim }, (_, i) => i).filter((i) => i !== axis);

/**
 * `g / sqrt(v + epsilon)`, where v bounds the sum of g² from above by the least of what its row, column and so on have seen; then a
 * moving average.
 *
 * Unlike in optax, where it has no state at all, a scalar keeps one number.
 * - `beta1`: decay of the moving average. Default 0.9
 * - `beta2`: decay of what has been seen; 1 makes it a sum. Default 1
 * - `epsilon`: default 1e-8
 * @see Anil et al. 2019, arXiv:1901.11150; optax's `scale_by_sm3`
 */
export const scaleBySm3 = optimizer(
  "optim.scaleBySm3({ beta1, beta2, epsilon })",
  (
    options: { readonly beta1?: number; readonly beta2?: number; readonly epsilon?: number } = {},
  ): GradientTransformation<Sm3State> => {
    const { beta1 = 0.9, beta2 = 1, epsilon = 1e-8 } = options;
    const where = "optim.scaleBySm3";
    const start = (p: Tensor): Tensor[] =>
      p.ndim === 0 ? [np.zerosLike(p)] : p.shape.map((n) => np.zeros([n], p.dtype));

    const step = (g: Tensor, mu: readonly Tensor[], nu: Tensor): { mu: Tensor[]; nu: Tensor } => {
      const spread = mu.map((m, i) => (g.ndim < 2 ? m : np.expandDims(m, others(g.ndim, i))));
      const bound = spread.reduce((a, b) => np.minimum(a, b));
      const seen = np.add(np.multiply(beta2, bound), np.multiply(beta2 === 1 ? 1 : 1 - beta2, np.square(g)));
      const factor = np.where(np.greater(seen, 0), np.rsqrt(np.add(seen, epsilon)), 0);
      return {
        mu: mu.map((_, i) => (g.ndim < 2 ? seen : np.max(seen, { axis: others(g.ndim, i) }))),
        nu: average(beta1, nu, np.multiply(g, factor)),
      };
    };

    return transformation<Sm3State>({
      init: (params) =>
        scope(() => {
          const [rows, def] = alignedLeaves(where, params);
          const tree = (f: (p: Tensor) => unknown): unknown =>
            unflatten(
              def,
              rows.map(([p]) => f(p)),
            );
          return { mu: tree(start), nu: tree((p) => np.zerosLike(p)) };
        }),
      update: (grads, state, params) =>
        scope(() => {
          const [rows, def] = alignedLeaves(where, params ?? grads, grads, state.nu);
          const forms = unflatten(
            def,
            rows.map(([p]) => new Array<number>(Math.max(1, p.ndim)).fill(0)),
          );
          checkSameStructure(where, structureOf(forms), structureOf(state.mu), ONE_TREE, "state.mu");
          const mus = subtreesAt(where, def, state.mu) as Tensor[][];
          const results = rows.map(([, g, nu], i) => step(g, mus[i], nu));
          const tree = (pick: (r: (typeof results)[number]) => unknown): unknown => unflatten(def, results.map(pick));
          const nu = tree((r) => r.nu);
          return [nu as typeof grads, { mu: tree((r) => r.mu), nu }] as const;
        }),
    });
  },
);
