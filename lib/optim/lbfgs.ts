/** @file L-BFGS: gradients times an approximation of the inverse Hessian, made from the last steps. */
import { scope } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { treeMap } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { scan } from "../transforms/scan.js";
import { beside, chain, givenParams, identity, mapLeaves, type NoState, widestFloat } from "./base.js";
import { globalNorm } from "./clip.js";
import { optimizer } from "./define.js";
import { dotOf } from "./dot.js";
import { type LineSearchState, scaleByZoomLinesearch } from "./line-search.js";
import { type ScheduleState, scale, scaleByLearningRate } from "./scale.js";
import type { Rate } from "./schedules.js";
import { type GradientTransformation, type PerParam, transformation } from "./state.js";

export interface LbfgsOptions {
  /** How many steps are remembered. Default 10. */
  readonly memorySize?: number;
  /** Whether the approximation starts from the curvature of the last step, and not from 1. Default true. */
  readonly scaleInitPrecond?: boolean;
}

export interface LbfgsState {
  /** Steps done, int32 scalar. */
  readonly count: Tensor;
  /** The parameters of the step before, and the gradient there. */
  readonly params: PerParam;
  readonly grads: PerParam;
  /** Differences of parameters, the last step at the end: each leaf has a first axis of `memorySize`. */
  readonly paramSteps: PerParam;
  /** Differences of gradients, likewise. */
  readonly gradSteps: PerParam;
  /** One over the inner product of both, `[memorySize]`; 0 for steps that are not there. */
  readonly weights: Tensor;
}

const WHERE = "optim.scaleByLbfgs";

/** Remembered steps, one after the other. */
interface Memory {
  readonly paramSteps: unknown;
  readonly gradSteps: unknown;
  readonly weights: Tensor;
}

/** `x + factor · y` of two trees. */
const plus = (x: unknown, factor: Tensor, y: unknown): unknown =>
  mapLeaves(WHERE, (a: Tensor, b: Tensor) => np.add(a, np.multiply(beside(a, factor), b)), x, y);

/** The memory with another step at its end. */
const remembering = (memory: Memory, paramStep: unknown, gradStep: unknown, weight: Tensor): Memory => {
  const pushed = (old: Tensor, last: Tensor): Tensor =>
    np.concatenate([np.slice(old, [[1, null]]), np.expandDims(last, 0)], 0);
  return {
    paramSteps: treeMap(pushed, memory.paramSteps, paramStep),
    gradSteps: treeMap(pushed, memory.gradSteps, gradStep),
    weights: pushed(memory.weights, weight),
  };
};

/** The two loops: from the last step to the first, and back. */
const preconditioned = <P>(grads: P, memory: Memory, gamma: Tensor): P => {
  const [right, alphas] = scan(
    ((x: unknown, { paramSteps, gradSteps, weights }: Memory) => {
      const alpha = np.multiply(weights, np.astype(dotOf(paramSteps, x), weights.dtype));
      return [plus(x, np.negative(alpha), gradSteps), alpha];
    }) as never,
    grads as never,
    memory as never,
    { reverse: true },
  ) as unknown as [unknown, Tensor];
  const start = mapLeaves(WHERE, (x) => np.multiply(x, beside(x, gamma)), right);
  const [left] = scan(
    ((x: unknown, { own: { paramSteps, gradSteps, weights }, alpha }: { own: Memory; alpha: Tensor }) => {
      const beta = np.multiply(weights, np.astype(dotOf(gradSteps, x), weights.dtype));
      return [plus(x, np.subtract(alpha, beta), paramSteps), null];
    }) as never,
    start as never,
    { own: memory, alpha: alphas } as never,
  ) as unknown as [P];
  return left;
};

/**
 * Gradients times an approximation of the inverse Hessian, by the differences of parameters and gradients of the last steps. In the first step it is the
 * gradient, at most of norm 1.
 *
 * @throws {ArgumentError} unless `memorySize` is a whole number from 1 on
 * @see Nocedal and Wright, Numerical Optimization, algorithm 7.4; Liu and Nocedal 1989; optax's `scale_by_lbfgs`
 */
