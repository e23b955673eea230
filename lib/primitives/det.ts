/** @file The determinant, whose derivative is the transposed adjugate: right for singular matrices too. */
import { range } from "../core/aval.js";
import type { Primitive } from "../core/primitive.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { reduceSum, reshape } from "./broadcast.js";
import { batchMatMul } from "./dot.js";
import { div, mul, sub } from "./elementwise.js";
import { luP } from "./lu.js";
import { factorization, identityLike, matrixTranspose } from "./matrix.js";
import { svdP } from "./svd.js";

type None = Record<never, never>;

const host = (a: Float64Array, n: number) => ({ shape: [n, n], dtype: "float64" as const, data: a });

const determinantOf = (a: Float64Array, n: number): number => {
  const [lu, pivots] = luP.impl([host(a, n)], {});
  return range(n).reduce((p, i) => p * lu.data[i * n + i] * (pivots.data[i] === i ? 1 : -1), 1);
};

/** `[..., n, n]` to `[...]`. */
export const detP: Primitive<None> = factorization<None>({
  name: "det",
  square: true,
  factors: () => [{ shape: [] }],
  factorize: (a, n) => [[determinantOf(a, n)]],
  jvp: (x, dx) => [[det(x)], [reduceSum(mul(matrixTranspose(adjugate(x)), dx), [x.ndim - 2, x.ndim - 1])]],
});

/** The transposed matrix of cofactors, from the singular values: `adj(U S Vᵀ) = det(U) det(V) V adj(S) Uᵀ`. */
export const adjugateP: Primitive<None> = factorization<None>({
  name: "adjugate",
  square: true,
  factors: (n) => [{ shape: [n, n] }],
  factorize: (a, n) => {
    const [s, u, vt] = svdP.impl([host(a, n)], { fullMatrices: true, computeUv: true }).map(({ data }) => data);
    const sign = determinantOf(Float64Array.from(u), n) * determinantOf(Float64Array.from(vt), n);
    const out = new Float64Array(n * n);
    for (let k = 0; k < n; k++) {
      const others = range(n).reduce((p, i) => (i === k ? p : p * s[i]), sign);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) out[i * n + j] += vt[k * n + i] * others * u[j * n + k];
      }
    }
    return [out];
  },
  // (tr(adj dA) adj - adj dA adj) / det: NaN where the matrix is singular, as in JAX.
  jvp: (x, dx) => {
    const y = adjugate(x);
    const one = (t: Tensor): Tensor => reshape(t, [...t.shape, 1, 1]);
    const moved = batchMatMul(y, dx);
    const change = sub(mul(one(trace(moved)), y), batchMatMul(moved, y));
    return [[y], [div(change, one(det(x)))]];
  },
});

const trace = (x: Tensor): Tensor => reduceSum(mul(x, identityLike(x)), [x.ndim - 2, x.ndim - 1]);

/** The determinant of the matrices `[..., n, n]`. */
export const det = (x: Tensor): Tensor => bind1(detP, [x], {});
/** `adj(A)` with `A adj(A) = det(A) 1`, of matrices `[..., n, n]` of any rank. */
export const adjugate = (x: Tensor): Tensor => bind1(adjugateP, [x], {});
