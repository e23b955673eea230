/** @file The primitives under their names in lax, without promotion of dtypes, and control flow. */
export { broadcastInDim, reduceSum, reshape, transpose } from "../primitives/broadcast.js";
export { type DotDims, dotGeneral } from "../primitives/dot.js";
export { convert as convertElementType, select } from "../primitives/elementwise.js";
export type { IndexMode } from "../primitives/index-mode.js";
export { erf, logistic, rsqrt } from "../primitives/math.js";
export { concatenate, iota, pad, reverse, slice } from "../primitives/movement.js";
export { argMax as argmax, argMin as argmin, reduceMax, reduceMin } from "../primitives/reduce.js";
export { type AssociativeScanOptions, associativeScan } from "../transforms/associative-scan.js";
export { cond, switchCase as switch, switchCase } from "../transforms/cond.js";
export { type MapOptions, map } from "../transforms/map.js";
export { type ScanOptions, scan } from "../transforms/scan.js";
export { stopGradient } from "../transforms/stop-gradient.js";
export { foriLoop, whileLoop } from "../transforms/while.js";
export {
  type ConvDimensionNumbers,
  type ConvLetters,
  type ConvOptions,
  conv,
  convDimensionNumbers,
  convGeneralDilated,
  convGeneralDilatedPatches,
  convTranspose,
  convWithGeneralPadding,
} from "./conv.js";
export * as linalg from "./linalg.js";
export {
  type CumulativeOptions,
  cumlogsumexp,
  cummax,
  cummin,
  cumprod,
  cumsum,
  type SortOptions,
  sort,
  sortKeyVal,
  topK,
} from "./order.js";
export { type Padding, padtypeToPads } from "./padding.js";
export {
  type GatherDims,
  type GatherOptions,
  gather,
  indexTake,
  type ScatterDims,
  type ScatterOptions,
  scatter,
  scatterAdd,
  scatterMax,
  scatterMin,
  scatterMul,
  scatterSub,
} from "./scatter.js";
export {
  dynamicIndexInDim,
  dynamicSlice,
  dynamicSliceInDim,
  dynamicUpdateIndexInDim,
  dynamicUpdateSlice,
  dynamicUpdateSliceInDim,
  indexInDim,
  type KeepDims,
  sliceInDim,
} from "./slicing.js";
export { reduceWindow, type WindowOptions } from "./window.js";