export const scaleByLbfgs = optimizer(
  "optim.scaleByLbfgs({ memorySize, scaleInitPrecond })",
  (options: LbfgsOptions = {}): GradientTransformation<LbfgsState> => {
    const { memorySize = 10, scaleInitPrecond = true } = options;
    if (!(Number.isInteger(memorySize) && memorySize >= 1)) {
      const [what, expected] = ["memorySize is out of range", "a whole number from 1 on"];
      throw new ArgumentError({ where: WHERE, what, expected, got: `${memorySize}` });
    }
    const gammaOf = (grads: unknown, gradStep: unknown, begun: Tensor, dot: Tensor): Tensor => {
      if (!scaleInitPrecond) return np.onesLike(dot);
      const square = np.astype(dotOf(gradStep, gradStep), dot.dtype);
      const curved = np.greater(square, 0);
      const gamma = np.where(curved, np.divide(dot, np.where(curved, square, 1)), 1);
      const norm = np.astype(globalNorm(grads), dot.dtype);
      return np.where(begun, gamma, np.minimum(1, np.divide(1, norm)));
    };
    return transformation<LbfgsState>({
      init: (params) =>
        scope(() => {
          const zeros = (): unknown => mapLeaves(WHERE, (p) => np.zerosLike(p), params);
          const steps = (): unknown => mapLeaves(WHERE, (p) => np.zeros([memorySize, ...p.shape], p.dtype), params);
          return {
            ...{
              count: np.scalar(0, "int32"),
              params: zeros(),
              grads: zeros(),
              paramSteps: steps(),
              gradSteps: steps(),
            },
            weights: np.zeros([memorySize], widestFloat(params)),
          };
        }),
      update: (grads, state, params) =>
        scope(() => {
          const now = givenParams(WHERE, params);
          const begun = np.greater(state.count, 0);
          const step = (a: Tensor, b: Tensor): Tensor => np.where(begun, np.subtract(a, b), np.zerosLike(a));
          const paramStep = mapLeaves(WHERE, step, now, state.params);
          const gradStep = mapLeaves(WHERE, step, grads, state.grads);
          const dot = np.astype(dotOf(gradStep, paramStep), state.weights.dtype);
          const isZero = np.equal(dot, 0);
          const weight = np.where(isZero, 0, np.divide(1, np.where(isZero, 1, dot)));
          const memory = remembering(state, paramStep, gradStep, weight);
          const gamma = gammaOf(grads, gradStep, begun, dot);
          const kept = (tree: unknown): unknown => mapLeaves(WHERE, (x) => np.add(x, 0), tree);
          const next = { count: np.add(state.count, 1), params: kept(now), grads: kept(grads), ...memory };
          return [preconditioned(grads, memory, gamma), next] as const;
        }),
    });
  },
);

export interface LbfgsWithSearchOptions extends LbfgsOptions {
  /** What the direction is multiplied by before the line search. Default 1. */
  readonly learningRate?: Rate;
  /** How far to go: a line search, or null for steps of the learning rate. Default `scaleByZoomLinesearch({ maxSteps: 20, initialGuess: "one" })`. */
  readonly linesearch?: GradientTransformation<LineSearchState> | null;
}

/** The direction, its sign and rate, and the line search. */
export type LbfgsWithSearchState = readonly [LbfgsState, NoState | ScheduleState, LineSearchState];

/**
 * L-BFGS with a line search, for losses without noise: `update` is given the loss.
 *
 * @throws {ArgumentError} from `update` without the loss
 * @see Liu and Nocedal 1989; optax's `lbfgs`
 * @example
 * const tx = lbfgs();
 * const lossAndGrad = valueAndGradFromState(loss);
 * const step = jit((params, state) => {
 *   const [value, grad] = lossAndGrad(params, state);
 *   const [updates, next] = tx.update(grad, state, params, { value, grad, valueFn: loss });
 *   return [applyUpdates(params, updates), next];
 * });
 */
export const lbfgs = optimizer(
  "optim.lbfgs({ learningRate, memorySize, scaleInitPrecond, linesearch })",
  (options: LbfgsWithSearchOptions = {}): GradientTransformation<LbfgsWithSearchState> => {
    const { learningRate, linesearch, ...rest } = options;
    const search =
      linesearch === undefined
        ? scaleByZoomLinesearch({ maxSteps: 20, initialGuess: "one" })
        : (linesearch ?? identity());
    const downhill = learningRate === undefined ? scale(-1) : scaleByLearningRate(learningRate);
    return chain(scaleByLbfgs(rest), downhill as never, search as never) as never;
  },
);
