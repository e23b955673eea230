/** @file Schedules made of others: pieces, warm-ups followed by a decay, cycles. */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import * as np from "../np/index.js";
import {
  between,
  constantSchedule,
  cosineDecaySchedule,
  done,
  exponentialDecay,
  joinSchedules,
  linearSchedule,
  named,
  positive,
  type Schedule,
} from "./schedules.js";

/** Factors by the step from which they count. */
export type Boundaries = Readonly<Record<number, number>>;

/** A factor, and the step from which it counts. */
type Piece = readonly [step: number, factor: number];

/**
 * The pieces by step.
 *
 * @throws {ArgumentError} for steps that are not integers from 0, and factors that are negative or not numbers
 */
const piecesOf = (where: string, boundaries: Boundaries): Piece[] => {
  const pieces = Object.entries(boundaries)
    .map(([step, factor]) => [Number(step), factor] as const)
    .sort(([a], [b]) => a - b);
  for (const [step, factor] of pieces) {
    if (!Number.isInteger(step) || step < 0) {
      throw new ArgumentError({ where, what: "a boundary is not a step", expected: "integers from 0", got: `${step}` });
    }
    if (!(factor >= 0)) {
      const what = "a factor is not a number from 0";
      throw new ArgumentError({ where, what, expected: "0 or more", got: `${factor}`, at: `boundary ${step}` });
    }
  }
  return pieces;
};

/** The value from the start on, and from each piece on. */
const valuesOf = (start: number, pieces: readonly Piece[]): number[] => {
  const values = [start];
  for (const [, factor] of pieces) values.push(values[values.length - 1] * factor);
  return values;
};

/**
 * `start`, multiplied at each boundary by its factor: the value holds from the boundary's step on.
 *
 * @throws {ArgumentError} for boundaries that are not integers from 0, and negative factors
 * @see optax's `piecewise_constant_schedule`
 * @example piecewiseConstantSchedule(0.1, { 1000: 0.5, 5000: 0.1 }) // 0.1, then 0.05, then 0.005
 */
export const piecewiseConstantSchedule = takes(
  "optim.piecewiseConstantSchedule(start, boundaries)",
  (start: number, boundaries: Boundaries): Schedule => {
    const pieces = piecesOf("optim.piecewiseConstantSchedule", boundaries);
    const values = valuesOf(start, pieces);
    return named("optim.piecewiseConstantSchedule(step, dtype)", (step, dtype) =>
      pieces.reduce(
        (value, [at], i) => np.where(np.greaterEqual(step, at), np.full([], values[i + 1], dtype), value),
        np.full([], start, dtype),
      ),
    );
  },
);

/** From each value to the next, until its boundary, in a straight line or half a cosine. */
const interpolated = (name: string, kind: "linear" | "cosine", start: number, pieces: readonly Piece[]): Schedule => {
  const values = valuesOf(start, pieces);
  const begins = [0, ...pieces.map(([step]) => step)];
  return named(name, (step, dtype) =>
    pieces.reduce(
      (value, [at], i) => {
        // Where two boundaries are one, the way has no length: what begins there is what follows.
        const share = done(step, dtype, Math.max(at - begins[i], 1), begins[i]);
        const way = kind === "linear" ? share : np.multiply(0.5, np.subtract(1, np.cos(np.multiply(Math.PI, share))));
        const now = at === begins[i] ? np.full([], values[i + 1], dtype) : between(values[i], values[i + 1], way);
        return np.where(np.greaterEqual(step, begins[i]), now, value);
      },
      np.full([], start, dtype),
    ),
  );
};

/**
 * `start`, multiplied by each factor on the way to its boundary, in a straight line or half a cosine.
 *
 * @throws {ArgumentError} for boundaries that are not integers from 0, and negative factors
 * @see optax's `piecewise_interpolate_schedule`
 */
export const piecewiseInterpolateSchedule = takes(
  "optim.piecewiseInterpolateSchedule(kind, start, boundaries)",
  (kind: "linear" | "cosine", start: number, boundaries: Boundaries): Schedule => {
    const where = "optim.piecewiseInterpolateSchedule";
    return interpolated(where, kind, start, piecesOf(where, boundaries));
  },
);

/** A linear warm-up, from `initValue` (default 0; optax has none) to `peakValue` in `warmupSteps` steps. */
export interface WarmupOptions {
  readonly initValue?: number;
  readonly peakValue: number;
  readonly warmupSteps: number;
}

const afterWarmup = ({ initValue = 0, peakValue, warmupSteps }: WarmupOptions, then: Schedule): Schedule =>
  warmupSteps === 0 ? then : joinSchedules([linearSchedule(initValue, peakValue, warmupSteps), then], [warmupSteps]);

/** A warm-up, then the peak for ever. @see optax's `warmup_constant_schedule` */
export const warmupConstantSchedule = takes(
  "optim.warmupConstantSchedule({ initValue, peakValue, warmupSteps })",
  (options: WarmupOptions): Schedule => afterWarmup(options, constantSchedule(options.peakValue)),
);

