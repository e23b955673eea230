/** @file T5 as pure functions. */
export { T5_SIZES, type T5Config } from "./config.js";
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
