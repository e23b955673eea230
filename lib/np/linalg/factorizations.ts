/** @file Factorizations of the matrices in the last two axes. */
import { composite, named } from "../../core/composite.js";
import { ArgumentError } from "../../core/errors.js";
import type { Tensor, TensorLike } from "../../core/tensor.js";
import * as b from "../../primitives/broadcast.js";
import * as c from "../../primitives/cholesky.js";
import { eigh as eighOf } from "../../primitives/eigh.js";
import * as e from "../../primitives/elementwise.js";
import { checkMatrix, symmetrized, matrixTranspose as transposed } from "../../primitives/matrix.js";
import * as q from "../../primitives/qr.js";
import * as r from "../../primitives/reduce.js";
import { singularValues, svd as svdOf } from "../../primitives/svd.js";
import { diagonal as diagonalOf, trace as traceOf } from "../diagonal.js";
import { cast, promoteFloat } from "../promote.js";

/** `x` as matrices of floats. */
export const asMatrix = (where: string, x: TensorLike, square = false): Tensor => {
  const [t] = promoteFloat(where, x);
  checkMatrix(where, t.aval, square);
  return t;
};

/** The last two axes exchanged. @see `jax.numpy.linalg.matrix_transpose` */
export const matrixTranspose = composite("np.linalg.matrixTranspose(x)", (x: TensorLike): Tensor => {
  const [t] = promoteFloat("np.linalg.matrixTranspose", x);
  checkMatrix("np.linalg.matrixTranspose", t.aval, false);
  return transposed(t);
});

/** The `offset`-th diagonal of the last two axes. @see `jax.numpy.linalg.diagonal` */
export const diagonal = named(
  "np.linalg.diagonal(x, offset)",
  (x: TensorLike, offset: number = 0): Tensor => diagonalOf(x, offset, -2, -1),
);
/** The sum of the `offset`-th diagonal of the last two axes. @see `jax.numpy.linalg.trace` */
export const trace = named(
  "np.linalg.trace(x, offset)",
  (x: TensorLike, offset: number = 0): Tensor => traceOf(x, offset, -2, -1),
);

/**
 * The lower triangular `L` with `L Lᵀ = A`, or the `upper` triangular `U` with `Uᵀ U = A`.
 *
 * - `x`: `[..., n, n]`, positive definite; the mean of it and its transpose is taken unless `symmetrizeInput` is false
 * @returns NaN for a matrix that is not positive definite
 * @throws {ShapeError} when the matrices are not square
 * @see `jax.numpy.linalg.cholesky`
 * @example np.linalg.cholesky(np.array([[4, 2], [2, 2]])) // [[2, 0], [1, 1]]
 */
export const cholesky = composite(
  "np.linalg.cholesky(x, { upper, symmetrizeInput })",
  (x: TensorLike, options: { readonly upper?: boolean; readonly symmetrizeInput?: boolean } = {}): Tensor => {
    const t = asMatrix("np.linalg.cholesky", x, true);
    const l = c.cholesky(options.symmetrizeInput === false ? t : symmetrized(t));
    return options.upper === true ? transposed(l) : l;
  },
);

/** `reduced`: `Q` has as many columns as the smaller side; `complete`: `Q` is square. */
export type QrMode = "reduced" | "complete";

/**
 * `Q` with orthonormal columns and upper triangular `R`, `Q R = A`, with the signs of LAPACK; with mode `r` only `R`.
 *
 * - derivatives: of every matrix with full column rank (of its first columns), but not of a tall one in mode `complete`
 * @throws {ArgumentError} for another mode
 * @see `jax.numpy.linalg.qr`
 * @example const [q, r] = np.linalg.qr(np.ones([3, 2]))
 */
export const qr: {
  (x: TensorLike, mode?: QrMode): readonly [q: Tensor, r: Tensor];
  (x: TensorLike, mode: "r"): Tensor;
} = composite("np.linalg.qr(x, mode)", (x: TensorLike, mode: QrMode | "r" = "reduced"): never => {
  if (mode !== "reduced" && mode !== "complete" && mode !== "r") {
    throw new ArgumentError({
      where: "np.linalg.qr",
      what: "there is no such mode",
      expected: "reduced, complete or r",
      got: mode,
    });
  }
  const factors = q.qr(asMatrix("np.linalg.qr", x), mode === "complete");
  return (mode === "r" ? factors[1] : factors) as never;
});

