/** @file Optimizers as pure transitions. */
export { type AdafactorMoments, type AdafactorOptions, type AdafactorState, adafactor } from "./adafactor.js";
export { type AdamOptions, type AdamState, adam, adamw } from "./adam.js";
export { applyUpdates, chain, type GradientTransformation } from "./base.js";
export { addDecayedWeights, clip, clipByBlockRms, clipByGlobalNorm, globalNorm, scale } from "./clip.js";
export { cosineSchedule, inverseSquareRoot, linearSchedule, type Schedule, warmup } from "./schedules.js";
export { type SgdState, sgd } from "./sgd.js";
