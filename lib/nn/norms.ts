/** @file Normalisation layers; epsilon stands under the root in all of them. */

import { range } from "../core/aval.js";
import { composite, scope, takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { stopGradient } from "../primitives/elementwise.js";
import { customJvp } from "../transforms/custom-jvp.js";
import { checkFeatures, type Layer } from "./layer.js";
import { standardize } from "./softmax.js";

export interface ScaleParams {
  /** `[features]` */
  readonly scale: Tensor;
}

export interface NormParams {
  /** `[features]`; absent with `useScale: false` */
  readonly scale?: Tensor;
  /** `[features]`; absent with `useBias: false` */
  readonly bias?: Tensor;
}

export interface NormOptions {
  /** Default 1e-6. */
  readonly epsilon?: number;
  /** Default true. */
  readonly useScale?: boolean;
  /** Default true. */
  readonly useBias?: boolean;
}

const startOf = (features: number, { useScale = true, useBias = true }: NormOptions): NormParams => ({
  ...(useScale ? { scale: np.ones([features]) } : {}),
  ...(useBias ? { bias: np.zeros([features]) } : {}),
});

const affine = ({ scale, bias }: NormParams, x: Tensor): Tensor => {
  const scaled = scale === undefined ? x : np.multiply(x, scale);
  return bias === undefined ? scaled : np.add(scaled, bias);
};

/**
 * Root-mean-square normalisation over the last axis, without mean or bias: `y = scale · x / sqrt(mean(x²) + epsilon)`.
 *
 * - `epsilon`: default 1e-6
 * @see Zhang and Sennrich 2019, arXiv:1910.07467; Flax's `RMSNorm`
 * @example nn.rmsNorm(4).apply({ scale: np.ones([4]) }, np.full([2, 4], 5)) // all entries 1, to 1e-6
 */
export const rmsNorm = takes(
  "nn.rmsNorm(features, { epsilon })",
  (features: number, options: { readonly epsilon?: number } = {}): Layer<ScaleParams> => {
    const { epsilon = 1e-6 } = options;
    return {
      init: () => ({ scale: np.ones([features]) }),
      apply: composite("nn.rmsNorm({ scale }, x)", ({ scale }: ScaleParams, x: Tensor): Tensor => {
        checkFeatures("nn.rmsNorm", x, features);
        checkFeatures("nn.rmsNorm", scale, features);
        return np.multiply(unitMeanSquare(epsilon)(x), scale);
      }),
    };
  },
);

/** `n = x / sqrt(mean(x²) + epsilon)` and the factor `r = n / x`. */
const rmsParts = (x: Tensor, epsilon: number): { n: Tensor; r: Tensor } => {
  const r = np.rsqrt(np.add(np.mean(np.square(x), { axis: -1, keepDims: true }), epsilon));
  return { n: np.multiply(x, r), r };
};

/** The derivative is stated in terms of the result, `r · (dx - n · mean(n · dx))`, which takes fewer passes than that of the formula. */
const unitMeanSquare = (epsilon: number): ((x: Tensor) => Tensor) =>
  customJvp(
    (x: Tensor): Tensor => rmsParts(x, epsilon).n,
    ([x], [dx]) => {
      const { n, r } = rmsParts(x, epsilon);
      const minusMean = np.negative(np.mean(np.multiply(n, dx), { axis: -1, keepDims: true }));
      return [n, np.multiply(r, np.add(dx, np.multiply(n, minusMean)))];
    },
  );

/**
 * Normalisation over the last axis: `y = scale · (x - mean) / sqrt(variance + epsilon) + bias`.
 *
 * PyTorch's default epsilon is 1e-5; here, as in Flax, 1e-6.
 * @see Ba et al. 2016, arXiv:1607.06450; Flax's `LayerNorm`
 */
export const layerNorm = takes(
  "nn.layerNorm(features, { epsilon, useScale, useBias })",
  (features: number, options: NormOptions = {}): Layer<NormParams> => {
    const { epsilon = 1e-6 } = options;
    return {
      init: () => scope(() => startOf(features, options)),
      apply: composite("nn.layerNorm(params, x)", (params: NormParams, x: Tensor): Tensor => {
        checkFeatures("nn.layerNorm", x, features);
        return affine(params, standardize(x, -1, { epsilon }));
      }),
    };
  },
);

/**
 * Normalisation of groups of channels over all places of one example; `x` is `[batch, ..., features]`.
 *
 * - `groups`: default 32; `features` of them is instance normalisation, one is layer normalisation over all axes but the first
 * @throws {ArgumentError} unless the groups divide the features
 * @see Wu and He 2018, arXiv:1803.08494; Flax's `GroupNorm`
 */
export const groupNorm = takes(
  "nn.groupNorm(features, { epsilon, useScale, useBias, groups })",
  (features: number, options: NormOptions & { readonly groups?: number } = {}): Layer<NormParams> => {
    const { epsilon = 1e-6, groups = 32 } = options;
    if (!(groups >= 1) || features % groups !== 0) {
      throw new ArgumentError({
        where: "nn.groupNorm",
        what: "the groups do not divide the features",
        expected: `a divisor of ${features}`,
        got: `${groups}`,
      });
    }
    return {
      init: () => scope(() => startOf(features, options)),
      apply: composite("nn.groupNorm(params, x)", (params: NormParams, x: Tensor): Tensor => {
        checkFeatures("nn.groupNorm", x, features);
        const split = np.reshape(x, [...x.shape.slice(0, -1), groups, features / groups]);
        const axes = [...range(x.ndim - 1).slice(1), x.ndim];
        return affine(params, np.reshape(standardize(split, axes, { epsilon }), x.shape));
      }),
    };
  },
);

/** Running averages of batch normalisation. */
export interface BatchNormState {
  /** `[features]` */
  readonly mean: Tensor;
  /** `[features]`, of the whole batch (not the estimate divided by n - 1) */
  readonly variance: Tensor;
}

/** A layer whose statistics are a state that is handed in and out. */
export interface BatchNorm {
  readonly init: (key: Tensor) => NormParams;
  /** Mean 0 and variance 1. */
  readonly initState: () => BatchNormState;
  /** Normalises by the running averages: for evaluation. */
  readonly apply: (params: NormParams, state: BatchNormState, x: Tensor) => Tensor;
  /** Normalises by the batch's own statistics, and gives the averages brought up to date: for training. */
  readonly train: (params: NormParams, state: BatchNormState, x: Tensor) => readonly [y: Tensor, state: BatchNormState];
}

/**
 * Normalisation of each channel over the batch and all places; `x` is `[..., features]`.
 *
 * The averages are not parameters and have no gradient. `average ← momentum · average + (1 - momentum) · batch`; PyTorch calls
 * `1 - momentum` momentum, and keeps the unbiased variance.
 * - `momentum`: default 0.99; `epsilon`: default 1e-5
 * @see Ioffe and Szegedy 2015, arXiv:1502.03167; Flax's `BatchNorm`
 * @example
 * const norm = nn.batchNorm(64);
 * const [y, next] = norm.train(params, state, x); // next takes the place of state
 */
export const batchNorm = takes(
  "nn.batchNorm(features, { epsilon, useScale, useBias, momentum })",
  (features: number, options: NormOptions & { readonly momentum?: number } = {}): BatchNorm => {
    const { epsilon = 1e-5, momentum = 0.99 } = options;
    const average = (old: Tensor, fresh: Tensor): Tensor =>
      np.add(np.multiply(momentum, old), np.multiply(1 - momentum, fresh));
    return {
      init: () => scope(() => startOf(features, options)),
      initState: () => scope(() => ({ mean: np.zeros([features]), variance: np.ones([features]) })),
      apply: composite(
        "nn.batchNorm(params, state, x)",
        (params: NormParams, state: BatchNormState, x: Tensor): Tensor => {
          checkFeatures("nn.batchNorm", x, features);
          return affine(params, standardize(x, -1, { epsilon, ...state }));
        },
      ),
      train: composite("nn.batchNorm(params, state, x)", (params: NormParams, state: BatchNormState, x: Tensor) => {
        checkFeatures("nn.batchNorm", x, features);
        const axis = range(x.ndim - 1);
        const mean = np.mean(x, { axis });
        const variance = np.mean(np.square(np.subtract(x, mean)), { axis });
        const y = affine(params, standardize(x, axis, { epsilon, mean, variance }));
        const next = { mean: average(state.mean, mean), variance: average(state.variance, variance) };
        return [y, stopped(next)] as const;
      }),
    };
  },
);

const stopped = ({ mean, variance }: BatchNormState): BatchNormState => ({
  mean: stopGradient(mean),
  variance: stopGradient(variance),
});
