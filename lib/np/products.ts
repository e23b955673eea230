/** @file Products of vectors and matrices. */
import { broadcastShapes, normalizeAxis, range } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import type { Tensor, TensorLike } from "../core/tensor.js";
import * as b from "../primitives/broadcast.js";
import * as d from "../primitives/dot.js";
import * as e from "../primitives/elementwise.js";
import { concatenate, sliceAxis } from "../primitives/movement.js";
import { promote, promoteDType } from "./promote.js";

/** Two operands of one dtype, ranks untouched. */
const pair = (where: string, x: TensorLike, y: TensorLike): [Tensor, Tensor] => {
  const [a, c] = promoteDType(where, [x, y]);
  return [a, c];
};

const sizes = (
  where: string,
  x: Tensor,
  y: Tensor,
  expected = "lhs[-1] = rhs[-2] (or the only axis of a vector)",
): never => {
  throw new ShapeError({ where, what: "contracting sizes differ", expected, got: `lhs ${x.aval}, rhs ${y.aval}` });
};

/** Element by element; of bools "and". */
const multiply = (x: Tensor, y: Tensor): Tensor => (x.dtype === "bool" ? e.and : e.mul)(x, y);

/** Refuses operands of lower ranks than these. */
const ranked = (where: string, x: Tensor, least: number, y: Tensor, leastRight = least): void => {
  if (x.ndim >= least && y.ndim >= leastRight) return;
  throw new ShapeError({
    where,
    what: x.ndim === 0 || y.ndim === 0 ? "a scalar is neither a vector nor a matrix" : "an operand has too few axes",
    expected: `rank ${least} or more, and rank ${leastRight} or more`,
    got: `${x.aval}, ${y.aval}`,
  });
};

/**
 * The matrix product with broadcast leading axes; a vector on the left is a row, on the right a column, and its axis goes.
 *
 * @throws {ShapeError} when the sizes do not fit
 * @see `jax.numpy.matmul`
 * @example np.matmul(np.ones([5, 2, 3]), np.ones([3, 4])) // [5,2,4]
 */
export const matmul = composite("np.matmul(x, y)", (x: TensorLike, y: TensorLike): Tensor => {
  const [a, c] = pair("np.matmul", x, y);
  ranked("np.matmul", a, 1, c);
  const rhsAxis = c.ndim === 1 ? 0 : c.ndim - 2;
  if (a.shape[a.ndim - 1] !== c.shape[rhsAxis]) sizes("np.matmul", a, c);
  if (c.ndim <= 2) {
    return d.dotGeneral(a, c, { lhsContract: [a.ndim - 1], rhsContract: [rhsAxis], lhsBatch: [], rhsBatch: [] });
  }
  const left = a.ndim === 1 ? b.reshape(a, [1, a.size]) : a;
  const batch = broadcastShapes("np.matmul", left.shape.slice(0, -2), c.shape.slice(0, -2));
  const z = d.batchMatMul(
    b.broadcastTo(left, [...batch, ...left.shape.slice(-2)]),
    b.broadcastTo(c, [...batch, ...c.shape.slice(-2)]),
  );
  return a.ndim === 1 ? b.reshape(z, [...batch, c.shape[c.ndim - 1]]) : z;
});

/** NumPy's dot: the last axis of `x` with the second to last of `y`; scalars multiply. */
export const dot = composite("np.dot(x, y)", (x: TensorLike, y: TensorLike): Tensor => {
  const [a, c] = pair("np.dot", x, y);
  if (a.ndim === 0 || c.ndim === 0) return multiply(a, c);
  const rhsAxis = c.ndim === 1 ? 0 : c.ndim - 2;
  if (a.shape[a.ndim - 1] !== c.shape[rhsAxis]) sizes("np.dot", a, c);
  return d.dotGeneral(a, c, { lhsContract: [a.ndim - 1], rhsContract: [rhsAxis], lhsBatch: [], rhsBatch: [] });
});

