/** @file Examples as tokens and batches. */
// The old places of these names, for this minor version.
export * from "../tasks/index.js";
export {
  type Decoder,
  decodeStream,
  loadTokenizer,
  loadTokenizerTE,
  parseSentencePiece,
  parseSentencePieceE,
  parseTokenizerJson,
  parseTokenizerJsonE,
  type Tokenizer,
  type TokenizerOptions,
} from "../tokenizer/index.js";
export {
  batchRows,
  bucketLengths,
  epochOrder,
  makeBatch,
  shuffledRows,
  type TokenBatch,
  type TokenizeOptions,
  type Tokens,
  tokenize,
  withEos,
} from "./batch.js";
export { type DecoderOnlyExample, type DecoderOnlyOptions, decoderOnly } from "./decoder-only.js";
export { type DemonstrationOptions, demonstrations } from "./demonstrations.js";
export {
  type EvaluationBatch,
  type EvaluationBatchOptions,
  evaluationBatches,
  paddedLengths,
} from "./evaluation-batches.js";
export {
  type Drawn,
  drawMixture,
  type MixtureOptions,
  mixtureRows,
  mixtureTokenRows,
  type RateOptions,
  type Rates,
  rateBySize,
  taskRates,
} from "./mixture.js";
export * from "./objectives/index.js";
export {
  makePackedBatch,
  type PackedBatch,
  type PackedFeature,
  type PackedRow,
  type PackOptions,
  packExamples,
  packedBatches,
  packedBatchRows,
  packedLengths,
  packedRow,
  packRows,
} from "./packing.js";
export * from "./streams/index.js";
export { type TokenBatchRows, tokenBatchRows } from "./token-batches.js";
