/**
 * @file Prompts of each layer: trained vectors at the first positions of the hidden states before every layer of the encoder.
 *
 * @see Liu et al. 2022, arXiv:2110.07602; `prompt_tuning/extended/train/per_layer.py` of google-research/prompt-tuning
 */

import * as t from "io-ts";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import { optional } from "../edge/decode.js";
import * as np from "../np/index.js";
import { sampledVocabulary } from "../prompt/index.js";
import { checkLength } from "../prompt/initial.js";
import * as random from "../random/index.js";
import { checkFrozen } from "./frozen.js";
import { type Method, makesMethod } from "./method.js";
import { readOptions } from "./options.js";
import { checkTree } from "./trees.js";

const WHERE = "methods.perLayer";

/** What a prompt does to the hidden states at its positions. */
export const COMBINES = ["replace", "add"] as const;
export type Combine = (typeof COMBINES)[number];

export interface PerLayerOptions {
  /** Trained vectors `P` of each layer. Default 10, as in the reference implementation. */
  readonly length?: number;
  /** Whether the prompt of a layer replaces the hidden states at its positions, or is added to them. Default `replace`. */
  readonly combine?: Combine;
}

export const PER_LAYER_OPTIONS = {
  length: optional(t.number),
  combine: optional(t.string as t.Type<Combine, string, unknown>),
};

/** The prompts of all layers, `[layers, P, d]`, the first of which stands in front of the embedded input. */
export interface PerLayerTree {
  readonly prompts: Tensor;
}

/**
 * Prompts of each layer: the first of `L` trained prompts stands in front of the embedded input, and before layer `i` of the encoder the first `P`
 * positions are replaced by prompt `i`, or it is added to them. The vectors go through the frozen kernels, unlike those of a `prefix`.
 *
 * - start: embeddings of frequent pieces, drawn at random; those that are added begin as zero beyond the first layer, so that the start is a prompt
 * - trained values: `L P d`
 *
 * @throws {ArgumentError} for options out of range; {TreeError}, {ShapeError} (in `apply`) for a tree of other settings or of another model
 * @see Liu et al. 2022, arXiv:2110.07602
 * @example const method = methods.perLayer({ length: 10, combine: "add" })
 */
export const perLayer = makesMethod(
  "methods.perLayer(options)",
  (options: PerLayerOptions = {}): Method<PerLayerTree> => {
    const { length = 10, combine = "replace" } = readOptions(WHERE, PER_LAYER_OPTIONS, options);
    checkLength(WHERE, length);
    if (!COMBINES.includes(combine)) {
      const [what, expected] = ["there is no such way to combine", COMBINES.join(", ")];
      throw new ArgumentError({ where: WHERE, what, expected, got: String(combine) });
    }
    return {
      settings: { name: "per-layer", length, combine },
      init: (key, config, frozen) => {
        checkFrozen(WHERE, frozen);
        const table = frozen.tokenEmbedder.embedding;
        const draw = (i: number): Tensor => sampledVocabulary(random.foldIn(key, i), table, length);
        const layers = Array.from({ length: config.numLayers }, (_, i) =>
          i === 0 || combine === "replace" ? draw(i) : np.zeros([length, config.dModel]),
        );
        return { prompts: np.stack(layers) };
      },
      apply: (config, frozen, tuned) => {
        const { numLayers, dModel } = config;
        checkTree(WHERE, { prompts: [numLayers, length, dModel] }, tuned);
        const { prompts } = tuned;
        const first = np.reshape(np.slice(prompts, [[0, 1]]), [length, dModel]);
        if (combine === "replace") return { params: frozen, prefix: first, layerPrompts: { replace: prompts } };
        const others = np.concatenate([np.zeros([1, length, dModel]), np.slice(prompts, [[1, numLayers]])], 0);
        return { params: frozen, prefix: first, layerPrompts: { add: others } };
      },
    };
  },
);
