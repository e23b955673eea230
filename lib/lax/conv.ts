/** @file Convolutions in any layout, over the one primitive. */

import { type DType, range, type Shape, sizeOf } from "../core/aval.js";
import { composite, named, takes } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import { broadcastTo, reshape, transpose } from "../primitives/broadcast.js";
import * as c from "../primitives/conv.js";
import { convert, eq } from "../primitives/elementwise.js";
import { iota, reverse } from "../primitives/movement.js";
import { dilated, type Pads } from "../primitives/window.js";
import { dilatedSizes, type Padding, padtypeToPads } from "./padding.js";

/**
 * Which axis is what: of lhs and result `[batch, feature, ...spatial]`, of the kernel `[output feature, input feature, ...spatial]`.
 * @see `jax.lax.ConvDimensionNumbers`
 */
export interface ConvDimensionNumbers {
  readonly lhsSpec: readonly number[];
  readonly rhsSpec: readonly number[];
  readonly outSpec: readonly number[];
}
/** The same in letters: `["NHWC", "HWIO", "NHWC"]`. `N` and `C` are batch and features, `O` and `I` the kernel's, others spatial. */
export type ConvLetters = readonly [lhs: string, rhs: string, out: string];

export interface ConvOptions {
  /** Distances of the elements of lhs (a transposed convolution has its strides here) and of the kernel's; by default 1. */
  readonly lhsDilation?: readonly number[];
  readonly rhsDilation?: readonly number[];
  /** By default `NC` and `OI` and then the spatial axes. */
  readonly dimensionNumbers?: ConvLetters | ConvDimensionNumbers | undefined;
  readonly featureGroupCount?: number;
  readonly batchGroupCount?: number;
}

const isLetters = (d: ConvLetters | ConvDimensionNumbers): d is ConvLetters => Array.isArray(d);

/**
 * The places of the axes that letters name; without letters the default layout for `rank` axes.
 *
 * @throws {ArgumentError} when the letters are not those of one layout
 * @see `jax.lax.conv_dimension_numbers`
 * @example lax.convDimensionNumbers(4, ["NHWC", "HWIO", "NHWC"]).lhsSpec // [0, 3, 1, 2]
 */
export const convDimensionNumbers = takes(
  "lax.convDimensionNumbers(rank, letters)",
  (rank: number, letters?: ConvLetters | ConvDimensionNumbers): ConvDimensionNumbers => {
    if (letters === undefined) return { lhsSpec: range(rank), rhsSpec: range(rank), outSpec: range(rank) };
    if (!isLetters(letters)) return letters;
    const [lhs, rhs, out] = letters;
    const spatial = [...rhs].filter((l) => l !== "O" && l !== "I");
    const spec = (text: string, first: string, second: string): number[] => {
      const wanted = [first, second, ...spatial];
      if (text.length !== rank || new Set(text).size !== rank || !wanted.every((l) => text.includes(l))) {
        throw new ArgumentError({
          where: "lax.convGeneralDilated",
          what: "the letters do not name the axes",
          expected: `${rank} different letters: ${wanted.join(", ")}`,
          got: `"${text}" of ${JSON.stringify(letters)}`,
        });
      }
      return wanted.map((l) => text.indexOf(l));
    };
    return { lhsSpec: spec(lhs, "N", "C"), rhsSpec: spec(rhs, "O", "I"), outSpec: spec(out, "N", "C") };
  },
);

/** `[first, second, ...spatial]` as `[first, ...spatial, second]`. */
const lastSecond = ([first, second, ...spatial]: readonly number[]): number[] => [first, ...spatial, second];
/** `[out, in, ...spatial]` as `[...spatial, in, out]`. */
const kernelOrder = ([out, inner, ...spatial]: readonly number[]): number[] => [...spatial, inner, out];
const inverse = (perm: readonly number[]): number[] => range(perm.length).map((i) => perm.indexOf(i));

