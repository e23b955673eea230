/** @file The settings of a matrix product, and what it refuses. */
import { ArgumentError, UseAfterDisposeError } from "../../../core/errors.js";

/** How a matrix lies; strides count elements. */
export interface Strides {
  readonly rowStride: number;
  readonly colStride: number;
}

/** A strided matrix: `ptr` is a byte address, a multiple of 4. */
export interface Matrix extends Strides {
  readonly ptr: number;
}

/** Strides of the outer and the inner batch dimension, in elements; 0 repeats one matrix. */
export type BatchStride = readonly [outer: number, inner: number];

export interface BatchedStrides extends Strides {
  readonly batchStride: BatchStride;
}
export interface BatchedMatrix extends Matrix, BatchedStrides {}

/** How a result lies; its columns are contiguous. */
export interface ResultStrides {
  readonly rowStride: number;
  readonly batchStride: BatchStride;
}

/** Where the result goes. It must not overlap A or B. */
export interface Result extends ResultStrides {
  readonly ptr: number;
}

/** A product without its addresses: `C[s, t] = A[s, t] . B[s, t]` with A of m x k and B of k x n. */
export interface Layout {
  readonly batch: readonly [outer: number, inner: number];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: BatchedStrides;
  /** A packed B is the same one for the whole batch. */
  readonly b: BatchedStrides | PackedB;
  readonly c: ResultStrides;
}

/** One call. */
export interface Product extends Layout {
  readonly a: BatchedMatrix;
  readonly b: BatchedMatrix | PackedB;
  readonly c: Result;
}

/** A product that has been checked, at other addresses each time. */
export type PreparedProduct = (a: number, b: number, c: number) => void;

/** A right-hand side in the micro kernel's order, for weights that do not change. It is a copy: free it with `dispose`. */
export interface PackedB {
  readonly packed: true;
  readonly ptr: number;
  readonly k: number;
  readonly n: number;
  readonly bytes: number;
  readonly disposed: boolean;
  dispose(): void;
}

export interface Gemm {
  /**
   * Computes one product; C is overwritten. k = 0 gives zeros; nothing happens where m, n or a batch size is 0. Addresses are not
   * checked against the tensors they belong to: wrong strides write into other tensors.
   *
   * @throws {ArgumentError} when a size is not a non-negative integer, or a packed B has other sizes
   * @example
   * // [B,T,h,d] queries times keys to [B,h,T,T], without a transposed copy
   * gemm.run({
   *   batch: [B, h], m: T, n: T, k: d,
   *   a: { ptr: q, batchStride: [T * h * d, d], rowStride: h * d, colStride: 1 },
   *   b: { ptr: key, batchStride: [T * h * d, d], rowStride: 1, colStride: h * d },
   *   c: { ptr: scores, batchStride: [h * T * T, T * T], rowStride: T },
   * });
   */
  run(product: Product): void;
  /**
   * Checks a product once, for many runs. A packed B must not be disposed before the last of them.
   *
   * @throws {ArgumentError} as `run` does
   */
  prepare(layout: Layout): PreparedProduct;
  /** Packs a k x n matrix once, so that no product has to. */
  packB(k: number, n: number, b: Matrix): PackedB;
  /** Bytes of the heap held for packing, whatever the sizes of the products. */
  readonly scratchBytes: number;
  /** Bytes of the heap held by packed matrices that are not disposed. */
  readonly packedBytes: number;
  /** Frees the scratch memory; the object is of no use afterwards. */
  dispose(): void;
}

/** @throws {ArgumentError} for a size that is not a whole number from 0 */
export const requireSize = (what: string, value: number): void => {
  if (Number.isInteger(value) && value >= 0) return;
  throw new ArgumentError({
    where: "gemm",
    what: `${what} is not a size`,
    expected: "an integer, 0 or more",
    got: `${value}`,
  });
};

const transposed = (x: BatchedStrides): BatchedStrides => ({ ...x, rowStride: x.colStride, colStride: x.rowStride });

/** A column as a row of the transposed product, which has panels to fill; the products commute, so the bits are the same. */
export const turned = ({ m, n, a, b, c, ...rest }: Layout): Layout | undefined =>
  n === 1 && c.rowStride === 1 && !("packed" in b)
    ? { ...rest, c, m: 1, n: m, a: transposed(b), b: transposed(a) }
    : undefined;

/** @throws {ArgumentError} when a size is none, or a packed B has other sizes */
export const requireSizes = ({ m, n, k, batch: [outer, inner], b }: Layout): void => {
  requireSize("m", m);
  requireSize("n", n);
  requireSize("k", k);
  requireSize("the outer batch", outer);
  requireSize("the inner batch", inner);
  if ("packed" in b) requirePacked(b, k, n);
};

const requirePacked = (b: PackedB, k: number, n: number): void => {
  if (b.disposed) throw new UseAfterDisposeError({ where: "gemm", what: "the packed matrix was disposed" });
  if (b.k === k && b.n === n) return;
  throw new ArgumentError({
    where: "gemm",
    what: "the packed matrix has other sizes",
    expected: `k = ${k}, n = ${n}`,
    got: `k = ${b.k}, n = ${b.n}`,
  });
};
