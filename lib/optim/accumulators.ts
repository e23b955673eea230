/** @file Transformations with one or two running tensors that are not Adam's: momentum, averages, roots of squares, signs. */

import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { optimizer } from "./define.js";
import { average, biasCorrection as correctionOf, type PerLeaf, perLeaf, type RunningState } from "./per-leaf.js";
import { type GradientTransformation, makesTransformation } from "./state.js";

const nothing = (): undefined => undefined;

/**
 * Momentum: `trace ← g + decay · trace`; Nesterov's looks one step ahead: `g + decay · trace`.
 *
 * - `nesterov`: whether it looks ahead. Default false
 * @see optax's `trace`
 */
export const trace = makesTransformation(
  "optim.trace(decay, { nesterov })",
  (decay: number, options: { readonly nesterov?: boolean } = {}): GradientTransformation<RunningState<"trace">> => {
    const accumulate = (g: Tensor, t: Tensor): Tensor => np.add(g, np.multiply(decay, t));
    return perLeaf({
      name: "optim.trace",
      slots: { trace: 0 },
      shared: nothing,
      step: (g, old) => {
        const next = accumulate(g, old.trace);
        return [options.nesterov === true ? accumulate(g, next) : next, { trace: next }];
      },
    });
  },
);

/**
 * A moving average of the updates, `decay · ema + (1 - decay) · g`, corrected for its start at zero unless `debias` is false.
 *
 * @see optax's `ema`
 */
export const ema = makesTransformation(
  "optim.ema(decay, { debias })",
  (decay: number, options: { readonly debias?: boolean } = {}): GradientTransformation<RunningState<"ema">> =>
    perLeaf({
      name: "optim.ema",
      slots: { ema: 0 },
      shared: (t, dtype) => correctionOf(decay, t, dtype),
      step: (g, old, correction) => {
        const next = average(decay, old.ema, g);
        return [options.debias === false ? next : np.divide(next, correction), { ema: next }];
      },
    }),
);

/**
 * Adagrad: `g / sqrt(sum of g² so far + epsilon)`, 0 where the sum is 0.
 *
 * - `initialAccumulator`: where the sum starts. Default 0.1
 * - `epsilon`: default 1e-7
 * @see Duchi et al. 2011; optax's `scale_by_rss`
 */
export const scaleByRss = optimizer(
  "optim.scaleByRss({ initialAccumulator, epsilon })",
  (
    options: { readonly initialAccumulator?: number; readonly epsilon?: number } = {},
  ): GradientTransformation<RunningState<"sumOfSquares">> => {
    const { initialAccumulator = 0.1, epsilon = 1e-7 } = options;
    return perLeaf({
      name: "optim.scaleByRss",
      slots: { sumOfSquares: initialAccumulator },
      shared: nothing,
      step: (g, old) => {
        const sumOfSquares = np.add(old.sumOfSquares, np.square(g));
        const factor = np.where(np.greater(sumOfSquares, 0), np.rsqrt(np.add(sumOfSquares, epsilon)), 0);
        return [np.multiply(g, factor), { sumOfSquares }];
      },
    });
  },
);

export interface RmsOptions {
  /** Decay of the averages. Default 0.9. */
  readonly decay?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Where the second moment starts. Default 0. */
  readonly initialScale?: number;
  /** Whether epsilon is added under the root (default) or to it, as PyTorch does. */
  readonly epsilonInRoot?: boolean;
}

const overRoot = (g: Tensor, square: Tensor, epsilon: number, inside: boolean): Tensor =>
  inside ? np.multiply(g, np.rsqrt(np.add(square, epsilon))) : np.divide(g, np.add(np.sqrt(square), epsilon));

/**
 * RMSProp: `g / sqrt(v + epsilon)` with `v` a moving average of g².
 *
 * - `biasCorrection`: whether `v` is corrected for its start at zero. Default false
 * @see Tieleman and Hinton 2012; optax's `scale_by_rms`
 */
export const scaleByRms = optimizer(
  "optim.scaleByRms({ decay, epsilon, initialScale, epsilonInRoot, biasCorrection })",
  (options: RmsOptions & { readonly biasCorrection?: boolean } = {}): GradientTransformation<RunningState<"nu">> => {
    const { decay = 0.9, epsilon = 1e-8, initialScale = 0, epsilonInRoot = true, biasCorrection = false } = options;
    return perLeaf({
      name: "optim.scaleByRms",
      slots: { nu: initialScale },
      shared: (t, dtype) => (biasCorrection ? correctionOf(decay, t, dtype) : undefined),
      step: (g, old, correction) => {
        const nu = average(decay, old.nu, np.square(g));
        return [overRoot(g, correction === undefined ? nu : np.divide(nu, correction), epsilon, epsilonInRoot), { nu }];
      },
    });
  },
);

/**
 * Centred RMSProp: the square of the average gradient is taken from the average of the squares.
 *
 * @see Graves 2013, arXiv:1308.0850; optax's `scale_by_stddev`
 */
