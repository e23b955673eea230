/** @file The defaults of the optimizers. */
import * as optim from "../../../lib/optim/index.js";
import { NONE, type Rows, type SettingsElsewhere } from "./row.js";
import type { SCHEDULES } from "./schedules.js";
import { ADAN, BELIEF, MOMENTS, MUON, RMS, type TRANSFORMATIONS, YOGI } from "./transformations.js";

const RATE = { learningRate: 0.1 };

/** Which parameters decay; it matters where they do. */
const mask = ["**", "kernel", { weightDecay: 0.1 }] as const;
/** Look ahead; it matters where there is momentum. */
const nesterov = [false, true, { momentum: 0.9 }] as const;

export const OPTIMIZERS: Rows<
  Exclude<keyof Rows, keyof typeof SCHEDULES | keyof typeof TRANSFORMATIONS | SettingsElsewhere>
> = {
  sgd: { make: (s) => optim.sgd({ ...RATE, ...s }), settings: { momentum: [NONE, 0.9], nesterov } },
  noisySgd: {
    make: (s) => optim.noisySgd({ ...RATE, ...s }),
    settings: { eta: [0.01, 0.02], gamma: [0.55, 0.6], seed: [0, 1] },
  },
  adam: { make: (s) => optim.adam({ ...RATE, ...s }), settings: { ...MOMENTS, nesterov: [false, true] } },
  adamw: {
    make: (s) => optim.adamw({ ...RATE, ...s }),
    settings: { ...MOMENTS, nesterov: [false, true], weightDecay: [1e-4, 2e-4], mask },
  },
  nadam: { make: (s) => optim.nadam({ ...RATE, ...s }), settings: MOMENTS },
  nadamw: {
    make: (s) => optim.nadamw({ ...RATE, ...s }),
    settings: { ...MOMENTS, weightDecay: [1e-4, 2e-4], mask },
  },
  amsgrad: { make: (s) => optim.amsgrad({ ...RATE, ...s }), settings: MOMENTS, steps: 7 },
  adamax: { make: (s) => optim.adamax({ ...RATE, ...s }), settings: MOMENTS },
  adamaxw: {
    make: (s) => optim.adamaxw({ ...RATE, ...s }),
    settings: { ...MOMENTS, weightDecay: [1e-4, 2e-4], mask },
  },
  adabelief: {
    make: (s) => optim.adabelief({ ...RATE, ...s }),
    settings: { ...MOMENTS, ...BELIEF },
  },
  yogi: { make: (s) => optim.yogi({ ...RATE, ...s }), settings: { ...MOMENTS, ...YOGI } },
  radam: { make: (s) => optim.radam({ ...RATE, ...s }), settings: { ...MOMENTS, threshold: [5, 6] }, steps: 6 },
  adagrad: {
    make: (s) => optim.adagrad({ ...RATE, ...s }),
    settings: { initialAccumulator: [0.1, 0.2], epsilon: [1e-7, 2e-7] },
  },
  adadelta: {
    make: (s) => optim.adadelta({ ...RATE, ...s }),
    settings: { rho: [0.9, 0.8], epsilon: [1e-6, 2e-6], weightDecay: [0, 1e-3], mask },
  },
  rmsprop: {
    make: (s) => optim.rmsprop({ ...RATE, ...s }),
    settings: { ...RMS, centered: [false, true], momentum: [NONE, 0.9], nesterov },
  },
  lamb: {
    make: (s) => optim.lamb({ ...RATE, ...s }),
    settings: { ...MOMENTS, epsilon: [1e-6, 2e-6], weightDecay: [0, 1e-3], mask },
  },
  lars: {
    make: (s) => optim.lars({ ...RATE, ...s }),
    settings: {
      ...{ weightDecay: [0, 1e-3], mask, trustCoefficient: [1e-3, 2e-3], epsilon: [0, 1e-8] },
      ...{ trustMask: ["**", "kernel"], momentum: [0.9, 0.8], nesterov: [false, true] },
    },
  },
  lion: {
    make: (s) => optim.lion({ ...RATE, ...s }),
    settings: { beta1: [0.9, 0.89], beta2: [0.99, 0.989], weightDecay: [1e-3, 2e-3], mask },
  },
  novograd: {
    make: (s) => optim.novograd({ ...RATE, ...s }),
    settings: { beta1: [0.9, 0.8], beta2: [0.25, 0.3], epsilon: [1e-6, 2e-6], weightDecay: [0, 1e-3] },
  },
  sm3: { make: (s) => optim.sm3({ ...RATE, ...s }), settings: { momentum: [0.9, 0.8] } },
  adan: {
    make: (s) => optim.adan({ ...RATE, ...s }),
    settings: { ...ADAN, epsilonRoot: [1e-8, 2e-8], weightDecay: [0, 1e-3], mask },
  },
  muon: {
    make: (s) => optim.muon({ ...RATE, ...s }),
    settings: {
      ...MUON,
      ...{ weightDecay: [0, 1e-3], mask: ["**", [], { weightDecay: 0.1 }] },
      ...{ adamLearningRate: [0.1, 0.2], adam: [{}, { beta1: 0.8 }] },
    },
  },
  prodigy: {
    make: optim.prodigy,
    settings: {
      ...{
        learningRate: [1, 0.5],
        beta1: [0.9, 0.8],
        beta2: [0.999, 0.998],
        beta3: [Math.sqrt(0.999), 0.9, { coefficient: 10 }],
      },
      ...{ epsilon: [1e-8, 1e-6], initialEstimate: [1e-6, 1e-5], coefficient: [1, 2], weightDecay: [0, 1e-3] },
      safeguardWarmup: [false, true],
    },
    steps: 7,
  },
  lbfgs: {
    // Its search needs a loss; lbfgs.test.ts has both.
    make: (s) => optim.lbfgs({ linesearch: null, ...s }),
    settings: {
      ...{ learningRate: [NONE, 0.5], memorySize: [10, 1], scaleInitPrecond: [true, false] },
      linesearch: [NONE, optim.scale(0.5) as never],
    },
    steps: 5,
  },
  // The loss falls by a hundredth in each step.
  reduceOnPlateau: {
    make: optim.reduceOnPlateau,
    settings: {
      ...{ factor: [0.1, 0.2, { patience: 1, rtol: 0.5 }], patience: [10, 2, { rtol: 0.5 }] },
      ...{ rtol: [1e-4, 0.5, { patience: 1 }], atol: [0, 1, { patience: 1 }] },
      ...{ cooldown: [0, 1, { patience: 1, rtol: 0.5 }], accumulationSize: [1, 2, { patience: 1, rtol: 0.5 }] },
      minScale: [0, 0.5, { patience: 1, rtol: 0.5 }],
    },
    steps: 7,
  },
  scheduleFree: {
    make: (s) => optim.scheduleFree(optim.sgd(0.1), optim.warmup(3, 0.1), s),
    settings: { beta1: [0.9, 0.8], weightPower: [2, 1] },
  },
  scheduleFreeSgd: {
    make: optim.scheduleFreeSgd,
    settings: {
      ...{ learningRate: [1, 0.5], warmupSteps: [NONE, 3], beta1: [0.9, 0.8], weightDecay: [0, 1e-3] },
      weightPower: [2, 1, { warmupSteps: 3 }],
    },
  },
  scheduleFreeAdamw: {
    make: optim.scheduleFreeAdamw,
    settings: {
      ...{ learningRate: [0.0025, 0.005], warmupSteps: [NONE, 3], beta1: [0.9, 0.8], beta2: [0.999, 0.998] },
      ...{ epsilon: [1e-8, 2e-8], weightDecay: [0, 1e-3], weightPower: [2, 1, { warmupSteps: 3 }] },
    },
  },
  adafactor: {
    make: (s) => optim.adafactor({ ...RATE, ...s }),
    settings: {
      factored: [true, false, { minDimSizeToFactor: 1 }],
      minDimSizeToFactor: [128, 129],
      multiplyByParameterScale: [true, false],
      beta1: [NONE, 0.9],
      decayRate: [0.8, 0.7],
      stepOffset: [0, -1],
      initialStep: [0, 1],
      clippingThreshold: [1, 0.9],
      weightDecayRate: [0, 1],
      epsilon1: [1e-30, 2e-30],
      epsilon2: [1e-3, 2e-3],
    },
    large: ["minDimSizeToFactor"],
  },
};
