/** @file Linear algebra: np.linalg, lax.linalg and scipy.linalg. */
import type { Tensor } from "../../../lib/core/tensor.js";
import * as lax from "../../../lib/lax/index.js";
import * as np from "../../../lib/np/index.js";
import * as scipy from "../../../lib/scipy/index.js";
import { golden, type Row } from "./row.js";

const row = golden("np-linalg");
const { linalg } = np;

const norms: readonly Row[] = [
  row("np.linalg.norm", "norm", (x) => linalg.norm(x), "differences"),
  ...[0, 1, 2, 3, -1, Infinity, -Infinity].map((ord) =>
    row(
      "np.linalg.norm",
      `norm: vector ${String(ord).replace("Infinity", "inf")}`,
      (x) => linalg.norm(x, { ord, axis: 1 }),
      ord === 0 ? "piecewise constant" : "differences",
    ),
  ),
  ...(["fro", "nuc", 1, -1, 2, -2, Infinity, -Infinity] as const).map((ord) =>
    row(
      "np.linalg.norm",
      `norm: matrix ${String(ord).replace("Infinity", "inf")}`,
      (x) => linalg.norm(x, { ord, axis: [2, 0] }),
      "differences",
    ),
  ),
  row("np.linalg.norm", "norm: whole matrix", (x) => linalg.norm(x, { ord: 2 }), "differences"),
  row("np.linalg.norm", "norm: whole vector", (x) => linalg.norm(x, { ord: 1 }), "differences"),
  row("np.linalg.norm", "norm: pair of axes", (x) => linalg.norm(x, { axis: [0, 1], keepDims: true }), "differences"),
  row("np.linalg.vectorNorm", "vector_norm", (x) => linalg.vectorNorm(x, { ord: 3 }), "differences"),
  row(
    "np.linalg.vectorNorm",
    "vector_norm: axes",
    (x) => linalg.vectorNorm(x, { ord: 1, axis: [0, 2] }),
    "differences",
  ),
  row("np.linalg.matrixNorm", "matrix_norm", (x) => linalg.matrixNorm(x, { keepDims: true }), "differences"),
  row("np.linalg.matrixNorm", "matrix_norm: 1", (x) => linalg.matrixNorm(x, { ord: 1 }), "differences"),
];

/** Eigenvectors and singular vectors are known up to their signs. */
const sizes = (xs: readonly Tensor[]): Tensor[] => xs.map((x) => np.abs(x));

const factorizations: readonly Row[] = [
  row("np.linalg.cholesky", "cholesky", (x) => linalg.cholesky(x), "differences"),
  row("np.linalg.cholesky", "cholesky: batch, upper", (x) => linalg.cholesky(x, { upper: true }), "differences"),
  row("np.linalg.cholesky", "cholesky: not definite", (x) => linalg.cholesky(x), "special values"),
  row("np.linalg.qr", "qr", (x) => linalg.qr(x), "differences"),
  row("np.linalg.qr", "qr: wide", (x) => linalg.qr(x), "differences"),
  row("np.linalg.qr", "qr: complete", (x) => linalg.qr(x, "complete"), "special values"),
  row("np.linalg.qr", "qr: r", (x) => linalg.qr(x, "r"), "differences"),
  row("np.linalg.eigh", "eigh", (x) => sizes(linalg.eigh(x)), "differences"),
  row("np.linalg.eigvalsh", "eigvalsh: batch", (x) => linalg.eigvalsh(x), "differences"),
  row("np.linalg.svd", "svd: thin", (x) => sizes(linalg.svd(x, { fullMatrices: false })), "differences"),
  row("np.linalg.svd", "svd: square", (x) => sizes(linalg.svd(x)), "differences"),
  row("np.linalg.svdvals", "svdvals", (x) => linalg.svdvals(x), "differences"),
  row("np.linalg.matrixRank", "matrix_rank", (x) => linalg.matrixRank(x), "piecewise constant"),
  row("np.linalg.diagonal", "diagonal", (x) => linalg.diagonal(x, 1), "differences"),
  row("np.linalg.trace", "trace", (x) => linalg.trace(x, -1), "differences"),
  row("np.linalg.matrixTranspose", "matrix_transpose", (x) => linalg.matrixTranspose(x), "differences"),
];

