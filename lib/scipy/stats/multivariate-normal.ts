/** @file The normal distribution of vectors: `jax.scipy.stats.multivariate_normal`. */
import { broadcastShapes } from "../../core/aval.js";
import { composite } from "../../core/composite.js";
import { ShapeError } from "../../core/errors.js";
import type { Tensor, TensorLike } from "../../core/tensor.js";
import * as np from "../../np/index.js";
import { promoteFloatDType } from "../../np/promote.js";
import { solveTriangular } from "../linalg.js";

/** Vectors `y` `[..., n]` and the logarithm of the determinant, where the covariance is that of `factor · y`. */
interface Whitened {
  readonly y: Tensor;
  readonly logDet: Tensor;
}

/** One variance for all places. */
const byVariance = (offset: Tensor, variance: Tensor, size: number): Whitened => ({
  y: np.divide(offset, np.sqrt(variance)),
  logDet: np.multiply(size, np.log(variance)),
});

/** `factor⁻¹ · offset`; vectors that share a factor are solved for together. */
const solved = (factor: Tensor, offset: Tensor): Tensor => {
  const size = factor.shape[factor.ndim - 1];
  if (factor.ndim === 2) {
    const columns = np.linalg.matrixTranspose(np.reshape(offset, [-1, size]));
    return np.reshape(np.linalg.matrixTranspose(solveTriangular(factor, columns, { lower: true })), offset.shape);
  }
  const leading = broadcastShapes(
    "scipy.stats.multivariateNormal",
    factor.shape.slice(0, -2),
    offset.shape.slice(0, -1),
  );
  const factors = np.broadcastTo(factor, [...leading, size, size]);
  const columns = np.expandDims(np.broadcastTo(offset, [...leading, size]), -1);
  return np.squeeze(solveTriangular(factors, columns, { lower: true }), -1);
};

const byCovariance = (offset: Tensor, covariance: Tensor): Whitened => {
  const factor = np.linalg.cholesky(covariance);
  const diagonal = np.diagonal(factor, 0, -2, -1);
  return { y: solved(factor, offset), logDet: np.multiply(2, np.sum(np.log(diagonal), { axis: -1 })) };
};

const logDensity = (where: string, ...given: readonly [TensorLike, TensorLike, TensorLike]): Tensor => {
  const [x, mean, covariance] = promoteFloatDType(where, given);
  const [size] = mean.shape.slice(-1);
  const square = covariance.shape.slice(-2);
  if (covariance.ndim > 0 && !(square.length === 2 && square.every((n) => n === size))) {
    const expected = size === undefined ? "a scalar, as the mean is" : `a scalar, or [..., ${size}, ${size}]`;
    const [what, got] = ["the covariance does not fit the mean", `${covariance.aval} for a mean ${mean.aval}`];
    throw new ShapeError({ where, what, expected, got, at: "cov" });
  }
  const offset = np.subtract(x, mean);
  const { y, logDet } =
    covariance.ndim === 0 ? byVariance(offset, covariance, size ?? 1) : byCovariance(offset, covariance);
  const squares = size === undefined ? np.square(y) : np.sum(np.square(y), { axis: -1 });
  return np.multiply(-0.5, np.add(np.add(squares, (size ?? 1) * Math.log(2 * Math.PI)), logDet));
};

/**
 * The logarithm of the density at `x`.
 *
 * - `x`: `[..., n]`
 * - `mean`: `[..., n]`; a scalar for the normal distribution of numbers
 * - `cov`: `[..., n, n]`, symmetric and positive definite; a scalar is the variance of every place
 * @returns `[...]`; NaN where the covariance is not positive definite
 * @throws {ShapeError} when they do not fit together
 * @example scipy.stats.multivariateNormal.logpdf(np.zeros([5, 2]), np.zeros(2), np.eye(2)) // [5]
 */
export const logpdf = composite(
  "scipy.stats.multivariateNormal.logpdf(x, mean, cov)",
  (x: TensorLike, mean: TensorLike, cov: TensorLike): Tensor =>
    logDensity("scipy.stats.multivariateNormal.logpdf", x, mean, cov),
);

/** The density at `x`; see `logpdf`. */
export const pdf = composite(
  "scipy.stats.multivariateNormal.pdf(x, mean, cov)",
  (x: TensorLike, mean: TensorLike, cov: TensorLike): Tensor =>
    np.exp(logDensity("scipy.stats.multivariateNormal.pdf", x, mean, cov)),
);
