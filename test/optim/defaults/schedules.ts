/** @file The defaults of the schedules. */
import * as optim from "../../../lib/optim/index.js";
import { NONE, type Rows } from "./row.js";

const WARMUP = { peakValue: 0.5, warmupSteps: 10 };
const ONECYCLE = { pctStart: [0.3, 0.31], divFactor: [25, 26], finalDivFactor: [1e4, 2e4] } as const;

/** A product in which every setting has a part. */
const FACTORS = "constant * linear_warmup * decay_every * cosine_decay";

export const SCHEDULES: Rows<Extract<keyof Rows, `${string}${"Schedule" | "Decay"}`>> = {
  linearSchedule: { make: (s) => optim.linearSchedule(1, 0, 10, s), settings: { transitionBegin: [0, 1] } },
  polynomialSchedule: { make: (s) => optim.polynomialSchedule(1, 0, 2, 10, s), settings: { transitionBegin: [0, 1] } },
  cosineDecaySchedule: {
    make: (s) => optim.cosineDecaySchedule(1, 10, s),
    settings: { alpha: [0, 0.1], exponent: [1, 1.1] },
  },
  exponentialDecay: {
    make: (s) => optim.exponentialDecay(1, 10, 0.5, s),
    settings: { transitionBegin: [0, 1], staircase: [false, true], endValue: [NONE, 0.1] },
  },
  warmupConstantSchedule: {
    make: (s) => optim.warmupConstantSchedule({ ...WARMUP, ...s }),
    settings: { initValue: [0, 0.1] },
  },
  warmupCosineDecaySchedule: {
    make: (s) => optim.warmupCosineDecaySchedule({ ...WARMUP, decaySteps: 100, ...s }),
    settings: { initValue: [0, 0.1], endValue: [0, 0.1], exponent: [1, 1.1] },
  },
  warmupExponentialDecaySchedule: {
    make: (s) => optim.warmupExponentialDecaySchedule({ ...WARMUP, transitionSteps: 10, decayRate: 0.5, ...s }),
    settings: { initValue: [0, 0.1], transitionBegin: [0, 1], staircase: [false, true], endValue: [NONE, 0.1] },
  },
  cosineOnecycleSchedule: { make: (s) => optim.cosineOnecycleSchedule(100, 0.5, s), settings: ONECYCLE },
  linearOnecycleSchedule: {
    make: (s) => optim.linearOnecycleSchedule(100, 0.5, s),
    settings: { ...ONECYCLE, pctFinal: [0.85, 0.86] },
  },
  factorSchedule: {
    make: (s) => optim.factorSchedule(FACTORS, { base: 1, ...s }),
    settings: {
      warmupSteps: [1000, 1001],
      decayFactor: [0.5, 0.6],
      stepsPerDecay: [20_000, 20_001],
      stepsPerCycle: [100_000, 100_001],
      stepOffset: [0, 1],
      minimum: [1e-8, 2e-8],
    },
  },
};
