/** @file The singular value decomposition, by one-sided Jacobi rotations: small singular values are as accurate as large ones. */
import { range } from "../core/aval.js";
import { UnsupportedError } from "../core/errors.js";
import type { Primitive } from "../core/primitive.js";
import { scalarOf } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind } from "../core/trace.js";
import { broadcastInDim, reduceSum } from "./broadcast.js";
import { batchMatMul } from "./dot.js";
import { rotation, turn } from "./eigh.js";
import { add, convert, div, eq, mul, sub, zeroLike } from "./elementwise.js";
import { factorization, identityLike, matrixTranspose } from "./matrix.js";

export interface Svd {
  /** `U` and `Vᵀ` are square; else they have as many columns and rows as there are singular values. */
  readonly fullMatrices: boolean;
  /** Whether `U` and `Vᵀ` are results at all. */
  readonly computeUv: boolean;
}

const MAX_SWEEPS = 60;

const dot = (x: Float64Array, u: number, v: number, n: number): number => {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += x[u + i] * x[v + i];
  return sum;
};

/** Turns the rows (of length `n`) of `x` until they are orthogonal to each other; `v` collects the rotations. */
const orthogonalize = (x: Float64Array, rows: number, n: number, v: Float64Array): void => {
  for (let sweep = 0, turned = true; turned && sweep < MAX_SWEEPS; sweep++) {
    turned = false;
    for (let p = 0; p < rows; p++) {
      for (let q = p + 1; q < rows; q++) {
        const [pp, pq, qq] = [dot(x, p * n, p * n, n), dot(x, p * n, q * n, n), dot(x, q * n, q * n, n)];
        if (!(Math.abs(pq) > 2 ** -50 * Math.sqrt(pp * qq))) continue;
        turned = true;
        const cs = rotation(pp, pq, qq);
        turn(x, p * n, q * n, 1, n, cs);
        turn(v, p * rows, q * rows, 1, rows, cs);
      }
    }
  }
};

/** Fills the rows of `x` (of length `n`) from `known` on so that all rows are orthonormal: the axes, made orthogonal (twice: to full precision). */
const complete = (x: Float64Array, known: number, rows: number, n: number): void => {
  let axis = 0;
  for (let r = known; r < rows; axis++) {
    const row = x.subarray(r * n, (r + 1) * n).fill(0);
    row[axis] = 1;
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < r; k++) {
        const along = dot(x, k * n, r * n, n);
        for (let i = 0; i < n; i++) row[i] -= along * x[k * n + i];
      }
    }
    const length = Math.sqrt(dot(x, r * n, r * n, n));
    // Of n axes, at least n - r keep a length of 1/sqrt(n) or more.
    if (length * length * n < 0.5) continue;
    for (let i = 0; i < n; i++) row[i] /= length;
    r++;
  }
};

