/** @file Plain weights that do the same as weights with low-rank terms and scales beside them. */
import { composite } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import type { Kernel } from "./config.js";
import { mapKernels } from "./kernel-nodes.js";
import { type Inserted, type Model, modified } from "./modified.js";
import type { AnyParams } from "./stack.js";

/** Scalars of each layer, or one, for kernels `[layers, in, out]` or `[in, out]`. */
const overKernel = (scale: Tensor): Tensor => np.reshape(scale, [...scale.shape, 1, 1]);

/** @throws {ArgumentError} for what differs between the rows of a batch: it has an axis too many */
const checkShared = (path: string, x: Tensor | undefined, ndim: number, what: string, expected: string): void => {
  if (x === undefined || x.ndim === ndim) return;
  const differ = `${what} that differ between rows cannot be merged`;
  throw new ArgumentError({ where: "t5.merge", what: differ, expected, got: `${x.aval}`, at: path });
};

/** `diag(in) (kernel + Σ scale a b) diag(out)`. */
const mergeKernel = (node: Kernel<Tensor>, path: string): Kernel<Tensor> => {
  const { kernel, low = [], in: before, out: after } = node;
  checkShared(path, before, kernel.ndim - 1, "scales", "[in]");
  checkShared(path, after, kernel.ndim - 1, "scales", "[out]");
  let sum = kernel;
  for (const { a, b, scale } of low) {
    checkShared(path, a, kernel.ndim, "low-rank terms", "[in, rank]");
    sum = np.add(sum, np.multiply(np.matmul(a, b), overKernel(scale)));
  }
  if (before !== undefined) sum = np.multiply(np.expandDims(before, -1), sum);
  return { kernel: after === undefined ? sum : np.multiply(sum, np.expandDims(after, -2)) };
};

/**
 * The weights of a model with what a method has put beside its kernels multiplied into them; the same logits up to rounding.
 *
 * @throws {ArgumentError} for a model with insertions that are not weights, such as a prompt
 * @example const plain = t5.merge(lora.apply(config, frozen, tuned))
 */
export const merge = composite("t5.merge(model)", (model: Model): AnyParams => {
  const { params, ...rest } = modified(model);
  const inserted = Object.keys(rest) as (keyof Inserted)[];
  if (inserted.length > 0) {
    throw new ArgumentError({
      where: "t5.merge",
      what: "the model has insertions that weights cannot hold",
      expected: "a method that changes weights only, such as LoRA or IA3",
      got: inserted.join(", "),
      hint: "keep the adapter beside the model, or export both to ONNX",
    });
  }
  return mapKernels(params, (node, path) =>
    node.low === undefined && node.in === undefined && node.out === undefined ? node : mergeKernel(node, path),
  );
});
