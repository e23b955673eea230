/** @file A network that makes vectors: an embedding, a narrow layer with tanh, and a wide one. */
import type { Tensor } from "../core/tensor.js";
import * as nn from "../nn/index.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import type { ShapeTree } from "./trees.js";

/** A dense layer of the network. */
interface Dense {
  /** `[in, out]` */
  readonly kernel: Tensor;
  /** `[out]` */
  readonly bias: Tensor;
}

/** The network's parameters: what is trained in the place of the vectors. */
export interface ProjectionParams {
  /** `[n, d]` */
  readonly embedding: Tensor;
  /** From `d` to the hidden size. */
  readonly down: Dense;
  /** From the hidden size to all numbers of a vector. */
  readonly up: Dense;
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
  down: { kernel: [width, hidden], bias: [hidden] },
  up: { kernel: [hidden, outputs], bias: [outputs] },
});

/** Parameters to start from: normal embeddings, kernels of variance `1 / in`, biases of zero. */
export const initProjection = (key: Tensor, { length, width, hidden, outputs }: ProjectionSizes): ProjectionParams => {
  const [forEmbedding, forDown, forUp] = random.subkeys(key, 3);
  return {
    embedding: random.normal(forEmbedding, [length, width]),
    down: nn.dense(width, hidden).init(forDown) as Dense,
    up: nn.dense(hidden, outputs).init(forUp) as Dense,
  };
};

const through = ({ kernel, bias }: Dense, x: Tensor): Tensor => np.add(np.matmul(x, kernel), bias);

/** The vectors `[n, outputs]`: `tanh(embedding · down) · up`, each with its bias. */
export const projected = ({ embedding, down, up }: ProjectionParams): Tensor =>
  through(up, np.tanh(through(down, embedding)));
