/** @file Factorizations under their names in `jax.lax.linalg`: matrices of floats in the last two axes, leading axes are batch axes. */
import { composite, named, takes } from "../core/composite.js";
import type { Tensor } from "../core/tensor.js";
import * as c from "../primitives/cholesky.js";
import { eigh as eighOf } from "../primitives/eigh.js";
import { lu as luOf, luPivotsToPermutation as permutationOf } from "../primitives/lu.js";
import { matrixTranspose, symmetrized } from "../primitives/matrix.js";
import { qr as qrOf } from "../primitives/qr.js";
import { singularValues, svd as svdOf } from "../primitives/svd.js";
import { triangularSolve as solveTriangle, type TriangularSolve } from "../primitives/triangular-solve.js";

/**
 * The lower triangular `L` with `L Lᵀ = A`; NaN where `A` is not positive definite.
 *
 * - `symmetrizeInput`: takes the mean of the matrix and its transpose (the default), else the lower triangle is read
 * @see `jax.lax.linalg.cholesky`
 */
export const cholesky = composite(
  "lax.linalg.cholesky(x, { symmetrizeInput })",
  (x: Tensor, options: { readonly symmetrizeInput?: boolean } = {}): Tensor =>
    c.cholesky(options.symmetrizeInput === false ? x : symmetrized(x)),
);

/**
 * `X` with `op(A) X = B` (`leftSide`) or `X op(A) = B` (the default) for triangular matrices.
 *
 * - `a`: `[..., n, n]`, of which one triangle is read (`lower`, by default the upper one); `b`: of equal leading axes
 * - `unitDiagonal`: the diagonal counts as ones
 * @see `jax.lax.linalg.triangular_solve`
 */
export const triangularSolve = named(
  "lax.linalg.triangularSolve(a, b, { leftSide, lower, transposeA, unitDiagonal })",
  (a: Tensor, b: Tensor, options: Partial<TriangularSolve> = {}): Tensor => solveTriangle(a, b, options),
);

/** `L` and `U` in one matrix, the exchanges of rows (int32), and the permutation they make (int32). @see `jax.lax.linalg.lu` */
export const lu = named("lax.linalg.lu(x)", (x: Tensor): readonly [lu: Tensor, pivots: Tensor, permutation: Tensor] =>
  luOf(x),
);

/**
 * The permutation of `permutationSize` rows that the exchanges `pivots` `[..., k]` (int32) make, in order.
 * @throws {ShapeError} when there are more exchanges than rows; {DTypeError} when they are not int32
 * @see `jax.lax.linalg.lu_pivots_to_permutation`
 */
export const luPivotsToPermutation = named(
  "lax.linalg.luPivotsToPermutation(pivots, permutationSize)",
  (pivots: Tensor, permutationSize: number): Tensor => permutationOf(pivots, permutationSize),
);

/** `Q` and `R`; `Q` is square with `fullMatrices`, as it is by default. @see `jax.lax.linalg.qr` */
export const qr = named(
  "lax.linalg.qr(x, { fullMatrices })",
  (x: Tensor, options: { readonly fullMatrices?: boolean } = {}): readonly [q: Tensor, r: Tensor] =>
    qrOf(x, options.fullMatrices ?? true),
);

/**
 * Eigenvectors (columns) first, then eigenvalues (ascending), of symmetric matrices.
 *
 * - `symmetrizeInput`: takes the mean of the matrix and its transpose (the default), else the `lower` triangle (or the upper) is read
 * @see `jax.lax.linalg.eigh`
 */
export const eigh = composite(
  "lax.linalg.eigh(x, { lower, symmetrizeInput })",
  (
    x: Tensor,
    { lower = true, symmetrizeInput = true }: { readonly lower?: boolean; readonly symmetrizeInput?: boolean } = {},
  ): readonly [v: Tensor, w: Tensor] => {
    const [w, v] = eighOf(symmetrizeInput ? symmetrized(x) : lower ? x : matrixTranspose(x));
    return [v, w];
  },
);

/** `U`, the singular values and `Vᵀ`; the values alone without `computeUv`. @see `jax.lax.linalg.svd` */
export const svd: {
  (
    x: Tensor,
    options?: { readonly fullMatrices?: boolean; readonly computeUv?: true },
  ): readonly [u: Tensor, s: Tensor, vt: Tensor];
  (x: Tensor, options: { readonly fullMatrices?: boolean; readonly computeUv: false }): readonly [s: Tensor];
} = takes(
  "lax.linalg.svd(x, { fullMatrices, computeUv })",
  (x: Tensor, options: { readonly fullMatrices?: boolean; readonly computeUv?: boolean } = {}): never =>
    (options.computeUv === false ? [singularValues(x)] : svdOf(x, options.fullMatrices ?? true)) as never,
);
