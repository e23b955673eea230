/** @file Norms of vectors and matrices. */
import { keepDims as keptShape, normalizeAxes, range, without } from "../../core/aval.js";
import { composite } from "../../core/composite.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { literal, type Tensor, type TensorLike } from "../../core/tensor.js";
import * as b from "../../primitives/broadcast.js";
import * as e from "../../primitives/elementwise.js";
import * as m from "../../primitives/math.js";
import * as r from "../../primitives/reduce.js";
import { singularValues } from "../../primitives/svd.js";
import { promoteFloat } from "../promote.js";

/** Which norm. */
export type Ord = number | "fro" | "nuc";

export interface NormOptions {
  readonly ord?: Ord;
  /** One axis for vectors, two for matrices; by default all of a vector or matrix. */
  readonly axis?: number | readonly number[] | null | undefined;
  readonly keepDims?: boolean;
}

const unknown = (where: string, ord: Ord, expected: string): never => {
  throw new ArgumentError({ where, what: "there is no such norm", expected, got: String(ord) });
};

/** The size of numbers; its derivative at zero is 1, as in JAX, so that ties of zeros share. */
const sizeOf = (x: Tensor): Tensor => e.select(e.lt(x, e.zeroLike(x)), e.neg(x), x);

/** The largest of sizes along axes; of none zero. */
const largest = (size: Tensor, axes: readonly number[]): Tensor => {
  const zero = e.zeroLike(size);
  const none = axes.some((axis) => size.shape[axis] === 0);
  return none ? b.broadcastTo(zero, without(size.shape, axes)) : e.max(r.reduceMax(size, axes), zero);
};
/** The smallest of sizes along axes. @throws {ShapeError} where there is none */
const smallest = (where: string, size: Tensor, axes: readonly number[]): Tensor => {
  if (axes.every((axis) => size.shape[axis] > 0)) return r.reduceMin(size, axes);
  const expected = "an order above zero, or an axis with elements";
  throw new ShapeError({ where, what: "an empty input has no smallest value", expected, got: `${size.aval}` });
};

const euclidean = (x: Tensor, axes: readonly number[]): Tensor => m.sqrt(b.reduceSum(e.mul(x, x), axes));

/** The norm of the vectors that `axes` make. */
const ofVectors = (where: string, x: Tensor, ord: Ord, axes: readonly number[]): Tensor => {
  if (typeof ord === "string") return unknown(where, ord, "a number for vectors");
  const size = sizeOf(x);
  const number = (value: number): Tensor => literal(where, value, x.dtype);
  switch (ord) {
    case Infinity:
      return largest(size, axes);
    case -Infinity:
      return smallest(where, size, axes);
    case 0:
      return b.reduceSum(e.convert(e.ne(x, number(0)), x.dtype), axes);
    case 1:
      return b.reduceSum(size, axes);
    case 2:
      return euclidean(x, axes);
    default:
      return m.pow(b.reduceSum(m.pow(size, number(ord)), axes), number(1 / ord));
  }
};

/** The norm of the matrices with rows along the first axis and columns along the second. */
const ofMatrices = (where: string, x: Tensor, ord: Ord, [rows, columns]: readonly number[]): Tensor => {
  const sums = (over: number): Tensor => b.reduceSum(sizeOf(x), [over]);
  const left = (axis: number, gone: number): number => (axis > gone ? axis - 1 : axis);
  const values = (): Tensor => {
    const others = range(x.ndim).filter((axis) => axis !== rows && axis !== columns);
    return singularValues(b.transpose(x, [...others, rows, columns]));
  };
  switch (ord) {
    case "fro":
      return euclidean(x, [rows, columns]);
    case "nuc":
      return b.reduceSum(values(), [x.ndim - 2]);
    case 1:
      return largest(sums(rows), [left(columns, rows)]);
    case -1:
      return smallest(where, sums(rows), [left(columns, rows)]);
    case 2:
      return largest(values(), [x.ndim - 2]);
    case -2:
      return smallest(where, values(), [x.ndim - 2]);
    case Infinity:
      return largest(sums(columns), [left(rows, columns)]);
    case -Infinity:
      return smallest(where, sums(columns), [left(rows, columns)]);
    default:
      return unknown(where, ord, "fro, nuc, 1, -1, 2, -2, Infinity or -Infinity for matrices");
  }
};

