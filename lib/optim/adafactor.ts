/**
 * @file Adafactor as T5X has it: a second moment that is factored into rows and columns where both are long.
 *
 * @see Shazeer and Stern 2018, arXiv:1804.04235; T5X's `adafactor.py`
 */

import { scope } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { checkSameStructure, structureOf, subtreesAt, unflatten } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { alignedLeaves, givenParams, mapLeaves, ONE_TREE, perFloat } from "./base.js";
import { rms } from "./clip.js";
import { optimizer } from "./define.js";
import { type Rate, rateAt } from "./schedules.js";
import { type GradientTransformation, type PerParam, plain, transformation } from "./state.js";

export interface AdafactorOptions {
  readonly learningRate: Rate;
  /** Exponent of the decay of the second moment: `beta = 1 - (t - stepOffset + 1) ** -decayRate`. Default 0.8. */
  readonly decayRate?: number;
  /** The step at which the decay of the second moment begins anew. Default 0. */
  readonly stepOffset?: number;
  /** The step the count starts at. The released prompts started at 1100000, the pre-training's last step. Default 0. */
  readonly initialStep?: number;
  /** Whether leaves with two axes of at least `minDimSizeToFactor` keep sums of rows and columns only. Default true. */
  readonly factored?: boolean;
  /** Default 128. */
  readonly minDimSizeToFactor?: number;
  /** Updates of a larger root mean square are scaled down to it; null switches that off. Default 1. */
  readonly clippingThreshold?: number | null;
  /** Whether the learning rate is relative to the root mean square of the parameter. Default true. */
  readonly multiplyByParameterScale?: boolean;
  /** Decay of a moving average of the updates; none by default. */
  readonly beta1?: number;
  /** Share of the parameter that each step takes away, whatever the learning rate. Default 0. */
  readonly weightDecayRate?: number;
  /** Added to the squared gradient. Default 1e-30. */
  readonly epsilon1?: number;
  /** The least parameter scale. Default 1e-3. */
  readonly epsilon2?: number;
}

/** What is kept for one parameter; null where it is not used. */
export interface AdafactorMoments {
  /** Moving average of the updates. */
  readonly m: Tensor | null;
  /** Second moment, of the parameter's shape. */
  readonly v: Tensor | null;
  /** Second moment averaged over the longest axis. */
  readonly vRow: Tensor | null;
  /** Second moment averaged over the second longest axis. */
  readonly vCol: Tensor | null;
}

/** The template of Adafactor's state. */
export interface AdafactorState {
  /** Steps done, int32 scalar. */
  readonly count: Tensor;
  /** A tree like the parameters, with the moments of each. */
  readonly moments: PerParam<AdafactorMoments>;
}

/** The longest axis and the second longest (of equal ones the later is longer), or null where the leaf is not factored. */
const factoredAxes = (shape: readonly number[], least: number): readonly [d0: number, d1: number] | null => {
  const order = shape.map((_, i) => i).sort((i, j) => shape[i] - shape[j] || i - j);
  const [d1, d0] = order.slice(-2);
  return shape.length >= 2 && shape[d1] >= least ? [d0, d1] : null;
};

/** @throws {ArgumentError} when the count starts before the decay does: a power of 0 or less makes NaN of every parameter */
const checkOffset = (stepOffset: number, initialStep: number): void => {
  if (stepOffset <= initialStep) return;
  throw new ArgumentError({
    where: "optim.adafactor",
    what: "the count starts before the decay of the second moment",
    expected: "stepOffset up to initialStep",
    got: `stepOffset ${stepOffset}, initialStep ${initialStep}`,
    hint: "start the count at the step of the checkpoint: initialStep",
  });
};

/**
 * Adafactor.
 *
 * With weight decay w and update u a step is `p ← (1 - w) p - u`: the decay is not multiplied by the learning rate. Hugging Face's
 * `Adafactor`, which does so and factors every matrix, is `{ weightDecayRate: learningRate * weight_decay, minDimSizeToFactor: 1 }`, for
 * a constant rate without parameter scale.
 * @throws {ArgumentError} from `init` when `stepOffset` is above `initialStep`, where the decay would be no number
 * @example // the settings of prompt tuning (Lester et al. 2021)
 * adafactor({ learningRate: 0.3, decayRate: 0.8, weightDecayRate: 1e-5, multiplyByParameterScale: false })
 */
