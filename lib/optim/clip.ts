/** @file Clipping and the like: transformations of gradients without a state. */
import { scope, takes } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import { leavesOf } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { beside, mapLeaves, type NoState, stateless } from "./base.js";
import { type GradientTransformation, makesTransformation } from "./state.js";

/** The Euclidean norm of all leaves together. */
export const globalNorm = takes(
  "optim.globalNorm(tree)",
  (tree: unknown): Tensor =>
    scope(() => {
      const squares = leavesOf(tree).map((x) => np.sum(np.square(x as Tensor)));
      return np.sqrt(squares.reduce((a, b) => np.add(a, b), np.zeros([])));
    }),
);

/** Scales all gradients down together where their norm exceeds `limit`. */
export const clipByGlobalNorm = makesTransformation(
  "optim.clipByGlobalNorm(limit)",
  (limit: number): GradientTransformation<NoState> => ({
    init: () => ({}),
    update: (grads, state) =>
      scope(() => {
        const factor = np.divide(limit, np.maximum(globalNorm(grads), limit));
        return [mapLeaves("optim.clipByGlobalNorm", (g) => np.multiply(g, beside(g, factor)), grads), state] as const;
      }),
  }),
);

/** Keeps every element within `[-limit, limit]`. */
export const clip = makesTransformation(
  "optim.clip(limit)",
  (limit: number): GradientTransformation<NoState> => stateless("optim.clip", (g) => np.clip(g, -limit, limit)),
);

/** Scales each leaf down where its root mean square exceeds `limit`. */
export const clipByBlockRms = makesTransformation(
  "optim.clipByBlockRms(limit)",
  (limit: number): GradientTransformation<NoState> =>
    stateless("optim.clipByBlockRms", (g) => np.divide(g, np.maximum(1, np.divide(rms(g), limit)))),
);

/** Root mean square of all elements of a tensor. */
export const rms = (x: Tensor): Tensor => np.sqrt(np.mean(np.square(x)));

/** The Euclidean norm of a tensor, at least `least`; where that holds it has no derivative, which at 0 would be infinite. */
export const safeNorm = (x: Tensor, least: number, axis?: readonly number[]): Tensor => {
  const options = { axis, keepDims: axis !== undefined };
  const square = np.sum(np.square(x), options);
  const low = np.lessEqual(square, least * least);
  return np.where(low, least, np.sqrt(np.where(low, 1, square)));
};

/** The axes along which the entries of one unit lie: all of a vector, the inputs of a dense or convolution kernel. */
const unitAxes = (x: Tensor): readonly number[] => {
  if (x.shape.filter((n) => n !== 1).length <= 1) return x.shape.map((_, i) => i);
  if (x.ndim === 2 || x.ndim === 3) return [0];
  if (x.ndim === 4) return [0, 1, 2];
  throw new ShapeError({
    where: "optim.adaptiveGradClip",
    what: "the units of this tensor are unknown",
    expected: "rank 4 or less: vectors, kernels of dense and convolution layers",
    got: `${x.aval}`,
    hint: "leave it out with optim.masked",
  });
};

/**
 * Keeps the norm of each unit's gradient within `limit` times the norm of its weights (or `epsilon`, by default 1e-3, if that is larger).
 *
 * @see Brock et al. 2021, arXiv:2102.06171; optax's `adaptive_grad_clip`
 */
export const adaptiveGradClip = makesTransformation(
  "optim.adaptiveGradClip(limit, { epsilon })",
  (limit: number, options: { readonly epsilon?: number } = {}): GradientTransformation<NoState> => {
    const { epsilon = 1e-3 } = options;
    return stateless("optim.adaptiveGradClip", (g, p) => {
      const axes = unitAxes(p);
      const norm = safeNorm(g, 0, axes);
      const most = np.multiply(limit, safeNorm(p, epsilon, axes));
      return np.where(np.less(norm, most), g, np.multiply(g, np.divide(most, np.maximum(norm, 1e-6))));
    });
  },
);

/**
 * Multiplies each leaf's update by the norm of the parameter over its own; by 1 where one of them is 0.
 *
 * - `minNorm`: the least norm of either. Default 0
 * - `trustCoefficient`: multiplies the ratio. Default 1
 * - `epsilon`: added to the norm of the update. Default 0
 * @see You et al. 2020, arXiv:1904.00962; optax's `scale_by_trust_ratio`
 */
export const scaleByTrustRatio = makesTransformation(
  "optim.scaleByTrustRatio({ minNorm, trustCoefficient, epsilon })",
  (
    options: { readonly minNorm?: number; readonly trustCoefficient?: number; readonly epsilon?: number } = {},
  ): GradientTransformation<NoState> => {
    const { minNorm = 0, trustCoefficient = 1, epsilon = 0 } = options;
    return stateless("optim.scaleByTrustRatio", (u, p) => {
      const [ofParam, ofUpdate] = [safeNorm(p, minNorm), safeNorm(u, minNorm)];
      const none = np.logicalOr(np.equal(ofParam, 0), np.equal(ofUpdate, 0));
      const ratio = np.divide(np.multiply(trustCoefficient, ofParam), np.add(np.where(none, 1, ofUpdate), epsilon));
      return np.multiply(u, np.where(none, 1, ratio));
    });
  },
);

/** Multiplies each leaf's update by the root mean square of the parameter, at least `least` (default 1e-3). */
export const scaleByParamBlockRms = makesTransformation(
  "optim.scaleByParamBlockRms(least)",
  (least = 1e-3): GradientTransformation<NoState> =>
    stateless("optim.scaleByParamBlockRms", (u, p) => np.multiply(u, np.maximum(rms(p), least))),
);

/** Multiplies each leaf's update by the norm of the parameter, at least `least` (default 1e-3). */
export const scaleByParamBlockNorm = makesTransformation(
  "optim.scaleByParamBlockNorm(least)",
  (least = 1e-3): GradientTransformation<NoState> =>
    stateless("optim.scaleByParamBlockNorm", (u, p) => np.multiply(u, safeNorm(p, least))),
);

/** The sign of every element. @see optax's `scale_by_sign` */
export const scaleBySign = makesTransformation(
  "optim.scaleBySign()",
  (): GradientTransformation<NoState> => stateless("optim.scaleBySign", (g) => np.sign(g)),
);

/** Takes the mean over all axes but the first from gradients of rank 2 or more. @see Yong et al. 2020, arXiv:2004.01461 */
export const centralize = makesTransformation(
  "optim.centralize()",
  (): GradientTransformation<NoState> =>
    stateless("optim.centralize", (g) => {
      if (g.ndim < 2) return g;
      const axis = g.shape.map((_, i) => i).slice(1);
      return np.subtract(g, np.mean(g, { axis, keepDims: true }));
    }),
);

/** Zero for NaN. @see optax's `zero_nans`, which also counts them */
export const zeroNans = makesTransformation(
  "optim.zeroNans()",
  (): GradientTransformation<NoState> => stateless("optim.zeroNans", (g) => np.where(np.isnan(g), 0, g)),
);

/**
 * Shortens updates so that parameters that are not negative stay so: the last part of a chain.
 *
 * @see optax's `keep_params_nonnegative`
 */
export const keepParamsNonnegative = makesTransformation(
  "optim.keepParamsNonnegative()",
  (): GradientTransformation<NoState> =>
    stateless("optim.keepParamsNonnegative", (u, p) => np.where(np.less(np.add(p, u), 0), np.negative(p), u)),
);
