/** @file Prodigy: AdamW that estimates its learning rate from how far the parameters have come. */
import { scope } from "../core/composite.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { beside, type Float, givenParams, mapLeaves, widestFloat } from "./base.js";
import { optimizer } from "./define.js";
import { totalOf } from "./dot.js";
import { average, biasCorrection } from "./per-leaf.js";
import { type Rate, rateAt } from "./schedules.js";
import { type GradientTransformation, type PerParam, transformation } from "./state.js";

export interface ProdigyOptions {
  /** What the estimate is multiplied by, such as a schedule that goes from 1 to 0. Default 1. */
  readonly learningRate?: Rate;
  /** Decay of the first moment. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment. Default 0.999. */
  readonly beta2?: number;
  /** Decay of the sums of the estimate. Default the root of `beta2`. */
  readonly beta3?: number;
  /** Added to the root of the second moment, times the estimate. Default 1e-8. */
  readonly epsilon?: number;
  /** The first estimate, below the right one. Default 1e-6. */
  readonly initialEstimate?: number;
  /** What later estimates are multiplied by. Default 1. */
  readonly coefficient?: number;
  /** Share of the parameter taken off in a step, times the rate. Default 0. */
  readonly weightDecay?: number | Tensor;
  /** Whether the rate is left out of the estimate's denominator, for schedules that begin near zero. Default false. */
  readonly safeguardWarmup?: boolean;
}

export interface ProdigyState {
  /** Steps done, int32 scalar. */
  readonly count: Tensor;
  readonly mu: PerParam;
  readonly nu: PerParam;
  /** The weighted sum of gradients. */
  readonly sum: PerParam;
  /** The parameters at the start. */
  readonly start: PerParam;
  /** The estimate of the distance to the solution: the learning rate. */
  readonly estimate: Tensor;
  readonly numerator: Tensor;
}

/**
 * AdamW whose learning rate is an estimate of how far the solution is away, which only grows.
 *
 * @see Mishchenko and Defazio 2023, arXiv:2306.06101; optax's `contrib.prodigy`
 * @example prodigy() // learningRate: 1, or a schedule from 1 to 0
 */
export const prodigy = optimizer(
  "optim.prodigy({ learningRate, beta1, beta2, beta3, epsilon, initialEstimate, coefficient, weightDecay, safeguardWarmup })",
  (options: ProdigyOptions = {}): GradientTransformation<ProdigyState> => {
    const name = "optim.prodigy";
    const { learningRate = 1, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, initialEstimate = 1e-6 } = options;
    const { beta3 = Math.sqrt(beta2), coefficient = 1, weightDecay = 0, safeguardWarmup = false } = options;
    /** The estimate's rate at a step: times the schedule, and Adam's correction of both moments. */
    const rateOf = (estimate: Tensor, count: Tensor, dtype: Float): Tensor => {
      const t = np.add(count, 1);
      const corrected = np.divide(np.sqrt(biasCorrection(beta2, t, dtype)), biasCorrection(beta1, t, dtype));
      return np.multiply(np.multiply(estimate, rateAt(learningRate, count, dtype)), corrected);
    };
    return transformation<ProdigyState>({
      init: (params) =>
        scope(() => {
          const zeros = (): unknown => mapLeaves(name, (p) => np.zerosLike(p), params);
          const dtype = widestFloat(params);
          return {
            count: np.scalar(0, "int32"),
            ...{ mu: zeros(), nu: zeros(), sum: zeros() },
            start: mapLeaves(name, (p) => np.add(p, 0), params),
            estimate: np.full([], initialEstimate, dtype),
            numerator: np.zeros([], dtype),
          };
        }),
      update: (grads, state, params) =>
        scope(() => {
          const { count, estimate } = state;
          const now = givenParams(name, params);
          const rate = rateOf(estimate, count, widestFloat(now));
          const scaled = mapLeaves(name, (g) => np.multiply(beside(g, estimate), g), grads);
          const mu = mapLeaves(name, (m: Tensor, d: Tensor) => average(beta1, m, d), state.mu, scaled);
          const nu = mapLeaves(name, (v: Tensor, d: Tensor) => average(beta2, v, np.square(d)), state.nu, scaled);
          const weight = np.divide(safeguardWarmup ? estimate : rate, initialEstimate);
          const gathered = (s: Tensor, d: Tensor): Tensor =>
            np.add(np.multiply(beta3, s), np.multiply(beside(d, weight), d));
          const sum = mapLeaves(name, gathered, state.sum, scaled);
          const along = mapLeaves(
            name,
            (g: Tensor, p0: Tensor, p: Tensor) => np.multiply(g, np.subtract(p0, p)),
            grads,
            state.start,
            now,
          );
          const share = np.multiply(np.multiply(np.divide(estimate, initialEstimate), rate), totalOf(along));
          const numerator = np.add(np.multiply(beta3, state.numerator), share);
          const denominator = totalOf(mapLeaves(name, (s: Tensor) => np.abs(s), sum));
          // Without any gradient so far there is nothing to estimate from.
          const safe = np.where(np.greater(denominator, 0), denominator, 1);
          const next = np.maximum(estimate, np.divide(np.multiply(coefficient, numerator), safe));
          const step = (m: Tensor, v: Tensor, p: Tensor): Tensor => {
            const adam = np.divide(m, np.add(np.sqrt(v), np.multiply(beside(v, next), epsilon)));
            return np.negative(np.multiply(beside(p, rate), np.add(adam, np.multiply(weightDecay, p))));
          };
          const updates = mapLeaves(name, step, mu, nu, now) as typeof grads;
          return [
            updates,
            { count: np.add(count, 1), mu, nu, sum, start: state.start, estimate: next, numerator },
          ] as const;
        }),
    });
  },
);