export const adafactor = optimizer(
  "optim.adafactor({ learningRate, decayRate, stepOffset, initialStep, factored, minDimSizeToFactor, clippingThreshold, multiplyByParameterScale, beta1, weightDecayRate, epsilon1, epsilon2 })",
  (options: AdafactorOptions): GradientTransformation<AdafactorState> => {
    const {
      decayRate = 0.8,
      stepOffset = 0,
      initialStep = 0,
      factored = true,
      minDimSizeToFactor = 128,
      clippingThreshold = 1,
      multiplyByParameterScale = true,
      beta1,
      weightDecayRate = 0,
      epsilon1 = 1e-30,
      epsilon2 = 1e-3,
    } = options;
    const axesOf = (x: Tensor) => (factored ? factoredAxes(x.shape, minDimSizeToFactor) : null);
    const without = (x: Tensor, axis: number): Tensor =>
      np.zeros(
        x.shape.filter((_, i) => i !== axis),
        x.dtype,
      );

    const start = (x: Tensor): AdafactorMoments => {
      const axes = axesOf(x);
      return {
        m: beta1 === undefined ? null : np.zerosLike(x),
        v: axes === null ? np.zerosLike(x) : null,
        vRow: axes === null ? null : without(x, axes[0]),
        vCol: axes === null ? null : without(x, axes[1]),
      };
    };

    /** A stand-in for the moments of `x`, with zeros for tensors: the structure that they have. */
    const form = (x: Tensor): unknown => {
      const [whole, parts] = axesOf(x) === null ? [0, null] : [null, 0];
      return { m: beta1 === undefined ? null : 0, v: whole, vRow: parts, vCol: parts };
    };

    /** The gradient divided by the root of its second moment, and that moment brought up to date. */
    const normalize = (
      g: Tensor,
      s: AdafactorMoments,
      beta: Tensor,
    ): { y: Tensor; moments: Omit<AdafactorMoments, "m"> } => {
      const decay = (old: Tensor, fresh: Tensor): Tensor =>
        np.add(np.multiply(beta, old), np.multiply(np.subtract(1, beta), fresh));
      const square = np.add(np.square(g), epsilon1);
      const axes = axesOf(g);
      if (axes === null) {
        const v = decay(s.v as Tensor, square);
        return { y: np.multiply(g, np.rsqrt(v)), moments: { v, vRow: null, vCol: null } };
      }
      const [d0, d1] = axes;
      const vRow = decay(s.vRow as Tensor, np.mean(square, { axis: d0 }));
      const vCol = decay(s.vCol as Tensor, np.mean(square, { axis: d1 }));
      const mean = np.mean(vRow, { axis: d1 > d0 ? d1 - 1 : d1, keepDims: true });
      const rows = np.expandDims(np.rsqrt(np.divide(vRow, mean)), d0);
      const columns = np.expandDims(np.rsqrt(vCol), d1);
      return { y: np.multiply(np.multiply(g, rows), columns), moments: { v: null, vRow, vCol } };
    };

    const step = (
      g: Tensor,
      s: AdafactorMoments,
      p: Tensor,
      beta: Tensor,
      rate: Tensor | number,
    ): [Tensor, AdafactorMoments] => {
      const { y, moments } = normalize(g, s, beta);
      const clipped =
        clippingThreshold === null ? y : np.divide(y, np.maximum(1, np.divide(rms(y), clippingThreshold)));
      const scaled = np.multiply(
        clipped,
        multiplyByParameterScale ? np.multiply(np.maximum(rms(p), epsilon2), rate) : rate,
      );
      const m =
        s.m === null || beta1 === undefined ? null : np.add(np.multiply(beta1, s.m), np.multiply(1 - beta1, scaled));
      const moved = np.negative(m ?? scaled);
      return [weightDecayRate === 0 ? moved : np.subtract(moved, np.multiply(weightDecayRate, p)), { m, ...moments }];
    };

    return transformation<AdafactorState>({
      init: (params) =>
        scope(() => {
          checkOffset(stepOffset, initialStep);
          const [rows, def] = alignedLeaves("optim.adafactor", params);
          const moments = unflatten(
            def,
            rows.map(([p]) => start(p)),
          );
          return { count: np.scalar(initialStep, "int32"), moments };
        }),
      update: (grads, state, params) =>
        scope(() => {
          const [rows, def] = alignedLeaves("optim.adafactor", givenParams("optim.adafactor", params), grads);
          const forms = unflatten(
            def,
            rows.map(([p]) => form(p)),
          );
          checkSameStructure(
            "optim.adafactor",
            structureOf(forms),
            structureOf(state.moments),
            ONE_TREE,
            "state.moments",
          );
          const moments = subtreesAt("optim.adafactor", def, state.moments) as AdafactorMoments[];
          // The decay is a float32 also beside float64 leaves, as it is in T5X and in optax.
          const t = np.add(np.astype(np.subtract(state.count, stepOffset), "float32"), 1);
          const beta = np.subtract(1, np.power(t, -decayRate));
          const rate = perFloat((dtype) => rateAt(options.learningRate, state.count, dtype));
          const results = rows.map(([p, g], i) => step(g, moments[i], p, beta, rate(g)));
          const updates = unflatten(
            def,
            results.map(([u]) => u),
          ) as typeof grads;
          const next = unflatten(
            def,
            results.map(([, m]) => m),
          );
          return [updates, { count: np.add(state.count, 1), moments: next }] as const;
        }),
    });
  },
);

export interface FactoredRmsOptions
  extends Pick<AdafactorOptions, "factored" | "decayRate" | "stepOffset" | "minDimSizeToFactor"> {
  /** Added to the square of the gradient. Default 1e-30. */
  readonly epsilon?: number;
}

/**
 * Divides gradients by the root of Adafactor's second moment, which matrices keep as their rows and columns: Adafactor without its clipping, its rate and the size
 * of the parameters.
 *
 * @see optax's `scale_by_factored_rms`
 */
export const scaleByFactoredRms = optimizer(
  "optim.scaleByFactoredRms({ factored, decayRate, stepOffset, minDimSizeToFactor, epsilon })",
  (options: FactoredRmsOptions = {}): GradientTransformation<AdafactorState> => {
    const { epsilon = 1e-30, ...rest } = options;
    const bare = { learningRate: 1, clippingThreshold: null, multiplyByParameterScale: false, epsilon1: epsilon };
    const steps = plain(adafactor({ ...rest, ...bare }));
    return transformation<AdafactorState>({
      init: steps.init,
      update: (grads, state, params) =>
        scope(() => {
          const [updates, next] = steps.update(grads, state, params ?? grads);
          return [mapLeaves("optim.scaleByFactoredRms", (u) => np.negative(u), updates), next] as const;
        }),
    });
  },
);
