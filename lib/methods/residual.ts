/**
 * @file Residual prompts: a small network with a connection around it makes the prompt in training.
 *
 * @see Razdaibiedina et al. 2023, arXiv:2305.03937
 */

import * as t from "io-ts";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import { optional } from "../edge/decode.js";
import { layerNorm, relu } from "../nn/index.js";
import * as np from "../np/index.js";
import { sampledVocabulary } from "../prompt/index.js";
import { checkLength } from "../prompt/initial.js";
import * as random from "../random/index.js";
import type { T5Config } from "../t5/config.js";
import { applyDense, type BiasedParams, denseShapes, startDense } from "./dense.js";
import { type Method, makesMethod } from "./method.js";
import { readOptions } from "./options.js";
import { INIT_OPTION, type PromptInit, prompt, startPrompt } from "./prompt.js";
import { checkTree, type ShapeTree } from "./trees.js";

const WHERE = "methods.residual";

/** PyTorch's default. */
const EPSILON = 1e-5;

export interface ResidualOptions {
  /** Trained vectors `P`. Default 10. */
  readonly length?: number;
  /** The inner size `m` of the network. Default 800. */
  readonly bottleneck?: number;
  /** Whether one network serves all vectors; otherwise each has its own. Default true. */
  readonly shared?: boolean;
  /** Whether the network ends in a layer norm. Default true. */
  readonly layerNorm?: boolean;
  /** The values to start from, `[P, d]`; see `PromptOptions`. Default embeddings of the 5000 most frequent pieces, drawn at random. */
  readonly init?: PromptInit;
}

/** The options that JSON can hold. */
export const RESIDUAL_OPTIONS = {
  length: optional(t.number),
  bottleneck: optional(t.number),
  shared: optional(t.boolean),
  layerNorm: optional(t.boolean),
};

/** The network; of networks for each vector all arrays have a first axis of `P`. */
export interface ResidualNetwork {
  /** `[d, m]`, `[m]` */
  readonly down: BiasedParams;
  /** `[m, d]`, `[d]` */
  readonly up: BiasedParams;
  /** `[d]`, `[d]` */
  readonly norm?: { readonly scale: Tensor; readonly bias: Tensor };
}

export interface ResidualTree {
  /** `[P, d]` */
  readonly prompt: Tensor;
  readonly network: ResidualNetwork;
}

type Settings = Required<Omit<ResidualOptions, "init">>;

/** The axis of networks for each vector. */
const rowsOf = ({ length, shared }: Settings): readonly number[] => (shared ? [] : [length]);

const shapesOf = (settings: Settings, { dModel }: T5Config): ShapeTree => {
  const { length, bottleneck, layerNorm } = settings;
  const rows = rowsOf(settings);
  const norm = { scale: [...rows, dModel], bias: [...rows, dModel] };
  return {
    prompt: [length, dModel],
    network: {
      down: denseShapes(dModel, bottleneck, rows),
      up: denseShapes(bottleneck, dModel, rows),
      ...(layerNorm && { norm }),
    },
  };
};

const startNetwork = (key: Tensor, settings: Settings, { dModel }: T5Config): ResidualNetwork => {
  const { bottleneck, layerNorm } = settings;
  const rows = rowsOf(settings);
  const [first, second] = random.subkeys(key);
  const shape = [...rows, dModel];
  return {
    down: startDense(first, dModel, bottleneck, rows),
    up: startDense(second, bottleneck, dModel, rows),
    ...(layerNorm && { norm: { scale: np.ones(shape), bias: np.zeros(shape) } }),
  };
};

/** What the network makes of the prompt, with the prompt added, `[P, d]`. */
const residualOf = ({ prompt, network: { down, up, norm } }: ResidualTree): Tensor => {
  const changed = applyDense(up, relu(applyDense(down, prompt)));
  if (norm === undefined) return np.add(prompt, changed);
  const plain = layerNorm(prompt.shape[1], { epsilon: EPSILON, useScale: false, useBias: false });
  return np.add(prompt, np.add(np.multiply(plain.apply({}, changed), norm.scale), norm.bias));
};

/**
 * Residual prompt tuning: `P' = P + norm(relu(P W + b) U + c)` in front of the text, where the prompt `P` `[P, d]` and the network are trained,
 * `W` `[d, m]`, `U` `[m, d]`. After training the result is an ordinary prompt: `fold`.
 *
 * - start: `W`, `b`, `U`, `c` uniform within ±1 over the root of the inputs, the layer norm neutral
 * - trained values: `P d + (d + 1) m + (m + 1) d + 2 d`; with networks for each vector `P` times all but the first term
 *
 * @throws {ArgumentError} for options out of range; {ShapeError} (in `init`) for a prompt of another length or width; {TreeError},
 * {ShapeError} (in `apply`, `fold`) for a tree of other settings or of another model
 * @see Razdaibiedina et al. 2023, arXiv:2305.03937
 * @example const method = methods.residual({ length: 10, bottleneck: 128 })
 */
export const residual = makesMethod(
  "methods.residual(options)",
  (options: ResidualOptions = {}): Method<ResidualTree> => {
    const given = readOptions(WHERE, { ...RESIDUAL_OPTIONS, ...INIT_OPTION }, options);
    const { length = 10, bottleneck = 800, shared = true, layerNorm = true, init = sampledVocabulary } = given;
    const settings: Settings = { length, bottleneck, shared, layerNorm };
    checkLength(WHERE, length);
    if (!(Number.isInteger(bottleneck) && bottleneck > 0)) {
      const [what, expected] = ["the bottleneck is not a whole number above 0", "1, 2, …"];
      throw new ArgumentError({ where: WHERE, what, expected, got: String(bottleneck) });
    }
    const result = (config: T5Config, tuned: ResidualTree): Tensor => {
      checkTree(WHERE, shapesOf(settings, config), tuned);
      return residualOf(tuned);
    };
    return {
      settings: { name: "residual", ...settings },
      init: (key, config, frozen) => {
        const [forPrompt, forNetwork] = random.subkeys(key);
        const start = startPrompt(WHERE, init, forPrompt, config, frozen, length);
        return { prompt: start, network: startNetwork(forNetwork, settings, config) };
      },
      apply: (config, frozen, tuned) => ({ params: frozen, prefix: result(config, tuned) }),
      fold: (config, _frozen, tuned) => ({
        method: prompt({ length }) as Method,
        tuned: { prompt: result(config, tuned) },
      }),
    };
  },
);
