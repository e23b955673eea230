/** @file A T5 of a few thousand random parameters, for tests that need no golden numbers. */
import { flatten, unflatten } from "../../lib/core/pytree.js";
import { np, random, t5 } from "../../lib/index.js";
import { isShape, paramShapes } from "../../lib/t5/config.js";

const CONFIG: t5.T5Config = {
  ...t5.configs["t5-1.1-small"],
  vocabSize: 40,
  dModel: 16,
  dKv: 4,
  dFf: 24,
  numHeads: 2,
  numLayers: 2,
  numDecoderLayers: 2,
};

/** The model; its weights are scaled so that attention, position bias and logits all vary. */
export const tinyT5 = (changes: Partial<t5.T5Config> = {}): { config: t5.T5Config; params: t5.Params } => {
  const config = { ...CONFIG, ...changes };
  const [shapes, treedef] = flatten(paramShapes(config), isShape);
  const leaves = (shapes as (readonly number[])[]).map((shape, i) => {
    const x = random.normal(random.key(i), shape);
    return shape.length === 1 ? np.add(1, np.multiply(0.1, x)) : np.multiply(x, 0.4);
  });
  return { config, params: unflatten(treedef, leaves) as t5.Params };
};