/** The sum of products of all elements, flattened. */
export const vdot = composite("np.vdot(x, y)", (x: TensorLike, y: TensorLike): Tensor => {
  const [a, c] = pair("np.vdot", x, y);
  if (a.size !== c.size) sizes("np.vdot", a, c, "equally many elements");
  return dot(b.reshape(a, [a.size]), b.reshape(c, [c.size]));
});

/** The last axis of `x` with the last of `y`: `[..., n]` and `[*, n]` give `[..., *]`; scalars multiply. */
export const inner = composite("np.inner(x, y)", (x: TensorLike, y: TensorLike): Tensor => {
  const [a, c] = pair("np.inner", x, y);
  if (a.ndim === 0 || c.ndim === 0) return multiply(a, c);
  if (a.shape[a.ndim - 1] !== c.shape[c.ndim - 1]) sizes("np.inner", a, c, "lhs[-1] = rhs[-1]");
  return d.dotGeneral(a, c, { lhsContract: [a.ndim - 1], rhsContract: [c.ndim - 1], lhsBatch: [], rhsBatch: [] });
});

/** `x[i] * y[j]` of the flattened operands. */
export const outer = composite("np.outer(x, y)", (x: TensorLike, y: TensorLike): Tensor => {
  const [a, c] = pair("np.outer", x, y);
  return multiply(b.reshape(a, [a.size, 1]), b.reshape(c, [1, c.size]));
});

/** Contracts the last `axes` axes of `x` with the first of `y`, or the listed ones. */
export const tensordot = composite(
  "np.tensordot(x, y, axes)",
  (x: TensorLike, y: TensorLike, axes: number | readonly [readonly number[], readonly number[]] = 2): Tensor => {
    const [a, c] = pair("np.tensordot", x, y);
    const [l, r] = typeof axes === "number" ? [range(axes).map((i) => i - axes), range(axes)] : axes;
    const of = (t: Tensor, list: readonly number[]): number[] =>
      list.map((axis) => normalizeAxis("np.tensordot", axis, t.ndim));
    return d.dotGeneral(a, c, { lhsContract: of(a, l), rhsContract: of(c, r), lhsBatch: [], rhsBatch: [] });
  },
);

/**
 * The product of vectors along `axis` (of each operand), with broadcast other axes: `[..., n]` and `[..., n]` give `[...]`.
 *
 * @throws {ShapeError} when the lengths differ
 * @see `jax.numpy.vecdot`
 */
export const vecdot = composite("np.vecdot(x, y, axis)", (x: TensorLike, y: TensorLike, axis: number = -1): Tensor => {
  const [a, c] = pair("np.vecdot", x, y);
  ranked("np.vecdot", a, 1, c);
  const [l, r] = [a, c].map((t) => b.moveAxis(t, normalizeAxis("np.vecdot", axis, t.ndim), t.ndim - 1));
  if (l.shape[l.ndim - 1] !== r.shape[r.ndim - 1]) sizes("np.vecdot", a, c, "equal sizes along the axis");
  const shape = broadcastShapes("np.vecdot", l.shape, r.shape);
  const batch = range(shape.length - 1);
  return d.dotGeneral(b.broadcastTo(l, shape), b.broadcastTo(r, shape), {
    lhsContract: [batch.length],
    rhsContract: [batch.length],
    lhsBatch: batch,
    rhsBatch: batch,
  });
});

/** Matrices `[..., m, n]` times vectors `[..., n]`, with broadcast leading axes. @see `jax.numpy.matvec` */
export const matvec = composite("np.matvec(x, y)", (x: TensorLike, y: TensorLike): Tensor => {
  const [a, c] = pair("np.matvec", x, y);
  ranked("np.matvec", a, 2, c, 1);
  if (a.shape[a.ndim - 1] !== c.shape[c.ndim - 1]) sizes("np.matvec", a, c, "lhs[-1] = rhs[-1]");
  const z = matmul(a, b.reshape(c, [...c.shape, 1]));
  return b.reshape(z, z.shape.slice(0, -1));
});

