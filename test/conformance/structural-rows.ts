/** @file Rows of the primitives that move, reduce, multiply, slice and draw. */
import type { DotDims } from "../../lib/primitives/dot.js";
import { bools, floats, INT_LIMITS, ints, ofEach, RANK8, type Row, row, SPECIAL, UINT_LIMITS, uints } from "./row.js";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const movement: readonly Row[] = [
  ...ofEach([2, 3]).map((x) => row("reshape", [x], { shape: [3, 1, 2] })),
  row("reshape", [floats([])], { shape: [1, 1] }),
  row("reshape", [floats([2, 0])], { shape: [0, 5] }),
  row("reshape", [floats([6])], { shape: RANK8 }),
  row("reshape", [floats([SPECIAL.length], SPECIAL)], { shape: [3, SPECIAL.length / 3] }, "special values"),

  ...ofEach([2, 3, 4]).map((x) => row("transpose", [x], { perm: [2, 0, 1] })),
  row("transpose", [floats([2, 3])], { perm: [1, 0] }),
  row("transpose", [floats([])], { perm: [] }),
  row("transpose", [floats([2, 0, 3])], { perm: [1, 2, 0] }),
  row("transpose", [floats([1, 2, 1, 2, 3, 1, 1, 2])], { perm: [7, 4, 0, 1, 3, 2, 6, 5] }),
  row("transpose", [floats([3, 5], SPECIAL)], { perm: [1, 0] }, "special values"),

  ...ofEach([3]).map((x) => row("broadcast_in_dim", [x], { shape: [2, 3, 2], dims: [1] })),
  row("broadcast_in_dim", [floats([])], { shape: [2, 2], dims: [] }),
  row("broadcast_in_dim", [floats([2, 1])], { shape: [2, 3, 4], dims: [0, 2] }),
  row("broadcast_in_dim", [floats([1])], { shape: [1, 3], dims: [0] }),
  row("broadcast_in_dim", [floats([1])], { shape: [0, 2], dims: [0] }),
  row("broadcast_in_dim", [floats([0])], { shape: [2, 0], dims: [1] }),
  row("broadcast_in_dim", [floats([2, 3])], { shape: RANK8, dims: [1, 4] }),
  row("broadcast_in_dim", [floats([15], SPECIAL)], { shape: [2, 15], dims: [1] }, "special values"),

  ...ofEach([2, 3]).map((x) => row("concatenate", [x, x, x], { axis: 1 })),
  row("concatenate", [floats([1, 2]), floats([3, 2])], { axis: 0 }),
  row("concatenate", [floats([2, 0]), floats([2, 1]), floats([2, 0])], { axis: 1 }),
  row("concatenate", [floats([0, 3]), floats([0, 3])], { axis: 1 }),
  row("concatenate", [floats(RANK8), floats(RANK8)], { axis: 6 }),
  row("concatenate", [floats([15], SPECIAL), floats([2])], { axis: 0 }, "special values"),

  row("iota", [], { shape: [3], dtype: "float32", axis: 0 }),
  row("iota", [], { shape: [2, 3, 2], dtype: "int32", axis: 1 }),
  row("iota", [], { shape: [2, 0], dtype: "uint32", axis: 0 }),
  row("iota", [], { shape: RANK8, dtype: "float32", axis: 4 }),

  ...ofEach([2, 3]).map((x) => row("reverse", [x], { axes: [1] })),
  row("reverse", [floats([2, 3])], { axes: [1, 0] }),
  row("reverse", [floats([0, 3])], { axes: [0, 1] }),
  row("reverse", [floats(RANK8)], { axes: [4, 1, 7] }),
  row("reverse", [floats([15], SPECIAL)], { axes: [0] }, "special values"),

  ...ofEach([4, 5]).map((x) => row("slice", [x], { start: [1, 0], limit: [3, 5], strides: [1, 2] })),
  row("slice", [floats([5])], { start: [4], limit: [5], strides: [3] }),
  row("slice", [floats([5, 2])], { start: [2, 0], limit: [2, 2], strides: [1, 1] }),
  row("slice", [floats([0])], { start: [0], limit: [0], strides: [1] }),
  row("slice", [floats([])], { start: [], limit: [], strides: [] }),
  row("slice", [floats(RANK8)], {
    start: [0, 1, 0, 0, 0, 0, 0, 0],
    limit: [1, 2, 1, 1, 3, 1, 1, 1],
    strides: [1, 1, 1, 1, 2, 1, 1, 1],
  }),
  row("slice", [floats([15], SPECIAL)], { start: [0], limit: [15], strides: [2] }, "special values"),

  ...ofEach([2, 3]).map((x, i) =>
    row("pad", [x, [floats, ints, uints, bools][i]([], [1])], { low: [1, 0], high: [0, 2], interior: [0, 1] }),
  ),
  row("pad", [floats([0]), floats([], [7.5])], { low: [2], high: [1], interior: [3] }),
  row("pad", [floats([]), floats([])], { low: [], high: [], interior: [] }),
  row("pad", [floats([1, 0]), floats([])], { low: [0, 0], high: [1, 0], interior: [2, 2] }),
  row("pad", [floats(RANK8), floats([], [0])], {
    low: [0, 1, 0, 0, 0, 0, 0, 1],
    high: [0, 0, 0, 0, 1, 0, 0, 0],
    interior: [0, 0, 0, 0, 1, 0, 0, 0],
  }),
  row("pad", [floats([15], SPECIAL), floats([], [nan])], { low: [1], high: [1], interior: [1] }, "special values"),
];

