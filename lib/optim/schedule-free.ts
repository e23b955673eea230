/** @file Training without a schedule: the gradient is taken between the last iterate and the average of all. */
import { scope, takes } from "../core/composite.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { scaleByRms } from "./accumulators.js";
import { beside, chain, floatOf, givenParams, mapLeaves, type NoState, widestFloat } from "./base.js";
import { warmupConstantSchedule } from "./composed-schedules.js";
import { optimizer } from "./define.js";
import { sgd } from "./optimizers.js";
import type { RunningState } from "./per-leaf.js";
import { addDecayedWeights, type ScheduleState, scaleByLearningRate } from "./scale.js";
import { type Rate, rateAt } from "./schedules.js";
import { type GradientTransformation, makesTransformation, type PerParam, plain, transformation } from "./state.js";

export interface ScheduleFreeOptions {
  /** Share of the average in the point where gradients are taken, above 0. Default 0.9. */
  readonly beta1?: number;
  /** The average weighs each step by its largest rate so far to this power. Default 2. */
  readonly weightPower?: number;
}

export interface ScheduleFreeState<S> {
  /** The setting `beta1`, by which `scheduleFreeEvalParams` finds the average. */
  readonly beta1: Tensor;
  /** Steps done and one, int32 scalar: schedules are asked from 1 on. */
  readonly count: Tensor;
  readonly weightSum: Tensor;
  readonly maxRate: Tensor;
  /** The iterates of the inner optimizer. */
  readonly z: PerParam;
  readonly inner: S;
}

/** The average `x`, of the parameters `y = beta1 x + (1 - beta1) z`. */
const averageOf = (y: Tensor, z: Tensor, beta1: Tensor | number): Tensor => {
  const own = np.full([], beta1, floatOf(y));
  return np.divide(np.subtract(y, np.multiply(np.subtract(1, own), z)), own);
};

/**
 * The parameters to evaluate with: the average of all iterates. Those that are trained lie between it and the last iterate.
 *
 * - `state`: of `scheduleFree`
 * @see optax's `contrib.schedule_free_eval_params`
 * @example accuracy(scheduleFreeEvalParams(state, params), batch)
 */
export const scheduleFreeEvalParams = takes(
  "optim.scheduleFreeEvalParams(state, params)",
  <P>(state: { readonly beta1: Tensor; readonly z: unknown }, params: P): P =>
    scope(() =>
      mapLeaves(
        "optim.scheduleFreeEvalParams",
        (y: Tensor, z: Tensor) => averageOf(y, z, state.beta1),
        params,
        state.z,
      ),
    ),
);

/**
 * Makes an optimizer without momentum independent of a schedule: its iterates `z` are averaged to `x`, and gradients are taken between the two. Evaluate
 * with `scheduleFreeEvalParams`.
 *
 * - `inner`: an optimizer without momentum
 * - `learningRate`: the rate of `inner`, by which the average is weighted; a schedule may warm up, it need not decay
 * @throws {ArgumentError} unless `beta1` is above 0 and at most 1
 * @see Defazio et al. 2024, arXiv:2405.15682; optax's `contrib.schedule_free`
 * @example scheduleFree(sgd(0.1), 0.1)
 */
