/** @file Rows of the factorizations and solvers of linear algebra. */
import type { TriangularSolve } from "../../lib/primitives/triangular-solve.js";
import { floats, ints, type Row, row } from "./row.js";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** Positive definite, well conditioned, with distinct eigenvalues; what lies above the diagonal differs and must not be read. */
const DEFINITE = [4, 9, -7, 1, 3, 5, -0.5, 0.75, 2];
/** Different plain numbers: matrices of them are regular, with distinct singular values. */
const REGULAR = [1.3, -0.7, 0.4, 2.1, 0.9, -1.6, 0.55, -0.35, 2.6, 1.15, -2.2, 0.8];
/** An entry outside of what a factorization reads may be anything. */
const UPPER = [2, 0.6, -0.3, nan, 1.5, 0.8, inf, nan, -1.2];
const LOWER = [2, nan, inf, 0.6, 1.5, nan, -0.3, 0.8, -1.2];

const EMPTY: readonly Row[] = (["cholesky", "eigh", "lu"] as const).flatMap((prim) => [
  row(prim, [floats([0, 0])]),
  row(prim, [floats([0, 2, 2], [1])]),
  row(prim, [floats([1, 1], [2.5])]),
]);

const factorizations: readonly Row[] = [
  row("cholesky", [floats([3, 3], DEFINITE)]),
  row("cholesky", [floats([2, 1, 2, 2], [3, 0.5, 0.7, 2, 1.5, -4, -0.3, 0.8])]),
  row("cholesky", [floats([2, 2, 2], [1, 0, 2, 1, 3, 0, 1, 2])], {}, "special values"),
  row("cholesky", [floats([2, 2], [nan, 0, 1, 1])], {}, "special values"),

  row("eigh", [floats([3, 3], DEFINITE)]),
  row("eigh", [floats([2, 1, 2, 2], [3, 0.5, 0.7, 2, 1.5, -4, -0.3, 0.8])]),
  row("eigh", [floats([3, 3], [0.4, 0, 0, 1.5, -0.3, 0, -0.6, 0.25, -0.2])]),
  row("eigh", [floats([2, 2], [2, 0, 0, 2])], {}, "special values"),
  row("eigh", [floats([2, 2], [inf, 0, 1, 2])], {}, "special values"),

  row("lu", [floats([3, 3], REGULAR)]),
  row("lu", [floats([2, 2, 2], REGULAR)]),
  row("lu", [floats([4, 2], REGULAR)]),
  row("lu", [floats([2, 3], REGULAR)]),
  row("lu", [floats([2, 0])]),
  row("lu", [floats([3, 3], [0, 1, 0])], {}, "special values"),

  ...[false, true].flatMap((fullMatrices) => [
    row("qr", [floats([3, 3], REGULAR)], { fullMatrices }),
    row("qr", [floats([2, 2, 2], REGULAR)], { fullMatrices }),
    row("qr", [floats([2, 3], REGULAR)], { fullMatrices }),
    row(
      "qr",
      [floats([4, 2], REGULAR)],
      { fullMatrices },
      ...(fullMatrices ? (["the derivative is cut"] as const) : []),
    ),
    row("qr", [floats([3, 3], [0, 1, 0])], { fullMatrices }, "special values"),
    row("qr", [floats([3, 0])], { fullMatrices }, "special values"),
    ...[false, true].flatMap((computeUv) => {
      const cut = fullMatrices && computeUv ? (["the derivative is cut"] as const) : [];
      const params = { fullMatrices, computeUv };
      return [
        row("svd", [floats([3, 3], REGULAR)], params),
        row("svd", [floats([2, 2, 2], REGULAR)], params),
        row("svd", [floats([2, 3], REGULAR)], params, ...cut),
        row("svd", [floats([4, 2], REGULAR)], params, ...cut),
        row("svd", [floats([3, 3], [1, 2, 3, 2, 4, 6, 0, 0, 0])], params, "special values"),
        row("svd", [floats([3, 2], [0, nan])], params, "special values"),
        row("svd", [floats([0, 2])], params, "special values"),
      ];
    }),
  ]),
];

const solves: readonly Row[] = [false, true].flatMap((leftSide) =>
  [false, true].flatMap((lower) =>
    [false, true].flatMap((transposeA) =>
      [false, true].flatMap((unitDiagonal) => {
        const params: TriangularSolve = { leftSide, lower, transposeA, unitDiagonal };
        return [
          row(
            "triangular_solve",
            [floats([3, 3], lower ? LOWER : UPPER), floats(leftSide ? [3, 2] : [2, 3])],
            params,
            "special values",
          ),
          row("triangular_solve", [floats([3, 3], REGULAR), floats(leftSide ? [3, 2] : [2, 3])], params),
          row("triangular_solve", [floats([2, 2, 2], REGULAR), floats([2, 2, 2])], params),
        ];
      }),
    ),
  ),
);

const LEFT: TriangularSolve = { leftSide: true, lower: true, transposeA: false, unitDiagonal: false };
const edges: readonly Row[] = [
  row("triangular_solve", [floats([2, 2], [0, 1, 1, 2]), floats([2, 2], [1, 0, 1, 1])], LEFT, "special values"),
  row("triangular_solve", [floats([0, 0]), floats([0, 2])], LEFT),
  row("triangular_solve", [floats([2, 2]), floats([2, 0])], LEFT),
  row("triangular_solve", [floats([1, 2, 1, 1, 1, 1, 2, 2], REGULAR), floats([1, 2, 1, 1, 1, 1, 2, 1])], LEFT),
];

const inverses: readonly Row[] = [
  row("pinv", [floats([3, 3], REGULAR)], { rtol: 1e-6 }),
  row("pinv", [floats([2, 2, 2], REGULAR)], { rtol: 1e-6 }),
  row("pinv", [floats([4, 2], REGULAR)], { rtol: 1e-6 }),
  row("pinv", [floats([2, 3], REGULAR)], { rtol: 1e-6 }),
  // Equal singular values: the decomposition has no derivative, the inverse has.
  row("pinv", [floats([3, 2], [0.5, 0, 0, 0.5, 0, 0])], { rtol: 1e-6 }),
  row("pinv", [floats([3, 2], [1, 2, 2, 4, 0, 0])], { rtol: 1e-6 }, "special values"),
  row("pinv", [floats([2, 2], [nan, 0, 1, 1])], { rtol: 1e-6 }, "special values"),
  row("pinv", [floats([0, 2])], { rtol: 1e-6 }),
  ...(["det", "adjugate"] as const).flatMap((prim) => [
    row(prim, [floats([3, 3], REGULAR)]),
    row(prim, [floats([2, 1, 2, 2], REGULAR)]),
    row(prim, [floats([2, 2], [1, 2, 2, 4])], {}, "special values"),
    row(prim, [floats([2, 2], [nan, 0, 1, 1])], {}, "special values"),
    row(prim, [floats([0, 2, 2])]),
    row(prim, [floats([0, 0])], {}, "special values"),
  ]),
];

const permutations: readonly Row[] = [
  row("lu_pivots_to_permutation", [ints([3], [2, 1, 3])], { size: 4 }),
  row("lu_pivots_to_permutation", [ints([2, 1, 2], [1, 1, 0, 2])], { size: 3 }),
  row("lu_pivots_to_permutation", [ints([2], [-1, 9])], { size: 2 }),
  row("lu_pivots_to_permutation", [ints([0])], { size: 2 }),
];

export const linalgRows: readonly Row[] = [
  ...EMPTY,
  ...factorizations,
  ...solves,
  ...edges,
  ...inverses,
  ...permutations,
];
