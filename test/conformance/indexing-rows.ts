/** @file Rows of the primitives that look up, scatter, sort and run along an axis. */
import type { GatherDims } from "../../lib/primitives/gather-dims.js";
import { bools, floats, INT_LIMITS, ints, ofEach, RANK8, type Row, row, SPECIAL, UINT_LIMITS, uints } from "./row.js";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** Rows of a [n, 3] matrix. */
const rows: GatherDims = {
  offsetDims: [1],
  collapsedSliceDims: [0],
  operandBatchingDims: [],
  startIndicesBatchingDims: [],
  startIndexMap: [0],
  sliceSizes: [1, 3],
};
/** Windows of 2 x 2 at computed places. */
const windows: GatherDims = {
  ...rows,
  offsetDims: [1, 2],
  collapsedSliceDims: [],
  startIndexMap: [1, 0],
  sliceSizes: [2, 2],
};
/** One element a row, each row by its own index. */
const along: GatherDims = {
  offsetDims: [],
  collapsedSliceDims: [1],
  operandBatchingDims: [0],
  startIndicesBatchingDims: [0],
  startIndexMap: [1],
  sliceSizes: [1, 1],
};
const [within, outside] = [
  [2, 0, 1, 2],
  [2, -1, 4, 1],
];

const OUTSIDE = [{ mode: "fill" }, { mode: "fill", fillValue: 1 }, { mode: "clip" }] as const;

const gathers: readonly Row[] = [
  ...OUTSIDE.flatMap((beyond) => [
    row("gather", [floats([4, 3]), ints([4, 1], within)], { ...rows, ...beyond }),
    ...ofEach([4, 3]).map((x) =>
      row(
        "gather",
        [x, ints([4, 1], outside)],
        { ...rows, ...beyond },
        beyond.mode === "fill" && !("fillValue" in beyond) ? "special values" : undefined,
      ),
    ),
    row("gather", [floats([4, 3]), ints([2, 2], [1, 0, 0, 2])], { ...windows, ...beyond }),
    row("gather", [floats([3, 4]), ints([3, 2, 1], [3, 0, 1, 1, 2, 0])], { ...along, ...beyond }),
    row("gather", [floats([4, 3]), ints([0, 1])], { ...rows, ...beyond }),
    row("gather", [floats([5, 3], SPECIAL), ints([4, 1], within)], { ...rows, ...beyond }, "special values"),
  ]),
  row("gather", [floats(RANK8), ints([2, 1], [2, 0])], {
    offsetDims: [0, 1, 2, 3, 4, 5, 6],
    collapsedSliceDims: [4],
    operandBatchingDims: [],
    startIndicesBatchingDims: [],
    startIndexMap: [4],
    sliceSizes: [1, 2, 1, 1, 1, 1, 1, 1],
    mode: "clip",
  }),
];

/** Distinct from one another and from what they fall on. */
const UPDATES = [0.5, -0.25, 3, 0.7, -1.3];

