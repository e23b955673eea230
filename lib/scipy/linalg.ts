/** @file Linear algebra under its names in `jax.scipy.linalg`, with SciPy's conventions. */
import { range } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { Tensor, TensorLike } from "../core/tensor.js";
import * as np from "../np/index.js";
import { promoteFloat } from "../np/promote.js";
import { stopGradient } from "../primitives/elementwise.js";
import { lu as luOf, luPivotsToPermutation, luSolve as solveFactors } from "../primitives/lu.js";
import { lowerTriangle, upperTriangle } from "../primitives/matrix.js";
import { triangularSolve } from "../primitives/triangular-solve.js";

export const { det, inv, qr, svd } = np.linalg;
export { eigh } from "../np/linalg/index.js";

const float = (x: TensorLike): Tensor => promoteFloat("scipy.linalg", x)[0];

/** Solves with a right side that may be a vector. */
const withColumns = (b: TensorLike, f: (columns: Tensor) => Tensor): Tensor => {
  const t = float(b);
  if (t.ndim !== 1) return f(t);
  const x = f(np.expandDims(t, -1));
  return np.squeeze(x, -1);
};

/**
 * The upper triangular `U` with `Uᵀ U = A`, from the upper triangle of `A`; with `lower` the lower triangular `L` with `L Lᵀ = A`, from
 * the lower one.
 * @see `jax.scipy.linalg.cholesky`
 */
export const cholesky = composite(
  "scipy.linalg.cholesky(a, { lower })",
  (a: TensorLike, { lower = false }: { readonly lower?: boolean } = {}): Tensor => {
    const x = float(a);
    const read = lower ? x : np.linalg.matrixTranspose(x);
    return np.linalg.cholesky(read, { upper: !lower, symmetrizeInput: false });
  },
);

/** A Cholesky factor and whether it is the lower one. */
export type CholeskyFactor = readonly [factor: Tensor, lower: boolean];

/** The factor that `choSolve` takes. @see `jax.scipy.linalg.cho_factor` */
export const choFactor = (a: TensorLike, options: { readonly lower?: boolean } = {}): CholeskyFactor => [
  cholesky(a, options),
  options.lower === true,
];

export interface SolveTriangularOptions {
  readonly lower?: boolean;
  /** 1 or `T`: use the transpose of the matrix. */
  readonly trans?: 0 | 1 | "N" | "T";
  readonly unitDiagonal?: boolean;
}

/**
 * `X` with `A X = B` for a triangular `A`: the upper triangle is read, or the `lower` one.
 *
 * - `a`: `[..., n, n]`; `b`: `[..., n, m]` of equal leading axes, or `[n]`
 * @see `jax.scipy.linalg.solve_triangular`
 */
export const solveTriangular = composite(
  "scipy.linalg.solveTriangular(a, b, { lower, trans, unitDiagonal })",
  (a: TensorLike, b: TensorLike, options: SolveTriangularOptions = {}): Tensor => {
    const { lower = false, trans = 0, unitDiagonal = false } = options;
    return withColumns(b, (columns) =>
      triangularSolve(float(a), columns, {
        leftSide: true,
        lower,
        transposeA: trans === 1 || trans === "T",
        unitDiagonal,
      }),
    );
  },
);

/** `X` with `A X = B`, from the Cholesky factor of `A`. @see `jax.scipy.linalg.cho_solve` */
export const choSolve = composite(
  "scipy.linalg.choSolve(factor, b)",
  ([factor, lower]: CholeskyFactor, b: TensorLike): Tensor => {
    const first = solveTriangular(factor, b, { lower, trans: lower ? 0 : 1 });
    return solveTriangular(factor, first, { lower, trans: lower ? 1 : 0 });
  },
);

/** `L` and `U` in one matrix, and the row that each row was exchanged with, in order (int32). */
export type LuFactor = readonly [lu: Tensor, pivots: Tensor];

/** The factors that `luSolve` takes. @see `jax.scipy.linalg.lu_factor` */
export const luFactor = composite("scipy.linalg.luFactor(a)", (a: TensorLike): LuFactor => {
  const [factors, pivots] = luOf(float(a));
  return [factors, pivots];
});

/** `X` with `A X = B`, or with the transpose of `A` where `trans` is 1, from `luFactor`. @see `jax.scipy.linalg.lu_solve` */
export const luSolve = composite(
  "scipy.linalg.luSolve(factor, b, trans)",
  ([factors, pivots]: LuFactor, b: TensorLike, trans: 0 | 1 = 0): Tensor => {
    const permutation = luPivotsToPermutation(pivots, factors.shape[factors.ndim - 1]);
    return withColumns(b, (columns) => solveFactors(factors, permutation, columns, trans === 1));
  },
);

/** `P`, `L` and `U` with `A = P L U`. @see `jax.scipy.linalg.lu` */
export const lu = composite("scipy.linalg.lu(a)", (a: TensorLike): readonly [p: Tensor, l: Tensor, u: Tensor] => {
  const [factors, , permutation] = luOf(float(a));
  const [m, n] = factors.shape.slice(-2);
  const k = Math.min(m, n);
  const part = (rows: number, columns: number): Tensor =>
    np.slice(factors, [...factors.shape.slice(0, -2).map(() => null), [0, rows], [0, columns]]);
  const below = lowerTriangle(part(m, k), true);
  const l = np.add(below, np.eye(m, k, 0, factors.dtype));
  const rows = np.expandDims(np.arange(m), -1);
  const p = np.astype(np.equal(rows, np.expandDims(permutation, -2)), factors.dtype);
  return [p, l, upperTriangle(part(k, n))];
});

