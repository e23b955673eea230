/** @file Convolutions and pooling. */
import * as lax from "../../../lib/lax/index.js";
import * as nn from "../../../lib/nn/index.js";
import * as np from "../../../lib/np/index.js";
import { grad } from "../../../lib/transforms/grad.js";
import { golden, type Row } from "./row.js";

const row = golden("lax-conv");
const { convGeneralDilated: conv } = lax;
const NHWC: lax.ConvLetters = ["NHWC", "HWIO", "NHWC"];
const one = [
  [1, 1],
  [1, 1],
] as const;

const convolutions: readonly Row[] = [
  row("lax.conv", "conv 1", (x, w) => lax.conv(x, w, [2], "VALID"), "differences"),
  row("lax.conv", "conv same", (x, w) => lax.conv(x, w, [1, 1], "SAME"), "differences"),
  row(
    "lax.convWithGeneralPadding",
    "conv 2",
    (x, w) =>
      lax.convWithGeneralPadding(
        x,
        w,
        [2, 1],
        [
          [1, 1],
          [2, 2],
        ],
      ),
    "differences",
  ),
  row(
    "lax.convGeneralDilated",
    "conv 3",
    (x, w) =>
      conv(
        x,
        w,
        [1, 1, 1],
        [
          [1, 1],
          [0, 0],
          [1, 1],
        ],
      ),
    "differences",
  ),
  row(
    "lax.convGeneralDilated",
    "conv dilated",
    (x, w) =>
      conv(
        x,
        w,
        [1, 1],
        [
          [1, 1],
          [3, 3],
        ],
        { rhsDilation: [2, 3] },
      ),
    "differences",
  ),
  row(
    "lax.convGeneralDilated",
    "conv grouped",
    (x, w) => conv(x, w, [1, 1], one, { featureGroupCount: 2 }),
    "differences",
    // Sums of 36 products of size 1 that almost cancel: 36 roundings of 6e-8.
    { tolerance: { abs: 2.2e-6, rel: 1e-5 } },
  ),
  row(
    "lax.convGeneralDilated",
    "conv depthwise",
    (x, w) => conv(x, w, [1, 1], one, { featureGroupCount: 3 }),
    "differences",
  ),
  row(
    "lax.convGeneralDilated",
    "conv batch groups",
    (x, w) => conv(x, w, [1], "VALID", { batchGroupCount: 2 }),
    "differences",
  ),
  row(
    "lax.convGeneralDilated",
    "conv NHWC",
    (x, w) => conv(x, w, [1, 1], "SAME", { dimensionNumbers: NHWC }),
    "differences",
  ),
  row("lax.convTranspose", "conv_transpose VALID", (x, w) => lax.convTranspose(x, w, [2, 2], "VALID"), "differences"),
  row("lax.convTranspose", "conv_transpose SAME", (x, w) => lax.convTranspose(x, w, [2, 2], "SAME"), "differences"),
  row(
    "lax.convTranspose",
    "conv_transpose of the kernel",
    (x, w) => lax.convTranspose(x, w, [3], "VALID", { transposeKernel: true }),
    "differences",
  ),
  row(
    "lax.convGeneralDilatedPatches",
    "patches",
    (x) =>
      lax.convGeneralDilatedPatches(
        x,
        [2, 3],
        [2, 1],
        [
          [1, 1],
          [0, 0],
        ],
      ),
    "differences",
  ),
];

const pooling: readonly Row[] = [
  row("nn.maxPool", "max_pool", (x) => nn.maxPool(x, [2, 3], { strides: [2, 1] }), "differences"),
  row("nn.maxPool", "max_pool padded", (x) => nn.maxPool(x, [3, 3], { strides: [2, 2], padding: one }), "differences"),
  row("nn.minPool", "min_pool", (x) => nn.minPool(x, [2, 2], { strides: [2, 2] }), "differences"),
  row("nn.avgPool", "avg_pool", (x) => nn.avgPool(x, [2, 3], { strides: [1, 2] }), "differences"),
  row("nn.avgPool", "avg_pool padded", (x) => nn.avgPool(x, [3, 3], { strides: [2, 2], padding: one }), "differences"),
  row(
    "nn.avgPool",
    "avg_pool of elements",
    (x) => nn.avgPool(x, [3, 3], { strides: [2, 2], padding: one, countIncludePad: false }),
    "differences",
  ),
  row(
    "lax.reduceWindow",
    "max_pool dilated",
    (x) => lax.reduceWindow(x, -Infinity, "max", [1, 1, 2], { windowDilation: [1, 1, 3] }),
    "differences",
  ),
  row(
    "lax.reduceWindow",
    "sums",
    (x) => lax.reduceWindow(x, 0, "add", [1, 1, 3], { windowStrides: [1, 1, 2] }),
    "differences",
  ),
  row("lax.reduceWindow", "products", (x) => lax.reduceWindow(x, 1, "mul", [1, 1, 2]), "differences"),
  row(
    "lax.reduceWindow",
    "max_pool gradient with ties",
    (x, ct) => grad((y: typeof x) => np.sum(np.multiply(lax.reduceWindow(y, -Infinity, "max", [1, 1, 2, 2]), ct)))(x),
    "a kink",
  ),
];

export const rows: readonly Row[] = [...convolutions, ...pooling];
