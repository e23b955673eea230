/**
 * @file Continuous distributions whose distribution function has an inverse in elementary functions: a line each over uniform
 * numbers. Equal to JAX's up to the rounding of those functions; differentiable in their parameters.
 */
import { asShape, type Shape } from "../core/aval.js";
import { composite } from "../core/composite.js";
import type { Tensor, TensorLike } from "../core/tensor.js";
import * as np from "../np/index.js";
import { subkeys } from "./keys.js";
import { normal } from "./normal.js";
import { drawShape, type Float, type FloatOptions, floatOf, parameter } from "./parameters.js";
import { halves, uniform } from "./uniform.js";

/** Of a dtype: the distance from 1 to the next number above, and the smallest normal number. */
const LIMITS: Record<Float, { readonly epsilon: number; readonly tiny: number }> = {
  float32: { epsilon: 2 ** -23, tiny: 2 ** -126 },
  float64: { epsilon: 2 ** -52, tiny: 2 ** -1022 },
};

/** A distribution without parameters, from a draw of `shape` in `dtype`. */
const plain = (name: string, draw: (key: Tensor, shape: Shape, dtype: Float) => Tensor) =>
  composite(
    `${name}(key, shape, { dtype })`,
    (key: Tensor, shape: Shape | number = [], { dtype = "float32" }: FloatOptions = {}): Tensor =>
      draw(key, asShape(shape), dtype),
  );

/** Density `exp(-x)` for x >= 0: `-log(1 - u)`. */
export const exponential = plain("random.exponential", (key, shape, dtype) =>
  np.negative(np.log1p(np.negative(uniform(key, shape, { dtype })))),
);

/** Density `exp(-|x|)/2`: `sign(u) log(1 - |u|)` with `u` in (-1, 1). */
export const laplace = plain("random.laplace", (key, shape, dtype) => {
  const u = uniform(key, shape, { minval: LIMITS[dtype].epsilon / 2 - 1, maxval: 1, dtype });
  return np.multiply(np.sign(u), np.log1p(np.negative(np.abs(u))));
});

/** Density `exp(-x)/(1 + exp(-x))²`: `log(u/(1 - u))`. */
export const logistic = plain("random.logistic", (key, shape, dtype) => {
  const u = uniform(key, shape, { minval: LIMITS[dtype].tiny, maxval: 1, dtype });
  return np.subtract(np.log(u), np.log1p(np.negative(u)));
});

/** Density `1/(π(1 + x²))`: `tan(π(u - 1/2))`. */
export const cauchy = plain("random.cauchy", (key, shape, dtype) => {
  const u = uniform(key, shape, { minval: LIMITS[dtype].epsilon, maxval: 1, dtype });
  return np.tan(np.multiply(parameter(Math.PI, dtype), np.subtract(u, 0.5)));
});

/**
 * Gumbel numbers `-log(-log(u))`: added to logits, the place of the largest is a draw from their softmax.
 *
 * - `mode`: "high" draws twice the bits: the largest numbers are near 32 instead of 16, so that rare events are right
 */
export const gumbel = composite(
  "random.gumbel(key, shape, { dtype, mode })",
  (
    key: Tensor,
    shape: Shape | number = [],
    { dtype = "float32", mode = "low" }: FloatOptions & { mode?: "low" | "high" } = {},
  ): Tensor => {
    const { tiny, epsilon } = LIMITS[dtype];
    if (mode === "low") {
      const u = uniform(key, shape, { minval: tiny, maxval: 1, dtype });
      return np.negative(np.log(np.negative(np.log(u))));
    }
    const [coarse, fine] = halves(uniform(key, [2, ...asShape(shape)], { dtype }));
    const both = np.add(np.add(coarse, np.multiply(fine, epsilon)), tiny);
    const x = np.where(np.greaterEqual(coarse, 0.5), coarse, both);
    return np.negative(np.log(np.negative(np.log1p(np.negative(x)))));
  },
);

