/** @file Dense layers of the small networks that make prompts: with biases, started as PyTorch starts them. */
import type { Tensor } from "../core/tensor.js";
import type { DenseParams } from "../nn/dense.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import type { ShapeTree } from "./trees.js";

/** A dense layer with a bias. */
export type BiasedParams = Required<DenseParams>;

/** The shapes of a dense layer; `rows` are leading axes, of layers that stand side by side. */
export const denseShapes = (inputs: number, outputs: number, rows: readonly number[] = []): ShapeTree => ({
  kernel: [...rows, inputs, outputs],
  bias: [...rows, outputs],
});

/** Numbers of these shapes, uniform within ±`bound`. */
export const uniformTree = <T extends ShapeTree>(
  key: Tensor,
  shapes: T,
  bound: number,
): { readonly [K in keyof T]: Tensor } =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => [
      name,
      random.uniform(random.foldIn(key, i), shape as readonly number[], { minval: -bound, maxval: bound }),
    ]),
  ) as { readonly [K in keyof T]: Tensor };

/**
 * A dense layer to start from: kernel and bias uniform within ±1/√inputs.
 *
 * @see PyTorch's `Linear`
 */
export const startDense = (key: Tensor, inputs: number, outputs: number, rows: readonly number[] = []): BiasedParams =>
  uniformTree(key, denseShapes(inputs, outputs, rows), 1 / Math.sqrt(inputs)) as unknown as BiasedParams;

/** `x · kernel + bias` of vectors `[P, inputs]`; with a leading axis in the layer each vector has its own. */
export const applyDense = ({ kernel, bias }: BiasedParams, x: Tensor): Tensor => {
  if (kernel.ndim === 2) return np.add(np.matmul(x, kernel), bias);
  return np.add(np.squeeze(np.matmul(np.expandDims(x, 1), kernel), 1), bias);
};
