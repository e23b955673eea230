/** @file Gradient descent, with momentum if wanted. */
import { scope } from "../core/composite.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { type GradientTransformation, mapLeaves } from "./base.js";
import { rateAt, type Schedule } from "./schedules.js";

export interface SgdState {
  /** Steps done, int32 scalar. */
  readonly count: Tensor;
  /** Accumulated gradients, a tree like the parameters; null without momentum. */
  readonly trace: unknown;
}

/**
 * `u = -rate · g`; with momentum `trace ← g + momentum · trace` takes the place of g, and Nesterov looks one step ahead.
 *
 * @see optax's `sgd`
 */
export const sgd = (options: {
  readonly learningRate: number | Schedule;
  readonly momentum?: number;
  readonly nesterov?: boolean;
}): GradientTransformation<SgdState> => {
  const { momentum, nesterov = false } = options;
  const accumulate = (g: Tensor, trace: Tensor): Tensor => np.add(g, np.multiply(momentum ?? 0, trace));
  return {
    init: (params) =>
      scope(() => ({
        count: np.scalar(0, "int32"),
        trace: momentum === undefined ? null : mapLeaves("optim.sgd", (p) => np.zerosLike(p), params),
      })),
    update: (grads, state, params) =>
      scope(() => {
        const rate = rateAt(options.learningRate, state.count);
        const trace = momentum === undefined ? null : mapLeaves("optim.sgd", accumulate, grads, state.trace);
        const ahead = nesterov && trace !== null ? mapLeaves("optim.sgd", accumulate, grads, trace) : trace;
        const direction = ahead ?? grads;
        const updates = mapLeaves("optim.sgd", (_p, d) => np.negative(np.multiply(d, rate)), params, direction);
        return [updates as typeof grads, { count: np.add(state.count, 1), trace }] as const;
      }),
  };
};
