/** @file Optimizers as pure transitions. */
export { type AdafactorMoments, type AdafactorOptions, type AdafactorState, adafactor } from "./adafactor.js";
export { type AdamOptions, type AdamState, adam, adamw } from "./adam.js";
export {
  addDecayedWeights,
  applyUpdates,
  chain,
  type GradientTransformation,
  identity,
  type NoState,
  type ScheduleState,
  scale,
  scaleBySchedule,
} from "./base.js";
export { clip, clipByBlockRms, clipByGlobalNorm, globalNorm } from "./clip.js";
export {
  constantSchedule,
  cosineSchedule,
  exponentialSchedule,
  type FactorOptions,
  factorSchedule,
  inverseSquareRoot,
  joinSchedules,
  linearSchedule,
  type Schedule,
  warmup,
} from "./schedules.js";
export { type SgdState, sgd } from "./sgd.js";
