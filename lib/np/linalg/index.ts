/** @file Linear algebra: matrices in the last two axes, leading axes are batch axes. Eigenvalues of symmetric matrices only. */
export { cross, matmul, outer, tensordot, vecdot } from "../products.js";
export {
  cholesky,
  diagonal,
  type EighOptions,
  eigh,
  eigvalsh,
  matrixRank,
  matrixTranspose,
  type QrMode,
  qr,
  type SvdOptions,
  svd,
  svdvals,
  trace,
} from "./factorizations.js";
export { matrixNorm, type NormOptions, norm, type Ord, vectorNorm } from "./norms.js";
export {
  cond,
  det,
  inv,
  type LeastSquares,
  lstsq,
  matrixPower,
  multiDot,
  pinv,
  slogdet,
  solve,
  tensorinv,
  tensorsolve,
} from "./systems.js";
