/**
 * @file Gamma draws and the distributions made of them. They have derivatives with respect to their parameters, by implicit
 * differentiation (see `primitives/random-gamma.ts`), but no second ones.
 */
import { asShape, type Shape } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { Tensor, TensorLike } from "../core/tensor.js";
import * as np from "../np/index.js";
import { stopGradient } from "../primitives/elementwise.js";
import { randomGamma } from "../primitives/random-gamma.js";
import { exponential } from "./continuous.js";
import { checkKey, subkeys } from "./keys.js";
import { normal } from "./normal.js";
import { checkInteger, drawShape, type Float, type FloatOptions, floatOf, parameter } from "./parameters.js";
import { rademacher } from "./uniform.js";

const draw =
  (where: string, logSpace: boolean) =>
  (key: Tensor, a: TensorLike, shape?: Shape | number): Tensor => {
    checkKey(where, key);
    const size = drawShape(where, shape, a);
    return randomGamma(key, np.broadcastTo(parameter(a, floatOf(a)), size), logSpace);
  };

/**
 * Density ∝ `x^(a-1) exp(-x)` for x >= 0. Multiply by a scale, or divide by a rate.
 *
 * - `a`: a number or a tensor that broadcasts to `shape`, which is by default its own; differentiable once; below 0 gives NaN
 * @see Marsaglia and Tsang 2000; Figurnov, Mohamed and Mnih 2018 (the derivative)
 */
export const gamma = composite("random.gamma(key, a, shape)", draw("random.gamma", false));

/** The logarithm of `gamma(key, a, shape)`: for small `a` it tells numbers apart that would underflow. */
export const loggamma = composite("random.loggamma(key, a, shape)", draw("random.loggamma", true));

/**
 * Density ∝ `x^(a-1) (1-x)^(b-1)` on [0, 1].
 *
 * - `a`, `b`: numbers or tensors that broadcast to `shape`, which is by default what they broadcast to; differentiable once
 */
export const beta = composite(
  "random.beta(key, a, b, shape)",
  (key: Tensor, a: TensorLike, b: TensorLike, shape?: Shape | number): Tensor => {
    const size = drawShape("random.beta", shape, a, b);
    const dtype = floatOf(a, b);
    const [keyA, keyB] = subkeys(key);
    const logA = loggamma(keyA, parameter(a, dtype), size);
    const logB = loggamma(keyB, parameter(b, dtype), size);
    const largest = np.maximum(logA, logB);
    const [scaledA, scaledB] = [logA, logB].map((x) => np.exp(np.subtract(x, largest)));
    return np.divide(scaledA, np.add(scaledA, scaledB));
  },
);

/**
 * Points `x` of the simplex with density ∝ `Π x_i^(alpha_i - 1)`: the softmax of `loggamma(alpha)`.
 *
 * - `alpha`: `[..., n]`; differentiable once
 * - `shape`: of the batch, to which `alpha`'s leading axes broadcast; by default these
 * @returns `[...shape, n]`, of sum 1 along the last axis
 */
export const dirichlet = composite(
  "random.dirichlet(key, alpha, shape)",
  (key: Tensor, alpha: Tensor, shape?: Shape | number): Tensor => {
    if (alpha.ndim < 1) {
      const where = "random.dirichlet";
      throw new ShapeError({ where, what: "alpha has no axis", expected: "alpha[..., n]", got: `${alpha}` });
    }
    const n = alpha.shape[alpha.ndim - 1];
    const logs = loggamma(key, alpha, [...asShape(shape ?? alpha.shape.slice(0, -1)), n]);
    const shifted = np.exp(np.subtract(logs, stopGradient(np.max(logs, { axis: -1, keepDims: true }))));
    return np.divide(shifted, np.sum(shifted, { axis: -1, keepDims: true }));
  },
);

const half = (df: TensorLike, dtype: Float): Tensor => np.divide(parameter(df, dtype), 2);