export interface EighOptions {
  /** The triangle that is read when `symmetrizeInput` is false; by default the lower one. */
  readonly uplo?: "L" | "U";
  /** Takes the mean of the matrix and its transpose; true by default, as in JAX. */
  readonly symmetrizeInput?: boolean;
}
const symmetric = (where: string, x: TensorLike, { uplo = "L", symmetrizeInput = true }: EighOptions): Tensor => {
  const t = asMatrix(where, x, true);
  if (symmetrizeInput) return symmetrized(t);
  return uplo === "U" ? transposed(t) : t;
};

/**
 * Eigenvalues `[..., n]`, ascending, and eigenvectors `[..., n, n]` in columns, of symmetric matrices.
 *
 * - derivatives: where the eigenvalues are distinct; NaN or infinite elsewhere, as in JAX
 * @throws {ShapeError} when the matrices are not square
 * @see `jax.numpy.linalg.eigh`; the signs of the vectors may differ from LAPACK's
 * @example const [w, v] = np.linalg.eigh(np.array([[2, 1], [1, 2]])) // w is [1, 3]
 */
export const eigh = composite(
  "np.linalg.eigh(x, { uplo, symmetrizeInput })",
  (x: TensorLike, options: EighOptions = {}) => eighOf(symmetric("np.linalg.eigh", x, options)),
);
/** The eigenvalues alone. @see `jax.numpy.linalg.eigvalsh` */
export const eigvalsh = composite(
  "np.linalg.eigvalsh(x, { uplo, symmetrizeInput })",
  (x: TensorLike, options: EighOptions = {}): Tensor => eighOf(symmetric("np.linalg.eigvalsh", x, options))[0],
);

export interface SvdOptions<C extends boolean = boolean> {
  /** `U` and `Vᵀ` are square (the default), else they have as many vectors as there are values. */
  readonly fullMatrices?: boolean;
  readonly computeUv?: C;
}

/**
 * `U`, the singular values (descending) and `Vᵀ`, with `A = U diag(s) Vᵀ`; without `computeUv` the values alone.
 *
 * - derivatives: of distinct values that are not zero; of the vectors only with `fullMatrices: false` or of square matrices
 * @see `jax.numpy.linalg.svd`; the signs of the vectors may differ from LAPACK's
 * @example const [u, s, vt] = np.linalg.svd(np.ones([3, 2]), { fullMatrices: false })
 */
export const svd: {
  (x: TensorLike, options?: SvdOptions<true>): readonly [u: Tensor, s: Tensor, vt: Tensor];
  (x: TensorLike, options: SvdOptions<false>): Tensor;
} = composite("np.linalg.svd(x, { fullMatrices, computeUv })", (x: TensorLike, options: SvdOptions = {}): never => {
  const t = asMatrix("np.linalg.svd", x);
  return (options.computeUv === false ? singularValues(t) : svdOf(t, options.fullMatrices ?? true)) as never;
});
/** The singular values, descending. @see `jax.numpy.linalg.svdvals` */
export const svdvals = composite(
  "np.linalg.svdvals(x)",
  (x: TensorLike): Tensor => singularValues(asMatrix("np.linalg.svdvals", x)),
);

/** The step from 1 to the next number. */
export const epsilon = (x: Tensor): number => (x.dtype === "float64" ? 2 ** -52 : 2 ** -23);

/**
 * How many singular values are larger than `rtol` times the largest; by default the larger size times the step of the dtype. int32.
 * @see `jax.numpy.linalg.matrix_rank`
 */
export const matrixRank = composite(
  "np.linalg.matrixRank(x, { rtol })",
  (x: TensorLike, options: { readonly rtol?: TensorLike } = {}): Tensor => {
    const t = asMatrix("np.linalg.matrixRank", x);
    const rtol = options.rtol ?? Math.max(...t.shape.slice(-2)) * epsilon(t);
    const s = singularValues(t);
    const [relative] = promoteFloat("np.linalg.matrixRank", rtol);
    const top = b.reshape(r.reduceMax(s, [s.ndim - 1]), [...s.shape.slice(0, -1), 1]);
    const limit = e.mul(top, cast("np.linalg.matrixRank", relative, t.dtype));
    return b.reduceSum(e.convert(e.gt(s, limit), "int32"), [s.ndim - 1]);
  },
);