/** Density `b / x^(b+1)` for x >= 1: `exp(e/b)` with exponential `e`. `b`: a number or a tensor that broadcasts to `shape`. */
export const pareto = composite(
  "random.pareto(key, b, shape)",
  (key: Tensor, b: TensorLike, shape?: Shape | number): Tensor => {
    const dtype = floatOf(b);
    return np.exp(np.divide(exponential(key, drawShape("random.pareto", shape, b), { dtype }), parameter(b, dtype)));
  },
);

/** Density ∝ `x exp(-x²/(2 scale²))`: `scale · √(-2 log u)`. `scale`: a number or a tensor that broadcasts to `shape`. */
export const rayleigh = composite(
  "random.rayleigh(key, scale, shape)",
  (key: Tensor, scale: TensorLike, shape?: Shape | number): Tensor => {
    const dtype = floatOf(scale);
    const u = uniform(key, drawShape("random.rayleigh", shape, scale), { dtype });
    return np.multiply(parameter(scale, dtype), np.sqrt(np.multiply(np.log(u), -2)));
  },
);

/**
 * Density ∝ `x^(c-1) exp(-(x/scale)^c)` with `c = concentration`: `scale · (-log(1 - u))^(1/c)`.
 *
 * - `shape`: of the uniform draw, to which the parameters are broadcast afterwards, as in JAX: without it there is one `u` for all
 */
export const weibullMin = composite(
  "random.weibullMin(key, scale, concentration, shape)",
  (key: Tensor, scale: TensorLike, concentration: TensorLike, shape: Shape | number = []): Tensor => {
    const dtype = floatOf(scale, concentration);
    const e = np.negative(np.log1p(np.negative(uniform(key, shape, { dtype }))));
    const power = np.power(e, np.divide(1, parameter(concentration, dtype)));
    return np.multiply(power, parameter(scale, dtype));
  },
);

/**
 * The triangle on [left, right] with its peak at `mode`.
 *
 * - `left`, `mode`, `right`: numbers or tensors that broadcast to `shape`, which is by default what they broadcast to
 */
export const triangular = composite(
  "random.triangular(key, left, mode, right, shape)",
  (key: Tensor, left: TensorLike, mode: TensorLike, right: TensorLike, shape?: Shape | number): Tensor => {
    const dtype = floatOf(left, mode, right);
    const [a, b, c] = [left, mode, right].map((x) => parameter(x, dtype));
    const u = uniform(key, drawShape("random.triangular", shape, left, mode, right), { dtype });
    const width = np.subtract(c, a);
    const rising = np.add(a, np.sqrt(np.multiply(np.multiply(u, width), np.subtract(b, a))));
    const falling = np.subtract(c, np.sqrt(np.multiply(np.multiply(np.subtract(1, u), width), np.subtract(c, b))));
    return np.where(np.less(u, np.divide(np.subtract(b, a), width)), rising, falling);
  },
);

/**
 * The inverse Gaussian distribution with mean `mean` and shape 1: density `exp(-(x - mean)²/(2 mean² x)) / √(2πx³)`.
 *
 * - `mean`: a number or a tensor that broadcasts to `shape`
 * @see Michael, Schucany and Haas 1976, "Generating random variates using transformations with multiple roots"
 */
export const wald = composite(
  "random.wald(key, mean, shape)",
  (key: Tensor, mean: TensorLike, shape?: Shape | number): Tensor => {
    const dtype = floatOf(mean);
    const size = drawShape("random.wald", shape, mean);
    const mu = parameter(mean, dtype);
    const [forNormal, forChoice] = subkeys(key);
    const y = np.square(normal(forNormal, size, { dtype }));
    const z = uniform(forChoice, size, { dtype });
    const square = np.square(mu);
    const root = np.sqrt(np.add(np.multiply(np.multiply(4, mu), y), np.multiply(square, np.square(y))));
    const x = np.subtract(np.add(mu, np.divide(np.multiply(square, y), 2)), np.multiply(np.divide(mu, 2), root));
    return np.where(np.lessEqual(z, np.divide(mu, np.add(mu, x))), x, np.divide(square, x));
  },
);
