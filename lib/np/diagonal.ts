/** @file Diagonals and triangles. */

import { type DType, normalizeAxis, range, without } from "../core/aval.js";
import { composite, named, takes } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import { scalarOf } from "../core/rules.js";
import { asTensor, literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as e from "../primitives/elementwise.js";
import * as mv from "../primitives/movement.js";
import { fromHost } from "./array.js";
import { cast, noBool } from "./promote.js";
import { resize } from "./shape.js";

/** Ones on the `k`-th diagonal. */
export const eye = composite(
  "np.eye(n, m, k, dtype)",
  (n: number, m: number = n, k: number = 0, dtype: DType = "float32"): Tensor => {
    const rows = mv.iota([n, m], "int32", 0);
    const columns = mv.iota([n, m], "int32", 1);
    return cast("np.eye", e.eq(e.add(rows, literal("np.eye", k, "int32")), columns), dtype);
  },
);

/** The identity matrix. */
export const identity = named(
  "np.identity(n, dtype)",
  (n: number, dtype: DType = "float32"): Tensor => eye(n, n, 0, dtype),
);
/** Ones on and below the `k`-th diagonal. */
export const tri = composite(
  "np.tri(n, m, k, dtype)",
  (n: number, m: number = n, k: number = 0, dtype: DType = "float32"): Tensor => {
    const rows = e.add(mv.iota([n, m], "int32", 0), literal("np.tri", k, "int32"));
    return cast("np.tri", e.ge(rows, mv.iota([n, m], "int32", 1)), dtype);
  },
);

const triangle = (name: string, keep: (row: Tensor, column: Tensor) => Tensor) =>
  composite(`${name}(x, k)`, (x: TensorLike, k: number = 0): Tensor => {
    const t = asTensor(x, name);
    if (t.ndim < 2) {
      throw new ShapeError({ where: name, what: "not a matrix", expected: "rank 2 or more", got: `${t.aval}` });
    }
    const size = t.shape.slice(-2);
    const mask = keep(e.add(mv.iota(size, "int32", 0), literal(name, k, "int32")), mv.iota(size, "int32", 1));
    const aligned = b.reshape(mask, [...new Array<number>(t.ndim - 2).fill(1), ...size]);
    return e.select(aligned, t, e.zeroLike(t));
  });
/** Zero above the `k`-th diagonal of the last two axes. */
export const tril = triangle("np.tril", e.ge);
/** Zero below the `k`-th diagonal of the last two axes. */
export const triu = triangle("np.triu", e.le);

/** Where a diagonal of an `n` by `m` matrix starts among its elements, and how long it is. */
const diagonalOf = (n: number, m: number, k: number): { start: number; length: number } => ({
  start: k >= 0 ? k : -k * m,
  length: Math.max(0, k >= 0 ? Math.min(n, m - k) : Math.min(n + k, m)),
});
/**
 * The elements on the `offset`-th diagonal of the planes of two axes; they become the last axis.
 *
 * @throws {ShapeError} when the tensor has no two such axes
 */
export const diagonal = composite(
  "np.diagonal(x, offset, axis1, axis2)",
  (x: TensorLike, offset: number = 0, axis1: number = 0, axis2: number = 1): Tensor => {
    const t = asTensor(x, "np.diagonal");
    const plane = normalizePair("np.diagonal", t, axis1, axis2);
    const rest = without(range(t.ndim), plane);
    const [n, m] = plane.map((a) => t.shape[a]);
    const outer = rest.map((a) => t.shape[a]);
    const flat = b.reshape(b.transpose(t, [...rest, ...plane]), [...outer, n * m]);
    const { start, length } = diagonalOf(n, m, offset);
    if (length === 0) return b.broadcastTo(scalarOf(t.aval.strong(), 0), [...outer, 0]);
    return mv.slice(
      flat,
      [...outer.map(() => 0), start],
      [...outer, start + (length - 1) * (m + 1) + 1],
      [...outer.map(() => 1), m + 1],
    );
  },
);
const normalizePair = (where: string, t: Tensor, axis1: number, axis2: number): readonly [number, number] => {
  if (t.ndim < 2) {
    throw new ShapeError({ where, what: "not a matrix", expected: "rank 2 or more", got: `${t.aval}` });
  }
  const [p, q] = [normalizeAxis(where, axis1, t.ndim), normalizeAxis(where, axis2, t.ndim)];
  if (p === q) {
    throw new ShapeError({ where, what: "the axes are the same", expected: "two axes", got: `${axis1} and ${axis2}` });
  }
  return [p, q];
};
/** The sum over the `offset`-th diagonal of the planes of two axes. */
export const trace = composite(
  "np.trace(x, offset, axis1, axis2)",
  (x: TensorLike, offset: number = 0, axis1: number = 0, axis2: number = 1): Tensor => {
    const on = noBool("np.trace", diagonal(x, offset, axis1, axis2));
    return b.reduceSum(on, [on.ndim - 1]);
  },
);
/** The square matrix with this vector, flattened, on its `k`-th diagonal. */
export const diagflat = composite("np.diagflat(x, k)", (x: TensorLike, k: number = 0): Tensor => {
  const t = asTensor(x, "np.diagflat");
  const size = t.size + Math.abs(k);
  const zero = scalarOf(t.aval.strong(), 0);
  if (t.size === 0) return b.broadcastTo(zero, [size, size]);
  const { start } = diagonalOf(size, size, k);
  const end = start + (t.size - 1) * (size + 1) + 1;
  const flat = mv.pad(b.reshape(t, [t.size]), zero, { low: [start], high: [size * size - end], interior: [size] });
  return b.reshape(flat, [size, size]);
});
/** Of a vector the matrix with it on the `k`-th diagonal, of a matrix its `k`-th diagonal. */
export const diag = composite("np.diag(x, k)", (x: TensorLike, k: number = 0): Tensor => {
  const t = asTensor(x, "np.diag");
  if (t.ndim === 1) return diagflat(t, k);
  if (t.ndim === 2) return diagonal(t, k);
  throw new ShapeError({
    where: "np.diag",
    what: "neither a vector nor a matrix",
    expected: "rank 1 or 2 (np.diagonal takes more)",
    got: `${t.aval}`,
  });
});
/** The matrix with `value` on its diagonal: a number, or a vector that is repeated as needed. */
export const fillDiagonal = composite("np.fillDiagonal(x, value)", (x: TensorLike, value: TensorLike): Tensor => {
  const t = asTensor(x, "np.fillDiagonal");
  const v = cast("np.fillDiagonal", asTensor(value, "np.fillDiagonal"), t.dtype);
  if (t.ndim !== 2) {
    throw new ShapeError({
      where: "np.fillDiagonal",
      what: "not a matrix",
      expected: "rank 2",
      got: `${t.aval}`,
    });
  }
  const [n, m] = t.shape;
  const rows = v.ndim === 0 ? v : b.reshape(resize(v, [n]), [n, 1]);
  return e.select(e.eq(mv.iota([n, m], "int32", 0), mv.iota([n, m], "int32", 1)), rows, t);
});

type Pair = [rows: Tensor, columns: Tensor];
const places = (n: number, m: number, keep: (row: number, column: number) => boolean): Pair => {
  const all = range(n).flatMap((i) => range(m).map((j) => [i, j]));
  const kept = all.filter(([i, j]) => keep(i, j));
  const side = (axis: 0 | 1): Tensor =>
    fromHost({ shape: [kept.length], dtype: "int32", data: Int32Array.from(kept, (place) => place[axis]) });
  return [side(0), side(1)];
};
const matrixShape = (where: string, x: TensorLike): readonly [number, number] => {
  const { aval } = asTensor(x, where);
  if (aval.ndim === 2) return [aval.shape[0], aval.shape[1]];
  throw new ShapeError({ where, what: "not a matrix", expected: "rank 2", got: `${aval}` });
};
/** Rows and columns (int32) of the places on and below the `k`-th diagonal. */
export const trilIndices = takes(
  "np.trilIndices(n, k, m)",
  (n: number, k: number = 0, m: number = n): Pair => places(n, m, (i, j) => j <= i + k),
);
/** Rows and columns (int32) of the places on and above the `k`-th diagonal. */
export const triuIndices = takes(
  "np.triuIndices(n, k, m)",
  (n: number, k: number = 0, m: number = n): Pair => places(n, m, (i, j) => j >= i + k),
);
export const trilIndicesFrom = takes("np.trilIndicesFrom(x, k)", (x: TensorLike, k: number = 0): Pair => {
  const [n, m] = matrixShape("np.trilIndicesFrom", x);
  return trilIndices(n, k, m);
});
export const triuIndicesFrom = takes("np.triuIndicesFrom(x, k)", (x: TensorLike, k: number = 0): Pair => {
  const [n, m] = matrixShape("np.triuIndicesFrom", x);
  return triuIndices(n, k, m);
});
/** Indices (int32) of the main diagonal of a tensor with `ndim` axes of size `n`: one vector an axis. */
export const diagIndices = named("np.diagIndices(n, ndim)", (n: number, ndim: number = 2): Tensor[] =>
  range(ndim).map(() => mv.iota([n], "int32")),
);
/** @throws {ShapeError} when the sizes are not all equal, or there is one alone */
export const diagIndicesFrom = named("np.diagIndicesFrom(x)", (x: TensorLike): Tensor[] => {
  const { aval } = asTensor(x, "np.diagIndicesFrom");
  if (aval.ndim < 2 || aval.shape.some((n) => n !== aval.shape[0])) {
    throw new ShapeError({
      where: "np.diagIndicesFrom",
      what: "there is no main diagonal",
      expected: "two axes or more, of one size",
      got: `${aval}`,
    });
  }
  return diagIndices(aval.shape[0], aval.ndim);
});
