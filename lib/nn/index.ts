/** @file Layers, activations and losses: plain functions over tensors. */
export { gelu, geluTanh, logSoftmax, oneHot, relu, sigmoid, silu, softmax, softplus } from "./activations.js";
export { dense, dropout, embed, rmsNorm } from "./layers.js";
export { crossEntropy, type LossSums, tokenLosses } from "./losses.js";
export { avgPool, maxPool, minPool, type PoolOptions } from "./pooling.js";
