/** @file A T5 of a few hundred numbers in Hugging Face's layout. */
import type { Shape } from "../../lib/core/aval.js";
import { type HostArray, hostArray } from "../../lib/core/host.js";
import { flatten, pathsOf } from "../../lib/core/pytree.js";
import { decodeHuggingFaceConfigE } from "../../lib/io/huggingface-config.js";
import { isShape, paramShapes, type T5Config } from "../../lib/t5/config.js";
import { huggingFaceName } from "../../lib/t5/huggingface-names.js";
import { rightOf } from "./folder.js";

/** A T5 1.0: plain feed-forward layers, tied embeddings. */
export const CONFIG = {
  vocab_size: 7,
  d_model: 4,
  d_kv: 3,
  d_ff: 5,
  num_heads: 2,
  num_layers: 2,
  num_decoder_layers: 1,
};
export const V1_1 = { ...CONFIG, feed_forward_proj: "gated-gelu", tie_word_embeddings: false };
export const configOf = (raw: object): T5Config => rightOf(decodeHuggingFaceConfigE(raw)).config;

/** Tensors in Hugging Face's names and layout; every element has a number of its own. */
export const tensorsOf = (config: T5Config): Record<string, HostArray> => {
  const [shapes, treedef] = flatten(paramShapes(config), isShape);
  let next = 0;
  return Object.fromEntries(
    pathsOf(treedef).map((path, i): [string, HostArray] => {
      const name = huggingFaceName(path, config.tiedEmbeddings);
      const shape = name?.transposed ? (shapes[i] as Shape).toReversed() : (shapes[i] as Shape);
      const data = Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => next++);
      return [name?.names[0] as string, hostArray(shape, "float32", data)];
    }),
  );
};
