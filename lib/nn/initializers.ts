/**
 * @file First values of parameters.
 *
 * @see JAX's `jax.nn.initializers`
 */
import { type DType, normalizeAxes, normalizeAxis, type Shape, sizeOf } from "../core/aval.js";
import { composite, takes } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { qr } from "../primitives/qr.js";
import * as random from "../random/index.js";

/** Makes a parameter of a key and a shape. */
export type Initializer = (key: Tensor, shape: Shape, dtype?: DType) => Tensor;

/** Random float32 numbers, scaled, as another float type. */
const drawn = (name: string, draw: (key: Tensor, shape: Shape) => Tensor): Initializer =>
  composite(`${name}(key, shape, dtype)`, (key: Tensor, shape: Shape, dtype: DType = "float32") =>
    np.astype(draw(key, shape), dtype),
  ) as Initializer;

export const zeros: Initializer = takes("nn.initializers.zeros(key, shape, dtype)", (_key, shape, dtype = "float32") =>
  np.zeros(shape, dtype),
);
export const ones: Initializer = takes("nn.initializers.ones(key, shape, dtype)", (_key, shape, dtype = "float32") =>
  np.ones(shape, dtype),
);
export const constant = takes(
  "nn.initializers.constant(value)",
  (value: number): Initializer =>
    (_key, shape, dtype = "float32") =>
      np.full(shape, value, dtype),
);

/** Normal numbers of that standard deviation. */
export const normal = takes(
  "nn.initializers.normal(stddev)",
  (stddev = 1e-2): Initializer =>
    drawn("nn.initializers.normal", (key, shape) => np.multiply(stddev, random.normal(key, shape))),
);

/** `stddev` times standard normal numbers between the bounds (so that the deviation of the result is smaller). */
export const truncatedNormal = takes(
  "nn.initializers.truncatedNormal(stddev, lower, upper)",
  (stddev = 1e-2, lower = -2, upper = 2): Initializer =>
    drawn("nn.initializers.truncatedNormal", (key, shape) =>
      np.multiply(stddev, random.truncatedNormal(key, lower, upper, shape)),
    ),
);

/** Uniform numbers in [0, scale). */
export const uniform = takes(
  "nn.initializers.uniform(scale)",
  (scale = 1e-2): Initializer =>
    drawn("nn.initializers.uniform", (key, shape) => np.multiply(scale, random.uniform(key, shape))),
);

/** Which axes of a kernel are its inputs, outputs and independent copies; the others are its receptive field. */
export interface FanOptions {
  /** Default -2. */
  readonly inAxis?: number | readonly number[];
  /** Default -1. */
  readonly outAxis?: number | readonly number[];
  /** Default none. */
  readonly batchAxis?: number | readonly number[];
}

export type FanMode = "fanIn" | "fanOut" | "fanAvg" | "fanGeoAvg";
export type FanDistribution = "truncatedNormal" | "normal" | "uniform";

const fans = (where: string, shape: Shape, options: FanOptions): { fanIn: number; fanOut: number } => {
  if (shape.length < 2) {
    throw new ShapeError({
      where,
      what: "a fan needs inputs and outputs",
      expected: "rank 2 or more",
      got: `[${shape}]`,
      hint: "use nn.initializers.normal or zeros for vectors",
    });
  }
  const size = (axis: number | readonly number[]): number =>
    sizeOf(normalizeAxes(where, shape.length, axis).map((a) => shape[a]));
  const [inputs, outputs] = [size(options.inAxis ?? -2), size(options.outAxis ?? -1)];
  const field = sizeOf(shape) / inputs / outputs / size(options.batchAxis ?? []);
  return { fanIn: inputs * field, fanOut: outputs * field };
};

/** Standard deviation of a standard normal number between -2 and 2. */
const TRUNCATED = 0.87962566103423978;

/**
 * Numbers of variance `scale / fan`, which keeps the size of activations (fan in) or gradients (fan out) from layer to layer.
 *
 * @throws {ArgumentError} unless the scale is positive; the initializer: {ShapeError} for a shape of rank below 2
 * @see JAX's `variance_scaling`
 */
export const varianceScaling = takes(
  "nn.initializers.varianceScaling(scale, mode, distribution, { inAxis, outAxis, batchAxis })",
  (scale: number, mode: FanMode, distribution: FanDistribution, options: FanOptions = {}): Initializer => {
    const where = "nn.initializers.varianceScaling";
    if (!(scale > 0)) {
      throw new ArgumentError({
        where,
        what: "the scale is not positive",
        expected: "a number above 0",
        got: `${scale}`,
      });
    }
    return drawn(where, (key, shape) => {
      const { fanIn, fanOut } = fans(where, shape, options);
      const fan = { fanIn, fanOut, fanAvg: (fanIn + fanOut) / 2, fanGeoAvg: Math.sqrt(fanIn * fanOut) }[mode];
      const deviation = Math.sqrt(scale / Math.max(1, fan));
      if (distribution === "normal") return np.multiply(deviation, random.normal(key, shape));
      if (distribution === "uniform") {
        return np.multiply(Math.sqrt(3) * deviation, random.uniform(key, shape, { minval: -1, maxval: 1 }));
      }
      return np.multiply(deviation / TRUNCATED, random.truncatedNormal(key, -2, 2, shape));
    });
  },
);

