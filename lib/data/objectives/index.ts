/** @file Objectives of pre-training: what examples become of texts without labels. */
export { textInfilling, tokenDeletion } from "./bart-objectives.js";
export type { DenoisingOptions } from "./denoising.js";
export { fullLm, type Lm, lm } from "./language-models.js";
export {
  iidNoiseMask,
  type Mask,
  prefixMask,
  type RegularOptions,
  randomPrefixNoiseMask,
  randomSegmentation,
  randomSpansNoiseMask,
  regularMask,
  regularNoiseMask,
  rollMask,
  type SpanOptions,
  spansMask,
} from "./masks.js";
export {
  dropNoiseTokens,
  dropNonnoiseTokens,
  type NoiseFunction,
  noiseSpanToSentinel,
  noiseSpanToUniqueSentinel,
  noiseTokenToRandomToken,
  noiseTokenToRandomTokenOrSentinel,
  noiseTokenToSentinel,
  nonnoiseSpanToSentinel,
  nonnoiseSpanToUniqueSentinel,
  permuteNoiseTokens,
} from "./noise.js";
export { makeExamples, type Objective, type ObjectiveOptions, type Sizes, type Vocabulary } from "./objective.js";
export {
  type ChunkOptions,
  type DocumentIds,
  type PieceOptions,
  piecesOf,
  reduceConcatTokens,
  selectRandomChunk,
  splitTokens,
  trimTokensAtFront,
} from "./pieces.js";
export {
  type CausalRow,
  type PrefixLmRow,
  packPrefixLmDecoderOnly,
  packPrefixLmEncoderDecoder,
  randomSplit,
  targetsForPrefixLmObjective,
} from "./prefix-lm.js";
export { randomSpansHelper, type SpanLengthOptions, type SpanLengths } from "./spans.js";
export { iidDenoising, prefixLm, type SpanCorruptionOptions, spanCorruption } from "./t5-objectives.js";