/** Vectors `[..., m]` times matrices `[..., m, n]`, with broadcast leading axes. @see `jax.numpy.vecmat` */
export const vecmat = composite("np.vecmat(x, y)", (x: TensorLike, y: TensorLike): Tensor => {
  const [a, c] = pair("np.vecmat", x, y);
  ranked("np.vecmat", a, 1, c, 2);
  if (a.shape[a.ndim - 1] !== c.shape[c.ndim - 2]) sizes("np.vecmat", a, c, "lhs[-1] = rhs[-2]");
  const z = matmul(b.reshape(a, [...a.shape.slice(0, -1), 1, a.shape[a.ndim - 1]]), c);
  return b.reshape(z, [...z.shape.slice(0, -2), z.shape[z.ndim - 1]]);
});

/**
 * The Kronecker product: the elements of `x`, each times all of `y`.
 *
 * @see `jax.numpy.kron`
 * @example np.kron(np.eye(2), np.ones([2, 2])) // two blocks of ones
 */
export const kron = composite("np.kron(x, y)", (x: TensorLike, y: TensorLike): Tensor => {
  const [p, q] = pair("np.kron", x, y);
  if (p.ndim === 0 || q.ndim === 0) return e.mul(p, q);
  const rank = Math.max(p.ndim, q.ndim);
  const [a, c] = [p, q].map((t) => b.reshape(t, [...new Array<number>(rank - t.ndim).fill(1), ...t.shape]));
  const z = e.mul(
    b.reshape(
      a,
      a.shape.flatMap((n) => [n, 1]),
    ),
    b.reshape(
      c,
      c.shape.flatMap((n) => [1, n]),
    ),
  );
  return b.reshape(
    z,
    a.shape.map((n, i) => n * c.shape[i]),
  );
});

/**
 * The cross product of vectors of 3 elements along the last axis, with broadcast other axes. Of 2 elements: their third is zero; of two
 * such vectors only the third element of the result, without the axis.
 *
 * @throws {ShapeError} when a vector has another length
 * @see `jax.numpy.cross`
 * @example np.cross(np.array([1, 0, 0]), np.array([0, 1, 0])) // [0, 0, 1]
 */
export const cross = composite("np.cross(x, y, axis)", (x: TensorLike, y: TensorLike, axis: number = -1): Tensor => {
  const [a, c] = pair("np.cross", x, y);
  ranked("np.cross", a, 1, c);
  const [l, r] = [a, c].map((t) => b.moveAxis(t, normalizeAxis("np.cross", axis, t.ndim), t.ndim - 1));
  const [m, n] = [l, r].map((t) => t.shape[t.ndim - 1]);
  if (![m, n].every((size) => size === 2 || size === 3)) {
    sizes("np.cross", a, c, "vectors of 2 or 3 elements");
  }
  const part = (t: Tensor, i: number): Tensor | undefined =>
    i < t.shape[t.ndim - 1] ? sliceAxis(t, t.ndim - 1, i, i + 1) : undefined;
  const minor = (i: number, j: number): Tensor | undefined => {
    const term = (p: Tensor | undefined, q: Tensor | undefined): Tensor | undefined => {
      if (p === undefined || q === undefined) return undefined;
      const [u, v] = promote("np.cross", p, q);
      return e.mul(u, v);
    };
    const [plus, minus] = [term(part(l, i), part(r, j)), term(part(l, j), part(r, i))];
    if (minus === undefined) return plus;
    return plus === undefined ? e.neg(minus) : e.sub(plus, minus);
  };
  const third = minor(0, 1) as Tensor;
  if (m === 2 && n === 2) return b.reshape(third, third.shape.slice(0, -1));
  const z = concatenate([minor(1, 2) as Tensor, minor(2, 0) as Tensor, third], third.ndim - 1);
  return b.moveAxis(z, z.ndim - 1, normalizeAxis("np.cross", axis, z.ndim));
});
