/** @file Eigenvalues and eigenvectors of symmetric matrices, by Jacobi's method of plane rotations. */
import { range } from "../core/aval.js";
import type { Primitive } from "../core/primitive.js";
import { scalarOf } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind } from "../core/trace.js";
import { broadcastInDim, reduceSum } from "./broadcast.js";
import { batchMatMul } from "./dot.js";
import { add, div, mul, sub } from "./elementwise.js";
import { factorization, identityLike, lowerTriangle, matrixTranspose, normOf } from "./matrix.js";

type None = Record<never, never>;

/** Convergence is quadratic: ten sweeps do for matrices of a few hundred rows. */
const MAX_SWEEPS = 60;

/** Cosine and sine of the smaller rotation that annihilates `pq` in `[[pp, pq], [pq, qq]]`. */
export const rotation = (pp: number, pq: number, qq: number): readonly [c: number, s: number] => {
  const zeta = (qq - pp) / (2 * pq);
  const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
  const c = 1 / Math.hypot(1, t);
  return [c, c * t];
};

/** Elements `from + i * step` of two lines of `x`, turned: `(c u - s v, s u + c v)`. */
export const turn = (
  x: Float64Array,
  u: number,
  v: number,
  step: number,
  n: number,
  [c, s]: readonly [number, number],
): void => {
  for (let i = 0; i < n; i++, u += step, v += step) {
    const [p, q] = [x[u], x[v]];
    x[u] = c * p - s * q;
    x[v] = s * p + c * q;
  }
};

/** Makes the symmetric `a` diagonal; the rows of the result are the eigenvectors. */
const diagonalize = (a: Float64Array, n: number): Float64Array => {
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  const negligible = (2 ** -54 * normOf(a)) / Math.max(n, 1);
  for (let sweep = 0, turned = true; turned && sweep < MAX_SWEEPS; sweep++) {
    turned = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const pq = a[p * n + q];
        if (!(Math.abs(pq) > negligible)) continue;
        turned = true;
        const cs = rotation(a[p * n + p], pq, a[q * n + q]);
        turn(a, p, q, n, n, cs);
        turn(a, p * n, q * n, 1, n, cs);
        turn(v, p * n, q * n, 1, n, cs);
        a[p * n + q] = a[q * n + p] = 0;
      }
    }
  }
  return v;
};

/** Reads the lower triangle only. Results: eigenvalues `[..., n]` in ascending order, and eigenvectors in columns `[..., n, n]`. */
export const eighP: Primitive<None> = factorization<None>({
  name: "eigh",
  square: true,
  factors: (n) => [{ shape: [n] }, { shape: [n, n] }],
  factorize: (a, n) => {
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[j * n + i] = a[i * n + j];
    if (!a.every(Number.isFinite)) return [new Float64Array(n).fill(Number.NaN), a.fill(Number.NaN)];
    const rows = diagonalize(a, n);
    const order = range(n).sort((i, j) => a[i * (n + 1)] - a[j * (n + 1)]);
    const vectors = new Float64Array(n * n);
    order.forEach((from, to) => {
      for (let i = 0; i < n; i++) vectors[i * n + to] = rows[from * n + i];
    });
    return [order.map((i) => a[i * (n + 1)]), vectors];
  },
  jvp: (x, dx) => {
    const [w, v] = bind(eighP, [x], {});
    // With M = Vᵀ dA V: dw = diag(M) and dV = V (M / (w_j - w_i)), zero on the diagonal.
    const whole = add(lowerTriangle(dx), matrixTranspose(lowerTriangle(dx, true)));
    const inner = batchMatMul(matrixTranspose(v), batchMatMul(whole, v));
    const eye = identityLike(inner);
    const lead = range(w.ndim - 1);
    const column = broadcastInDim(w, inner.shape, [...lead, w.ndim]);
    const row = broadcastInDim(w, inner.shape, [...lead, w.ndim - 1]);
    const one = scalarOf(w.aval.strong(), 1);
    const inverse = sub(div(one, add(eye, sub(column, row))), eye);
    return [
      [w, v],
      [reduceSum(mul(inner, eye), [inner.ndim - 1]), batchMatMul(v, mul(inverse, inner))],
    ];
  },
});

/** Eigenvalues (ascending) and eigenvectors (columns) of symmetric matrices `[..., n, n]`. */
export const eigh = (a: Tensor): readonly [w: Tensor, v: Tensor] => {
  const [w, v] = bind(eighP, [a], {});
  return [w, v];
};
