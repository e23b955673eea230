/**
 * @file First values of all parameters, as T5X draws them for training from nothing.
 *
 * T5 does not divide scores by the root of the head size; its query kernels are drawn so much smaller instead.
 */
import { composite } from "../core/composite.js";
import { flatten, type KeyPath, pathsOf, unflatten } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as nn from "../nn/index.js";
import * as random from "../random/index.js";
import { dimSize, isDims, paramDims, type T5Config, type T5Dim } from "./config.js";
import type { Params } from "./stack.js";

const { normal, ones, varianceScaling } = nn.initializers;

/** By the last names of a path: of the kernel's layer, or of the parameter itself. */
const initializerOf = (config: T5Config, path: KeyPath): nn.initializers.Initializer => {
  switch (path.at(-1) === "kernel" ? path.at(-2) : path.at(-1)) {
    case "scale":
      return ones;
    case "embedding":
      return normal(1);
    case "relEmbedding":
      return varianceScaling(1, "fanAvg", "uniform");
    case "query":
      return varianceScaling(1 / config.dKv, "fanIn", "normal");
    case "key":
    case "value":
    case "out":
      return varianceScaling(1, "fanIn", "normal");
    default: // the MLP and the output layer
      return varianceScaling(1, "fanIn", "truncatedNormal");
  }
};

/**
 * Random parameters of a T5.
 *
 * @see Flaxformer's T5 1.1 architecture
 * @example const params = t5.init(t5.configs["t5-1.1-small"], random.key(0))
 */
export const init = composite("t5.init(config, key)", (config: T5Config, key: Tensor): Params => {
  const [dims, treedef] = flatten(paramDims(config), isDims);
  const leaves = pathsOf(treedef).map((path, i) => {
    const shape = (dims[i] as readonly T5Dim[]).map((dim) => dimSize(config, dim));
    return initializerOf(config, path)(random.foldIn(key, i), shape);
  });
  return unflatten(treedef, leaves) as Params;
});