const scaled =
  (scale: number, mode: FanMode, distribution: FanDistribution) =>
  (options: FanOptions = {}): Initializer =>
    varianceScaling(scale, mode, distribution, options);

/** Variance `2 / (fanIn + fanOut)`, uniform. @see Glorot and Bengio 2010 */
export const glorotUniform = takes(
  "nn.initializers.glorotUniform({ inAxis, outAxis, batchAxis })",
  scaled(1, "fanAvg", "uniform"),
);
/** Variance `2 / (fanIn + fanOut)`, truncated normal. */
export const glorotNormal = takes(
  "nn.initializers.glorotNormal({ inAxis, outAxis, batchAxis })",
  scaled(1, "fanAvg", "truncatedNormal"),
);
/** Variance `1 / fanIn`, uniform. @see LeCun et al. 1998 */
export const lecunUniform = takes(
  "nn.initializers.lecunUniform({ inAxis, outAxis, batchAxis })",
  scaled(1, "fanIn", "uniform"),
);
/** Variance `1 / fanIn`, truncated normal: Flax's default for kernels. */
export const lecunNormal = takes(
  "nn.initializers.lecunNormal({ inAxis, outAxis, batchAxis })",
  scaled(1, "fanIn", "truncatedNormal"),
);
/** Variance `2 / fanIn`, uniform. @see He et al. 2015 */
export const heUniform = takes(
  "nn.initializers.heUniform({ inAxis, outAxis, batchAxis })",
  scaled(2, "fanIn", "uniform"),
);
/** Variance `2 / fanIn`, truncated normal. */
export const heNormal = takes(
  "nn.initializers.heNormal({ inAxis, outAxis, batchAxis })",
  scaled(2, "fanIn", "truncatedNormal"),
);
export {
  glorotNormal as xavierNormal,
  glorotUniform as xavierUniform,
  heNormal as kaimingNormal,
  heUniform as kaimingUniform,
};

/**
 * Orthogonal matrices, uniformly drawn: columns (or rows, if there are fewer) are orthonormal, times `scale`.
 *
 * - `columnAxis`: the axis of the outputs; all others together are the inputs. Default the last
 * @throws the initializer: {ShapeError} for a shape of rank below 2
 * @see Saxe et al. 2014, arXiv:1312.6120; Mezzadri 2007 for the signs
 */
export const orthogonal = takes(
  "nn.initializers.orthogonal(scale, columnAxis)",
  (scale = 1, columnAxis = -1): Initializer =>
    drawn("nn.initializers.orthogonal", (key, shape) => {
      const where = "nn.initializers.orthogonal";
      fans(where, shape, {});
      const axis = normalizeAxis(where, columnAxis, shape.length);
      const columns = shape[axis];
      const rows = sizeOf(shape) / columns;
      const [q, r] = qr(random.normal(key, [Math.max(rows, columns), Math.min(rows, columns)]));
      // Without the signs of R the matrices would not be uniformly distributed.
      const signed = np.multiply(q, np.sign(np.einsum("ii->i", r)));
      const outFirst = rows < columns ? signed : np.transpose(signed);
      const rest = shape.filter((_, i) => i !== axis);
      return np.multiply(scale, np.moveaxis(np.reshape(outFirst, [columns, ...rest]), 0, axis));
    }),
);

/**
 * Convolution kernels that are orthogonal at their middle and zero elsewhere; `[...places, in, out]` with at least as many outputs.
 *
 * @throws the initializer: {ShapeError} for another rank than 3 to 5, or more inputs than outputs
 * @see Xiao et al. 2018, arXiv:1806.05393
 */
export const deltaOrthogonal = takes(
  "nn.initializers.deltaOrthogonal(scale)",
  (scale = 1): Initializer =>
    drawn("nn.initializers.deltaOrthogonal", (key, shape) => {
      const [inputs, outputs] = shape.slice(-2);
      if (shape.length < 3 || shape.length > 5 || inputs > outputs) {
        throw new ShapeError({
          where: "nn.initializers.deltaOrthogonal",
          what: "the kernel has no room for an orthogonal matrix",
          expected: "[...one to three places, in, out] with in <= out",
          got: `[${shape}]`,
        });
      }
      const matrix = orthogonal(scale)(key, [inputs, outputs]);
      const places = shape.slice(0, -2);
      const at = places.map((n): [number, number] => [Math.floor((n - 1) / 2), n - 1 - Math.floor((n - 1) / 2)]);
      return np.pad(np.reshape(matrix, [...places.map(() => 1), inputs, outputs]), [...at, [0, 0], [0, 0]]);
    }),
);