const axesRows = (prim: "reduce_max" | "reduce_min" | "reduce_sum"): Row[] => [
  row(prim, [floats([2, 3, 2], [0.3, 1.7, -0.9, 2.2, 0.1, -1.4, 0.8])], { axes: [1] }),
  row(prim, [floats([2, 3])], { axes: [0, 1] }),
  row(prim, [floats([2, 3])], { axes: [] }),
  row(prim, [floats([])], { axes: [] }),
  row(prim, [floats([2, 0])], { axes: [1] }, "special values"),
  row(prim, [floats([0, 2])], { axes: [1] }),
  row(prim, [floats(RANK8)], { axes: [4, 7] }),
  row(prim, [floats([15, 2], SPECIAL)], { axes: [0] }, "special values"),
  row(prim, [floats([5, 3], SPECIAL)], { axes: [1] }, "special values"),
  row(prim, [floats([2, 3], [1, 1, 0, 0.5, 2, 2])], { axes: [1] }, "a kink"),
  row(prim, [ints([3, 4], INT_LIMITS)], { axes: [1] }),
  row(prim, [ints([12], INT_LIMITS)], { axes: [0] }),
  row(prim, [ints([0])], { axes: [0] }),
  row(prim, [uints([11], UINT_LIMITS)], { axes: [0] }),
  row(prim, [uints([2, 0])], { axes: [1] }),
];

const reductions: readonly Row[] = [
  ...axesRows("reduce_sum"),
  ...axesRows("reduce_max"),
  ...axesRows("reduce_min"),
  ...(["reduce_and", "reduce_or"] as const).flatMap((prim) => [
    row(prim, [bools([2, 3], [1, 1, 1, 0, 1, 0])], { axes: [1] }),
    row(prim, [bools([2, 3], [0])], { axes: [0, 1] }),
    row(prim, [bools([2, 0])], { axes: [1] }),
    row(prim, [bools(RANK8)], { axes: [1] }),
    row(prim, [bools([])], { axes: [] }),
  ]),
  ...(["argmax", "argmin"] as const).flatMap((prim) => [
    row(prim, [floats([2, 3])], { axis: 1 }),
    row(prim, [floats([2, 3], [2, 2, 1, 1, 1, 3])], { axis: 1 }),
    row(prim, [floats([5, 3], SPECIAL)], { axis: 1 }),
    row(prim, [floats([4], [1, nan, inf, nan])], { axis: 0 }),
    row(prim, [floats([3], [-0, 0, -0])], { axis: 0 }),
    row(prim, [floats([3, 0])], { axis: 0 }),
    row(prim, [floats(RANK8)], { axis: 4 }),
    row(prim, [ints([12], INT_LIMITS)], { axis: 0 }),
    row(prim, [uints([11], UINT_LIMITS)], { axis: 0 }),
    row(prim, [bools([2, 3])], { axis: 1 }),
  ]),
];

