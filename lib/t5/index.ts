/** @file T5 as pure functions. */
export { parameterCount, type T5Config } from "./config.js";
export { type ConfigName, configs } from "./configs.js";
export { type Greedy, greedy, type Rank, rank } from "./decode.js";
export { init } from "./init.js";
export {
  type Batch,
  type DecodeOptions,
  decode,
  type Encoded,
  type EncodeOptions,
  encode,
  type LossOptions,
  logits,
  logitsOf,
  loss,
  type PromptParams,
  promptLoss,
  shiftRight,
} from "./model.js";
export { bucketTable, relativeBucket } from "./positions.js";
export { type PromptRows, promptRows } from "./prompt-rows.js";
export {
  type AnyParams,
  type Params,
  type StackedParams,
  stackLayers,
  type TrainingOptions,
  unstackLayers,
} from "./stack.js";
