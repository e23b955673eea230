/**
 * @file Adam and its relatives: the first moment of the gradient over the root of a second one.
 *
 * All of them correct the bias of averages that began at zero, and add epsilon to the root, not under it, as optax does.
 */

import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import type { Float } from "./base.js";
import { optimizer } from "./define.js";
import { average, biasCorrection, perLeaf, type RunningState } from "./per-leaf.js";
import type { GradientTransformation } from "./state.js";

export interface MomentOptions {
  /** Decay of the first moment. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment. Default 1e-8; 1e-6 in `lamb`, 1e-3 for Yogi, 1e-16 for AdaBelief. */
  readonly epsilon?: number;
  /** Added to the second moment under the root. Default 0; 1e-16 for AdaBelief. Adamax takes no root and ignores it. */
  readonly epsilonRoot?: number;
}

/** State of transformations with two moments, trees like the parameters. */
export type MomentState = RunningState<"mu" | "nu">;

const defaults = (options: MomentOptions, epsilon = 1e-8, epsilonRoot = 0): Required<MomentOptions> => ({
  ...{ beta1: 0.9, beta2: 0.999, epsilon, epsilonRoot },
  ...options,
});

/** The corrections of both moments at step `t`. */
const corrections =
  ({ beta1, beta2 }: Required<MomentOptions>) =>
  (t: Tensor, dtype: Float) => ({ first: biasCorrection(beta1, t, dtype), second: biasCorrection(beta2, t, dtype) });

/** `mu / (sqrt(nu + epsilonRoot) + epsilon)` of corrected moments. */
const ratio = (mu: Tensor, nu: Tensor, { epsilon, epsilonRoot }: Required<MomentOptions>): Tensor =>
  np.divide(mu, np.add(np.sqrt(epsilonRoot === 0 ? nu : np.add(nu, epsilonRoot)), epsilon));

const START = { mu: 0, nu: 0 } as const;

/**
 * `m̂ / (sqrt(v̂ + epsilonRoot) + epsilon)` with moving averages m of g and v of g², corrected for their start at zero.
 *
 * - `nesterov`: whether the first moment looks one step ahead (NAdam). Default false
 * @see Kingma and Ba 2015, arXiv:1412.6980; Dozat 2016; optax's `scale_by_adam`
 */
export const scaleByAdam = optimizer(
  "optim.scaleByAdam({ beta1, beta2, epsilon, epsilonRoot, nesterov })",
  (options: MomentOptions & { readonly nesterov?: boolean } = {}): GradientTransformation<MomentState> => {
    const all = defaults(options);
    const { beta1, beta2 } = all;
    return perLeaf({
      name: "optim.scaleByAdam",
      slots: START,
      shared: (t, dtype) => ({ ...corrections(all)(t, dtype), ahead: biasCorrection(beta1, np.add(t, 1), dtype) }),
      step: (g, old, { first, second, ahead }) => {
        const [mu, nu] = [average(beta1, old.mu, g), average(beta2, old.nu, np.square(g))];
        const direction =
          options.nesterov === true ? average(beta1, np.divide(mu, ahead), np.divide(g, first)) : np.divide(mu, first);
        return [ratio(direction, np.divide(nu, second), all), { mu, nu }];
      },
    });
  },
);

/**
 * Adam with the largest second moment so far in place of the present one (after the correction, as optax has it).
 *
 * @see Reddi et al. 2018, arXiv:1904.09237; optax's `scale_by_amsgrad`
 */
export const scaleByAmsgrad = optimizer(
  "optim.scaleByAmsgrad({ beta1, beta2, epsilon, epsilonRoot })",
  (options: MomentOptions = {}): GradientTransformation<RunningState<"mu" | "nu" | "nuMax">> => {
    const all = defaults(options);
    return perLeaf({
      name: "optim.scaleByAmsgrad",
      slots: { ...START, nuMax: 0 },
      shared: corrections(all),
      step: (g, old, { first, second }) => {
        const [mu, nu] = [average(all.beta1, old.mu, g), average(all.beta2, old.nu, np.square(g))];
        const nuMax = np.maximum(old.nuMax, np.divide(nu, second));
        return [ratio(np.divide(mu, first), nuMax, all), { mu, nu, nuMax }];
      },
    });
  },
);

/**
 * The first moment over a decaying maximum: `nu ← max(|g| + epsilon, beta2 · nu)`.
 *
 * @see Kingma and Ba 2015, section 7.1; optax's `scale_by_adamax`
 */