const dot = (
  lhsContract: number[],
  rhsContract: number[],
  lhsBatch: number[] = [],
  rhsBatch: number[] = [],
): DotDims => ({
  lhsContract,
  rhsContract,
  lhsBatch,
  rhsBatch,
});
const products: readonly Row[] = [
  row("dot_general", [floats([2, 3]), floats([3, 4])], dot([1], [0])),
  row("dot_general", [floats([3, 2]), floats([4, 3])], dot([0], [1])),
  row("dot_general", [floats([3]), floats([3])], dot([0], [0])),
  row("dot_general", [floats([2]), floats([3])], dot([], [])),
  row("dot_general", [floats([]), floats([3])], dot([], [])),
  row("dot_general", [floats([2, 3, 4]), floats([2, 4, 5])], dot([2], [1], [0], [0])),
  row("dot_general", [floats([3, 2, 4]), floats([4, 5, 2])], dot([2], [0], [1], [2])),
  row("dot_general", [floats([2, 3, 2]), floats([3, 2, 5])], dot([0, 1], [1, 0])),
  row("dot_general", [floats([2, 3, 4]), floats([2, 3, 4])], dot([2], [2], [1, 0], [1, 0])),
  row("dot_general", [floats([2, 0]), floats([0, 3])], dot([1], [0])),
  row("dot_general", [floats([0, 2]), floats([2, 3])], dot([1], [0])),
  row("dot_general", [floats([1, 2, 1, 1, 3, 1, 1, 1]), floats([3, 2])], dot([4], [0])),
  // Without the limits of float32: whether a sum overflows on its way depends on its order.
  row(
    "dot_general",
    [floats([2, 4], [1, nan, 2, 0, inf, -1, 1e-40, -0]), floats([4, 2])],
    dot([1], [0]),
    "special values",
  ),
  row(
    "dot_general",
    [floats([2, 2], [inf, 1, -inf, 0]), floats([2, 2], [1, 0, 2, -1])],
    dot([1], [0]),
    "special values",
  ),
  row("dot_general", [floats([5, 9]), floats([9, 17])], dot([1], [0])),
  row("dot_general", [ints([3, 4], INT_LIMITS), ints([4, 3], INT_LIMITS)], dot([1], [0])),
  row("dot_general", [uints([1, 11], UINT_LIMITS), uints([11, 1], UINT_LIMITS)], dot([1], [0])),
];

