/** @file Layers, activations and losses: plain functions over tensors. */
export { gelu, geluTanh, logSoftmax, oneHot, relu, sigmoid, silu, softmax, softplus } from "./activations.js";
export { dense, dropout, embed, rmsNorm } from "./layers.js";
export { tokenLosses } from "./losses.js";
