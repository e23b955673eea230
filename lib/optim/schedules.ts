/** @file Learning rates as functions of the step, an int32 scalar, so that they can be part of a compiled step. */
import { composite } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";

/** A value that depends on the step, an int32 scalar counted from 0. */
export type Schedule = (step: Tensor) => Tensor;

/** A learning rate: a number, a scalar tensor (that may be traced), or a schedule. */
export type Rate = number | Tensor | Schedule;

/** The rate at a step. */
export const rateAt = (rate: Rate, step: Tensor): Tensor | number => (typeof rate === "function" ? rate(step) : rate);

export const float = (step: Tensor): Tensor => np.astype(step, "float32");

/** @throws {ArgumentError} naming what is not positive */
export const positive = (where: string, what: string, value: number): void => {
  if (value > 0) return;
  throw new ArgumentError({ where, what: `${what} must be positive`, expected: "a number above 0", got: `${value}` });
};

/** Where a schedule begins (default 0); before, it has its first value. */
export interface Begin {
  readonly transitionBegin?: number;
}

/** The share of `steps` that is done, from 0 to 1. */
const done = (step: Tensor, steps: number, begin = 0): Tensor =>
  np.clip(np.divide(float(np.subtract(step, begin)), steps), 0, 1);

/** The same at every step. */
export const constantSchedule = (rate: number): Schedule =>
  composite("optim.constantSchedule", () => np.full([], rate));

/** From `start` to `end` in a straight line of `steps` steps, then `end`. */
export const linearSchedule = (start: number, end: number, steps: number, options: Begin = {}): Schedule => {
  positive("optim.linearSchedule", "steps", steps);
  return composite("optim.linearSchedule", (step: Tensor) =>
    np.add(start, np.multiply(end - start, done(step, steps, options.transitionBegin))),
  );
};

/**
 * `(start - end) · (1 - share done) ** power + end`
 *
 * @see optax's `polynomial_schedule`
 */
export const polynomialSchedule = (
  start: number,
  end: number,
  power: number,
  steps: number,
  options: Begin = {},
): Schedule => {
  positive("optim.polynomialSchedule", "steps", steps);
  return composite("optim.polynomialSchedule", (step: Tensor) => {
    const left = np.subtract(1, done(step, steps, options.transitionBegin));
    return np.add(end, np.multiply(start - end, np.power(left, power)));
  });
};

/**
 * Half a cosine from `start` down to `start · alpha` in `steps` steps.
 *
 * - `alpha`: default 0
 * - `exponent`: of the half cosine between 1 and 0. Default 1
 * @see Loshchilov and Hutter 2017, arXiv:1608.03983; optax's `cosine_decay_schedule`
 */
export const cosineDecaySchedule = (
  start: number,
  steps: number,
  options: { readonly alpha?: number; readonly exponent?: number } = {},
): Schedule => {
  const { alpha = 0, exponent = 1 } = options;
  positive("optim.cosineDecaySchedule", "steps", steps);
  return composite("optim.cosineDecaySchedule", (step: Tensor) => {
    const cosine = np.multiply(0.5, np.add(1, np.cos(np.multiply(Math.PI, done(step, steps)))));
    return np.multiply(start, np.add(np.multiply(1 - alpha, np.power(cosine, exponent)), alpha));
  });
};

/** `start / sqrt(max(step, warmup))`, T5's pre-training schedule for `start` 1 and `warmup` 10000. */
export const inverseSquareRoot = (start: number, warmup: number): Schedule => {
  positive("optim.inverseSquareRoot", "warmup", warmup);
  return composite("optim.inverseSquareRoot", (step: Tensor) =>
    np.multiply(start, np.rsqrt(np.maximum(float(step), warmup))),
  );
};

/** A linear rise from 0 in `steps` steps, times another schedule or rate. */
export const warmup = (steps: number, rate: Rate): Schedule => {
  positive("optim.warmup", "steps", steps);
  return composite("optim.warmup", (step: Tensor) =>
    np.multiply(np.minimum(np.divide(float(step), steps), 1), rateAt(rate, step)),
  );
};

/**
 * `start · factor ** (step / steps)`; as a staircase (by default not), the exponent is rounded down.
 *
 * - `endValue`: where it stops; by default nowhere
 * @throws {ArgumentError} when `factor` or `steps` is not positive
 * @see optax's `exponential_decay`
 */
export const exponentialDecay = (
  start: number,
  steps: number,
  factor: number,
  options: Begin & { readonly staircase?: boolean; readonly endValue?: number } = {},
): Schedule => {
  const { transitionBegin = 0, staircase = false, endValue } = options;
  positive("optim.exponentialDecay", "factor", factor);
  positive("optim.exponentialDecay", "steps", steps);
  return composite("optim.exponentialDecay", (step: Tensor) => {
    const since = np.maximum(np.subtract(step, transitionBegin), 0);
    const value = np.multiply(start, np.power(factor, periods(since, steps, staircase)));
    if (endValue === undefined) return value;
    return factor < 1 ? np.maximum(value, endValue) : np.minimum(value, endValue);
  });
};

/** How often `length` steps have passed, with the part begun or without; whole numbers are divided as integers, without rounding. */
export const periods = (step: Tensor, length: number, whole: boolean): Tensor => {
  if (!whole) return np.divide(float(step), length);
  return Number.isInteger(length) ? float(np.floorDivide(step, length)) : np.floor(np.divide(float(step), length));
};

/**
 * One schedule after the other: the next begins at each boundary and counts its steps from there.
 *
 * @throws {ArgumentError} unless the boundaries ascend and there is one between each two schedules
 * @example joinSchedules([linearSchedule(0, 0.3, 100), constantSchedule(0.3)], [100])
 */
export const joinSchedules = (schedules: readonly Schedule[], boundaries: readonly number[]): Schedule => {
  const ascending = boundaries.every((b, i) => Number.isInteger(b) && (i === 0 || b > boundaries[i - 1]));
  if (schedules.length !== boundaries.length + 1 || !ascending) {
    throw new ArgumentError({
      where: "optim.joinSchedules",
      what: "schedules and boundaries do not fit",
      expected: "ascending integers, one fewer than schedules",
      got: `${schedules.length} schedules, boundaries [${boundaries}]`,
    });
  }
  return composite("optim.joinSchedules", (step: Tensor) =>
    boundaries.reduce(
      (rate, begin, i) => np.where(np.less(step, begin), rate, schedules[i + 1](np.subtract(step, begin))),
      schedules[0](step),
    ),
  );
};