export const scheduleFree = makesTransformation(
  "optim.scheduleFree(inner, learningRate, { beta1, weightPower })",
  <S>(
    inner: GradientTransformation<S>,
    learningRate: Rate,
    options: ScheduleFreeOptions = {},
  ): GradientTransformation<ScheduleFreeState<S>> => {
    const [where, { beta1 = 0.9, weightPower = 2 }, tx] = ["optim.scheduleFree", options, plain(inner)];
    return transformation<ScheduleFreeState<S>>({
      init: (params) =>
        scope(() => {
          const dtype = widestFloat(params);
          return {
            beta1: np.full([], beta1, dtype),
            count: np.scalar(1, "int32"),
            weightSum: np.zeros([], dtype),
            maxRate: np.zeros([], dtype),
            z: mapLeaves(where, (p) => np.add(p, 0), params),
            inner: tx.init(params),
          };
        }),
      update: (grads, state, params, extra) =>
        scope(() => {
          const now = givenParams(where, params);
          const maxRate = np.maximum(state.maxRate, rateAt(learningRate, state.count, widestFloat(now)));
          const weight = np.power(maxRate, weightPower);
          const weightSum = np.add(state.weightSum, weight);
          // As long as every rate was 0 there is nothing to average.
          const share = np.where(
            np.equal(weightSum, 0),
            0,
            np.divide(weight, np.where(np.equal(weightSum, 0), 1, weightSum)),
          );
          const [updates, next] = tx.update(grads, state.inner, now, extra);
          const z = mapLeaves(where, (a: Tensor, u: Tensor) => np.add(a, u), state.z, updates);
          const move = (y: Tensor, before: Tensor, after: Tensor): Tensor => {
            const own = beside(y, share);
            const x = np.add(np.multiply(np.subtract(1, own), averageOf(y, before, beta1)), np.multiply(own, after));
            return np.subtract(np.add(np.multiply(beta1, x), np.multiply(1 - beta1, after)), y);
          };
          const moved = mapLeaves(where, move, now, state.z, z) as typeof grads;
          return [
            moved,
            { ...{ beta1: state.beta1, count: np.add(state.count, 1) }, weightSum, maxRate, z, inner: next },
          ] as const;
        }),
    });
  },
);

export interface ScheduleFreeRun extends ScheduleFreeOptions {
  /** Steps of a warm-up from 0; by default there is none. */
  readonly warmupSteps?: number;
  /** Share of the parameter added to the update before the rate. Default 0. */
  readonly weightDecay?: number | Tensor;
}

/** The rate after a warm-up from 0, where one is wanted. */
const warmed = (peakValue: number, warmupSteps: number | undefined): Rate =>
  warmupSteps === undefined ? peakValue : warmupConstantSchedule({ initValue: 0, peakValue, warmupSteps });

/**
 * Gradient descent without a schedule.
 *
 * - `learningRate`: default 1
 * @see optax's `contrib.schedule_free_sgd`
 */
export const scheduleFreeSgd = optimizer(
  "optim.scheduleFreeSgd({ learningRate, warmupSteps, beta1, weightDecay, weightPower })",
  (
    options: ScheduleFreeRun & { readonly learningRate?: number } = {},
  ): GradientTransformation<ScheduleFreeState<readonly [NoState, readonly [NoState, ScheduleState]]>> => {
    const { learningRate = 1, warmupSteps, weightDecay = 0, ...rest } = options;
    const rate = warmed(learningRate, warmupSteps);
    return scheduleFree(chain(addDecayedWeights(weightDecay), sgd({ learningRate: rate })), rate, rest);
  },
);

/**
 * AdamW without a schedule.
 *
 * - `learningRate`: default 0.0025
 * - `beta2`: decay of the second moment. Default 0.999
 * - `epsilon`: added to its root. Default 1e-8
 * @see optax's `contrib.schedule_free_adamw`
 */
export const scheduleFreeAdamw = optimizer(
  "optim.scheduleFreeAdamw({ learningRate, warmupSteps, beta1, beta2, epsilon, weightDecay, weightPower })",
  (
    options: ScheduleFreeRun & {
      readonly learningRate?: number;
      readonly beta2?: number;
      readonly epsilon?: number;
    } = {},
  ): GradientTransformation<ScheduleFreeState<readonly [RunningState<"nu">, NoState, ScheduleState]>> => {
    const { learningRate = 0.0025, warmupSteps, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, ...rest } = options;
    const rate = warmed(learningRate, warmupSteps);
    const direction = scaleByRms({ decay: beta2, epsilon, epsilonInRoot: false, biasCorrection: true });
    return scheduleFree(chain(direction, addDecayedWeights(weightDecay), scaleByLearningRate(rate)), rate, rest);
  },
);
