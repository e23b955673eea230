/** @file Optimizers as pure transitions. */
export {
  ema,
  type RmsOptions,
  scaleByAdadelta,
  scaleByLion,
  scaleByNovograd,
  scaleByRms,
  scaleByRss,
  scaleByStddev,
  trace,
} from "./accumulators.js";
export {
  type AdafactorMoments,
  type AdafactorOptions,
  type AdafactorState,
  adafactor,
  type FactoredRmsOptions,
  scaleByFactoredRms,
} from "./adafactor.js";
export {
  type MomentOptions,
  type MomentState,
  scaleByAdam,
  scaleByAdamax,
  scaleByAmsgrad,
  scaleByBelief,
  scaleByRadam,
  scaleByYogi,
} from "./adam.js";
export { type AdanOptions, type AdanState, adan, scaleByAdan } from "./adan.js";
export { incrementalUpdate, periodicUpdate } from "./averages.js";
export {
  type ApplyUpdates,
  applyUpdates,
  chain,
  identity,
  type NoState,
  namedChain,
  setToZero,
  stateless,
} from "./base.js";
export {
  adaptiveGradClip,
  centralize,
  clip,
  clipByBlockRms,
  clipByGlobalNorm,
  globalNorm,
  keepParamsNonnegative,
  scaleByParamBlockNorm,
  scaleByParamBlockRms,
  scaleBySign,
  scaleByTrustRatio,
  zeroNans,
} from "./clip.js";
export {
  type Boundaries,
  cosineOnecycleSchedule,
  linearOnecycleSchedule,
  type OnecycleOptions,
  piecewiseConstantSchedule,
  piecewiseInterpolateSchedule,
  sgdrSchedule,
  type WarmupOptions,
  warmupConstantSchedule,
  warmupCosineDecaySchedule,
  warmupExponentialDecaySchedule,
} from "./composed-schedules.js";
export { type FactorOptions, factorSchedule } from "./factor-schedule.js";
export {
  type LbfgsOptions,
  type LbfgsState,
  type LbfgsWithSearchOptions,
  type LbfgsWithSearchState,
  lbfgs,
  scaleByLbfgs,
} from "./lbfgs.js";
export {
  type LineSearchOptions,
  type LineSearchState,
  scaleByZoomLinesearch,
  valueAndGradFromState,
} from "./line-search.js";
export { freeze, masked, multiTransform, partition } from "./masked.js";
export {
  type MuonOptions,
  type MuonState,
  type MuonWithAdamOptions,
  muon,
  type NewtonSchulz,
  scaleByMuon,
} from "./muon.js";
export {
  adabelief,
  adadelta,
  adagrad,
  adam,
  adamax,
  adamaxw,
  adamw,
  amsgrad,
  type DecayOptions,
  type LearningRate,
  lamb,
  lars,
  lion,
  type MomentumOptions,
  nadam,
  nadamw,
  noisySgd,
  novograd,
  radam,
  rmsprop,
  sgd,
  signSgd,
  sm3,
  yogi,
} from "./optimizers.js";
export type { RunningState } from "./per-leaf.js";
export { type ProdigyOptions, type ProdigyState, prodigy } from "./prodigy.js";
export { type PlateauOptions, type PlateauState, reduceOnPlateau } from "./reduce-on-plateau.js";
export {
  addDecayedWeights,
  type Mask,
  type ScheduleState,
  scale,
  scaleByLearningRate,
  scaleBySchedule,
} from "./scale.js";
export {
  type ScheduleFreeOptions,
  type ScheduleFreeRun,
  type ScheduleFreeState,
  scheduleFree,
  scheduleFreeAdamw,
  scheduleFreeEvalParams,
  scheduleFreeSgd,
} from "./schedule-free.js";
export {
  type Begin,
  constantSchedule,
  cosineDecaySchedule,
  exponentialDecay,
  inverseSquareRoot,
  joinSchedules,
  linearSchedule,
  polynomialSchedule,
  type Rate,
  type Schedule,
  warmup,
} from "./schedules.js";
export { type Sm3State, scaleBySm3 } from "./sm3.js";
export {
  type GradientTransformation,
  type OfKey,
  type OfPart,
  type OptState,
  type PerParam,
  type PlainTransformation,
  type StateOf,
  transformation,
  type UpdateExtra,
} from "./state.js";
export {
  type ApplyEveryState,
  type ApplyIfFiniteState,
  addNoise,
  applyEvery,
  applyIfFinite,
  type InjectState,
  injectHyperparams,
  type LookaheadParams,
  type LookaheadState,
  lookahead,
  lookaheadParams,
  type MultiStepsState,
  multiSteps,
  type NoiseState,
} from "./wrappers.js";
