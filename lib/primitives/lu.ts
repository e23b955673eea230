/** @file The LU factorization with partial pivoting. */
import { range, sizeOf } from "../core/aval.js";
import { zerosHost } from "../core/host.js";
import { definePrimitive, notLinear, type Primitive, Zero } from "../core/primitive.js";
import { demand, mapped, sameDType, zeroTangents } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind, bind1 } from "../core/trace.js";
import { broadcastInDim } from "./broadcast.js";
import { batchMatMul } from "./dot.js";
import { add, sub, zeroLike } from "./elementwise.js";
import { takeAlongAxis } from "./gather.js";
import { factorization, identityLike, lowerTriangle, upperTriangle } from "./matrix.js";
import { mappedFront, pad, sliceAxis } from "./movement.js";
import { sort } from "./sort.js";
import { triangularSolve } from "./triangular-solve.js";

type None = Record<never, never>;

const swapRows = (a: Float64Array, n: number, i: number, j: number): void => {
  for (let k = 0; k < n; k++) [a[i * n + k], a[j * n + k]] = [a[j * n + k], a[i * n + k]];
};

/** Square matrices of `size` with `x` in the first corner, zero elsewhere. */
const cornered = (x: Tensor, size: number): Tensor => {
  const none = x.shape.map(() => 0);
  const high = x.shape.map((n, axis) => (axis < x.ndim - 2 ? 0 : size - n));
  return pad(x, zeroLike(x), { low: none, high, interior: none });
};

/** The factors of `[..., m, n]` as square matrices, of which the part beyond the smaller side is the identity. */
const squareFactors = (lu: Tensor): readonly [l: Tensor, u: Tensor] => {
  const [m, n] = lu.shape.slice(-2);
  const k = Math.min(m, n);
  const strict = cornered(sliceAxis(lowerTriangle(lu, true), lu.ndim - 1, 0, k), m);
  const l = add(strict, identityLike(strict));
  const upper = cornered(sliceAxis(upperTriangle(lu), lu.ndim - 2, 0, k), n);
  const eye = identityLike(upper);
  const first = sliceAxis(sliceAxis(eye, eye.ndim - 1, 0, k), eye.ndim - 2, 0, k);
  return [l, add(upper, sub(eye, cornered(first, n)))];
};

/** The rows of the matrices in the order of `indices` `[..., m]`. Of no elements nothing can be taken. */
const rowsAt = (x: Tensor, indices: Tensor): Tensor =>
  x.size === 0 ? x : takeAlongAxis(x, broadcastInDim(indices, x.shape, range(x.ndim - 1)), x.ndim - 2, "clip");

/**
 * Results: `L` (below the diagonal, which is one) and `U` in one matrix `[..., m, n]`; `pivots` `[..., k]`, int32, the row that
 * row `i` was exchanged with in step `i`; and the permutation `[..., m]`, int32, that they make: `A[permutation] = L U`.
 */
export const luP: Primitive<None> = factorization<None>({
  name: "lu",
  square: false,
  factors: (m, n) => [{ shape: [m, n] }, { shape: [Math.min(m, n)], dtype: "int32" }, { shape: [m], dtype: "int32" }],
  factorize: (a, m, n) => {
    const k = Math.min(m, n);
    const pivots = new Int32Array(k);
    const permutation = Int32Array.from(range(m));
    for (let j = 0; j < k; j++) {
      let best = j;
      for (let i = j + 1; i < m; i++) if (Math.abs(a[i * n + j]) > Math.abs(a[best * n + j])) best = i;
      pivots[j] = best;
      swapRows(a, n, j, best);
      [permutation[j], permutation[best]] = [permutation[best], permutation[j]];
      const pivot = a[j * n + j];
      // A column of zeros is left alone: the factor is singular, and solving with it gives infinities.
      if (pivot === 0) continue;
      for (let i = j + 1; i < m; i++) {
        const factor = a[i * n + j] / pivot;
        a[i * n + j] = factor;
        for (let c = j + 1; c < n; c++) a[i * n + c] -= factor * a[j * n + c];
      }
    }
    return [a, pivots, permutation];
  },
  jvp: (x, dx) => {
    const [lu, pivots, permutation] = bind(luP, [x], {});
    const whole = [new Zero(pivots.aval), new Zero(permutation.aval)];
    // With M = L^-1 P dA U^-1: dL = L (M below the diagonal), dU = (M from the diagonal on) U.
    const [l, u] = squareFactors(lu);
    const moved = rowsAt(dx, permutation);
    const left = triangularSolve(l, moved, { leftSide: true, lower: true, unitDiagonal: true });
    const inner = triangularSolve(u, left, { leftSide: false, lower: false });
    const dLower = batchMatMul(l, lowerTriangle(inner, true));
    const dUpper = batchMatMul(upperTriangle(inner), u);
    return [
      [lu, pivots, permutation],
      [add(dLower, dUpper), ...whole],
    ];
  },
});

