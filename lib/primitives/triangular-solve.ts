/** @file Linear systems whose matrix is triangular: linear in the right side, so they have a transpose. */
import { isFloat, sameShape } from "../core/aval.js";
import { zerosHost } from "../core/host.js";
import { definePrimitive, isZero, type Primitive, Zero } from "../core/primitive.js";
import { demand, known, one, sameDType } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { batchMatMul } from "./dot.js";
import { neg, sub } from "./elementwise.js";
import { checkMatrix, lowerTriangle, matricesOf, matrixSizes, matrixTranspose, upperTriangle } from "./matrix.js";
import { mappedFront } from "./movement.js";

export interface TriangularSolve {
  /** `op(A) X = B`, else `X op(A) = B`. */
  readonly leftSide: boolean;
  /** The lower triangle of `A` is read, else the upper one. */
  readonly lower: boolean;
  /** `op(A)` is the transpose of `A`. */
  readonly transposeA: boolean;
  /** The diagonal counts as ones and is not read. */
  readonly unitDiagonal: boolean;
}

/** Solves in place: element `(i, j)` of the effective, left side matrix is `a[i * rs + j * cs]`; right side columns have `strides`. */
const substitute = (
  a: Float64Array,
  n: number,
  [rs, cs]: readonly [number, number],
  forward: boolean,
  unit: boolean,
  b: Float64Array,
  columns: number,
  [bs, bc]: readonly [number, number],
): void => {
  for (let c = 0; c < columns; c++) {
    for (let step = 0; step < n; step++) {
      const i = forward ? step : n - 1 - step;
      let sum = b[i * bs + c * bc];
      for (let k = 0; k < step; k++) {
        const j = forward ? k : n - 1 - k;
        sum -= a[i * rs + j * cs] * b[j * bs + c * bc];
      }
      b[i * bs + c * bc] = unit ? sum : sum / a[i * (rs + cs)];
    }
  }
};

/** Inputs: `A` `[..., n, n]` and `B` `[..., n, m]` (`[..., m, n]` where the unknown is on the left), of equal leading axes. */
export const triangularSolveP: Primitive<TriangularSolve> = definePrimitive<TriangularSolve>({
  name: "triangular_solve",
  abstractEval: ([a, b], { leftSide }) => {
    checkMatrix("triangularSolve", a, true);
    sameDType("triangularSolve", [a, b], (x) => isFloat(x.dtype), "a float");
    demand(
      b.ndim === a.ndim &&
        sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2)) &&
        b.shape[b.ndim - (leftSide ? 2 : 1)] === a.shape[a.ndim - 1],
      "triangularSolve",
      "the right side does not fit the matrix",
      `equal leading axes, and ${a.shape[a.ndim - 1]} ${leftSide ? "rows" : "columns"}`,
      `${a} and ${b}`,
    );
    return [b.withDType(b.dtype)];
  },
  impl: ([a, b], { leftSide, lower, transposeA, unitDiagonal }) => {
    const [rows, columns] = matrixSizes(b.shape);
    const n = a.shape[a.shape.length - 1];
    // X op(A) = B is op(A)ᵀ Xᵀ = Bᵀ.
    const flipped = transposeA === leftSide;
    const out = zerosHost(b);
    const right = matricesOf(b);
    matricesOf(a).forEach((m, i) => {
      substitute(
        m,
        n,
        flipped ? [1, n] : [n, 1],
        lower !== flipped,
        unitDiagonal,
        right[i],
        leftSide ? columns : rows,
        leftSide ? [columns, 1] : [1, columns],
      );
      out.data.set(right[i], i * rows * columns);
    });
    return [out];
  },
  jvp: ([a, b], [da, db], params) => {
    const x = bind1(triangularSolveP, [a, b], params);
    const solved = (rhs: Tensor): Tensor => bind1(triangularSolveP, [a, rhs], params);
    if (isZero(da)) return [[x], [isZero(db) ? new Zero(x.aval.strong()) : solved(db)]];
    // A dX = dB - dA X, where dA has the zeros (and the constant diagonal) that A has.
    const triangle = (params.lower ? lowerTriangle : upperTriangle)(da, params.unitDiagonal);
    const op = params.transposeA ? matrixTranspose(triangle) : triangle;
    const moved = params.leftSide ? batchMatMul(op, x) : batchMatMul(x, op);
    return [[x], [solved(isZero(db) ? neg(moved) : sub(db, moved))]];
  },
  transpose: (cts, [a], params) => [
    null,
    bind1(triangularSolveP, [known(a, "triangular_solve"), one(cts)], { ...params, transposeA: !params.transposeA }),
  ],
  batch: (size, [a, b], [d, e], params) => [
    [bind1(triangularSolveP, [mappedFront(a, d, size), mappedFront(b, e, size)], params)],
    [0],
  ],
});

/** `X` with `op(A) X = B` or `X op(A) = B`; a zero on the diagonal gives infinities or NaN. */
export const triangularSolve = (a: Tensor, b: Tensor, params: Partial<TriangularSolve> = {}): Tensor =>
  bind1(triangularSolveP, [a, b], { leftSide: false, lower: false, transposeA: false, unitDiagonal: false, ...params });
