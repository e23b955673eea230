/** @file A small transformer encoder, to measure what checkpointing saves. */
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { checkpointName } from "../../lib/transforms/checkpoint.js";
import { f32 } from "../helpers/runtime.js";

export interface Layer {
  readonly qkv: Tensor;
  readonly out: Tensor;
  readonly up: Tensor;
  readonly down: Tensor;
}

export const SIZES = { layers: 8, batch: 4, length: 64, width: 32, heads: 4, hidden: 128 };

const { batch, length, width, heads, hidden } = SIZES;

const weights = (rows: number, columns: number, seed: number): Tensor =>
  f32(
    Array.from({ length: rows * columns }, (_, i) => Math.sin((i + 1) * (seed + 1.7)) / Math.sqrt(rows)),
    [rows, columns],
  );

export const makeLayers = (count = SIZES.layers): Layer[] =>
  Array.from({ length: count }, (_, i) => ({
    qkv: weights(width, 3 * width, 4 * i),
    out: weights(width, width, 4 * i + 1),
    up: weights(width, hidden, 4 * i + 2),
    down: weights(hidden, width, 4 * i + 3),
  }));

export const makeInput = (): Tensor =>
  f32(
    Array.from({ length: batch * length * width }, (_, i) => Math.cos(0.37 * i)),
    [batch, length, width],
  );

const normalized = (x: Tensor): Tensor =>
  np.divide(x, np.sqrt(np.add(np.mean(np.square(x), { axis: -1, keepDims: true }), 1e-6)));

/** One layer of pre-norm attention and a gated-free MLP; the two products into the residual stream are named. */
export const layer = (p: Layer, x: Tensor): Tensor => {
  const split = (t: Tensor): Tensor => np.transpose(np.reshape(t, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
  const [q, k, v] = np.split(np.matmul(normalized(x), p.qkv), 3, -1).map(split);
  const scores = np.divide(np.matmul(q, np.transpose(k, [0, 1, 3, 2])), Math.sqrt(width / heads));
  const e = np.exp(np.subtract(scores, np.max(scores, { axis: -1, keepDims: true })));
  const mixed = np.matmul(np.divide(e, np.sum(e, { axis: -1, keepDims: true })), v);
  const joined = np.reshape(np.transpose(mixed, [0, 2, 1, 3]), [batch, length, width]);
  const y = np.add(x, checkpointName(np.matmul(joined, p.out), "attention"));
  return np.add(y, checkpointName(np.matmul(np.tanh(np.matmul(normalized(y), p.up)), p.down), "mlp"));
};

/** Mean square of what a stack of layers gives. */
export const encoderLoss =
  (block: typeof layer) =>
  (layers: readonly Layer[], x: Tensor): Tensor =>
    np.mean(np.square(layers.reduce((y, p) => block(p, y), x)));
