/** @file Linear systems, inverses and determinants. */
import { broadcastShapes, isInteger, range, sizeOf } from "../../core/aval.js";
import { composite } from "../../core/composite.js";
import { ArgumentError, ShapeError } from "../../core/errors.js";
import { asTensor, literal, type Tensor, type TensorLike } from "../../core/tensor.js";
import * as b from "../../primitives/broadcast.js";
import { det as detOf } from "../../primitives/det.js";
import * as e from "../../primitives/elementwise.js";
import { lu, luSolve } from "../../primitives/lu.js";
import * as m from "../../primitives/math.js";
import { identityLike, matrixTranspose } from "../../primitives/matrix.js";
import * as mv from "../../primitives/movement.js";
import { pinv as pinvOf } from "../../primitives/pinv.js";
import * as r from "../../primitives/reduce.js";
import { singularValues, svd } from "../../primitives/svd.js";
import { einsum } from "../einsum.js";
import { matmul } from "../products.js";
import { promoteDType, promoteFloat } from "../promote.js";
import { asMatrix, epsilon } from "./factorizations.js";
import { norm, type Ord } from "./norms.js";

/** Floats of one dtype, ranks untouched. */
const floats = (where: string, x: TensorLike, y: TensorLike): readonly [Tensor, Tensor] => {
  const [a, c] = promoteDType(where, [x, y]).map((t) => promoteFloat(where, t)[0]);
  return [a, c];
};

/**
 * `X` with `A X = B`.
 *
 * - `a`: `[..., n, n]`
 * - `rhs`: `[..., n, m]` with broadcast leading axes, or one vector `[n]`
 * @returns infinities or NaN for a singular matrix
 * @throws {ShapeError} when the sizes do not fit
 * @see `jax.numpy.linalg.solve`
 * @example np.linalg.solve(np.array([[2, 0], [0, 4]]), np.array([1, 1])) // [0.5, 0.25]
 */
export const solve = composite("np.linalg.solve(a, rhs)", (a: TensorLike, rhs: TensorLike): Tensor => {
  const where = "np.linalg.solve";
  const [p, q] = floats(where, a, rhs);
  const x = asMatrix(where, p, true);
  const vector = q.ndim === 1;
  const y = vector ? b.reshape(q, [q.size, 1]) : q;
  const n = x.shape[x.ndim - 1];
  if (y.ndim < 2 || y.shape[y.ndim - 2] !== n) {
    throw new ShapeError({
      where,
      what: "the right side does not fit the matrix",
      expected: `[${n}] or [..., ${n}, m]`,
      got: `a ${x.aval}, b ${q.aval}`,
    });
  }
  const lead = broadcastShapes(where, x.shape.slice(0, -2), y.shape.slice(0, -2));
  const [factors, , permutation] = lu(b.broadcastTo(x, [...lead, n, n]));
  const z = luSolve(factors, permutation, b.broadcastTo(y, [...lead, ...y.shape.slice(-2)]));
  return vector ? b.reshape(z, z.shape.slice(0, -1)) : z;
});

/** The inverse of matrices `[..., n, n]`; infinities or NaN for a singular one. @see `jax.numpy.linalg.inv` */
export const inv = composite("np.linalg.inv(a)", (a: TensorLike): Tensor => {
  const x = asMatrix("np.linalg.inv", a, true);
  const [factors, , permutation] = lu(x);
  return luSolve(factors, permutation, b.broadcastTo(identityLike(x), x.shape));
});

/** The diagonal of `U`, and the sign of the permutation: -1 for an odd number of exchanges. */
const pivotsOf = (x: Tensor): { diagonal: Tensor; parity: Tensor } => {
  const [factors, pivots] = lu(x);
  const last = pivots.ndim - 1;
  const moved = e.convert(e.ne(pivots, mv.iota(pivots.shape, "int32", last)), "int32");
  const odd = e.and(b.reduceSum(moved, [last]), literal("np.linalg.det", 1, "int32"));
  const number = (value: number): Tensor => literal("np.linalg.det", value, x.dtype);
  return {
    diagonal: b.reduceSum(e.mul(factors, identityLike(factors)), [x.ndim - 1]),
    parity: e.sub(number(1), e.mul(number(2), e.convert(odd, x.dtype))),
  };
};

/** The entry in row `i` and column `j` of every matrix. */
const entry = (x: Tensor, i: number, j: number): Tensor =>
  b.reshape(mv.sliceAxis(mv.sliceAxis(x, x.ndim - 2, i, i + 1), x.ndim - 1, j, j + 1), x.shape.slice(0, -2));

/** By its definition: a polynomial, so that the derivative is right for singular matrices too. */
const smallDeterminant = (x: Tensor, rows: readonly number[], column: number): Tensor =>
  rows
    .map((i, k) => {
      const head = entry(x, i, column);
      const rest = rows.filter((other) => other !== i);
      const term = rest.length === 0 ? head : e.mul(head, smallDeterminant(x, rest, column + 1));
      return k % 2 === 0 ? term : e.neg(term);
    })
    .reduce((p, q) => e.add(p, q));

