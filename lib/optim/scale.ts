/** @file Factors, learning rates and weight decay: the last parts of a chain. */
import { scope } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import type { PathFilter } from "../tree/index.js";
import { beside, mapLeaves, type NoState, perFloat, stateless } from "./base.js";
import { masked } from "./masked.js";
import { type Rate, rateAt, type Schedule } from "./schedules.js";
import { type GradientTransformation, makesTransformation } from "./state.js";

/** Multiplies every update by a number. */
export const scale = makesTransformation(
  "optim.scale(factor)",
  (factor: number | Tensor): GradientTransformation<NoState> =>
    stateless("optim.scale", (g) => np.multiply(g, beside(g, factor))),
);

/** Which parameters are selected, by path and leaf; see `tree.partition`. */
export type Mask = PathFilter<Tensor>;

/**
 * Adds `rate · parameter` to the update, of all parameters or of those of the mask.
 *
 * @see optax's `add_decayed_weights`
 * @example addDecayedWeights(1e-4, { mask: "**\/kernel" })
 */
export const addDecayedWeights = makesTransformation(
  "optim.addDecayedWeights(rate, { mask })",
  (rate: number | Tensor, options: { readonly mask?: Mask | undefined } = {}): GradientTransformation<NoState> => {
    const name = "optim.addDecayedWeights";
    if (rate === 0) return stateless(name, (g) => g);
    const decay = stateless(name, (g, p) => np.add(g, np.multiply(beside(g, rate), p)));
    // Where nothing is remembered a mask needs no special state.
    return options.mask === undefined ? decay : (masked(decay, options.mask) as unknown as typeof decay);
  },
);

export interface ScheduleState {
  /** Steps done, int32 scalar. */
  readonly count: Tensor;
}

/** Multiplies by a rate that may depend on the step, times a sign. */
const scaleByRate = (name: string, rate: Rate, sign: 1 | -1): GradientTransformation<ScheduleState> => ({
  init: () => ({ count: np.scalar(0, "int32") }),
  update: (grads, { count }, params) =>
    scope(() => {
      const factor = perFloat((dtype) => {
        const value = rateAt(rate, count, dtype);
        return typeof value === "number" ? sign * value : np.multiply(sign, value);
      });
      const updates = mapLeaves(name, (_p, g) => np.multiply(g, factor(g)), params ?? grads, grads);
      return [updates as typeof grads, { count: np.add(count, 1) }] as const;
    }),
});

/**
 * Multiplies every update by what the schedule gives for the step, counted from 0; the sign stays.
 *
 * @example chain(clipByGlobalNorm(1), scaleBySchedule(warmup(100, 0.1)), scale(-1)) // plain descent with a warm-up
 */
export const scaleBySchedule = makesTransformation(
  "optim.scaleBySchedule(schedule)",
  (schedule: Schedule): GradientTransformation<ScheduleState> => scaleByRate("optim.scaleBySchedule", schedule, 1),
);

/**
 * Multiplies every update by minus the learning rate: the last part of an optimizer.
 *
 * The state counts the steps also when the rate is a number, so that a schedule can take its place later.
 * @see optax's `scale_by_learning_rate`
 */
export const scaleByLearningRate = makesTransformation(
  "optim.scaleByLearningRate(rate)",
  (rate: Rate): GradientTransformation<ScheduleState> => {
    if (rate !== undefined) return scaleByRate("optim.scaleByLearningRate", rate, -1);
    throw new ArgumentError({
      where: "scaleByLearningRate",
      what: "the learning rate is missing",
      expected: "a number, a scalar tensor or a schedule",
      got: "undefined",
    });
  },
);
