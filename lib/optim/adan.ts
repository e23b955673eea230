/** @file Adan: Adam with the difference of gradients as a moment. */

import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { chain, type NoState } from "./base.js";
import { optimizer } from "./define.js";
import type { LearningRate } from "./optimizers.js";
import { average, biasCorrection, perLeaf, type RunningState } from "./per-leaf.js";
import { addDecayedWeights, type Mask, type ScheduleState, scaleByLearningRate } from "./scale.js";
import type { GradientTransformation } from "./state.js";

export interface AdanOptions {
  /** Decay of the gradient's moment. Default 0.98. */
  readonly beta1?: number;
  /** Decay of the moment of differences. Default 0.92. */
  readonly beta2?: number;
  /** Decay of the second moment. Default 0.99. */
  readonly beta3?: number;
  /** Added to the root of the second moment. Default 1e-8. */
  readonly epsilon?: number;
  /** Added to the second moment under the root. Default 0; 1e-8 in `adan`. */
  readonly epsilonRoot?: number;
}

/** Moments of the gradient, of its differences and of the square, and the last gradient. */
export type AdanState = RunningState<"m" | "v" | "n" | "last">;

/**
 * `(m̂ + (1 - beta2) v̂) / (sqrt(n̂ + epsilonRoot) + epsilon)` with moving averages m of g, v of d = g - (the last g) and n of
 * (g + (1 - beta2) d)², corrected for their start at zero; in the first step d is zero.
 *
 * @see Xie et al. 2022, arXiv:2208.06677; optax's `scale_by_adan`
 */
export const scaleByAdan = optimizer(
  "optim.scaleByAdan({ beta1, beta2, beta3, epsilon, epsilonRoot })",
  (options: AdanOptions = {}): GradientTransformation<AdanState> => {
    const { beta1, beta2, beta3, epsilon, epsilonRoot } = {
      ...{ beta1: 0.98, beta2: 0.92, beta3: 0.99, epsilon: 1e-8, epsilonRoot: 0 },
      ...options,
    };
    return perLeaf({
      name: "optim.scaleByAdan",
      slots: { m: 0, v: 0, n: 0, last: 0 },
      shared: (t, dtype) => ({
        begun: np.greater(t, 1),
        byM: biasCorrection(beta1, t, dtype),
        byV: biasCorrection(beta2, t, dtype),
        byN: biasCorrection(beta3, t, dtype),
      }),
      step: (g, old, { begun, byM, byV, byN }) => {
        const difference = np.where(begun, np.subtract(g, old.last), np.zerosLike(g));
        const ahead = (first: Tensor, second: Tensor): Tensor => np.add(first, np.multiply(1 - beta2, second));
        const [m, v] = [average(beta1, old.m, g), average(beta2, old.v, difference)];
        const n = average(beta3, old.n, np.square(ahead(g, difference)));
        const root = np.add(np.sqrt(np.add(np.divide(n, byN), epsilonRoot)), epsilon);
        return [np.divide(ahead(np.divide(m, byM), np.divide(v, byV)), root), { m, v, n, last: g }];
      },
    });
  },
);

/**
 * Adan, with weight decay.
 *
 * - `weightDecay`: default 0
 * @see Xie et al. 2022, arXiv:2208.06677; optax's `adan`
 * @example adan({ learningRate: 1e-3 })
 */
export const adan = optimizer(
  "optim.adan({ learningRate, beta1, beta2, beta3, epsilon, epsilonRoot, weightDecay, mask })",
  (
    options: LearningRate & AdanOptions & { readonly weightDecay?: number | Tensor; readonly mask?: Mask },
  ): GradientTransformation<readonly [AdanState, NoState, ScheduleState]> => {
    const { learningRate, weightDecay = 0, mask, ...rest } = options;
    return chain(
      scaleByAdan({ epsilonRoot: 1e-8, ...rest }),
      addDecayedWeights(weightDecay, { mask }),
      scaleByLearningRate(learningRate),
    );
  },
);