/**
 * The determinant of matrices `[..., n, n]`.
 *
 * - derivatives: the first of any matrix, further ones of singular matrices only up to 3 rows
 * @throws {ShapeError} when the matrices are not square
 * @see `jax.numpy.linalg.det`
 */
export const det = composite("np.linalg.det(a)", (a: TensorLike): Tensor => {
  const x = asMatrix("np.linalg.det", a, true);
  const n = x.shape[x.ndim - 1];
  return n > 0 && n <= 3 ? smallDeterminant(x, range(n), 0) : detOf(x);
});

/**
 * The sign of the determinant and the logarithm of its size; 0 and `-Infinity` for a singular matrix.
 * @see `jax.numpy.linalg.slogdet`
 */
export const slogdet = composite("np.linalg.slogdet(a)", (a: TensorLike): readonly [sign: Tensor, logdet: Tensor] => {
  const { diagonal, parity } = pivotsOf(asMatrix("np.linalg.slogdet", a, true));
  const last = diagonal.ndim - 1;
  const number = (value: number): Tensor => literal("np.linalg.slogdet", value, diagonal.dtype);
  const negative = b.reduceSum(e.convert(e.lt(diagonal, number(0)), "int32"), [last]);
  const odd = e.convert(e.and(negative, literal("np.linalg.slogdet", 1, "int32")), diagonal.dtype);
  const none = r.reduceMin(e.abs(e.sign(diagonal)), [last]);
  const sign = e.mul(
    e.mul(parity, e.sub(number(1), e.mul(number(2), odd))),
    last >= 0 && diagonal.size > 0 ? none : number(1),
  );
  return [e.stopGradient(sign), b.reduceSum(m.log(e.abs(diagonal)), [last])];
});

/** Whether a singular value counts: whether it is at least `rtol` times the first. */
const counted = (where: string, s: Tensor, rtol: number): Tensor => {
  const last = s.ndim - 1;
  const top = b.reshape(r.reduceMax(s, [last]), [...s.shape.slice(0, -1), 1]);
  const limit = e.mul(top, literal(where, rtol, s.dtype));
  return e.ge(s, limit);
};

/**
 * The Moore-Penrose inverse `[..., n, m]` of matrices `[..., m, n]`; singular values up to `rtol` times the largest count as zero.
 *
 * - `rtol`: by default 10 times the larger size times the step of the dtype
 * - derivatives: of matrices of any rank, for changes that keep it
 * @see `jax.numpy.linalg.pinv`
 */
export const pinv = composite(
  "np.linalg.pinv(a, { rtol })",
  (a: TensorLike, options: { readonly rtol?: number } = {}): Tensor => {
    const x = asMatrix("np.linalg.pinv", a);
    return pinvOf(x, options.rtol ?? 10 * Math.max(...x.shape.slice(-2)) * epsilon(x));
  },
);

/** What `lstsq` gives. */
export type LeastSquares = readonly [x: Tensor, residuals: Tensor, rank: Tensor, s: Tensor];

/**
 * The `X` of least norm that minimises the norm of `A X - B`.
 *
 * - `a`: `[m, n]`; `rhs`: `[m]` or `[m, k]`
 * - `rcond`: singular values below `rcond` times the largest count as zero; by default the larger size times the step of the dtype
 * @returns the solution, the sums of squared residuals (`[1]` or `[k]`), the rank (int32) and the singular values
 * @throws {ShapeError} when the sizes do not fit
 * @see `jax.numpy.linalg.lstsq`
 */
export const lstsq = composite(
  "np.linalg.lstsq(a, rhs, { rcond })",
  (a: TensorLike, rhs: TensorLike, options: { readonly rcond?: number } = {}): LeastSquares => {
    const where = "np.linalg.lstsq";
    const [p, q] = floats(where, a, rhs);
    if (p.ndim !== 2 || (q.ndim !== 1 && q.ndim !== 2) || q.shape[0] !== p.shape[0]) {
      throw new ShapeError({
        where,
        what: "the right side does not fit the matrix",
        expected: "[m, n] and [m] or [m, k]",
        got: `a ${p.aval}, b ${q.aval}`,
      });
    }
    const y = q.ndim === 1 ? b.reshape(q, [q.size, 1]) : q;
    const [u, s, vt] = svd(p, false);
    const counts = counted(where, s, options.rcond ?? Math.max(...p.shape) * epsilon(p));
    const kept = e.select(counts, s, literal(where, Infinity, s.dtype));
    const coordinates = matmul(matrixTranspose(u), y);
    const x = matmul(matrixTranspose(vt), e.div(coordinates, b.broadcastInDim(kept, coordinates.shape, [0])));
    const off = e.sub(y, matmul(p, x));
    return [
      q.ndim === 1 ? b.reshape(x, [x.size]) : x,
      b.reduceSum(e.mul(off, off), [0]),
      b.reduceSum(e.convert(counts, "int32"), [0]),
      s,
    ];
  },
);

