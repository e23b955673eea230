/** @file The Moore-Penrose inverse. Its derivative: Golub and Pereyra 1973, equation 4.12, for matrices that keep their rank. */
import type { Primitive } from "../core/primitive.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { batchMatMul } from "./dot.js";
import { add, sub } from "./elementwise.js";
import { factorization, matrixTranspose } from "./matrix.js";
import { svdP } from "./svd.js";

export interface Pinv {
  /** Singular values up to `rtol` times the largest count as zero. */
  readonly rtol: number;
}

/** `[..., m, n]` to `[..., n, m]`. Not by the derivative of the decomposition, which needs distinct singular values. */
export const pinvP: Primitive<Pinv> = factorization<Pinv>({
  name: "pinv",
  square: false,
  factors: (m, n) => [{ shape: [n, m] }],
  factorize: (a, m, n, { rtol }) => {
    const host = { shape: [m, n], dtype: "float64" as const, data: a };
    const [s, u, vt] = svdP.impl([host], { fullMatrices: false, computeUv: true }).map(({ data }) => data);
    const k = s.length;
    const out = new Float64Array(n * m);
    for (let l = 0; l < k; l++) {
      // NaN counts, so that it reaches the result.
      if (s[l] <= rtol * s[0]) continue;
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < m; j++) out[i * m + j] += (vt[l * n + i] / s[l]) * u[j * k + l];
      }
    }
    return [out];
  },
  jvp: (x, dx, params) => {
    const p = pinv(x, params.rtol);
    const [pt, dxt] = [matrixTranspose(p), matrixTranspose(dx)];
    // -P dA P + P Pᵀ dAᵀ (1 - A P) + (1 - P A) dAᵀ Pᵀ P, from products with the smaller side first.
    const inside = batchMatMul(batchMatMul(p, dx), p);
    const left = batchMatMul(batchMatMul(p, pt), dxt);
    const right = batchMatMul(dxt, batchMatMul(pt, p));
    const rows = sub(left, batchMatMul(batchMatMul(left, x), p));
    const columns = sub(right, batchMatMul(p, batchMatMul(x, right)));
    return [[p], [sub(add(rows, columns), inside)]];
  },
});

/** The Moore-Penrose inverse of matrices `[..., m, n]`. */
export const pinv = (x: Tensor, rtol: number): Tensor => bind1(pinvP, [x], { rtol });