const kept = (y: Tensor, x: Tensor, axes: readonly number[], keep: boolean | undefined): Tensor =>
  keep === true ? b.reshape(y, keptShape(x.shape, axes)) : y;

/**
 * The norm of vectors or matrices.
 *
 * - `ord`: for one axis a number `p`: `(sum |x|^p)^(1/p)`, the largest (`Infinity`) or smallest (`-Infinity`) size, how many are not zero (0);
 *   for two axes `fro`, `nuc`, 1, -1, 2, -2, `Infinity`, `-Infinity`; without one the root of the sum of squares
 * - `axis`: without one the whole of `x`, which with `ord` is a vector or a matrix
 * - the derivative of a root of squares at 0 is NaN, as in JAX
 * - of no elements it is 0
 * @throws {ArgumentError} for an `ord` that is none; {ShapeError} for axes that do not fit, or for the smallest of no elements
 * @see `jax.numpy.linalg.norm`
 * @example np.linalg.norm(np.array([3, 4])) // 5
 */
export const norm = composite(
  "np.linalg.norm(x, { ord, axis, keepDims })",
  (x: TensorLike, options: NormOptions = {}): Tensor => {
    const where = "np.linalg.norm";
    const [t] = promoteFloat(where, x);
    const { ord, keepDims } = options;
    const axis = options.axis ?? undefined;
    const axes =
      typeof axis === "object"
        ? axis.map((a) => normalizeAxes(where, t.ndim, a)[0])
        : normalizeAxes(where, t.ndim, axis);
    normalizeAxes(where, t.ndim, axes);
    if (ord === undefined && (axis === undefined || axes.length <= 2))
      return kept(euclidean(t, axes), t, axes, keepDims);
    if (axes.length !== 1 && axes.length !== 2) {
      throw new ShapeError({
        where,
        what: "neither vectors nor matrices",
        expected: "one axis or two",
        got: `axes [${axes}] of ${t.aval}`,
      });
    }
    const y = axes.length === 1 ? ofVectors(where, t, ord ?? 2, axes) : ofMatrices(where, t, ord ?? "fro", axes);
    return kept(y, t, axes, keepDims);
  },
);

/**
 * The norm of vectors: of all elements, or of those along `axis` (several axes make one vector).
 * @see `jax.numpy.linalg.vector_norm`
 */
export const vectorNorm = composite(
  "np.linalg.vectorNorm(x, { ord, axis, keepDims })",
  (x: TensorLike, { ord = 2, axis, keepDims }: NormOptions & { readonly ord?: number } = {}): Tensor => {
    const [t] = promoteFloat("np.linalg.vectorNorm", x);
    const axes = normalizeAxes("np.linalg.vectorNorm", t.ndim, axis);
    return kept(ofVectors("np.linalg.vectorNorm", t, ord, axes), t, axes, keepDims);
  },
);

/**
 * The norm of the matrices of the last two axes.
 * @see `jax.numpy.linalg.matrix_norm`
 */
export const matrixNorm = composite(
  "np.linalg.matrixNorm(x, { ord, keepDims })",
  (x: TensorLike, { ord = "fro", keepDims }: Omit<NormOptions, "axis"> = {}): Tensor => {
    const [t] = promoteFloat("np.linalg.matrixNorm", x);
    const axes = normalizeAxes("np.linalg.matrixNorm", t.ndim, [-2, -1]);
    return kept(ofMatrices("np.linalg.matrixNorm", t, ord, axes), t, axes, keepDims);
  },
);
