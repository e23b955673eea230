/** @file Normal numbers and what is made of them. */
import { asShape, broadcastShapes, type Shape, sameShape } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { isTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as np from "../np/index.js";
import { cholesky } from "../primitives/cholesky.js";
import { stopGradient } from "../primitives/elementwise.js";
import { erfInv } from "../primitives/erf-inv.js";
import { qr } from "../primitives/qr.js";
import { subkeys } from "./keys.js";
import { checkInteger, drawShape, type Float, type FloatOptions, floatOf, parameter } from "./parameters.js";
import { rademacher, uniform } from "./uniform.js";

const root2 = (dtype: Float): Tensor => parameter(Math.SQRT2, dtype);

/**
 * Standard normal numbers: `√2 · erfInv(u)` with `u` uniform in (-1, 1).
 *
 * - `dtype`: float32, or float64 on a backend that has it
 * @example random.normal(random.key(42), [3]) // -0.02830462, 0.46713185, 0.29570296
 */
export const normal = composite(
  "random.normal(key, shape, { dtype })",
  (key: Tensor, shape: Shape | number = [], { dtype = "float32" }: FloatOptions = {}): Tensor => {
    const above = dtype === "float32" ? 2 ** -24 - 1 : 2 ** -53 - 1;
    return np.multiply(root2(dtype), erfInv(uniform(key, shape, { minval: above, maxval: 1, dtype })));
  },
);

/**
 * Standard normal numbers in the open interval (`lower`, `upper`): `√2 · erfInv(u)` with `u` uniform between the bounds' erf.
 *
 * - `lower`, `upper`: numbers or tensors that broadcast to `shape`, which is by default what they broadcast to; differentiable
 * @throws {ArgumentError} unless lower < upper, when both are numbers
 */
export const truncatedNormal = composite(
  "random.truncatedNormal(key, lower, upper, shape)",
  (key: Tensor, lower: TensorLike, upper: TensorLike, shape?: Shape | number): Tensor => {
    if (!isTensor(lower) && !isTensor(upper) && !(lower < upper)) {
      throw new ArgumentError({
        where: "random.truncatedNormal",
        what: "the interval is empty",
        expected: "lower < upper",
        got: `${lower}, ${upper}`,
      });
    }
    const dtype = floatOf(lower, upper);
    const [from, to] = [parameter(lower, dtype), parameter(upper, dtype)];
    const image = (x: Tensor): Tensor => np.erf(np.divide(x, root2(dtype)));
    const size = drawShape("random.truncatedNormal", shape, lower, upper);
    const y = np.multiply(root2(dtype), erfInv(uniform(key, size, { minval: image(from), maxval: image(to), dtype })));
    return np.clip(y, np.nextafter(stopGradient(from), Infinity), np.nextafter(stopGradient(to), -Infinity));
  },
);

/**
 * `exp(sigma · z)` with standard normal `z`.
 *
 * - `sigma`: a number or a tensor that broadcasts to `shape`; differentiable
 */
export const lognormal = composite(
  "random.lognormal(key, sigma, shape)",
  (key: Tensor, sigma: TensorLike = 1, shape?: Shape | number): Tensor => {
    const dtype = floatOf(sigma);
    const z = normal(key, drawShape("random.lognormal", shape, sigma), { dtype });
    return np.exp(np.multiply(z, parameter(sigma, dtype)));
  },
);

/** The length of a vector of three standard normal numbers: density ∝ `x² exp(-x²/2)` for x >= 0. */
export const maxwell = composite(
  "random.maxwell(key, shape, { dtype })",
  (key: Tensor, shape: Shape | number = [], { dtype = "float32" }: FloatOptions = {}): Tensor =>
    np.sqrt(np.sum(np.square(normal(key, [...asShape(shape), 3], { dtype })), { axis: -1 })),
);

/**
 * Maxwell numbers of either sign, times `scale`, plus `loc`.
 *
 * - `shape`: is put before the shape that `loc` and `scale` broadcast to. Without it JAX puts that shape there once more, and so do we.
 */
export const doubleSidedMaxwell = composite(
  "random.doubleSidedMaxwell(key, loc, scale, shape)",
  (key: Tensor, loc: TensorLike, scale: TensorLike, shape: Shape | number = []): Tensor => {
    const common = drawShape("random.doubleSidedMaxwell", undefined, loc, scale);
    const first = asShape(shape);
    const size = [...(first.length === 0 ? common : first), ...common];
    const dtype = floatOf(loc, scale);
    const [forSize, forSign] = subkeys(key);
    const signed = np.multiply(rademacher(forSign, size, { dtype }), maxwell(forSize, size, { dtype }));
    return np.add(np.multiply(signed, parameter(scale, dtype)), parameter(loc, dtype));
  },
);

/**
 * Vectors of the normal distribution with mean `mean` and covariance `cov`: `mean + L z` with the Cholesky factor `L` of `cov`.
 *
 * - `mean`: `[..., n]`; `cov`: `[..., n, n]`, positive definite; both differentiable
 * - `shape`: of the batch; by default what the leading axes of `mean` and `cov` broadcast to
 * @returns `[...shape, n]`
 * @throws {ShapeError} when `mean` and `cov` do not fit
 */
export const multivariateNormal = composite(
  "random.multivariateNormal(key, mean, cov, shape)",
  (key: Tensor, mean: Tensor, cov: Tensor, shape?: Shape | number): Tensor => {
    const where = "random.multivariateNormal";
    const n = mean.shape[mean.ndim - 1];
    if (mean.ndim < 1 || cov.ndim < 2 || !sameShape(cov.shape.slice(-2), [n, n])) {
      const got = `${mean} and ${cov}`;
      throw new ShapeError({
        where,
        what: "mean and covariance do not fit",
        expected: "[..., n] and [..., n, n]",
        got,
      });
    }
    const dtype = floatOf(mean, cov);
    const batch = broadcastShapes(where, mean.shape.slice(0, -1), cov.shape.slice(0, -2));
    const size = shape === undefined ? batch : asShape(shape);
    drawShape(where, [...size, n], mean);
    const z = normal(key, [...size, n], { dtype });
    const factor = cholesky(parameter(cov, dtype));
    return np.add(parameter(mean, dtype), np.squeeze(np.matmul(factor, np.expandDims(z, -1)), -1));
  },
);

/**
 * Orthogonal matrices, uniformly (by Haar's measure): `Q · sign(diag(R))` of the QR decomposition of normal numbers.
 *
 * - `n`: rows; `m`: columns, `n` by default; the longer side is orthonormal along the shorter
 * @returns `[...shape, n, m]`
 * @see Mezzadri 2007, "How to generate random matrices from the classical compact groups"
 */
export const orthogonal = composite(
  "random.orthogonal(key, n, shape, { dtype, m })",
  (
    key: Tensor,
    n: number,
    shape: Shape | number = [],
    { m = n, dtype = "float32" }: FloatOptions & { m?: number } = {},
  ): Tensor => {
    for (const size of [n, m]) checkInteger("random.orthogonal", size, 0, 2 ** 31 - 1);
    const [long, short] = [Math.max(n, m), Math.min(n, m)];
    const [q, r] = qr(normal(key, [...asShape(shape), long, short], { dtype }));
    const diagonal = np.sum(np.multiply(r, np.eye(short, short, 0, dtype)), { axis: -2, keepDims: true });
    const x = np.multiply(q, np.sign(diagonal));
    return n < m ? np.swapaxes(x, -1, -2) : x;
  },
);