const transposed = (x: Float64Array, rows: number, columns: number): Float64Array => {
  const out = new Float64Array(x.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = x[i * columns + j];
  return out;
};

/**
 * The decomposition of the matrix with rows `x` (`k` of them, no longer than `n >= k`): descending values, left vectors in the
 * rows of `u` (`leftRows` of them) and right ones in those of `v`: `x[i] = sum over j of v[j][i] s[j] u[j]`.
 */
const decompose = (x: Float64Array, k: number, n: number, leftRows: number) => {
  const turns = new Float64Array(k * k);
  for (let i = 0; i < k; i++) turns[i * k + i] = 1;
  orthogonalize(x, k, n, turns);
  const lengths = range(k).map((i) => Math.sqrt(dot(x, i * n, i * n, n)));
  const order = range(k).sort((i, j) => lengths[j] - lengths[i]);
  const u = new Float64Array(leftRows * n);
  const v = new Float64Array(k * k);
  const s = order.map((i) => lengths[i]);
  order.forEach((from, to) => {
    v.set(turns.subarray(from * k, (from + 1) * k), to * k);
    for (let i = 0; i < n; i++) u[to * n + i] = x[from * n + i] / lengths[from];
  });
  complete(u, s.filter((value) => value !== 0).length, leftRows, n);
  return { s, u, v };
};

/** Results: the singular values `[..., k]`, descending, then `U` and `Vᵀ` if wanted. */
export const svdP: Primitive<Svd> = factorization<Svd>({
  name: "svd",
  square: false,
  factors: (m, n, { fullMatrices, computeUv }) => {
    const k = Math.min(m, n);
    const uv = [{ shape: [m, fullMatrices ? m : k] }, { shape: [fullMatrices ? n : k, n] }];
    return [{ shape: [k] }, ...(computeUv ? uv : [])];
  },
  factorize: (a, m, n, { fullMatrices, computeUv }) => {
    const k = Math.min(m, n);
    const [p, q] = fullMatrices ? [m, n] : [k, k];
    if (!a.every(Number.isFinite)) {
      return [k, ...(computeUv ? [m * p, q * n] : [])].map((size) => new Float64Array(size).fill(Number.NaN));
    }
    const tall = m >= n;
    const long = Math.max(m, n);
    const { s, u, v } = decompose(tall ? transposed(a, m, n) : a, k, long, tall ? p : q);
    if (!computeUv) return [s];
    return tall ? [s, transposed(u, p, m), v] : [s, transposed(v, k, k), u];
  },
  jvp: (x, dx, params) => {
    const [m, n] = x.shape.slice(-2);
    if (params.computeUv && params.fullMatrices && m !== n) {
      throw new UnsupportedError({
        where: "svd",
        what: "the full decomposition of a matrix that is not square has no derivative: the added vectors are arbitrary",
        expected: "fullMatrices: false",
        got: `${x.aval}`,
      });
    }
    const [s, u, vt] = bind(svdP, [x], { fullMatrices: false, computeUv: true });
    const outs = params.computeUv ? [s, u, vt] : [s];
    const [ut, v] = [matrixTranspose(u), matrixTranspose(vt)];
    const inner = batchMatMul(ut, batchMatMul(dx, v));
    const eye = identityLike(inner);
    const ds = reduceSum(mul(inner, eye), [inner.ndim - 1]);
    if (!params.computeUv) return [outs, [ds]];

    // Townsend 2016, "Differentiating the singular value decomposition", equations 16 to 18.
    const lead = range(s.ndim - 1);
    const column = broadcastInDim(s, inner.shape, [...lead, s.ndim]);
    const row = broadcastInDim(s, inner.shape, [...lead, s.ndim - 1]);
    const one = scalarOf(s.aval.strong(), 1);
    const inverse = sub(div(one, add(eye, mul(add(column, row), sub(column, row)))), eye);
    const symmetric = (y: Tensor): Tensor => add(y, matrixTranspose(y));
    const du = batchMatMul(u, mul(inverse, symmetric(mul(inner, column))));
    const dv = batchMatMul(v, mul(inverse, symmetric(mul(row, inner))));
    // What the change has outside of the space of the vectors of a side that is not square; nothing for a value of zero.
    const wide = (y: Tensor): Tensor => broadcastInDim(s, y.shape, [...lead, s.ndim]);
    const outside = (change: Tensor, basis: Tensor): Tensor => {
      const rest = sub(change, batchMatMul(basis, batchMatMul(matrixTranspose(basis), change)));
      const zero = convert(eq(s, zeroLike(s)), s.dtype);
      return div(rest, add(wide(rest), broadcastInDim(zero, rest.shape, [...lead, s.ndim])));
    };
    const dU = m > n ? add(du, outside(batchMatMul(dx, v), u)) : du;
    const dV = n > m ? add(dv, outside(batchMatMul(matrixTranspose(dx), u), v)) : dv;
    return [outs, [ds, dU, matrixTranspose(dV)]];
  },
});

/** Left vectors (columns), values (descending) and right vectors (rows): `A = U diag(s) Vᵀ`, for matrices `[..., m, n]`. */
export const svd = (a: Tensor, fullMatrices = true): readonly [u: Tensor, s: Tensor, vt: Tensor] => {
  const [s, u, vt] = bind(svdP, [a], { fullMatrices, computeUv: true });
  return [u, s, vt];
};
/** The singular values alone. */
export const singularValues = (a: Tensor): Tensor => bind(svdP, [a], { fullMatrices: false, computeUv: false })[0];
