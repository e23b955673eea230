/** @file The Cholesky factorization. Its derivative: Iain Murray, arXiv:1602.07527, equation 8. */
import type { Primitive } from "../core/primitive.js";
import { scalarOf } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { batchMatMul } from "./dot.js";
import { add, mul, sub } from "./elementwise.js";
import { factorization, identityLike, lowerTriangle, matrixTranspose } from "./matrix.js";
import { triangularSolve } from "./triangular-solve.js";

type None = Record<never, never>;

/** Reads the lower triangle only. A matrix that is not positive definite gives NaN in the lower triangle, as in JAX. */
export const choleskyP: Primitive<None> = factorization<None>({
  name: "cholesky",
  square: true,
  factors: (n) => [{ shape: [n, n] }],
  factorize: (a, n) => {
    const l = new Float64Array(n * n);
    for (let j = 0; j < n; j++) {
      for (let i = j; i < n; i++) {
        let sum = a[i * n + j];
        for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
        if (i > j) l[i * n + j] = sum / l[j * n + j];
        else if (sum > 0) l[j * n + j] = Math.sqrt(sum);
        else {
          for (let r = 0; r < n; r++) l.fill(Number.NaN, r * n, r * n + r + 1);
          return [l];
        }
      }
    }
    return [l];
  },
  jvp: (x, dx) => {
    const l = bind1(choleskyP, [x], {});
    // dL = L tril'(L^-1 dA L^-T), where tril' halves the diagonal and dA is what its lower triangle says.
    const whole = add(lowerTriangle(dx), matrixTranspose(lowerTriangle(dx, true)));
    const half = triangularSolve(l, whole, { leftSide: true, lower: true });
    const inner = triangularSolve(l, half, { leftSide: false, lower: true, transposeA: true });
    const weight = sub(scalarOf(l.aval.strong(), 1), mul(scalarOf(l.aval.strong(), 0.5), identityLike(inner)));
    return [[l], [batchMatMul(l, lowerTriangle(mul(inner, weight)))]];
  },
});

/** The lower triangular `L` with `L Lᵀ = A` of symmetric positive definite matrices `[..., n, n]`; see `choleskyP`. */
export const cholesky = (a: Tensor): Tensor => bind1(choleskyP, [a], {});
