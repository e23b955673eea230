/** @file Schedules made of others: pieces, warm-ups followed by a decay, cycles. */
import { composite } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import {
  constantSchedule,
  cosineDecaySchedule,
  exponentialDecay,
  float,
  joinSchedules,
  linearSchedule,
  positive,
  type Schedule,
} from "./schedules.js";

/** Factors by the step from which they count. */
export type Boundaries = Readonly<Record<number, number>>;

/** Steps in ascending order, and the value from each on. @throws {ArgumentError} for steps that are no integers above 0 */
const piecesOf = (where: string, start: number, boundaries: Boundaries): { steps: number[]; values: number[] } => {
  const steps = Object.keys(boundaries)
    .map(Number)
    .sort((a, b) => a - b);
  const bad = steps.find((step) => !Number.isInteger(step) || step <= 0);
  if (bad !== undefined) {
    throw new ArgumentError({ where, what: "a boundary is no step", expected: "integers above 0", got: `${bad}` });
  }
  const values = [start];
  for (const step of steps) values.push(values[values.length - 1] * boundaries[step]);
  return { steps, values };
};

/**
 * `start`, multiplied at each boundary by its factor: the value holds after the boundary's step.
 *
 * @see optax's `piecewise_constant_schedule`
 * @example piecewiseConstantSchedule(0.1, { 1000: 0.5, 5000: 0.1 }) // 0.1, then 0.05, then 0.005
 */
export const piecewiseConstantSchedule = (start: number, boundaries: Boundaries): Schedule => {
  const { steps, values } = piecesOf("optim.piecewiseConstantSchedule", start, boundaries);
  return composite("optim.piecewiseConstantSchedule", (step: Tensor) =>
    steps.reduce((value, at, i) => np.where(np.greater(step, at), values[i + 1], value), np.full([], start)),
  );
};

/**
 * `start`, multiplied by each factor on the way to its boundary, in a straight line or half a cosine.
 *
 * @see optax's `piecewise_interpolate_schedule`
 */
export const piecewiseInterpolateSchedule = (
  kind: "linear" | "cosine",
  start: number,
  boundaries: Boundaries,
): Schedule => {
  const { steps, values } = piecesOf("optim.piecewiseInterpolateSchedule", start, boundaries);
  const bounds = [0, ...steps];
  return composite("optim.piecewiseInterpolateSchedule", (step: Tensor) =>
    steps.reduce(
      (value, at, i) => {
        const share = np.clip(np.divide(float(np.subtract(step, bounds[i])), at - bounds[i]), 0, 1);
        const way = kind === "linear" ? share : np.multiply(0.5, np.subtract(1, np.cos(np.multiply(Math.PI, share))));
        const between = np.add(values[i], np.multiply(values[i + 1] - values[i], way));
        return np.where(np.greaterEqual(step, bounds[i]), between, value);
      },
      np.full([], start),
    ),
  );
};

/** A linear warm-up, from `initValue` (default 0; optax has none) to `peakValue` in `warmupSteps` steps. */
export interface WarmupOptions {
  readonly initValue?: number;
  readonly peakValue: number;
  readonly warmupSteps: number;
}

const afterWarmup = ({ initValue = 0, peakValue, warmupSteps }: WarmupOptions, then: Schedule): Schedule =>
  warmupSteps === 0 ? then : joinSchedules([linearSchedule(initValue, peakValue, warmupSteps), then], [warmupSteps]);

/** A warm-up, then the peak for ever. @see optax's `warmup_constant_schedule` */
export const warmupConstantSchedule = (options: WarmupOptions): Schedule =>
  afterWarmup(options, constantSchedule(options.peakValue));

/**
 * A warm-up, then half a cosine down to `endValue` (default 0).
 *
 * - `decaySteps`: steps of the whole schedule, warm-up included
 * - `exponent`: of the half cosine between 1 and 0. Default 1
 * @throws {ArgumentError} unless `decaySteps` is above `warmupSteps`
 * @see optax's `warmup_cosine_decay_schedule`
 * @example warmupCosineDecaySchedule({ peakValue: 3e-4, warmupSteps: 500, decaySteps: 10_000 })
 */
