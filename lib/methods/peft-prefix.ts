/**
 * @file The prefix of PEFT, which for T5 is another function than that of Li and Liang: keys and values of one tensor in the decoder's self-attention
 * alone, at the positions before the first token, and layers that share some of its slices.
 *
 * Source: https://github.com/huggingface/peft, `PrefixEncoder` and `PeftModelForSeq2SeqLM`, version 0.21, with transformers 5.24.
 */

import * as t from "io-ts";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import { optional } from "../edge/decode.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import type { T5Config } from "../t5/config.js";
import type { PrefixKeyValue } from "../t5/key-values.js";
import { checkFrozen } from "./frozen.js";
import { type Method, makesMethod } from "./method.js";
import { readOptions } from "./options.js";
import {
  initProjection,
  type ProjectionParams,
  type ProjectionSizes,
  projected,
  projectionShapes,
} from "./projection.js";
import { checkTree } from "./trees.js";

const WHERE = "methods.peftPrefix";

export interface PeftPrefixOptions {
  /** Trained vectors `n`; `num_virtual_tokens` of PEFT. Default 20. */
  readonly length?: number;
  /** The hidden size of a network that makes the tensor while it is trained; `encoder_hidden_size` of PEFT, with `prefix_projection`. */
  readonly projection?: number;
}

export const PEFT_PREFIX_OPTIONS = { length: optional(t.number), projection: optional(t.number) };

/** The one tensor, `[n, 2 L heads dKv]`, or the network that makes it. */
export type PeftPrefixTree = { readonly prefix: Tensor } | ProjectionParams;

const outputsOf = ({ numLayers, numHeads, dKv }: T5Config): number => 2 * numLayers * numHeads * dKv;

/** The keys and values of the decoder's layers: of `2 L` slices, layer `i` takes number `4 i` and the one after it, counted round. */
const slices = (tensor: Tensor, config: T5Config): PrefixKeyValue => {
  const { numLayers, numDecoderLayers, numHeads, dKv } = config;
  const all = np.transpose(np.reshape(tensor, [-1, 2 * numLayers, numHeads, dKv]), [1, 0, 2, 3]);
  const taken = (offset: number): Tensor => {
    const ids = Int32Array.from({ length: numDecoderLayers }, (_, i) => (4 * i + offset) % (2 * numLayers));
    return np.take(all, np.array(ids), 0, "clip");
  };
  return { key: taken(0), value: taken(1) };
};

/**
 * Prefix tuning as PEFT 0.21 has it for T5, to load its adapters and to compare with them; `prefix` is the method of the paper.
 *
 * Only the self-attention of the decoder has a prefix. Its vectors stand at positions 0 … n-1 and the tokens behind them. The layers share slices of one
 * tensor and leave others unused, whose gradient is zero. PEFT 0.21 ignores the prefix in `generate` with transformers 5.24; here it is used.
 * - start: normal numbers
 * - trained values: `2 L n a`, with `L` layers and `a` the attention's width
 *
 * @throws {ArgumentError} for options out of range; {TreeError}, {ShapeError} (in `apply`) for a tree of other settings or of another model
 * @example const method = methods.peftPrefix({ length: 20 })
 */
export const peftPrefix = makesMethod(
  "methods.peftPrefix(options)",
  (options: PeftPrefixOptions = {}): Method<PeftPrefixTree> => {
    const { length = 20, projection } = readOptions(WHERE, PEFT_PREFIX_OPTIONS, options);
    const check = (what: string, value: number): void => {
      if (Number.isInteger(value) && value > 0) return;
      throw new ArgumentError({ where: WHERE, what, expected: "1, 2, …", got: String(value) });
    };
    check("a prefix has at least one vector", length);
    if (projection !== undefined) check("the hidden size of the projection is not a whole number above 0", projection);
    const sizesOf = (config: T5Config): ProjectionSizes => ({
      length,
      width: config.dModel,
      hidden: projection as number,
      outputs: outputsOf(config),
    });
    /** The tensor of a tree. */
    const tensorOf = (config: T5Config, tuned: PeftPrefixTree): Tensor => {
      const plain = { prefix: [length, outputsOf(config)] };
      checkTree(WHERE, projection === undefined ? plain : projectionShapes(sizesOf(config)), tuned);
      return "prefix" in tuned ? tuned.prefix : projected(tuned);
    };
    return {
      settings: { name: "peft-prefix", length, ...(projection !== undefined && { projection }) },
      init: (key, config, frozen) => {
        checkFrozen(WHERE, frozen);
        if (projection !== undefined) return initProjection(key, sizesOf(config));
        return { prefix: random.normal(key, [length, outputsOf(config)]) };
      },
      apply: (config, frozen, tuned) => ({
        params: frozen,
        keyValues: { decoderPositioned: slices(tensorOf(config, tuned), config) },
      }),
      ...(projection !== undefined && {
        fold: (config, _frozen, tuned) => ({
          method: peftPrefix({ length }) as Method,
          tuned: { prefix: tensorOf(config, tuned) },
        }),
      }),
    };
  },
);
