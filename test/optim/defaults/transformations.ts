/** @file The defaults of the transformations of gradients. */
import * as optim from "../../../lib/optim/index.js";
import type { Rows } from "./row.js";

/** Decays and epsilons that most relatives of Adam share. */
export const MOMENTS = {
  beta1: [0.9, 0.8],
  beta2: [0.999, 0.998],
  epsilon: [1e-8, 2e-8],
  epsilonRoot: [0, 1e-20],
} as const;

/** Settings of both averages of squares. */
export const RMS = {
  decay: [0.9, 0.8],
  epsilon: [1e-8, 2e-8],
  initialScale: [0, 0.1],
  epsilonInRoot: [true, false],
} as const;

/** Epsilon of AdaBelief matters where the other, whose root is far larger, is not. */
export const BELIEF = { epsilon: [1e-16, 2e-16, { epsilonRoot: 0 }], epsilonRoot: [1e-16, 2e-16] } as const;
/** A root of so large an epsilon is what is seen beside it. */
export const YOGI = { epsilon: [1e-3, 2e-3], epsilonRoot: [0, 1e-8] } as const;

/** Settings of Adan, but for the epsilon under the root. */
export const ADAN = { beta1: [0.98, 0.97], beta2: [0.92, 0.9], beta3: [0.99, 0.98], epsilon: [1e-8, 2e-8] } as const;
/** Settings of Muon's matrices. */
export const MUON = {
  beta: [0.95, 0.9],
  nesterov: [true, false],
  steps: [5, 4],
  coefficients: [
    [3.4445, -4.775, 2.0315],
    [3.4445, -4.775, 2],
  ],
  epsilon: [1e-8, 1e-3],
} as const;

type Names =
  | Exclude<Extract<keyof Rows, `scaleBy${string}`>, "scaleByZoomLinesearch">
  | "adaptiveGradClip"
  | "addDecayedWeights"
  | "ema"
  | "trace";

export const TRANSFORMATIONS: Rows<Names> = {
  trace: { make: (s) => optim.trace(0.9, s), settings: { nesterov: [false, true] } },
  ema: { make: (s) => optim.ema(0.9, s), settings: { debias: [true, false] } },
  scaleByRss: { make: optim.scaleByRss, settings: { initialAccumulator: [0.1, 0.2], epsilon: [1e-7, 2e-7] } },
  scaleByRms: { make: optim.scaleByRms, settings: { ...RMS, biasCorrection: [false, true] } },
  scaleByStddev: { make: optim.scaleByStddev, settings: RMS },
  scaleByAdadelta: { make: optim.scaleByAdadelta, settings: { rho: [0.9, 0.8], epsilon: [1e-6, 2e-6] } },
  scaleByLion: { make: optim.scaleByLion, settings: { beta1: [0.9, 0.89], beta2: [0.99, 0.989] } },
  scaleByNovograd: {
    make: optim.scaleByNovograd,
    settings: { beta1: [0.9, 0.8], beta2: [0.25, 0.3], epsilon: [1e-8, 2e-8], weightDecay: [0, 1e-3] },
  },
  scaleByAdam: { make: optim.scaleByAdam, settings: { ...MOMENTS, nesterov: [false, true] } },
  scaleByAmsgrad: { make: optim.scaleByAmsgrad, settings: MOMENTS, steps: 7 },
  scaleByAdamax: { make: optim.scaleByAdamax, settings: MOMENTS },
  scaleByBelief: {
    make: optim.scaleByBelief,
    settings: { ...MOMENTS, ...BELIEF },
  },
  scaleByYogi: {
    make: optim.scaleByYogi,
    settings: { ...MOMENTS, ...YOGI, initialAccumulator: [1e-6, 2e-6] },
  },
  scaleByAdan: { make: optim.scaleByAdan, settings: { ...ADAN, epsilonRoot: [0, 1e-20] } },
  scaleByMuon: { make: (s) => optim.masked(optim.scaleByMuon(s), "kernel"), settings: MUON },
  scaleByLbfgs: {
    make: optim.scaleByLbfgs,
    settings: { memorySize: [10, 1], scaleInitPrecond: [true, false] },
    steps: 5,
  },
  scaleByFactoredRms: {
    make: optim.scaleByFactoredRms,
    settings: {
      factored: [true, false, { minDimSizeToFactor: 1 }],
      decayRate: [0.8, 0.7],
      stepOffset: [0, -1],
      minDimSizeToFactor: [128, 129],
      epsilon: [1e-30, 1e-20],
    },
    large: ["minDimSizeToFactor"],
  },
  // Five steps leave the second moment too uncertain for the default threshold, six do not.
  scaleByRadam: { make: optim.scaleByRadam, settings: { ...MOMENTS, threshold: [5, 6] }, steps: 6 },
  scaleBySm3: { make: optim.scaleBySm3, settings: { beta1: [0.9, 0.8], beta2: [1, 0.9], epsilon: [1e-8, 2e-8] } },
  scaleByTrustRatio: {
    make: optim.scaleByTrustRatio,
    settings: { minNorm: [0, 1e-3], trustCoefficient: [1, 1.1], epsilon: [0, 1e-8] },
  },
  scaleByParamBlockRms: { make: ({ least }) => optim.scaleByParamBlockRms(least), settings: { least: [1e-3, 2e-3] } },
  scaleByParamBlockNorm: { make: ({ least }) => optim.scaleByParamBlockNorm(least), settings: { least: [1e-3, 2e-3] } },
  adaptiveGradClip: { make: (s) => optim.adaptiveGradClip(0.1, s), settings: { epsilon: [1e-3, 2e-3] } },
  addDecayedWeights: { make: (s) => optim.addDecayedWeights(0.1, s), settings: { mask: ["**", "kernel"] } },
};
