/** @file Objectives of pre-training: what examples become of texts without labels. */
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
export {
  type DenoisingOptions,
  fullLm,
  iidDenoising,
  type Lm,
  lm,
  makeExamples,
  type Objective,
  type ObjectiveOptions,
  prefixLm,
  type Sizes,
  type SpanCorruptionOptions,
  spanCorruption,
  textInfilling,
  tokenDeletion,
  type Vocabulary,
} from "./objectives.js";
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