const scattersOf = (prim: "scatter" | "scatter_add" | "scatter_mul" | "scatter_min" | "scatter_max"): Row[] => {
  // By updates a product has derivatives where each has a place of its own.
  const [inside, out] =
    prim === "scatter_mul"
      ? [
          [2, 0, 3, 1],
          [2, -1, 4, 1],
        ]
      : [within, outside];
  const uniqueIndices = prim === "scatter_mul";
  return [
    ...(["drop", "clip"] as const).flatMap((mode) => {
      const apart = prim === "scatter_mul" && mode === "clip" ? [2, -1, 7, 1] : out;
      return [
        row(prim, [floats([4, 3]), ints([4, 1], inside), floats([4, 3], UPDATES)], {
          ...rows,
          mode,
          uniqueIndices,
        }),
        row(prim, [floats([4, 3]), ints([4, 1], apart), floats([4, 3], UPDATES)], {
          ...rows,
          mode,
          uniqueIndices,
        }),
        row(
          prim,
          [floats([4, 3]), ints([1, 2], [1, 2]), floats([1, 2, 2])],
          { ...windows, mode, uniqueIndices },
          "a kink",
        ),
        row(prim, [floats([3, 4]), ints([3, 2, 1], [3, 0, 1, 2, 2, 0]), floats([3, 2], UPDATES)], {
          ...along,
          mode,
          uniqueIndices,
        }),
        row(prim, [floats([4, 3]), ints([0, 1]), floats([0, 3])], { ...rows, mode, uniqueIndices }),
        row(prim, [ints([4, 3], INT_LIMITS), ints([4, 1], within), ints([4, 3], INT_LIMITS)], { ...rows, mode }),
        row(prim, [uints([4, 3], UINT_LIMITS), ints([4, 1], within), uints([4, 3], UINT_LIMITS)], { ...rows, mode }),
        row(prim, [floats([5, 3], SPECIAL), ints([4, 1], within), floats([4, 3])], { ...rows, mode }, "special values"),
      ];
    }),
    row(prim, [floats(RANK8), ints([2, 1], [2, 0]), floats([1, 2, 1, 1, 1, 1, 1, 2], [0.45, 0.65])], {
      offsetDims: [0, 1, 2, 3, 4, 5, 6],
      collapsedSliceDims: [4],
      operandBatchingDims: [],
      startIndicesBatchingDims: [],
      startIndexMap: [4],
      sliceSizes: [1, 2, 1, 1, 1, 1, 1, 1],
      mode: "drop",
      uniqueIndices,
    }),
  ];
};
/** Windows that overlap. */
const overlapping = [floats([4, 3]), ints([2, 2], [1, 0, 0, 2]), floats([2, 2, 2], UPDATES)];
const scatters: readonly Row[] = [
  ...(["scatter", "scatter_add", "scatter_mul", "scatter_min", "scatter_max"] as const).flatMap(scattersOf),
  ...(["drop", "clip"] as const).flatMap((mode) => [
    row("scatter", overlapping, { ...windows, mode }),
    row("scatter_add", overlapping, { ...windows, mode }),
    row("scatter_max", overlapping, { ...windows, mode }),
  ]),
  row("scatter", [bools([4, 3]), ints([4, 1], within), bools([4, 3], [0, 0, 1])], { ...rows, mode: "drop" }),
  row("scatter", [floats([4, 3]), ints([2, 1], [3, 1]), floats([2, 3])], {
    ...rows,
    mode: "drop",
    uniqueIndices: true,
  }),
  row("scatter", [floats([4, 30]), ints([4, 1], within), floats([4, 30], [0.5, 2, 3])], {
    ...rows,
    sliceSizes: [1, 30],
    mode: "drop",
  }),
];

const sorts: readonly Row[] = [
  row("sort", [floats([2, 3])], { axis: 1, numKeys: 1 }),
  row("sort", [floats([3, 2])], { axis: 0, numKeys: 1 }),
  row("sort", [floats([6], [2, 1, 2, 1, 0, 2]), ints([6])], { axis: 0, numKeys: 1 }, "a kink"),
  row("sort", [floats([15], SPECIAL), ints([15])], { axis: 0, numKeys: 1 }, "special values"),
  row("sort", [floats([0, 2])], { axis: 0, numKeys: 1 }),
  row("sort", [floats(RANK8)], { axis: 4, numKeys: 1 }),
  row("sort", [ints([12], INT_LIMITS), floats([12])], { axis: 0, numKeys: 1 }),
  row("sort", [uints([11], UINT_LIMITS)], { axis: 0, numKeys: 1 }),
  row("sort", [bools([5]), ints([5])], { axis: 0, numKeys: 1 }),
  row("sort", [ints([2, 5], [1, 0, 1, 0, 1]), floats([2, 5]), floats([2, 5], [0.2, 0.9, 0.4])], {
    axis: 1,
    numKeys: 2,
  }),
  row(
    "sort",
    [floats([4], [nan, 1, nan, inf]), floats([4], [2, 1, 1, 0]), ints([4])],
    { axis: 0, numKeys: 2 },
    "special values",
  ),
];

const runs: readonly Row[] = (["cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp"] as const).flatMap((prim) =>
  [false, true].flatMap((reverse) => [
    row(prim, [floats([2, 3])], { axis: 1, reverse }),
    row(prim, [floats([5, 2], [0.3, -0.7, 1.2, -1.6, 0.85, 2.1, 0.4])], { axis: 0, reverse }),
    row(prim, [floats([2, 0])], { axis: 1, reverse }),
    row(prim, [floats(RANK8)], { axis: 4, reverse }),
    row(prim, [floats([15], SPECIAL)], { axis: 0, reverse }, "special values"),
    ...(prim === "cumlogsumexp"
      ? [row(prim, [floats([4], [0.5, 0.5, 0.5, -0.2])], { axis: 0, reverse })]
      : [
          row(prim, [ints([12], INT_LIMITS)], { axis: 0, reverse }),
          row(prim, [uints([11], UINT_LIMITS)], { axis: 0, reverse }),
        ]),
  ]),
);

export const indexingRows: readonly Row[] = [
  ...gathers,
  ...scatters,
  ...sorts,
  ...runs,
  row("cumprod", [floats([5], [0.5, 0, 2, 0, 3])], { axis: 0, reverse: false }),
];