/**
 * The condition number: the largest singular value divided by the smallest, or with `p` the product of the norms of matrix and inverse.
 * @see `jax.numpy.linalg.cond`
 */
export const cond = composite("np.linalg.cond(a, p)", (a: TensorLike, p?: Ord): Tensor => {
  const x = asMatrix("np.linalg.cond", a, p !== undefined && p !== 2 && p !== -2);
  if (p !== undefined && p !== 2 && p !== -2) {
    const options = { ord: p, axis: [-2, -1] };
    return e.mul(norm(x, options), norm(inv(x), options));
  }
  const s = singularValues(x);
  const [largest, smallest] = [r.reduceMax(s, [s.ndim - 1]), r.reduceMin(s, [s.ndim - 1])];
  return p === -2 ? e.div(smallest, largest) : e.div(largest, smallest);
});

/**
 * The `n`-th power of matrices `[..., k, k]`, by repeated squaring; of the inverse for a negative `n`.
 *
 * @throws {ArgumentError} when `n` is not an integer
 * @see `jax.numpy.linalg.matrix_power`
 */
export const matrixPower = composite("np.linalg.matrixPower(a, n)", (a: TensorLike, n: number): Tensor => {
  if (!Number.isInteger(n)) {
    throw new ArgumentError({
      where: "np.linalg.matrixPower",
      what: "the power is not an integer",
      expected: "an integer",
      got: String(n),
    });
  }
  const where = "np.linalg.matrixPower";
  const matrix = asMatrix(where, a, true);
  const given = asTensor(a, where);
  // Powers of integers are integers.
  const x = n >= 0 && isInteger(given.dtype) ? given : matrix;
  let square = n < 0 ? inv(x) : x;
  let power: Tensor | undefined;
  for (let left = Math.abs(n); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power = power === undefined ? square : matmul(power, square);
    if (left > 1) square = matmul(square, square);
  }
  return power ?? b.broadcastTo(identityLike(x), x.shape);
});

/**
 * The product of two or more matrices, in an order that takes few multiplications; the first and the last may be vectors.
 *
 * @throws {ShapeError} when the sizes do not fit
 * @see `jax.numpy.linalg.multi_dot`
 */
export const multiDot = composite("np.linalg.multiDot(arrays)", (arrays: readonly TensorLike[]): Tensor => {
  const xs = promoteDType("np.linalg.multiDot", arrays);
  const last = xs.length - 1;
  if (xs.length < 2 || !xs.every((x, i) => x.ndim === 2 || (x.ndim === 1 && (i === 0 || i === last)))) {
    throw new ShapeError({
      where: "np.linalg.multiDot",
      what: "the operands are not a chain of matrices",
      expected: "two or more matrices; the first and the last may be vectors",
      got: xs.map((x) => String(x.aval)).join(", "),
    });
  }
  const letter = (i: number): string => String.fromCharCode(97 + i);
  const terms = xs.map((x, i) => (x.ndim === 2 ? letter(i) + letter(i + 1) : letter(i === 0 ? 1 : i)));
  const ends = (xs[0].ndim === 2 ? letter(0) : "") + (xs[last].ndim === 2 ? letter(xs.length) : "");
  return einsum(`${terms.join(",")}->${ends}`, ...xs);
});

/**
 * The inverse of `x` as a linear map from its last axes to its first `ind` ones.
 * @throws {ShapeError} when the two groups of axes have different sizes
 * @see `jax.numpy.linalg.tensorinv`
 */
export const tensorinv = composite("np.linalg.tensorinv(a, ind)", (a: TensorLike, ind: number = 2): Tensor => {
  const [x] = promoteFloat("np.linalg.tensorinv", a);
  const [first, rest] = [x.shape.slice(0, ind), x.shape.slice(ind)];
  const n = sizeOf(rest);
  return b.reshape(inv(b.reshape(x, [x.size / Math.max(n, 1), n])), [...rest, ...first]);
});

/**
 * The `x` with `tensordot(a, x, x.ndim) = b`.
 *
 * - `axes`: axes of `a` that are moved behind the others first
 * @throws {ShapeError} when the sizes do not fit
 * @see `jax.numpy.linalg.tensorsolve`
 */
export const tensorsolve = composite(
  "np.linalg.tensorsolve(a, rhs, { axes })",
  (a: TensorLike, rhs: TensorLike, options: { readonly axes?: readonly number[] } = {}): Tensor => {
    const [p, q] = floats("np.linalg.tensorsolve", a, rhs);
    const back = options.axes ?? [];
    const x = b.transpose(p, [...range(p.ndim).filter((axis) => !back.includes(axis)), ...back]);
    const shape = x.shape.slice(q.ndim);
    const z = solve(b.reshape(x, [q.size, sizeOf(shape)]), b.reshape(q, [q.size]));
    return b.reshape(z, shape);
  },
);
