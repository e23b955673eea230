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