const slices: readonly Row[] = [
  ...ofEach([3, 4]).map((x) => row("dynamic_slice", [x, ints([], [1]), ints([], [2])], { sliceSizes: [2, 2] })),
  row("dynamic_slice", [floats([3, 4]), ints([], [-5]), ints([], [2 ** 31 - 1])], { sliceSizes: [2, 3] }),
  row("dynamic_slice", [floats([3, 0]), ints([], [1]), ints([], [0])], { sliceSizes: [2, 0] }),
  row("dynamic_slice", [floats([])], { sliceSizes: [] }),
  row("dynamic_slice", [floats(RANK8), ...RANK8.map(() => ints([], [1]))], { sliceSizes: [1, 1, 1, 1, 2, 1, 1, 1] }),
  row("dynamic_slice", [floats([15], SPECIAL), ints([], [1])], { sliceSizes: [12] }, "special values"),

  ...ofEach([3, 4]).map((x, i) =>
    row("dynamic_update_slice", [x, [floats, ints, uints, bools][i]([2, 2], [1, 0]), ints([], [1]), ints([], [2])]),
  ),
  row("dynamic_update_slice", [floats([3, 4]), floats([2, 3]), ints([], [-(2 ** 31)]), ints([], [3])]),
  row("dynamic_update_slice", [floats([3, 2]), floats([0, 2]), ints([], [1]), ints([], [0])]),
  row("dynamic_update_slice", [floats([]), floats([])]),
  row("dynamic_update_slice", [floats(RANK8), floats([1, 1, 1, 1, 2, 1, 1, 1]), ...RANK8.map(() => ints([], [1]))]),
  row("dynamic_update_slice", [floats([15], SPECIAL), floats([2], [nan, inf]), ints([], [1])], {}, "special values"),
];

const draws: readonly Row[] = [
  row("random_bits", [uints([2], [0, 1])], { shape: [2, 3] }),
  row("random_bits", [uints([2], [2 ** 32 - 1, 2 ** 31])], { shape: [] }),
  row("random_bits", [uints([3, 2], UINT_LIMITS)], { shape: [5] }),
  row("random_bits", [uints([2])], { shape: [0, 2] }),
  row("random_bits", [uints([0, 2])], { shape: [2] }),
  row("random_bits", [uints([2])], { shape: RANK8 }),
  ...[false, true].flatMap((logSpace) => [
    row(
      "random_gamma",
      [uints([2]), floats([2, 3], [0.01, 0.5, 1, 2.5, 40, 1e4])],
      { logSpace },
      "no derivative along the draw",
    ),
    row("random_gamma", [uints([3, 2]), floats([3], [0.2, 3, 7])], { logSpace }, "no derivative along the draw"),
    row(
      "random_gamma",
      [uints([2]), floats([5], [0, -1, nan, inf, 1e-40])],
      { logSpace },
      "no derivative along the draw",
    ),
    row("random_gamma", [uints([2]), floats([0])], { logSpace }, "no derivative along the draw"),
    row("random_gamma", [uints([0, 2]), floats([0, 3])], { logSpace }, "no derivative along the draw"),
  ]),
  row(
    "random_poisson",
    [uints([2]), floats([2, 4], [0, 0.3, 3, 9.99, 10, 50, 1e4, 3e9])],
    {},
    "no derivative along the draw",
  ),
  row("random_poisson", [uints([2, 2]), floats([2, 3], [-1, nan, inf])], {}, "no derivative along the draw"),
  row("random_poisson", [uints([2]), floats([])], {}, "no derivative along the draw"),
  row("random_poisson", [uints([2]), floats([0])], {}, "no derivative along the draw"),
  row(
    "random_binomial",
    [uints([2]), floats([2, 4], [0, 1, 5, 20, 100, 1e4, 7.5, 1e6]), floats([2, 4], [0.3, 0, 1, 0.9, 0.4])],
    {},
    "no derivative along the draw",
  ),
  row(
    "random_binomial",
    [uints([3, 2]), floats([3, 2]), floats([3, 2], [0.5, -1, nan, 2])],
    {},
    "no derivative along the draw",
  ),
  row(
    "random_binomial",
    [uints([2]), floats([3], [inf, nan, 3]), floats([3], [0, 0.5, 0.25])],
    {},
    "no derivative along the draw",
  ),
  row("threefry2x32", [uints([3, 2], UINT_LIMITS), uints([3, 2])]),
  row("threefry2x32", [uints([2]), uints([2], [2 ** 32 - 1, 0])]),
  row("threefry2x32", [uints([0, 2]), uints([0, 2])]),
];

export const structuralRows: readonly Row[] = [...movement, ...reductions, ...products, ...slices, ...draws];