export const warmupCosineDecaySchedule = (
  options: WarmupOptions & { readonly decaySteps: number; readonly endValue?: number; readonly exponent?: number },
): Schedule => {
  const { peakValue, warmupSteps, decaySteps, endValue = 0, exponent = 1 } = options;
  positive("optim.warmupCosineDecaySchedule", "decaySteps - warmupSteps", decaySteps - warmupSteps);
  const alpha = peakValue === 0 ? 0 : endValue / peakValue;
  return afterWarmup(options, cosineDecaySchedule(peakValue, decaySteps - warmupSteps, { alpha, exponent }));
};

/** A warm-up, then an exponential decay with the defaults of `exponentialDecay`. @see optax's `warmup_exponential_decay_schedule` */
export const warmupExponentialDecaySchedule = (
  options: WarmupOptions & {
    readonly transitionSteps: number;
    readonly decayRate: number;
    readonly transitionBegin?: number;
    readonly staircase?: boolean;
    readonly endValue?: number;
  },
): Schedule => {
  const { peakValue, transitionSteps, decayRate, transitionBegin = 0, staircase = false, endValue } = options;
  const stop = endValue === undefined ? {} : { endValue };
  const decay = exponentialDecay(peakValue, transitionSteps, decayRate, { transitionBegin, staircase, ...stop });
  return afterWarmup(options, decay);
};

export interface OnecycleOptions {
  /** Share of the steps until the peak. Default 0.3. */
  readonly pctStart?: number;
  /** The peak over the first value. Default 25. */
  readonly divFactor?: number;
  /** The first value over the last (linear: the peak's end value over the last). Default 1e4. */
  readonly finalDivFactor?: number;
}

/**
 * Up to `peakValue` and down to nearly nothing in `steps` steps, along cosines.
 *
 * @see Smith and Topin 2018, arXiv:1708.07120; optax's `cosine_onecycle_schedule`
 */
export const cosineOnecycleSchedule = (steps: number, peakValue: number, options: OnecycleOptions = {}): Schedule => {
  const { pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4 } = options;
  positive("optim.cosineOnecycleSchedule", "steps", steps);
  return piecewiseInterpolateSchedule("cosine", peakValue / divFactor, {
    [Math.trunc(pctStart * steps)]: divFactor,
    [Math.trunc(steps)]: 1 / (divFactor * finalDivFactor),
  });
};

/**
 * Up to `peakValue`, back at `pctFinal` (default 0.85) of the steps, and down to nearly nothing, along lines.
 *
 * @see optax's `linear_onecycle_schedule`
 */
export const linearOnecycleSchedule = (
  steps: number,
  peakValue: number,
  options: OnecycleOptions & { readonly pctFinal?: number } = {},
): Schedule => {
  const { pctStart = 0.3, pctFinal = 0.85, divFactor = 25, finalDivFactor = 1e4 } = options;
  positive("optim.linearOnecycleSchedule", "steps", steps);
  return piecewiseInterpolateSchedule("linear", peakValue / divFactor, {
    [Math.trunc(pctStart * steps)]: divFactor,
    [Math.trunc(pctFinal * steps)]: 1 / divFactor,
    [Math.trunc(steps)]: 1 / finalDivFactor,
  });
};

/**
 * Cosine decays with warm restarts: one `warmupCosineDecaySchedule` after the other.
 *
 * @see Loshchilov and Hutter 2017; optax's `sgdr_schedule`
 */
export const sgdrSchedule = (cycles: readonly Parameters<typeof warmupCosineDecaySchedule>[0][]): Schedule => {
  const boundaries: number[] = [];
  for (const { decaySteps } of cycles.slice(0, -1))
    boundaries.push((boundaries[boundaries.length - 1] ?? 0) + decaySteps);
  return joinSchedules(cycles.map(warmupCosineDecaySchedule), boundaries);
};
