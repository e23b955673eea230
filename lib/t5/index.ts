/** @file T5 as pure functions. */
export { parameterCount, type T5Config } from "./config.js";
export { type ConfigName, configs } from "./configs.js";
export { type Greedy, greedy, type Rank, rank } from "./decode.js";
export {
  type Batch,
  decode,
  type Encoded,
  type EncodeOptions,
  encode,
  type LossOptions,
  logits,
  logitsOf,
  loss,
  type Params,
  type PromptParams,
  promptLoss,
  shiftRight,
} from "./model.js";
export { bucketTable, relativeBucket } from "./positions.js";
export { type PromptRows, promptRows } from "./prompt-rows.js";