/** `L` and `U` in one matrix, the exchanges, and the permutation of the rows; see `luP`. */
export const lu = (a: Tensor): readonly [lu: Tensor, pivots: Tensor, permutation: Tensor] => {
  const [factors, pivots, permutation] = bind(luP, [a], {});
  return [factors, pivots, permutation];
};

/** `X` with `op(A) X = B` from the factors of `A`, for `B` `[..., n, m]` of equal leading axes; `op` is the transpose if `transposeA`. */
export const luSolve = (factors: Tensor, permutation: Tensor, b: Tensor, transposeA = false): Tensor => {
  const through = (x: Tensor, lower: boolean): Tensor =>
    triangularSolve(factors, x, { leftSide: true, lower, transposeA, unitDiagonal: lower });
  if (!transposeA) return through(through(rowsAt(b, permutation), true), false);
  return rowsAt(through(through(b, false), true), argSort(permutation));
};

/** Where each row went: the inverse of a permutation along the last axis. */
const argSort = (permutation: Tensor): Tensor => sort(permutation, permutation.ndim - 1)[1];

/** Inputs: int32 `pivots` `[..., k]`. Result: the permutation `[..., size]` that the exchanges make, one after the other. */
export const luPivotsToPermutationP: Primitive<{ readonly size: number }> = definePrimitive({
  name: "lu_pivots_to_permutation",
  abstractEval: ([pivots], { size }) => {
    const where = "luPivotsToPermutation";
    sameDType(where, [pivots], (a) => a.dtype === "int32", "int32");
    const k = pivots.shape[pivots.ndim - 1];
    demand(
      pivots.ndim > 0 && k <= size,
      where,
      "the exchanges do not fit",
      `[..., k] with k up to ${size}`,
      `${pivots}`,
    );
    return [pivots.withShape([...pivots.shape.slice(0, -1), size])];
  },
  impl: ([pivots], { size }) => {
    const lead = pivots.shape.slice(0, -1);
    const k = pivots.shape[lead.length];
    const out = zerosHost({ shape: [...lead, size], dtype: "int32" });
    for (let i = 0; i < sizeOf(lead); i++) {
      const rows = out.data.subarray(i * size, (i + 1) * size);
      for (let j = 0; j < size; j++) rows[j] = j;
      for (let j = 0; j < k; j++) {
        const other = pivots.data[i * k + j];
        if (other >= 0 && other < size) [rows[j], rows[other]] = [rows[other], rows[j]];
      }
    }
    return [out];
  },
  jvp: zeroTangents(() => luPivotsToPermutationP),
  transpose: notLinear("lu_pivots_to_permutation"),
  batch: (size, [pivots], [d], params) => [
    [luPivotsToPermutation(mappedFront(pivots, mapped(d), size), params.size)],
    [0],
  ],
});

/** The order of `size` rows after the exchanges of each row with row `pivots[i]`, in order; an exchange with a row outside is none. */
export const luPivotsToPermutation = (pivots: Tensor, size: number): Tensor =>
  bind1(luPivotsToPermutationP, [pivots], { size });
