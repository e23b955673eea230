/** @file The QR factorization by Householder reflections, with the signs of LAPACK. */
import { UnsupportedError } from "../core/errors.js";
import type { Primitive } from "../core/primitive.js";
import type { Tensor } from "../core/tensor.js";
import { bind } from "../core/trace.js";
import { batchMatMul } from "./dot.js";
import { add, sub } from "./elementwise.js";
import { factorization, lowerTriangle, matrixTranspose, normOf, upperTriangle } from "./matrix.js";
import { sliceAxis } from "./movement.js";
import { triangularSolve } from "./triangular-solve.js";

export interface Qr {
  /** `Q` is square; else it has as many columns as the smaller side. */
  readonly fullMatrices: boolean;
}

/** Applies `1 - tau v vᵀ` to the columns of `x` (`width` of them) from `column` on; `v` lies in `x`-like rows from `from` on. */
const reflect = (v: Float64Array, tau: number, x: Float64Array, width: number, from: number, column: number): void => {
  for (let c = column; c < width; c++) {
    let sum = 0;
    for (let i = 0; i < v.length; i++) sum += v[i] * x[(from + i) * width + c];
    for (let i = 0; i < v.length; i++) x[(from + i) * width + c] -= tau * sum * v[i];
  }
};

/** The reflection that sends `x` to a multiple of the first axis; LAPACK's `larfg`: nothing to do where it is one already. */
const reflector = (x: Float64Array): { v: Float64Array; tau: number } => {
  const [alpha] = x;
  const below = normOf(x.subarray(1));
  const v = x.slice();
  v[0] = 1;
  if (below === 0) return { v, tau: 0 };
  const beta = -Math.sign(alpha || 1) * Math.hypot(alpha, below);
  for (let i = 1; i < v.length; i++) v[i] /= alpha - beta;
  return { v, tau: (beta - alpha) / beta };
};

/** `Q` `[..., m, p]` with orthonormal columns and upper triangular `R` `[..., p, n]`. */
export const qrP: Primitive<Qr> = factorization<Qr>({
  name: "qr",
  square: false,
  factors: (m, n, { fullMatrices }) => {
    const p = fullMatrices ? m : Math.min(m, n);
    return [{ shape: [m, p] }, { shape: [p, n] }];
  },
  factorize: (a, m, n, { fullMatrices }) => {
    const k = Math.min(m, n);
    const p = fullMatrices ? m : k;
    const reflectors: { v: Float64Array; tau: number }[] = [];
    for (let j = 0; j < k; j++) {
      const h = reflector(Float64Array.from({ length: m - j }, (_, i) => a[(j + i) * n + j]));
      reflectors.push(h);
      reflect(h.v, h.tau, a, n, j, j);
    }
    const q = new Float64Array(m * p);
    for (let i = 0; i < p; i++) q[i * p + i] = 1;
    for (let j = k - 1; j >= 0; j--) reflect(reflectors[j].v, reflectors[j].tau, q, p, j, j);
    const r = a.slice(0, p * n);
    for (let i = 0; i < p; i++) r.fill(0, i * n, i * n + Math.min(i, n));
    return [q, r];
  },
  jvp: (x, dx, params) => {
    const [q, r] = bind(qrP, [x], params);
    const [m, n] = x.shape.slice(-2);
    if (params.fullMatrices && m > n) {
      throw new UnsupportedError({
        where: "qr",
        what: "the full factorization of a tall matrix has no derivative: the added columns are arbitrary",
        expected: "mode reduced, or a matrix that is not taller than wide",
        got: `${x.aval}`,
      });
    }
    // Of the first k columns: with M = Qᵀ dA R^-1 and the antisymmetric W that has M's part below the diagonal,
    // dQ = Q (W - M) + dA R^-1. Then dR = Qᵀ (dA - dQ R) for all columns.
    const k = Math.min(m, n);
    const right = triangularSolve(sliceAxis(r, r.ndim - 1, 0, k), sliceAxis(dx, dx.ndim - 1, 0, k));
    const qt = matrixTranspose(q);
    const inner = batchMatMul(qt, right);
    const lower = lowerTriangle(inner, true);
    const turn = sub(lower, matrixTranspose(lower));
    const dq = add(batchMatMul(q, sub(turn, inner)), right);
    return [
      [q, r],
      [dq, upperTriangle(batchMatMul(qt, sub(dx, batchMatMul(dq, r))))],
    ];
  },
});

/** `Q` with orthonormal columns and upper triangular `R`, `Q R = A`, for matrices `[..., m, n]`. */
export const qr = (a: Tensor, fullMatrices = false): readonly [q: Tensor, r: Tensor] => {
  const [q, r] = bind(qrP, [a], { fullMatrices });
  return [q, r];
};
