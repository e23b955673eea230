/** @file A T5 1.1 of a few hundred numbers, in which every element has a number of its own. */
import { sizeOf } from "../../../lib/core/aval.js";
import { type HostArray, hostArray } from "../../../lib/core/host.js";
import { flatten, unflatten } from "../../../lib/core/pytree.js";
import { isShape, paramShapes, type T5Config, type T5Tree } from "../../../lib/t5/config.js";
import { configs } from "../../../lib/t5/configs.js";

export const SMALL: T5Config = {
  ...configs["t5-1.1-small"],
  vocabSize: 7,
  dModel: 4,
  dKv: 3,
  dFf: 5,
  numHeads: 2,
  numLayers: 2,
  numDecoderLayers: 1,
};

export const paramsOf = (config: T5Config): T5Tree<HostArray> => {
  const [shapes, treedef] = flatten(paramShapes(config), isShape);
  let next = 0;
  const leaves = (shapes as number[][]).map((shape) =>
    hostArray(
      shape,
      "float32",
      Float32Array.from({ length: sizeOf(shape) }, () => next++),
    ),
  );
  return unflatten(treedef, leaves) as T5Tree<HostArray>;
};
