/** @file Convolution layers, channels last. */

import { range } from "../core/aval.js";
import { composite, scope, takes } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as lax from "../lax/index.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import type { DenseParams, KernelOptions } from "./dense.js";
import { lecunNormal, zeros } from "./initializers.js";
import { checkFeatures, type Layer } from "./layer.js";

export interface ConvOptions extends KernelOptions {
  /** A stride for each spatial axis. Default 1. */
  readonly strides?: readonly number[];
  /** `SAME` (default), `VALID`, or a pair for each spatial axis. */
  readonly padding?: lax.Padding;
  /** How far apart the elements of the kernel are. Default 1. */
  readonly kernelDilation?: readonly number[];
  /** Independent groups of features; `inFeatures` of them is a depthwise convolution. Default 1. */
  readonly featureGroupCount?: number;
}

/** The axes of `[batch, ...spatial, features]` and `[...spatial, in, out]`. */
const channelsLast = (rank: number): lax.ConvDimensionNumbers => {
  const spatial = range(rank - 2);
  const images = [0, rank - 1, ...spatial.map((i) => i + 1)];
  return { lhsSpec: images, rhsSpec: [rank - 1, rank - 2, ...spatial], outSpec: images };
};

const starts =
  (shape: readonly number[], { useBias = true, kernelInit = lecunNormal(), biasInit = zeros }: KernelOptions) =>
  (key: Tensor): DenseParams =>
    scope(() => {
      const [forKernel, forBias] = random.subkeys(key);
      const kernel = kernelInit(forKernel, shape);
      return useBias ? { kernel, bias: biasInit(forBias, shape.slice(-1)) } : { kernel };
    });

/** Applies `f` to a batch, which may be one example without its axis, and adds the bias. */
const convolving = (
  where: string,
  inFeatures: number,
  spatial: number,
  f: (x: Tensor, kernel: Tensor) => Tensor,
): Layer<DenseParams>["apply"] =>
  composite(where, (params: DenseParams, x: Tensor): Tensor => {
    checkFeatures(where, x, inFeatures);
    const single = x.ndim === spatial + 1;
    if (!single && x.ndim !== spatial + 2) {
      throw new ShapeError({
        where,
        what: "the activations have other spatial axes than the kernel",
        expected: `[batch, ${spatial} spatial axes, ${inFeatures}], or without the batch`,
        got: `${x.aval}`,
      });
    }
    const y = f(single ? np.expandDims(x, 0) : x, params.kernel);
    const whole = single ? np.squeeze(y, 0) : y;
    return params.bias === undefined ? whole : np.add(whole, params.bias);
  });

/**
 * A convolution: kernel `[...kernelSize, inFeatures / groups, outFeatures]`, activations `[batch, ...spatial, inFeatures]`.
 *
 * - `kernelSize`: a size for each spatial axis, which also says how many there are
 * @throws {ArgumentError} unless the groups divide the features
 * @see Flax's `Conv`
 * @example const layer = nn.conv(3, 16, [3, 3], { strides: [2, 2] }); // [B,32,32,3] to [B,16,16,16]
 */
export const conv = takes(
  "nn.conv(inFeatures, outFeatures, kernelSize, { strides, padding, kernelDilation, featureGroupCount, useBias, kernelInit, biasInit })",
  (
    inFeatures: number,
    outFeatures: number,
    kernelSize: readonly number[],
    options: ConvOptions = {},
  ): Layer<DenseParams> => {
    const ones = kernelSize.map(() => 1);
    const { strides = ones, padding = "SAME", kernelDilation = ones, featureGroupCount = 1 } = options;
    if (!(featureGroupCount >= 1) || inFeatures % featureGroupCount !== 0 || outFeatures % featureGroupCount !== 0) {
      throw new ArgumentError({
        where: "nn.conv",
        what: "the groups do not divide the features",
        expected: `a divisor of ${inFeatures} and ${outFeatures}`,
        got: `${featureGroupCount}`,
      });
    }
    const spatial = kernelSize.length;
    return {
      init: starts([...kernelSize, inFeatures / featureGroupCount, outFeatures], options),
      apply: convolving("nn.conv", inFeatures, spatial, (x, kernel) =>
        lax.convGeneralDilated(x, kernel, strides, padding, {
          rhsDilation: kernelDilation,
          featureGroupCount,
          dimensionNumbers: channelsLast(spatial + 2),
        }),
      ),
    };
  },
);

/**
 * A transposed convolution, which makes the spatial axes larger by its strides; kernel `[...kernelSize, inFeatures, outFeatures]`.
 *
 * @see Flax's `ConvTranspose`
 * @example nn.convTranspose(16, 3, [3, 3], { strides: [2, 2] }) // [B,16,16,16] to [B,32,32,3]
 */
export const convTranspose = takes(
  "nn.convTranspose(inFeatures, outFeatures, kernelSize, { useBias, kernelInit, biasInit, strides, padding })",
  (
    inFeatures: number,
    outFeatures: number,
    kernelSize: readonly number[],
    options: KernelOptions & { readonly strides?: readonly number[]; readonly padding?: "SAME" | "VALID" } = {},
  ): Layer<DenseParams> => {
    const { strides = kernelSize.map(() => 1), padding = "SAME" } = options;
    return {
      init: starts([...kernelSize, inFeatures, outFeatures], options),
      apply: convolving("nn.convTranspose", inFeatures, kernelSize.length, (x, kernel) =>
        lax.convTranspose(x, kernel, strides, padding, { dimensionNumbers: channelsLast(kernelSize.length + 2) }),
      ),
    };
  },
);