/**
 * The general convolution (without turning the kernel round).
 *
 * - `lhs`: `[N, C, ...spatial]`, or as `dimensionNumbers` say
 * - `rhs`: `[O, C / groups, ...spatial]`, of the same dtype
 * - `windowStrides`, `padding`: for each spatial axis; negative padding cuts elements off
 * - `featureGroupCount`: `C` for a depthwise convolution
 * @returns `[N, O, ...spatial]`, or as `dimensionNumbers` say
 * @throws {ShapeError} when shapes and numbers do not fit; {DTypeError} when the dtypes differ
 * @see `jax.lax.conv_general_dilated`
 * @example lax.convGeneralDilated(images, kernel, [1, 1], "SAME", { dimensionNumbers: ["NHWC", "HWIO", "NHWC"] })
 */
export const convGeneralDilated = composite(
  "lax.convGeneralDilated(lhs, rhs, windowStrides, padding, { lhsDilation, rhsDilation, dimensionNumbers, featureGroupCount, batchGroupCount })",
  (lhs: Tensor, rhs: Tensor, windowStrides: readonly number[], padding: Padding, options: ConvOptions = {}): Tensor => {
    if (lhs.ndim < 2 || lhs.ndim !== rhs.ndim || windowStrides.length !== lhs.ndim - 2) {
      throw new ShapeError({
        where: "lax.convGeneralDilated",
        what: "the ranks do not fit",
        expected: "operands of one rank, 2 or more, and a stride for each spatial axis",
        got: `lhs ${lhs.aval}, rhs ${rhs.aval}, strides [${windowStrides}]`,
      });
    }
    const ones = windowStrides.map(() => 1);
    const { lhsDilation = ones, rhsDilation = ones, featureGroupCount = 1, batchGroupCount = 1 } = options;
    const { lhsSpec, rhsSpec, outSpec } = convDimensionNumbers(lhs.ndim, options.dimensionNumbers);
    const x = transpose(lhs, lastSecond(lhsSpec));
    const w = transpose(rhs, kernelOrder(rhsSpec));
    const y = c.conv(x, w, {
      strides: windowStrides,
      padding: padtypeToPads(
        x.shape.slice(1, -1),
        dilatedSizes(w.shape.slice(0, -2), rhsDilation),
        windowStrides,
        padding,
      ),
      lhsDilation,
      rhsDilation,
      featureGroups: featureGroupCount,
      batchGroups: batchGroupCount,
    });
    return transpose(y, inverse(lastSecond(outSpec)));
  },
);

/**
 * `convGeneralDilated` in the default layout: `[N, C, ...spatial]` with `[O, C, ...spatial]`.
 * @see `jax.lax.conv`
 */
export const conv = named(
  "lax.conv(lhs, rhs, windowStrides, padding)",
  (lhs: Tensor, rhs: Tensor, windowStrides: readonly number[], padding: Padding): Tensor =>
    convGeneralDilated(lhs, rhs, windowStrides, padding),
);

/**
 * `conv` with dilations.
 * @see `jax.lax.conv_with_general_padding`
 */
export const convWithGeneralPadding = named(
  "lax.convWithGeneralPadding(lhs, rhs, windowStrides, padding, lhsDilation, rhsDilation)",
  (
    lhs: Tensor,
    rhs: Tensor,
    windowStrides: readonly number[],
    padding: Padding,
    lhsDilation?: readonly number[],
    rhsDilation?: readonly number[],
  ): Tensor =>
    convGeneralDilated(lhs, rhs, windowStrides, padding, {
      ...(lhsDilation === undefined ? {} : { lhsDilation }),
      ...(rhsDilation === undefined ? {} : { rhsDilation }),
    }),
);

/** Padding with which a transposed convolution has the sizes that the convolution would have come from. */
const transposePads = (size: number, stride: number, padding: "SAME" | "VALID"): Pads => {
  const total = size + stride - 2 + (padding === "VALID" ? Math.max(size - stride, 0) : 0);
  const low = padding === "VALID" || stride > size - 1 ? size - 1 : Math.ceil(total / 2);
  return [low, total - low];
};

