/** @file The product with a kernel of T5, whatever a method has put beside it: every kernel of the model is multiplied here. */
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import type { Kernel, LowRank } from "./config.js";
import type { Drop } from "./drop.js";

/** `f` of `x` with the rows of each example together, for factors and scales that each example has for itself. */
const byExample = (examples: number, x: Tensor, f: (x: Tensor) => Tensor): Tensor => {
  const y = f(np.reshape(x, [examples, -1, x.shape[x.ndim - 1]]));
  return np.reshape(y, [...x.shape.slice(0, -1), y.shape[2]]);
};

/** `scale · (x a) b`. The product `a b`, which is as large as the kernel, is never made. */
const lowRank = ({ a, b, scale, dropout }: LowRank<Tensor>, x: Tensor, drop: Drop): Tensor => {
  const seen = dropout === undefined ? x : drop(x, [], dropout);
  const term = (rows: Tensor): Tensor => np.matmul(np.multiply(np.matmul(rows, a), scale), b);
  return a.ndim === 3 ? byExample(a.shape[0], seen, term) : term(seen);
};

/** `x` times a scale of its last axis, `[width]`, or `[B, width]`: one for each example. */
const scaled = (x: Tensor, scale: Tensor | undefined): Tensor => {
  if (scale === undefined) return x;
  if (scale.ndim === 1) return np.multiply(x, scale);
  return byExample(scale.shape[0], x, (rows) => np.multiply(rows, np.expandDims(scale, 1)));
};

/**
 * `x` times a kernel, with its low-rank terms and scales: `(x · in) kernel + Σ scale (x · in) a b`, times `out`.
 *
 * @param x     `[..., in]`; where factors or scales have a first axis for the examples, the rows of one example stand together
 * @param drop  for the dropout of low-rank terms
 * @returns     `[..., out]`
 */
export const project = (
  { kernel, low = [], in: before, out: after }: Kernel<Tensor>,
  x: Tensor,
  drop: Drop = (h) => h,
): Tensor => {
  const input = scaled(x, before);
  const plain = np.matmul(input, kernel);
  const y = low.reduce((sum, term) => np.add(sum, lowRank(term, input, drop)), plain);
  return scaled(y, after);
};