/** χ² with `df` degrees of freedom: `2 · gamma(df/2)`. `df`: a number or a tensor that broadcasts to `shape`. */
export const chisquare = composite(
  "random.chisquare(key, df, shape)",
  (key: Tensor, df: TensorLike, shape?: Shape | number): Tensor => {
    const size = drawShape("random.chisquare", shape, df);
    return np.multiply(np.exp(loggamma(key, half(df, floatOf(df)), size)), 2);
  },
);

/**
 * The ratio of two χ² numbers, each over its degrees of freedom.
 *
 * - `dfnum`, `dfden`: numbers or tensors that broadcast to `shape`, which is by default what they broadcast to
 */
export const f = composite(
  "random.f(key, dfnum, dfden, shape)",
  (key: Tensor, dfnum: TensorLike, dfden: TensorLike, shape?: Shape | number): Tensor => {
    const size = drawShape("random.f", shape, dfnum, dfden);
    const dtype = floatOf(dfnum, dfden);
    const [num, den] = [parameter(dfnum, dtype), parameter(dfden, dtype)];
    const [keyDen, keyNum] = subkeys(key);
    const top = np.divide(chisquare(keyNum, num, size), num);
    return np.divide(top, np.divide(chisquare(keyDen, den, size), den));
  },
);

/** Student's t with `df` degrees of freedom: `z √(df/2 / gamma(df/2))`. `df`: a number or a tensor that broadcasts to `shape`. */
export const t = composite(
  "random.t(key, df, shape)",
  (key: Tensor, df: TensorLike, shape?: Shape | number): Tensor => {
    const size = drawShape("random.t", shape, df);
    const dtype = floatOf(df);
    const [keyNormal, keyGamma] = subkeys(key);
    const z = normal(keyNormal, size, { dtype });
    const halved = half(df, dtype);
    return np.multiply(z, np.sqrt(np.divide(halved, gamma(keyGamma, halved, size))));
  },
);

/** @throws {ArgumentError} unless p > 0 */
const checkPower = (where: string, p: number): void => {
  if (p > 0) return;
  throw new ArgumentError({ where, what: "the power is not positive", expected: "p > 0", got: String(p) });
};

/** Density ∝ `exp(-|x|^p)`, for a number `p > 0`. */
export const generalizedNormal = composite(
  "random.generalizedNormal(key, p, shape, { dtype })",
  (key: Tensor, p: number, shape: Shape | number = [], { dtype = "float32" }: FloatOptions = {}): Tensor => {
    checkPower("random.generalizedNormal", p);
    const [keyGamma, keySign] = subkeys(key);
    const size = np.power(gamma(keyGamma, np.full([], 1 / p, dtype), shape), parameter(1 / p, dtype));
    return np.multiply(rademacher(keySign, shape, { dtype }), size);
  },
);

/**
 * Points of the unit ball of the p-norm in `d` dimensions, uniformly.
 *
 * @returns `[...asShape(shape), d]`
 * @see Barthe, Guédon, Mendelson and Naor 2005, arXiv:math/0503650
 */
export const ball = composite(
  "random.ball(key, d, p, shape, { dtype })",
  (
    key: Tensor,
    d: number,
    p: number = 2,
    shape: Shape | number = [],
    { dtype = "float32" }: FloatOptions = {},
  ): Tensor => {
    checkInteger("random.ball", d, 0, 2 ** 31 - 1);
    checkPower("random.ball", p);
    const [keyDirection, keyRadius] = subkeys(key);
    const g = generalizedNormal(keyDirection, p, [...asShape(shape), d], { dtype });
    const powers = np.sum(np.power(np.abs(g), parameter(p, dtype)), { axis: -1 });
    const norm = np.power(np.add(powers, exponential(keyRadius, shape, { dtype })), parameter(1 / p, dtype));
    return np.divide(g, np.expandDims(norm, -1));
  },
);
