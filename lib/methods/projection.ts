/** @file A network that makes vectors: an embedding, a narrow layer with tanh, and a wide one. */
import type { Tensor } from "../core/tensor.js";
import * as nn from "../nn/index.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import { applyDense, type BiasedParams, denseShapes } from "./dense.js";
import type { ShapeTree } from "./trees.js";

/** The network's parameters: what is trained in the place of the vectors. */
export interface ProjectionParams {
  /** `[n, d]` */
  readonly embedding: Tensor;
  /** From `d` to the hidden size. */
  readonly down: BiasedParams;
  /** From the hidden size to all numbers of a vector. */
  readonly up: BiasedParams;
}

/** The sizes of a network. */
export interface ProjectionSizes {
  readonly length: number;
  readonly width: number;
  readonly hidden: number;
  readonly outputs: number;
}

export const projectionShapes = ({ length, width, hidden, outputs }: ProjectionSizes): ShapeTree => ({
  embedding: [length, width],
  down: denseShapes(width, hidden),
  up: denseShapes(hidden, outputs),
});

/** Parameters to start from: normal embeddings, kernels of variance `1 / in`, biases of zero. */
export const initProjection = (key: Tensor, { length, width, hidden, outputs }: ProjectionSizes): ProjectionParams => {
  const [forEmbedding, forDown, forUp] = random.subkeys(key, 3);
  return {
    embedding: random.normal(forEmbedding, [length, width]),
    down: nn.dense(width, hidden).init(forDown) as BiasedParams,
    up: nn.dense(hidden, outputs).init(forUp) as BiasedParams,
  };
};

/** The vectors `[n, outputs]`: `tanh(embedding · down) · up`, each with its bias. */
export const projected = ({ embedding, down, up }: ProjectionParams): Tensor =>
  applyDense(up, np.tanh(applyDense(down, embedding)));