/**
 * A warm-up, then half a cosine down to `endValue` (default 0).
 *
 * - `decaySteps`: steps of the whole schedule, warm-up included
 * - `exponent`: of the half cosine between 1 and 0. Default 1
 * @throws {ArgumentError} unless `decaySteps` is above `warmupSteps`
 * @see optax's `warmup_cosine_decay_schedule`
 * @example warmupCosineDecaySchedule({ peakValue: 3e-4, warmupSteps: 500, decaySteps: 10_000 })
 */
export const warmupCosineDecaySchedule = takes(
  "optim.warmupCosineDecaySchedule({ initValue, peakValue, warmupSteps, decaySteps, endValue, exponent })",
  (
    options: WarmupOptions & { readonly decaySteps: number; readonly endValue?: number; readonly exponent?: number },
  ): Schedule => {
    const { peakValue, warmupSteps, decaySteps, endValue = 0, exponent = 1 } = options;
    positive("optim.warmupCosineDecaySchedule", "decaySteps - warmupSteps", decaySteps - warmupSteps);
    const alpha = peakValue === 0 ? 0 : endValue / peakValue;
    return afterWarmup(options, cosineDecaySchedule(peakValue, decaySteps - warmupSteps, { alpha, exponent }));
  },
);

/** A warm-up, then an exponential decay with the defaults of `exponentialDecay`. @see optax's `warmup_exponential_decay_schedule` */
export const warmupExponentialDecaySchedule = takes(
  "optim.warmupExponentialDecaySchedule({ initValue, peakValue, warmupSteps, transitionSteps, decayRate, transitionBegin, staircase, endValue })",
  (
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
  },
);

export interface OnecycleOptions {
  /** Share of the steps until the peak. Default 0.3. */
  readonly pctStart?: number;
  /** The peak over the first value. Default 25. */
  readonly divFactor?: number;
  /** The first value over the last (linear: the peak's end value over the last). Default 1e4. */
  readonly finalDivFactor?: number;
}

/** The steps, as a whole number. @throws {ArgumentError} for settings that make no cycle; the shares are those of its turns */
const cycleOf = (
  where: string,
  steps: number,
  options: Required<OnecycleOptions>,
  shares: readonly number[],
): number => {
  positive(where, "steps", Math.trunc(steps));
  positive(where, "divFactor", options.divFactor);
  positive(where, "finalDivFactor", options.finalDivFactor);
  const turns = [0, ...shares, 1];
  if (!turns.every((share, i) => i === 0 || share >= turns[i - 1])) {
    const expected = "shares from 0 to 1, in this order";
    throw new ArgumentError({ where, what: "the turns of the cycle are out of order", expected, got: `${shares}` });
  }
  return Math.trunc(steps);
};

/**
 * Up to `peakValue` and down to nearly nothing in `steps` steps, along cosines.
 *
 * @throws {ArgumentError} for no steps, factors that are not positive, and a share that is not from 0 to 1
 * @see Smith and Topin 2018, arXiv:1708.07120; optax's `cosine_onecycle_schedule`
 */
export const cosineOnecycleSchedule = takes(
  "optim.cosineOnecycleSchedule(steps, peakValue, { pctStart, divFactor, finalDivFactor })",
  (steps: number, peakValue: number, options: OnecycleOptions = {}): Schedule => {
    const { pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4 } = options;
    const where = "optim.cosineOnecycleSchedule";
    const last = cycleOf(where, steps, { pctStart, divFactor, finalDivFactor }, [pctStart]);
    return interpolated(where, "cosine", peakValue / divFactor, [
      [Math.trunc(pctStart * steps), divFactor],
      [last, 1 / (divFactor * finalDivFactor)],
    ]);
  },
);

/**
 * Up to `peakValue`, back at `pctFinal` (default 0.85) of the steps, and down to nearly nothing, along lines.
 *
 * @throws {ArgumentError} as `cosineOnecycleSchedule`
 * @see optax's `linear_onecycle_schedule`
 */
export const linearOnecycleSchedule = takes(
  "optim.linearOnecycleSchedule(steps, peakValue, { pctStart, divFactor, finalDivFactor, pctFinal })",
  (steps: number, peakValue: number, options: OnecycleOptions & { readonly pctFinal?: number } = {}): Schedule => {
    const { pctStart = 0.3, pctFinal = 0.85, divFactor = 25, finalDivFactor = 1e4 } = options;
    const where = "optim.linearOnecycleSchedule";
    const last = cycleOf(where, steps, { pctStart, divFactor, finalDivFactor }, [pctStart, pctFinal]);
    return interpolated(where, "linear", peakValue / divFactor, [
      [Math.trunc(pctStart * steps), divFactor],
      [Math.trunc(pctFinal * steps), 1 / divFactor],
      [last, 1 / finalDivFactor],
    ]);
  },
);

/**
 * Cosine decays with warm restarts: one `warmupCosineDecaySchedule` after the other.
 *
 * @see Loshchilov and Hutter 2017; optax's `sgdr_schedule`
 */
export const sgdrSchedule = takes(
  "optim.sgdrSchedule(cycles)",
  (cycles: readonly Parameters<typeof warmupCosineDecaySchedule>[0][]): Schedule => {
    const boundaries: number[] = [];
    for (const { decaySteps } of cycles.slice(0, -1))
      boundaries.push((boundaries[boundaries.length - 1] ?? 0) + decaySteps);
    return joinSchedules(cycles.map(warmupCosineDecaySchedule), boundaries);
  },
);
