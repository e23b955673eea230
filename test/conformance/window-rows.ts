/** @file Rows of convolutions and pooling. */
import type { Shape } from "../../lib/core/aval.js";
import type { Conv } from "../../lib/primitives/conv.js";
import type { ReduceWindow } from "../../lib/primitives/reduce-window.js";
import { floats, INT_LIMITS, ints, type Row, row, SPECIAL, uints } from "./row.js";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const conv = (rank: number, change: Partial<Conv> = {}): Conv => {
  const ones = new Array<number>(rank).fill(1);
  return {
    strides: ones,
    padding: ones.map(() => [0, 0] as const),
    lhsDilation: ones,
    rhsDilation: ones,
    featureGroups: 1,
    batchGroups: 1,
    ...change,
  };
};
const X = [0.3, -0.7, 1.2, -1.6, 0.85, 2.1, -0.45];
const W = [0.55, -1.3, 0.9, 0.2, -0.65];
const convolution = (x: Shape, w: Shape, change: Partial<Conv> = {}): Row =>
  row("conv", [floats(x, X), floats(w, W)], conv(x.length - 2, change));

const convolutions: readonly Row[] = [
  convolution([2, 4, 3], [2, 3, 2]),
  convolution([2, 5, 4, 2], [3, 2, 2, 3], {
    padding: [
      [1, 1],
      [0, 2],
    ],
  }),
  convolution([1, 5, 6, 1], [2, 3, 1, 4], {
    strides: [2, 3],
    padding: [
      [1, 0],
      [1, 1],
    ],
  }),
  convolution([1, 4, 3, 2], [2, 2, 2, 1], {
    lhsDilation: [2, 3],
    padding: [
      [1, 2],
      [0, 0],
    ],
    strides: [1, 2],
  }),
  convolution([1, 6, 5, 1], [2, 2, 1, 2], {
    rhsDilation: [3, 2],
    padding: [
      [0, 0],
      [2, 1],
    ],
    strides: [2, 1],
  }),
  convolution([1, 6, 4], [3, 4, 2], { lhsDilation: [3], rhsDilation: [2], strides: [2], padding: [[-1, 4]] }),
  convolution([2, 4, 1], [3, 1, 2], { padding: [[-1, -1]] }),
  convolution([2, 3, 3, 4], [2, 2, 2, 6], {
    featureGroups: 2,
    padding: [
      [1, 0],
      [0, 1],
    ],
  }),
  convolution([2, 3, 3, 4], [2, 2, 1, 4], {
    featureGroups: 4,
    strides: [2, 1],
    padding: [
      [1, 1],
      [1, 1],
    ],
  }),
  convolution([4, 3, 2], [2, 2, 6], { batchGroups: 2, padding: [[1, 1]] }),
  convolution([3, 4, 1], [2, 1, 3], { batchGroups: 3, strides: [2] }),
  convolution([2, 3, 8], [2, 4, 8], { featureGroups: 2, padding: [[1, 0]] }),
  convolution([4, 3, 4], [2, 4, 8], { batchGroups: 2, padding: [[0, 1]] }),
  convolution([1, 2, 3, 2, 2], [2, 2, 1, 2, 2], {
    padding: [
      [1, 0],
      [0, 0],
      [0, 1],
    ],
  }),
  convolution([2, 3], [3, 4]),
  convolution([2, 3, 3, 2], [1, 1, 2, 5]),
  convolution([2, 0, 3], [2, 3, 2], { padding: [[1, 2]] }),
  convolution([2, 1, 3], [2, 3, 2]),
  convolution([0, 4, 3], [2, 3, 2]),
  convolution([2, 3, 0], [2, 0, 2]),
  row("conv", [floats([1, 4, 1], [1, nan, inf, -0]), floats([2, 1, 1], [1, 2])], conv(1), "special values"),
  row("conv", [floats([1, 3, 1]), floats([2, 1, 1], [inf, 2])], conv(1, { padding: [[1, 1]] }), "special values"),
  row("conv", [ints([1, 12, 1], INT_LIMITS), ints([3, 1, 2], INT_LIMITS)], conv(1, { padding: [[1, 1]] })),
  row("conv", [uints([1, 4, 1]), uints([3, 1, 2])], conv(1)),
];

const window = (sizes: readonly number[], change: Partial<ReduceWindow> = {}): ReduceWindow => {
  const ones = sizes.map(() => 1);
  return {
    windowDimensions: sizes,
    windowStrides: ones,
    padding: ones.map(() => [0, 0] as const),
    baseDilation: ones,
    windowDilation: ones,
    ...change,
  };
};
/** No two alike, in no order. */
const DISTINCT = Array.from({ length: 40 }, (_, i) => ((i * 17) % 41) / 8 - 2.3);

const pooling: readonly Row[] = (["reduce_window_sum", "reduce_window_max", "reduce_window_min"] as const).flatMap(
  (prim) => [
    row(prim, [floats([5], DISTINCT)], window([2])),
    row(prim, [floats([2, 4, 5], DISTINCT)], window([1, 2, 3], { windowStrides: [1, 2, 1] })),
    row(
      prim,
      [floats([4, 5], DISTINCT)],
      window([3, 2], {
        padding: [
          [1, 1],
          [0, 1],
        ],
        windowStrides: [2, 2],
      }),
    ),
    row(
      prim,
      [floats([4, 5], DISTINCT)],
      window([2, 3], {
        baseDilation: [2, 3],
        padding: [
          [1, 0],
          [2, 2],
        ],
      }),
    ),
    row(
      prim,
      [floats([6, 5], DISTINCT)],
      window([2, 3], {
        windowDilation: [3, 2],
        padding: [
          [0, 1],
          [-1, 1],
        ],
      }),
    ),
    row(prim, [floats([3], DISTINCT)], window([2], { padding: [[4, 4]] }), "special values"),
    row(prim, [floats([], [0.5])], window([])),
    row(prim, [floats([3, 0])], window([2, 1])),
    row(prim, [floats([2], DISTINCT)], window([3])),
    row(prim, [floats([15], SPECIAL)], window([2]), "special values"),
    row(prim, [floats([6], [1, 1, 0, 2, 2, 2])], window([3]), "a kink"),
    row(prim, [ints([12], INT_LIMITS)], window([3], { padding: [[1, 1]] })),
    row(prim, [uints([6])], window([2], { windowStrides: [2] })),
  ],
);

export const windowRows: readonly Row[] = [...convolutions, ...pooling];
