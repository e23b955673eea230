/** @file Clipping: transformations of gradients without a state. */
import { scope } from "../core/composite.js";
import { leavesOf } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { type GradientTransformation, mapLeaves, type NoState, stateless } from "./base.js";

/** The Euclidean norm of all leaves together. */
export const globalNorm = (tree: unknown): Tensor =>
  scope(() => {
    const squares = leavesOf(tree).map((x) => np.sum(np.square(x as Tensor)));
    return np.sqrt(squares.reduce((a, b) => np.add(a, b), np.zeros([])));
  });

/** Scales all gradients down together where their norm exceeds `limit`. */
export const clipByGlobalNorm = (limit: number): GradientTransformation<NoState> => ({
  init: () => ({}),
  update: (grads, state) =>
    scope(() => {
      const factor = np.divide(limit, np.maximum(globalNorm(grads), limit));
      return [mapLeaves("optim.clipByGlobalNorm", (g) => np.multiply(g, factor), grads), state] as const;
    }),
});

/** Keeps every element within `[-limit, limit]`. */
export const clip = (limit: number): GradientTransformation<NoState> =>
  stateless("optim.clip", (g) => np.clip(g, -limit, limit));

/** Scales each leaf down where its root mean square exceeds `limit`. */
export const clipByBlockRms = (limit: number): GradientTransformation<NoState> =>
  stateless("optim.clipByBlockRms", (g) => np.divide(g, np.maximum(1, np.divide(rms(g), limit))));

/** Root mean square of all elements of a tensor. */
export const rms = (x: Tensor): Tensor => np.sqrt(np.mean(np.square(x)));
