/** @file Learning rates as functions of the step, an int32 scalar, so that they can be part of a compiled step. */
import { calledBack } from "../core/caller.js";
import { composite, takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { isTensor, type Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import type { Float } from "./base.js";

/**
 * A value that depends on the step, an int32 scalar counted from 0.
 *
 * - `dtype`: of the value: that of the leaves it multiplies. Default float32. A function that does not look at it may stand for a schedule:
 *   what it gives is converted
 */
export type Schedule = (step: Tensor, dtype?: Float) => Tensor;

/** A learning rate: a number, a scalar tensor (that may be traced), or a schedule. */
export type Rate = number | Tensor | Schedule;

/** The rate at a step, a number or of the dtype. */
export const rateAt = (rate: Rate, step: Tensor, dtype: Float): Tensor | number => {
  const value = typeof rate === "function" ? calledBack(() => rate(step, dtype)) : rate;
  return isTensor(value) ? np.astype(value, dtype) : value;
};

/** A schedule by name, whose formula is always given a dtype. */
export const named = (name: string, f: (step: Tensor, dtype: Float) => Tensor): Schedule =>
  composite(name, (step: Tensor, dtype: Float = "float32") => f(step, dtype));

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
export const done = (step: Tensor, dtype: Float, steps: number, begin = 0): Tensor =>
  np.clip(np.divide(np.astype(np.subtract(step, begin), dtype), steps), 0, 1);

/** From `start` to `end` by a share of the way, exact at the smaller of the two, of which a sum with the other would leave few digits. */
export const between = (start: number, end: number, share: Tensor): Tensor =>
  Math.abs(start) <= Math.abs(end)
    ? np.add(start, np.multiply(end - start, share))
    : np.add(end, np.multiply(start - end, np.subtract(1, share)));

/** The same at every step. */
export const constantSchedule = takes(
  "optim.constantSchedule(rate)",
  (rate: number): Schedule => named("optim.constantSchedule(_step, dtype)", (_step, dtype) => np.full([], rate, dtype)),
);

/** From `start` to `end` in a straight line of `steps` steps, then `end`. */
export const linearSchedule = takes(
  "optim.linearSchedule(start, end, steps, { transitionBegin })",
  (start: number, end: number, steps: number, options: Begin = {}): Schedule => {
    positive("optim.linearSchedule", "steps", steps);
    return named("optim.linearSchedule(step, dtype)", (step, dtype) =>
      between(start, end, done(step, dtype, steps, options.transitionBegin)),
    );
  },
);

/**
 * `(start - end) · (1 - share done) ** power + end`
 *
 * @see optax's `polynomial_schedule`
 */
export const polynomialSchedule = takes(
  "optim.polynomialSchedule(start, end, power, steps, { transitionBegin })",
  (start: number, end: number, power: number, steps: number, options: Begin = {}): Schedule => {
    positive("optim.polynomialSchedule", "steps", steps);
    return named("optim.polynomialSchedule(step, dtype)", (step, dtype) => {
      const left = np.subtract(1, done(step, dtype, steps, options.transitionBegin));
      return np.add(end, np.multiply(start - end, np.power(left, power)));
    });
  },
);

/**
 * Half a cosine from `start` down to `start · alpha` in `steps` steps.
 *
 * - `alpha`: default 0
 * - `exponent`: of the half cosine between 1 and 0. Default 1
 * @see Loshchilov and Hutter 2017, arXiv:1608.03983; optax's `cosine_decay_schedule`
 */
export const cosineDecaySchedule = takes(
  "optim.cosineDecaySchedule(start, steps, { alpha, exponent })",
  (start: number, steps: number, options: { readonly alpha?: number; readonly exponent?: number } = {}): Schedule => {
    const { alpha = 0, exponent = 1 } = options;
    positive("optim.cosineDecaySchedule", "steps", steps);
    return named("optim.cosineDecaySchedule(step, dtype)", (step, dtype) => {
      const cosine = np.multiply(0.5, np.add(1, np.cos(np.multiply(Math.PI, done(step, dtype, steps)))));
      return np.multiply(start, np.add(np.multiply(1 - alpha, np.power(cosine, exponent)), alpha));
    });
  },
);

/** `start / sqrt(max(step, warmup))`, T5's pre-training schedule for `start` 1 and `warmup` 10000. */
export const inverseSquareRoot = takes(
  "optim.inverseSquareRoot(start, warmup)",
  (start: number, warmup: number): Schedule => {
    positive("optim.inverseSquareRoot", "warmup", warmup);
    return named("optim.inverseSquareRoot(step, dtype)", (step, dtype) =>
      np.multiply(start, np.rsqrt(np.maximum(np.astype(step, dtype), warmup))),
    );
  },
);

/** A linear rise from 0 in `steps` steps, times another schedule or rate. */
export const warmup = takes("optim.warmup(steps, rate)", (steps: number, rate: Rate): Schedule => {
  positive("optim.warmup", "steps", steps);
  return named("optim.warmup(step, dtype)", (step, dtype) =>
    np.multiply(np.minimum(np.divide(np.astype(step, dtype), steps), 1), rateAt(rate, step, dtype)),
  );
});

/**
 * `start · factor ** (step / steps)`; as a staircase (by default not), the exponent is rounded down.
 *
 * - `endValue`: where it stops; by default nowhere
 * @throws {ArgumentError} when `factor` or `steps` is not positive
 * @see optax's `exponential_decay`
 */
export const exponentialDecay = takes(
  "optim.exponentialDecay(start, steps, factor, { transitionBegin, staircase, endValue })",
  (
    start: number,
    steps: number,
    factor: number,
    options: Begin & { readonly staircase?: boolean; readonly endValue?: number } = {},
  ): Schedule => {
    const { transitionBegin = 0, staircase = false, endValue } = options;
    positive("optim.exponentialDecay", "factor", factor);
    positive("optim.exponentialDecay", "steps", steps);
    return named("optim.exponentialDecay(step, dtype)", (step, dtype) => {
      const since = np.maximum(np.subtract(step, transitionBegin), 0);
      const value = np.multiply(start, np.power(factor, periods(since, steps, staircase, dtype)));
      if (endValue === undefined) return value;
      return factor < 1 ? np.maximum(value, endValue) : np.minimum(value, endValue);
    });
  },
);

/** How often `length` steps have passed, with the part begun or without; whole numbers are divided as integers, without rounding. */
export const periods = (step: Tensor, length: number, whole: boolean, dtype: Float): Tensor => {
  if (whole && Number.isInteger(length)) return np.astype(np.floorDivide(step, length), dtype);
  const passed = np.divide(np.astype(step, dtype), length);
  return whole ? np.floor(passed) : passed;
};

/**
 * One schedule after the other: the next begins at each boundary and counts its steps from there.
 *
 * @throws {ArgumentError} unless the boundaries ascend and there is one between each two schedules
 * @example joinSchedules([linearSchedule(0, 0.3, 100), constantSchedule(0.3)], [100])
 */
export const joinSchedules = takes(
  "optim.joinSchedules(schedules, boundaries)",
  (schedules: readonly Schedule[], boundaries: readonly number[]): Schedule => {
    const ascending = boundaries.every((b, i) => Number.isInteger(b) && (i === 0 || b > boundaries[i - 1]));
    if (schedules.length !== boundaries.length + 1 || !ascending) {
      throw new ArgumentError({
        where: "optim.joinSchedules",
        what: "schedules and boundaries do not fit",
        expected: "ascending integers, one fewer than schedules",
        got: `${schedules.length} schedules, boundaries [${boundaries}]`,
      });
    }
    const at = (i: number, step: Tensor, dtype: Float): Tensor => calledBack(() => schedules[i](step, dtype));
    return named("optim.joinSchedules(step, dtype)", (step, dtype) =>
      boundaries.reduce(
        (rate, begin, i) => np.where(np.less(step, begin), rate, at(i + 1, np.subtract(step, begin), dtype)),
        at(0, step, dtype),
      ),
    );
  },
);
