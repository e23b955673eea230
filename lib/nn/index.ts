/** @file Layers as pairs of pure functions, activations, attention, first values and losses. */

export { logsumexp, tanh } from "../np/index.js";
export {
  celu,
  elu,
  gelu,
  glu,
  hardSigmoid,
  hardSilu,
  hardSwish,
  hardTanh,
  identity,
  leakyRelu,
  log1mexp,
  logSigmoid,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softplus,
  softSign,
  sparsePlus,
  sparseSigmoid,
  squareplus,
  swish,
} from "./activations.js";
export {
  type AttentionOptions,
  combineMasks,
  dotProductAttention,
  makeAttentionMask,
  makeCausalMask,
} from "./attention.js";
export {
  hingeLoss,
  klDivergence,
  polyLossCrossEntropy,
  sigmoidBinaryCrossEntropy,
  sigmoidFocalLoss,
  smoothLabels,
  softmaxCrossEntropy,
  softmaxCrossEntropyWithIntegerLabels,
} from "./classification-losses.js";
export { type ConvOptions, conv, convTranspose } from "./conv.js";
export { type DenseParams, dense, type Embed, type EmbedParams, embed, type KernelOptions } from "./dense.js";
export { type DropoutOptions, dropout, dropoutLayer } from "./dropout.js";
export * as initializers from "./initializers.js";
export { type Context, type Layer, type LayerLike, type NoParams, type ParamsOf, sequential } from "./layer.js";
export { crossEntropy, type LossSums, type TokenLossOptions, tokenLosses } from "./losses.js";
export {
  type AttentionCache,
  type AttentionContext,
  type AttentionParams,
  type MultiHeadAttention,
  type MultiHeadAttentionOptions,
  multiHeadAttention,
} from "./multi-head-attention.js";
export {
  type BatchNorm,
  type BatchNormState,
  batchNorm,
  groupNorm,
  layerNorm,
  type NormOptions,
  type NormParams,
  rmsNorm,
  type ScaleParams,
} from "./norms.js";
export { avgPool, maxPool, minPool, type PoolOptions } from "./pooling.js";
export {
  type Cell,
  type CellOptions,
  type CellParams,
  gruCell,
  type LstmCarry,
  lstmCell,
  simpleCell,
} from "./recurrent.js";
export { cosineDistance, cosineSimilarity, huberLoss, l2Loss, logCosh, squaredError } from "./regression-losses.js";
export { type Rnn, type RnnOptions, rnn } from "./rnn.js";
export {
  logmeanexp,
  logSoftmax,
  oneHot,
  type SoftmaxOptions,
  type StandardizeOptions,
  softmax,
  standardize,
  type Where,
} from "./softmax.js";