export const scaleByAdamax = optimizer(
  "optim.scaleByAdamax({ beta1, beta2, epsilon, epsilonRoot })",
  (options: MomentOptions = {}): GradientTransformation<MomentState> => {
    const all = defaults(options);
    return perLeaf({
      name: "optim.scaleByAdamax",
      slots: START,
      shared: (t, dtype) => biasCorrection(all.beta1, t, dtype),
      step: (g, old, first) => {
        const mu = average(all.beta1, old.mu, g);
        const nu = np.maximum(np.add(np.abs(g), all.epsilon), np.multiply(all.beta2, old.nu));
        return [np.divide(np.divide(mu, first), nu), { mu, nu }];
      },
    });
  },
);

/**
 * AdaBelief: the second moment is that of how far the gradient is from the first moment, the one after the step.
 *
 * As in optax, `epsilonRoot` is added to the moment itself.
 * @see Zhuang et al. 2020, arXiv:2010.07468; optax's `scale_by_belief`
 */
export const scaleByBelief = optimizer(
  "optim.scaleByBelief({ beta1, beta2, epsilon, epsilonRoot })",
  (options: MomentOptions = {}): GradientTransformation<MomentState> => {
    const all = defaults(options, 1e-16, 1e-16);
    return perLeaf({
      name: "optim.scaleByBelief",
      slots: START,
      shared: corrections(all),
      step: (g, old, { first, second }) => {
        const mu = average(all.beta1, old.mu, g);
        const nu = np.add(average(all.beta2, old.nu, np.square(np.subtract(g, mu))), all.epsilonRoot);
        return [ratio(np.divide(mu, first), np.divide(nu, second), { ...all, epsilonRoot: 0 }), { mu, nu }];
      },
    });
  },
);

/**
 * Yogi: the second moment moves towards g² by a step whose size does not depend on how far it is away.
 *
 * `nu ← nu - (1 - beta2) · sign(nu - g²) · g²`; both moments start at `initialAccumulator` (default 1e-6).
 * @see Zaheer et al. 2018; optax's `scale_by_yogi`
 */
export const scaleByYogi = optimizer(
  "optim.scaleByYogi({ beta1, beta2, epsilon, epsilonRoot, initialAccumulator })",
  (options: MomentOptions & { readonly initialAccumulator?: number } = {}): GradientTransformation<MomentState> => {
    const { initialAccumulator = 1e-6, ...rest } = options;
    const all = defaults(rest, 1e-3);
    return perLeaf({
      name: "optim.scaleByYogi",
      slots: { mu: initialAccumulator, nu: initialAccumulator },
      shared: corrections(all),
      step: (g, old, { first, second }) => {
        const mu = average(all.beta1, old.mu, g);
        const square = np.square(g);
        const signed = np.multiply(np.sign(np.subtract(old.nu, square)), square);
        const nu = np.subtract(old.nu, np.multiply(1 - all.beta2, signed));
        return [ratio(np.divide(mu, first), np.divide(nu, second), all), { mu, nu }];
      },
    });
  },
);

/**
 * Rectified Adam: as long as too few steps make the second moment uncertain, the first moment alone.
 *
 * - `threshold`: how many steps' worth of certainty the second moment needs. Default 5
 * @see Liu et al. 2020, arXiv:1908.03265; optax's `scale_by_radam`
 */
export const scaleByRadam = optimizer(
  "optim.scaleByRadam({ beta1, beta2, epsilon, epsilonRoot, threshold })",
  (options: MomentOptions & { readonly threshold?: number } = {}): GradientTransformation<MomentState> => {
    const { threshold = 5, ...rest } = options;
    const all = defaults(rest);
    const { beta2 } = all;
    const limit = 2 / (1 - beta2) - 1;
    return perLeaf({
      name: "optim.scaleByRadam",
      slots: START,
      shared: (t, dtype) => {
        const { first, second } = corrections(all)(t, dtype);
        const power = np.subtract(1, second);
        const rho = np.subtract(limit, np.divide(np.multiply(np.multiply(2, t), power), second));
        const certain = np.greaterEqual(rho, threshold);
        // Where it is not used, the root is taken of a number that has one, so that no NaN gets in.
        const safe = np.where(certain, rho, 5);
        const above = np.multiply(np.multiply(np.subtract(safe, 4), np.subtract(safe, 2)), limit);
        const rectifier = np.sqrt(np.divide(above, np.multiply((limit - 4) * (limit - 2), safe)));
        return { first, second, certain, rectifier };
      },
      step: (g, old, { first, second, certain, rectifier }) => {
        const [mu, nu] = [average(all.beta1, old.mu, g), average(beta2, old.nu, np.square(g))];
        const direction = np.divide(mu, first);
        const rectified = np.multiply(rectifier, ratio(direction, np.divide(nu, second), all));
        return [np.where(certain, rectified, direction), { mu, nu }];
      },
    });
  },
);
