/** @file Learning rates as functions of the step, an int32 scalar, so that they can be part of a compiled step. */
import { composite } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";

/** A learning rate: one number, or a function of the step (counted from 0). */
export type Schedule = (step: Tensor) => Tensor;

/** The rate at a step, of a number or a schedule. */
export const rateAt = (rate: number | Schedule, step: Tensor): Tensor | number =>
  typeof rate === "number" ? rate : rate(step);

const float = (step: Tensor): Tensor => np.astype(step, "float32");

const positive = (where: string, what: string, value: number): void => {
  if (value > 0) return;
  throw new ArgumentError({ where, what: `${what} must be positive`, expected: "a number above 0", got: `${value}` });
};

/** The same at every step. */
export const constantSchedule = (rate: number): Schedule =>
  composite("optim.constantSchedule", () => np.full([], rate));

/** From `start` to `end` in `steps` steps, then `end`. */
export const linearSchedule = (start: number, end: number, steps: number): Schedule => {
  positive("optim.linearSchedule", "steps", steps);
  return composite("optim.linearSchedule", (step: Tensor) => {
    const done = np.clip(np.divide(float(step), steps), 0, 1);
    return np.add(start, np.multiply(end - start, done));
  });
};

/** Half a cosine from `start` down to `start * alpha` in `steps` steps. */
export const cosineSchedule = (start: number, steps: number, alpha = 0): Schedule => {
  positive("optim.cosineSchedule", "steps", steps);
  return composite("optim.cosineSchedule", (step: Tensor) => {
    const done = np.clip(np.divide(float(step), steps), 0, 1);
    const cosine = np.multiply(0.5, np.add(1, np.cos(np.multiply(Math.PI, done))));
    return np.multiply(start, np.add(np.multiply(1 - alpha, cosine), alpha));
  });
};

/** `start / sqrt(max(step, warmup))`, T5's pre-training schedule for `start` 1 and `warmup` 10000. */
export const inverseSquareRoot = (start: number, warmup: number): Schedule => {
  positive("optim.inverseSquareRoot", "warmup", warmup);
  return composite("optim.inverseSquareRoot", (step: Tensor) =>
    np.multiply(start, np.rsqrt(np.maximum(float(step), warmup))),
  );
};

/** A linear rise from 0 in `steps` steps, times another schedule or number. */
export const warmup = (steps: number, rate: number | Schedule): Schedule => {
  positive("optim.warmup", "steps", steps);
  return composite("optim.warmup", (step: Tensor) =>
    np.multiply(np.minimum(np.divide(float(step), steps), 1), rateAt(rate, step)),
  );
};

/**
 * `start * factor ** (step / steps)`; as a staircase, the exponent is rounded down.
 *
 * @throws {ArgumentError} when `factor` or `steps` is not positive
 */
export const exponentialSchedule = (
  start: number,
  factor: number,
  steps: number,
  options: { readonly staircase?: boolean } = {},
): Schedule => {
  positive("optim.exponentialSchedule", "factor", factor);
  positive("optim.exponentialSchedule", "steps", steps);
  return composite("optim.exponentialSchedule", (step: Tensor) =>
    np.multiply(start, np.power(factor, periods(step, steps, options.staircase === true))),
  );
};

/** How often `length` steps have passed, with or without the begun part. Whole numbers are divided as integers, without rounding. */
const periods = (step: Tensor, length: number, whole: boolean): Tensor => {
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

/** Settings of `factorSchedule`; the defaults are T5X's. */
export interface FactorOptions {
  readonly base: number;
  readonly warmupSteps?: number;
  readonly decayFactor?: number;
  readonly stepsPerDecay?: number;
  readonly stepsPerCycle?: number;
  readonly stepOffset?: number;
  readonly minimum?: number;
}

type Factor = (rate: Tensor, step: Tensor, options: Required<FactorOptions>) => Tensor;

/** What each factor does to the rate so far; `step` is an int32 scalar, not negative. */
const FACTORS: Readonly<Record<string, Factor>> = {
  constant: (rate, _step, { base }) => np.multiply(rate, base),
  linear_warmup: (rate, step, { warmupSteps }) => np.multiply(rate, np.minimum(1, np.divide(float(step), warmupSteps))),
  linear_decay: (rate, step, { base, warmupSteps, decayFactor }) => {
    const falling = np.add(1, np.multiply(decayFactor, np.subtract(warmupSteps, float(step))));
    return np.multiply(rate, np.multiply(base, np.minimum(np.divide(float(step), warmupSteps), falling)));
  },
  rsqrt_decay: (rate, step, { warmupSteps }) => np.multiply(rate, np.rsqrt(np.maximum(float(step), warmupSteps))),
  rsqrt_normalized_decay: (rate, step, { warmupSteps }) =>
    np.multiply(rate, np.sqrt(np.divide(warmupSteps, np.maximum(float(step), warmupSteps)))),
  decay_every: (rate, step, { decayFactor, stepsPerDecay }) =>
    np.multiply(rate, np.power(decayFactor, periods(step, stepsPerDecay, true))),
  cosine_decay: (rate, step, { warmupSteps, stepsPerCycle }) => {
    const cycles = np.maximum(0, np.divide(np.subtract(float(step), warmupSteps), stepsPerCycle));
    const cosine = np.cos(np.multiply(Math.PI, np.subtract(cycles, np.floor(cycles))));
    return np.multiply(rate, np.maximum(0, np.multiply(0.5, np.add(1, cosine))));
  },
};

/**
 * T5X's schedules: a product of named factors, never below `minimum`.
 *
 * The factors are `constant`, `linear_warmup`, `linear_decay`, `rsqrt_decay`, `rsqrt_normalized_decay`, `decay_every` and `cosine_decay`.
 * @throws {ArgumentError} for a factor of another name, or a length that is not positive
 * @see T5X's `create_learning_rate_scheduler`
 * @example factorSchedule("constant * rsqrt_decay", { base: 1, warmupSteps: 10000 }) // T5's pre-training
 */
export const factorSchedule = (factors: string, options: FactorOptions): Schedule => {
  const where = "optim.factorSchedule";
  const settings = {
    ...{
      warmupSteps: 1000,
      decayFactor: 0.5,
      stepsPerDecay: 20_000,
      stepsPerCycle: 100_000,
      stepOffset: 0,
      minimum: 1e-8,
    },
    ...options,
  };
  for (const name of ["warmupSteps", "decayFactor", "stepsPerDecay", "stepsPerCycle"] as const) {
    positive(where, name, settings[name]);
  }
  const list = factors.split("*").map((text): Factor => {
    const name = text.trim();
    if (Object.hasOwn(FACTORS, name)) return FACTORS[name];
    const expected = Object.keys(FACTORS).join(", ");
    throw new ArgumentError({ where, what: "there is no such factor", expected, got: JSON.stringify(name) });
  });
  return composite(where, (step: Tensor) => {
    const since = np.maximum(0, np.subtract(step, settings.stepOffset));
    return np.maximum(
      list.reduce((rate, factor) => factor(rate, since, settings), np.full([], 1)),
      settings.minimum,
    );
  });
};
