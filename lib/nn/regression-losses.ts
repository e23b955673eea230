/** @file Losses of numbers and vectors, one for each element or vector. */
import { composite } from "../core/composite.js";
import type { Tensor, TensorLike } from "../core/tensor.js";
import * as np from "../np/index.js";

/** `(prediction - target)²` @see optax's `squared_error` */
export const squaredError = composite(
  "nn.squaredError(predictions, targets)",
  (predictions: Tensor, targets: TensorLike = 0): Tensor => np.square(np.subtract(predictions, targets)),
);

/** `(prediction - target)² / 2`, whose derivative is the error. @see optax's `l2_loss` */
export const l2Loss = composite(
  "nn.l2Loss(predictions, targets)",
  (predictions: Tensor, targets: TensorLike = 0): Tensor => np.multiply(0.5, squaredError(predictions, targets)),
);

/** `error² / 2` where the error is at most delta, beyond it linear. @see Huber 1964; optax's `huber_loss` */
export const huberLoss = composite(
  "nn.huberLoss(predictions, targets, delta)",
  (predictions: Tensor, targets: TensorLike = 0, delta: number = 1): Tensor => {
    const size = np.abs(np.subtract(predictions, targets));
    // min(size, delta) would share its derivative at the tie.
    const near = np.where(np.lessEqual(size, delta), size, delta);
    return np.add(np.multiply(0.5, np.square(near)), np.multiply(delta, np.subtract(size, near)));
  },
);

/** `log(cosh(error))` without overflow. @see optax's `log_cosh` */
export const logCosh = composite(
  "nn.logCosh(predictions, targets)",
  (predictions: Tensor, targets: TensorLike = 0): Tensor => {
    const error = np.subtract(predictions, targets);
    return np.subtract(np.logaddexp(error, np.negative(error)), Math.LN2);
  },
);

/** The vector divided by its norm, which counts as at least epsilon. */
const unit = (x: TensorLike, epsilon: number): Tensor => {
  const square = np.sum(np.square(x), { axis: -1, keepDims: true });
  if (epsilon === 0) return np.divide(x, np.sqrt(square));
  const small = np.lessEqual(square, epsilon * epsilon);
  return np.divide(x, np.where(small, epsilon, np.sqrt(np.where(small, 1, square))));
};

/**
 * The cosine of the angle between vectors of the last axis.
 *
 * - `epsilon`: the least norm. Default 0, with which a zero vector gives NaN
 * @see optax's `cosine_similarity`
 */
export const cosineSimilarity = composite(
  "nn.cosineSimilarity(predictions, targets, { epsilon })",
  (predictions: Tensor, targets: Tensor, options: { readonly epsilon?: number } = {}): Tensor => {
    const { epsilon = 0 } = options;
    return np.sum(np.multiply(unit(predictions, epsilon), unit(targets, epsilon)), { axis: -1 });
  },
);

/** `1 - cosineSimilarity` */
export const cosineDistance = composite(
  "nn.cosineDistance(predictions, targets, { epsilon })",
  (predictions: Tensor, targets: Tensor, options: { readonly epsilon?: number } = {}): Tensor =>
    np.subtract(1, cosineSimilarity(predictions, targets, options)),
);