export const scaleByStddev = optimizer(
  "optim.scaleByStddev({ decay, epsilon, initialScale, epsilonInRoot })",
  (options: RmsOptions = {}): GradientTransformation<RunningState<"mu" | "nu">> => {
    const { decay = 0.9, epsilon = 1e-8, initialScale = 0, epsilonInRoot = true } = options;
    return perLeaf({
      name: "optim.scaleByStddev",
      slots: { mu: 0, nu: initialScale },
      shared: nothing,
      step: (g, old) => {
        const [mu, nu] = [average(decay, old.mu, g), average(decay, old.nu, np.square(g))];
        return [overRoot(g, np.subtract(nu, np.square(mu)), epsilon, epsilonInRoot), { mu, nu }];
      },
    });
  },
);

/**
 * Adadelta: `u = g · sqrt(x + epsilon) / sqrt(v + epsilon)` with moving averages v of g² and x of u².
 *
 * - `rho`: decay of both averages. Default 0.9
 * - `epsilon`: default 1e-6
 * @see Zeiler 2012, arXiv:1212.5701; optax's `scale_by_adadelta`
 */
export const scaleByAdadelta = optimizer(
  "optim.scaleByAdadelta({ rho, epsilon })",
  (
    options: { readonly rho?: number; readonly epsilon?: number } = {},
  ): GradientTransformation<RunningState<"gradSquares" | "updateSquares">> => {
    const { rho = 0.9, epsilon = 1e-6 } = options;
    return perLeaf({
      name: "optim.scaleByAdadelta",
      slots: { gradSquares: 0, updateSquares: 0 },
      shared: nothing,
      step: (g, old) => {
        const gradSquares = average(rho, old.gradSquares, np.square(g));
        const size = np.sqrt(np.divide(np.add(old.updateSquares, epsilon), np.add(gradSquares, epsilon)));
        const update = np.multiply(size, g);
        return [update, { gradSquares, updateSquares: average(rho, old.updateSquares, np.square(update)) }];
      },
    });
  },
);

/**
 * Lion: the sign of an average, which then takes in the gradient with another decay.
 *
 * `u = sign(beta1 · m + (1 - beta1) · g)`, `m ← beta2 · m + (1 - beta2) · g`
 * - `beta1`: default 0.9
 * - `beta2`: default 0.99
 * @see Chen et al. 2023, arXiv:2302.06675; optax's `scale_by_lion`
 */
export const scaleByLion = optimizer(
  "optim.scaleByLion({ beta1, beta2 })",
  (options: { readonly beta1?: number; readonly beta2?: number } = {}): GradientTransformation<RunningState<"mu">> => {
    const { beta1 = 0.9, beta2 = 0.99 } = options;
    return perLeaf({
      name: "optim.scaleByLion",
      slots: { mu: 0 },
      shared: nothing,
      step: (g, { mu }) => [np.sign(average(beta1, mu, g)), { mu: average(beta2, mu, g) }],
    });
  },
);

/**
 * NovoGrad: gradients divided by a moving average of their norm, leaf by leaf, then momentum.
 *
 * The first step takes the norm and the gradient themselves in place of averages.
 * - `beta1`: decay of the momentum. Default 0.9
 * - `beta2`: decay of the squared norm. Default 0.25
 * - `epsilon`: added to the norm. Default 1e-8; 1e-6 in `novograd`
 * - `weightDecay`: a share of the parameter that is added before the momentum. Default 0
 * @see Ginsburg et al. 2019, arXiv:1905.11286; optax's `scale_by_novograd`
 */
export const scaleByNovograd = optimizer(
  "optim.scaleByNovograd({ beta1, beta2, epsilon, weightDecay })",
  (
    options: {
      readonly beta1?: number;
      readonly beta2?: number;
      readonly epsilon?: number;
      readonly weightDecay?: number;
    } = {},
  ): GradientTransformation<RunningState<"mu" | "nu">> => {
    const { beta1 = 0.9, beta2 = 0.25, epsilon = 1e-8, weightDecay = 0 } = options;
    const step: PerLeaf<"mu" | "nu", Tensor>["step"] = (g, old, first) => {
      const square = np.sum(np.square(g));
      const nu = np.where(first, square, average(beta2, old.nu, square));
      // The momentum starts at zero, so the first step is not a special case.
      const mu = np.add(np.multiply(beta1, old.mu), np.divide(g, np.add(np.sqrt(nu), epsilon)));
      return [mu, { mu, nu }];
    };
    const decayedStep: typeof step = (g, old, first, p) => {
      const [moved, { nu }] = step(g, old, first, p);
      const mu = np.add(moved, np.multiply(weightDecay, p));
      return [mu, { mu, nu }];
    };
    return perLeaf({
      name: "optim.scaleByNovograd",
      slots: { mu: 0, nu: (p) => np.zeros([], p.dtype) },
      shared: (t) => np.equal(t, 1),
      step: weightDecay === 0 ? step : decayedStep,
    });
  },
);
