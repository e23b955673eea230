/** @file Adam and AdamW. */
import { scope } from "../core/composite.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { type GradientTransformation, mapLeaves } from "./base.js";
import { rateAt, type Schedule } from "./schedules.js";

export interface AdamOptions {
  readonly learningRate: number | Schedule;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

export interface AdamState {
  /** Steps done, int32 scalar. */
  readonly count: Tensor;
  /** First and second moments, trees like the parameters. */
  readonly mu: unknown;
  readonly nu: unknown;
}

/**
 * AdamW: Adam with weight decay that does not go through the moments.
 *
 * `u = -rate · (m̂ / (sqrt(v̂) + eps) + weightDecay · p)`
 * @see Kingma and Ba 2015; Loshchilov and Hutter 2019
 */
export const adamw = (options: AdamOptions & { readonly weightDecay?: number }): GradientTransformation<AdamState> => {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 1e-4 } = options;
  const zeros = (params: unknown): unknown => mapLeaves("optim.adamw", (p) => np.zerosLike(p), params);
  const decayed = (beta: number, old: unknown, fresh: unknown): unknown =>
    mapLeaves("optim.adamw", (m, g) => np.add(np.multiply(beta, m), np.multiply(1 - beta, g)), old, fresh);
  return {
    init: (params) => scope(() => ({ count: np.scalar(0, "int32"), mu: zeros(params), nu: zeros(params) })),
    update: (grads, state, params) =>
      scope(() => {
        const count = np.add(state.count, 1);
        const t = np.astype(count, "float32");
        const mu = decayed(beta1, state.mu, grads);
        const nu = decayed(
          beta2,
          state.nu,
          mapLeaves("optim.adamw", (g) => np.square(g), grads),
        );
        const [c1, c2] = [beta1, beta2].map((beta) => np.subtract(1, np.power(beta, t)));
        const rate = rateAt(options.learningRate, state.count);
        const update = (p: Tensor, m: Tensor, v: Tensor): Tensor => {
          const direction = np.divide(np.divide(m, c1), np.add(np.sqrt(np.divide(v, c2)), epsilon));
          const whole = weightDecay === 0 ? direction : np.add(direction, np.multiply(weightDecay, p));
          return np.negative(np.multiply(whole, rate));
        };
        return [mapLeaves("optim.adamw", update, params, mu, nu) as typeof grads, { count, mu, nu }] as const;
      }),
  };
};

/** Adam without weight decay. */
export const adam = (options: AdamOptions): GradientTransformation<AdamState> => adamw({ ...options, weightDecay: 0 });