const systems: readonly Row[] = [
  row("np.linalg.solve", "solve", linalg.solve, "differences"),
  row("np.linalg.solve", "solve: vector", linalg.solve, "differences"),
  row("np.linalg.solve", "solve: batch", linalg.solve, "differences"),
  row("np.linalg.inv", "inv", linalg.inv, "differences"),
  ...[1, 2, 3, 4, 5].map((n) => row("np.linalg.det", `det: ${n}`, linalg.det, "differences")),
  row("np.linalg.det", "det: singular", linalg.det, "differences", { tolerance: { abs: 1e-6, rel: 1e-5 } }),
  row("np.linalg.slogdet", "slogdet", linalg.slogdet, "differences"),
  row("np.linalg.slogdet", "slogdet: singular", linalg.slogdet, "special values"),
  row("np.linalg.pinv", "pinv", (x) => linalg.pinv(x), "differences"),
  row("np.linalg.pinv", "pinv: wide", (x) => linalg.pinv(x), "differences"),
  row("np.linalg.pinv", "pinv: deficient", (x) => linalg.pinv(x), "special values"),
  row("np.linalg.lstsq", "lstsq", (a, b) => linalg.lstsq(a, b), "differences"),
  row("np.linalg.lstsq", "lstsq: vector", (a, b) => linalg.lstsq(a, b), "differences"),
  row("np.linalg.cond", "cond", (x) => linalg.cond(x), "differences"),
  row("np.linalg.cond", "cond: 1", (x) => linalg.cond(x, 1), "differences"),
  row("np.linalg.cond", "cond: -2", (x) => linalg.cond(x, -2), "differences"),
  ...[0, 2, 5, -2].map((n) =>
    row("np.linalg.matrixPower", `matrix_power: ${n}`, (x) => linalg.matrixPower(x, n), "differences"),
  ),
  row("np.linalg.multiDot", "multi_dot", (...xs) => linalg.multiDot(xs), "differences"),
  row("np.linalg.multiDot", "multi_dot: vectors", (...xs) => linalg.multiDot(xs), "differences"),
  row("np.linalg.tensorinv", "tensorinv", (x) => linalg.tensorinv(x), "differences"),
  row("np.linalg.tensorinv", "tensorinv: ind 1", (x) => linalg.tensorinv(x, 1), "differences"),
  row("np.linalg.tensorsolve", "tensorsolve", (a, b) => linalg.tensorsolve(a, b), "differences"),
  row("np.linalg.tensorsolve", "tensorsolve: axes", (a, b) => linalg.tensorsolve(a, b, { axes: [0] }), "differences"),
];

const ofLax: readonly Row[] = [
  row("lax.linalg.cholesky", "cholesky", (x) => lax.linalg.cholesky(x), "differences"),
  row(
    "lax.linalg.triangularSolve",
    "triangular_solve",
    (a, b) => lax.linalg.triangularSolve(a, b, { leftSide: true, lower: true }),
    "differences",
  ),
  row(
    "lax.linalg.triangularSolve",
    "triangular_solve: right, transposed",
    (a, b) => lax.linalg.triangularSolve(a, b, { lower: true, transposeA: true }),
    "differences",
  ),
  row("lax.linalg.lu", "lu", (x) => lax.linalg.lu(x).slice(0, 2), "differences"),
  row("lax.linalg.qr", "qr: complete", (x) => lax.linalg.qr(x), "special values"),
  row("lax.linalg.qr", "qr", (x) => lax.linalg.qr(x, { fullMatrices: false }), "differences"),
  row("lax.linalg.eigh", "eigh", (x) => sizes([...lax.linalg.eigh(x)].reverse()), "differences"),
  row("lax.linalg.svd", "svd: square", (x) => sizes(lax.linalg.svd(x)), "differences"),
  row("lax.linalg.svd", "svdvals", (x) => lax.linalg.svd(x, { computeUv: false }), "differences"),
];

const ofScipy: readonly Row[] = [
  row("scipy.linalg.cholesky", "cholesky: batch, upper", (x) => scipy.linalg.cholesky(x), "differences"),
  row("scipy.linalg.lu", "lu: permuted", (x) => scipy.linalg.lu(x), "differences"),
  row("scipy.linalg.luFactor", "lu", (x) => scipy.linalg.luFactor(x), "differences"),
  row("scipy.linalg.luSolve", "lu_solve", (a, b) => scipy.linalg.luSolve(scipy.linalg.luFactor(a), b), "differences"),
  row(
    "scipy.linalg.luSolve",
    "lu_solve: transposed",
    (a, b) => scipy.linalg.luSolve(scipy.linalg.luFactor(a), b, 1),
    "differences",
  ),
  ...[false, true].map((lower) =>
    row(
      "scipy.linalg.choSolve",
      "cho_solve",
      (a, b) => scipy.linalg.choSolve(scipy.linalg.choFactor(a, { lower }), b),
      "differences",
    ),
  ),
  row("scipy.linalg.choFactor", "cholesky: batch, upper", (x) => scipy.linalg.choFactor(x)[0], "differences"),
  row(
    "scipy.linalg.solveTriangular",
    "solve_triangular",
    (a, b) => scipy.linalg.solveTriangular(a, b, { trans: 1 }),
    "differences",
  ),
  row("scipy.linalg.solve", "solve: definite", (a, b) => scipy.linalg.solve(a, b, { assumeA: "pos" }), "differences"),
  row("scipy.linalg.solve", "solve", (a, b) => scipy.linalg.solve(a, b), "differences"),
  row("scipy.linalg.blockDiag", "block_diag", scipy.linalg.blockDiag, "differences"),
  row("scipy.linalg.toeplitz", "toeplitz", scipy.linalg.toeplitz, "differences"),
  row("scipy.linalg.toeplitz", "toeplitz: symmetric", (c) => scipy.linalg.toeplitz(c), "differences"),
  row("scipy.linalg.expm", "expm", (x) => scipy.linalg.expm(x), "differences"),
  row("scipy.linalg.expm", "expm: large", (x) => scipy.linalg.expm(x), "differences"),
];

export const rows: readonly Row[] = [...norms, ...factorizations, ...systems, ...ofLax, ...ofScipy];
