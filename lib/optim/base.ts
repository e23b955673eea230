import { composite } from "../core/composite.js";
import { treeMap } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
export interface GradientTransformation<S> {
  readonly init: (params: unknown) => S;
  readonly update: (grads: unknown, state: S, params: unknown) => readonly [updates: unknown, state: S];
}
export const applyUpdates = composite(
  "optim.applyUpdates",
  <P>(params: P, updates: unknown): P =>
    treeMap(((p: Tensor, u: Tensor) => np.add(p, u)) as never, params, updates) as P,
);