const CHANNELS_LAST: readonly ConvLetters[] = [
  ["NC", "IO", "NC"],
  ["NHC", "HIO", "NHC"],
  ["NHWC", "HWIO", "NHWC"],
  ["NHWDC", "HWDIO", "NHWDC"],
];

/**
 * The transposed convolution ("deconvolution"): `lhs` with `strides - 1` zeros between its elements, convolved.
 *
 * - `padding`: `SAME` gives `strides` times the size, `VALID` what a convolution without padding came from; pairs are taken as they are
 * - `dimensionNumbers`: by default channels last, `NHWC` and `HWIO`
 * - `transposeKernel`: turns the kernel round and exchanges its features, which gives the gradient of a convolution
 * @see `jax.lax.conv_transpose`
 * @example lax.convTranspose(np.ones([1, 4, 4, 2]), np.ones([3, 3, 2, 5]), [2, 2], "SAME") // [1,8,8,5]
 */
export const convTranspose = composite(
  "lax.convTranspose(lhs, rhs, strides, padding, { rhsDilation, dimensionNumbers, transposeKernel })",
  (
    lhs: Tensor,
    rhs: Tensor,
    strides: readonly number[],
    padding: "SAME" | "VALID" | readonly Pads[],
    options: Pick<ConvOptions, "rhsDilation" | "dimensionNumbers"> & { readonly transposeKernel?: boolean } = {},
  ): Tensor => {
    const numbers = convDimensionNumbers(rhs.ndim, options.dimensionNumbers ?? CHANNELS_LAST[rhs.ndim - 2]);
    const [out, inner, ...spatial] = numbers.rhsSpec;
    const rhsDilation = options.rhsDilation ?? strides.map(() => 1);
    const pads =
      typeof padding === "string"
        ? spatial.map((axis, i) => transposePads(dilated(rhs.shape[axis], rhsDilation[i]), strides[i], padding))
        : padding;
    const rhsSpec = options.transposeKernel === true ? [inner, out, ...spatial] : numbers.rhsSpec;
    return convGeneralDilated(
      lhs,
      options.transposeKernel === true ? reverse(rhs, spatial) : rhs,
      strides.map(() => 1),
      pads,
      { lhsDilation: strides, rhsDilation, dimensionNumbers: { ...numbers, rhsSpec } },
    );
  },
);

/** A kernel `[size, channels · size]` that picks each place of a window, for each channel. */
const pickingKernel = (channels: number, kernel: Shape, dtype: DType): Tensor => {
  const size = sizeOf(kernel);
  const picks = convert(eq(iota([size, 1, size], "int32", 0), iota([size, 1, size], "int32", 2)), dtype);
  return reshape(broadcastTo(picks, [size, channels, size]), [...kernel, 1, channels * size]);
};

/**
 * The windows of a convolution as features: `C · product of filterShape` of them, those of a channel together.
 *
 * @see `jax.lax.conv_general_dilated_patches`
 * @example lax.convGeneralDilatedPatches(np.ones([1, 3, 8, 8]), [2, 2], [2, 2], "VALID") // [1,12,4,4]
 */
export const convGeneralDilatedPatches = composite(
  "lax.convGeneralDilatedPatches(lhs, filterShape, windowStrides, padding, { rhsDilation, dimensionNumbers, lhsDilation })",
  (
    lhs: Tensor,
    filterShape: readonly number[],
    windowStrides: readonly number[],
    padding: Padding,
    options: Omit<ConvOptions, "featureGroupCount" | "batchGroupCount"> = {},
  ): Tensor => {
    const numbers = convDimensionNumbers(lhs.ndim, options.dimensionNumbers);
    const channels = lhs.shape[numbers.lhsSpec[1]];
    const kernel = pickingKernel(channels, filterShape, lhs.dtype);
    const rank = lhs.ndim;
    return convGeneralDilated(lhs, kernel, windowStrides, padding, {
      ...options,
      dimensionNumbers: { ...numbers, rhsSpec: [rank - 1, rank - 2, ...range(rank - 2)] },
      featureGroupCount: channels,
    });
  },
);
