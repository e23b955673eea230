/** @file Activation functions and softmax. */
import { type DType, normalizeAxis } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { asTensor, type Tensor, type TensorLike } from "../core/tensor.js";
import * as np from "../np/index.js";
import { le, select, stopGradient, zeroLike } from "../primitives/elementwise.js";
import { logistic } from "../primitives/math.js";

/** `max(x, 0)`; its derivative at 0 is 0, as JAX has it. */
export const relu = composite("nn.relu", (x: TensorLike): Tensor => {
  const t = asTensor(x, "nn.relu");
  // NaN is not below 0, so it stays.
  return select(le(t, zeroLike(t)), zeroLike(t), t);
});

/** `1 / (1 + exp(-x))` */
export const sigmoid = composite("nn.sigmoid", (x: TensorLike): Tensor => logistic(np.add(x, 0)));

/** `x * sigmoid(x)` */
export const silu = composite("nn.silu", (x: TensorLike): Tensor => np.multiply(x, sigmoid(x)));

/** `log(1 + exp(x))` without overflow. */
export const softplus = composite("nn.softplus", (x: TensorLike): Tensor => np.logaddexp(x, 0));

const GELU = Math.sqrt(2 / Math.PI);

/**
 * The tanh approximation of GELU, which T5 1.1 uses: `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`.
 *
 * @see Hendrycks and Gimpel 2016, arXiv:1606.08415
 */
export const geluTanh = composite("nn.geluTanh", (x: TensorLike): Tensor => {
  const inner = np.multiply(GELU, np.add(x, np.multiply(0.044715, np.power(x, 3))));
  return np.multiply(np.multiply(0.5, x), np.add(1, np.tanh(inner)));
});

/** GELU by the error function: `x/2 · (1 + erf(x/√2))`. */
export const gelu = composite(
  "nn.gelu",
  (x: TensorLike): Tensor => np.multiply(np.multiply(0.5, x), np.add(1, np.erf(np.multiply(x, Math.SQRT1_2)))),
);

/** `x - max(x)`, so that no exponential overflows; the shift has no derivative. */
const shifted = (where: string, x: TensorLike, axis: number): { readonly y: Tensor; readonly axis: number } => {
  const t = asTensor(x, where);
  const at = normalizeAxis(where, axis, t.ndim);
  return { y: np.subtract(t, stopGradient(np.max(t, { axis: at, keepDims: true }))), axis: at };
};

/** `exp(x) / sum(exp(x))` along an axis. */
export const softmax = composite("nn.softmax", (x: TensorLike, axis: number = -1): Tensor => {
  const { y, axis: at } = shifted("nn.softmax", x, axis);
  const e = np.exp(y);
  return np.divide(e, np.sum(e, { axis: at, keepDims: true }));
});

/** `x - log(sum(exp(x)))` along an axis. */
export const logSoftmax = composite("nn.logSoftmax", (x: TensorLike, axis: number = -1): Tensor => {
  const { y, axis: at } = shifted("nn.logSoftmax", x, axis);
  return np.subtract(y, np.log(np.sum(np.exp(y), { axis: at, keepDims: true })));
});

/** 1 at the index, 0 elsewhere, along a new last axis of size `classes`; an index out of range gives zeros. */
export const oneHot = composite(
  "nn.oneHot",
  (indices: TensorLike, classes: number, dtype: DType = "float32"): Tensor =>
    np.astype(np.equal(np.expandDims(indices, -1), np.arange(classes)), dtype),
);