/**
 * `X` with `A X = B`.
 *
 * - `assumeA`: `pos` for positive definite matrices (by Cholesky, half the work), `gen` (the default) for others
 * @see `jax.scipy.linalg.solve`
 */
export const solve = composite(
  "scipy.linalg.solve(a, b, { assumeA })",
  (a: TensorLike, b: TensorLike, options: { readonly assumeA?: "gen" | "pos" } = {}): Tensor =>
    options.assumeA === "pos" ? choSolve(choFactor(a), b) : np.linalg.solve(a, b),
);

/**
 * A matrix with the given ones along its diagonal, zero elsewhere. A vector is one row.
 * @see `jax.scipy.linalg.block_diag`
 */
export const blockDiag = composite("scipy.linalg.blockDiag(...blocks)", (...blocks: readonly TensorLike[]): Tensor => {
  const xs = blocks.map((x) => {
    const t = float(x);
    if (t.ndim > 2) {
      throw new ShapeError({
        where: "scipy.linalg.blockDiag",
        what: "a block is not a matrix",
        expected: "rank 2 or less",
        got: `${t.aval}`,
      });
    }
    return np.reshape(t, [...new Array<number>(2 - t.ndim).fill(1), ...t.shape]);
  });
  const width = xs.reduce((sum, x) => sum + x.shape[1], 0);
  let before = 0;
  const rows = xs.map((x) => {
    const padded = np.pad(x, [
      [0, 0],
      [before, width - before - x.shape[1]],
    ]);
    before += x.shape[1];
    return padded;
  });
  return np.concatenate(rows, 0);
});

/**
 * The matrix with `c` down its first column and `r` along its first row (whose first element is not read), equal along diagonals.
 *
 * - `r`: by default `c`
 * @see `jax.scipy.linalg.toeplitz`
 * @example scipy.linalg.toeplitz(np.array([1, 2, 3])) // [[1, 2, 3], [2, 1, 2], [3, 2, 1]]
 */
export const toeplitz = composite("scipy.linalg.toeplitz(c, r)", (c: TensorLike, r: TensorLike = c): Tensor => {
  const [column, row] = [np.ravel(c), np.ravel(r)];
  const [m, n] = [column.size, row.size];
  // Diagonal i - j is entry i - j + n - 1 of the row, backwards, and the column.
  const values = np.concatenate([np.flip(np.slice(row, [[1, n]])), column], 0);
  const at = np.add(np.subtract(np.expandDims(np.arange(m), 1), np.expandDims(np.arange(n), 0)), n - 1);
  return np.take(values, at, 0);
});

/** Coefficients of the Padé approximant of degree 13 (Higham 2005, table 2.3), and the norm up to which it is exact to double precision. */
const PADE = [
  64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
  670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
];
const THETA = 5.371920351148152;

/**
 * The exponential of matrices `[..., n, n]`, by scaling, a Padé approximant and squaring.
 *
 * - `maxSquarings`: matrices with a norm above `5.4 · 2^maxSquarings` give NaN
 * @throws {ShapeError} when the matrices are not square; {ArgumentError} for a count that is none
 * @see `jax.scipy.linalg.expm`; Higham 2005, "The scaling and squaring method for the matrix exponential revisited"
 */
export const expm = composite(
  "scipy.linalg.expm(a, { maxSquarings })",
  (a: TensorLike, options: { readonly maxSquarings?: number } = {}): Tensor => {
    const { maxSquarings = 16 } = options;
    if (!Number.isInteger(maxSquarings) || maxSquarings < 0) {
      throw new ArgumentError({
        where: "scipy.linalg.expm",
        what: "the number of squarings is not a count",
        expected: "0, 1, 2, …",
        got: String(maxSquarings),
      });
    }
    const x = float(a);
    const size = stopGradient(np.linalg.norm(x, { ord: 1, axis: [-2, -1], keepDims: true }));
    const squarings = np.maximum(np.ceil(np.log2(np.divide(size, THETA))), 0);
    const scaled = np.divide(x, np.exp2(squarings));
    let power = pade(scaled);
    for (const i of range(maxSquarings)) {
      power = np.where(np.less(np.astype(i, x.dtype), squarings), np.matmul(power, power), power);
    }
    return np.where(np.greater(squarings, maxSquarings), Number.NaN, power);
  },
);

/** `exp(x)` for small `x`. */
const pade = (x: Tensor): Tensor => {
  const eye = np.eye(x.shape[x.ndim - 1], x.shape[x.ndim - 1], 0, x.dtype);
  const x2 = np.matmul(x, x);
  const x4 = np.matmul(x2, x2);
  const x6 = np.matmul(x4, x2);
  const sum = (...terms: readonly (readonly [number, Tensor])[]): Tensor =>
    terms.map(([k, y]) => np.multiply(PADE[k], y)).reduce((p, q) => np.add(p, q));
  const half = (k: number): Tensor =>
    np.add(
      np.matmul(x6, sum([k + 12, x6], [k + 10, x4], [k + 8, x2])),
      sum([k + 6, x6], [k + 4, x4], [k + 2, x2], [k, eye]),
    );
  const [odd, even] = [np.matmul(x, half(1)), half(0)];
  return np.linalg.solve(np.subtract(even, odd), np.add(even, odd));
};
