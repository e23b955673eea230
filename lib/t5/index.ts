/** @file T5 as pure functions. */

export type { BeamPenalty, BrevityPenalty, LengthPenalty } from "./beam-rules.js";
export { type BeamOptions, type BeamRequest, type BeamSearch, beamSearch } from "./beam-search.js";
export { type DecoderCache, type DecoderMemory, decoderMemory, decodeStep, initCache, type KeyValue } from "./cache.js";
export { type Kernel, type LowRank, parameterCount, type T5Config } from "./config.js";
export { type ConfigName, configs } from "./configs.js";
export type { Decoded, Decoder, Forced, SpecialIds } from "./decoder.js";
export {
  type BeamMethod,
  decoderOf,
  type EncoderInputs,
  type Generate,
  type GenerateOptions,
  type GenerateRequest,
  type GreedyMethod,
  generate,
  type Prefixed,
  type SampleMethod,
} from "./generate.js";
export { init } from "./init.js";
export type { LayerPrompts, PrefixKeyValue, PrefixKeyValues } from "./key-values.js";
export { loss, lossSums, promptLoss } from "./loss.js";
export type { LossOptions } from "./loss-options.js";
export { merge } from "./merge.js";
export {
  type Batch,
  type DecodeOptions,
  decode,
  type Encoded,
  type EncodeOptions,
  encode,
  type LogitsOptions,
  logits,
  logitsOf,
  type PromptParams,
  shiftRight,
} from "./model.js";
export type { Inserted, Model, Modified } from "./modified.js";
export { type Normalize, normalizedWeights } from "./normalizing.js";
export { bucketTable, relativeBucket } from "./positions.js";
export { type PromptRows, promptRows } from "./prompt-rows.js";
export { type Rank, rank } from "./rank.js";
export {
  type CutOptions,
  cutLogits,
  greedySearch,
  type SampleOptions,
  type SampleRequest,
  type TokenDecoding,
  temperatureSample,
} from "./sample.js";
export { type Score, score, type TargetScores } from "./score.js";
export {
  type AnyParams,
  type Params,
  type StackedParams,
  stackLayers,
  type TrainingOptions,
  unstackLayers,
} from "./stack.js";
export type { TokenLoopOptions, TokenRequest } from "./token-loop.js";
