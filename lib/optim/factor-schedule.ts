/** @file T5X's schedules: products of named factors. */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { floatOf } from "./base.js";
import { named, periods, positive, type Schedule } from "./schedules.js";

/** Settings of `factorSchedule`; the defaults are T5X's. */
export interface FactorOptions {
  readonly base: number;
  /** Default 1000. */
  readonly warmupSteps?: number;
  /** Default 0.5. */
  readonly decayFactor?: number;
  /** Default 20000. */
  readonly stepsPerDecay?: number;
  /** Default 100000. */
  readonly stepsPerCycle?: number;
  /** The step that counts as 0. Default 0. */
  readonly stepOffset?: number;
  /** Default 1e-8. */
  readonly minimum?: number;
}

type Factor = (rate: Tensor, step: Tensor, options: Required<FactorOptions>) => Tensor;

/** The step as a number of the dtype of the rate. */
const float = (step: Tensor, rate: Tensor): Tensor => np.astype(step, floatOf(rate));

/** What each factor does to the rate so far; `step` is an int32 scalar, not negative. */
const FACTORS: Readonly<Record<string, Factor>> = {
  constant: (rate, _step, { base }) => np.multiply(rate, base),
  linear_warmup: (rate, step, { warmupSteps }) =>
    np.multiply(rate, np.minimum(1, np.divide(float(step, rate), warmupSteps))),
  linear_decay: (rate, step, { base, warmupSteps, decayFactor }) => {
    const falling = np.add(1, np.multiply(decayFactor, np.subtract(warmupSteps, float(step, rate))));
    return np.multiply(rate, np.multiply(base, np.minimum(np.divide(float(step, rate), warmupSteps), falling)));
  },
  rsqrt_decay: (rate, step, { warmupSteps }) => np.multiply(rate, np.rsqrt(np.maximum(float(step, rate), warmupSteps))),
  rsqrt_normalized_decay: (rate, step, { warmupSteps }) =>
    np.multiply(rate, np.sqrt(np.divide(warmupSteps, np.maximum(float(step, rate), warmupSteps)))),
  decay_every: (rate, step, { decayFactor, stepsPerDecay }) =>
    np.multiply(rate, np.power(decayFactor, periods(step, stepsPerDecay, true, floatOf(rate)))),
  cosine_decay: (rate, step, { warmupSteps, stepsPerCycle }) => {
    const cycles = np.maximum(0, np.divide(np.subtract(float(step, rate), warmupSteps), stepsPerCycle));
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
export const factorSchedule = takes(
  "optim.factorSchedule(factors, { base, warmupSteps, decayFactor, stepsPerDecay, stepsPerCycle, stepOffset, minimum })",
  (factors: string, options: FactorOptions): Schedule => {
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
    return named(where, (step, dtype) => {
      const since = np.maximum(0, np.subtract(step, settings.stepOffset));
      return np.maximum(
        list.reduce((rate, factor) => factor(rate, since, settings), np.full([], 1, dtype)),
        settings.minimum,
      );
    });
  },
);
