/** @file The primitives under their names in lax, without promotion of dtypes, and control flow. */

export {
  bitcastConvertType,
  clz,
  nextafter,
  populationCount,
  reducePrecision,
} from "../primitives/bits.js";
export { broadcastInDim, reduceSum, reshape, transpose } from "../primitives/broadcast.js";
export { reduceProd } from "../primitives/by-halves.js";
export { type DotDims, dotGeneral } from "../primitives/dot.js";
export {
  abs,
  add,
  and as bitwiseAnd,
  ceil,
  convert as convertElementType,
  div,
  eq,
  floor,
  ge,
  gt,
  le,
  lt,
  max,
  min,
  mul,
  ne,
  neg,
  not as bitwiseNot,
  or as bitwiseOr,
  rem,
  select,
  shiftLeft,
  shiftRightArithmetic,
  shiftRightLogical,
  sign,
  sub,
  xor as bitwiseXor,
} from "../primitives/elementwise.js";
export { erfInv } from "../primitives/erf-inv.js";
export type { IndexMode } from "../primitives/index-mode.js";
export {
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  cbrt,
  cos,
  cosh,
  erf,
  exp,
  expm1,
  finite as isFinite,
  integerPow,
  log,
  log1p,
  logistic,
  pow,
  rsqrt,
  sin,
  sinh,
  sqrt,
  tan,
  tanh,
} from "../primitives/math.js";
export { concatenate, reverse as rev, slice } from "../primitives/movement.js";
export { argMax as argmax, argMin as argmin, reduceAnd, reduceMax, reduceMin, reduceOr } from "../primitives/reduce.js";
export {
  besselI0e,
  besselI1e,
  betainc,
  digamma,
  erfc,
  igamma,
  igammac,
  lgamma,
  polygamma,
  zeta,
} from "../primitives/special-functions.js";
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
export { clamp, exp2, reciprocal, round, selectN, square } from "./elementwise.js";
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
export { batchMatmul, dot } from "./products.js";
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
  broadcast,
  broadcastedIota,
  broadcastShapes,
  broadcastToRank,
  collapse,
  empty,
  expandDims,
  full,
  fullLike,
  iota,
  pad,
  reduce,
  reduceXor,
  split,
  squeeze,
  stack,
  tile,
  unstack,
} from "./shape.js";
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
