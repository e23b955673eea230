/**
 * @file Prefix tuning: trained keys and values in front of those of attentions.
 *
 * @see Li and Liang 2021, arXiv:2101.00190; Liu et al. 2022, arXiv:2110.07602 (P-tuning v2)
 */

import * as t from "io-ts";
import { ArgumentError } from "../core/errors.js";
import { isTensor, type Tensor } from "../core/tensor.js";
import { optional } from "../edge/decode.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import type { T5Config } from "../t5/config.js";
import type { PrefixKeyValue } from "../t5/key-values.js";
import type { Batch } from "../t5/model.js";
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
import { checkEntries, checkTree, type ShapeTree } from "./trees.js";

const WHERE = "methods.prefix";

/** The attentions of T5: the encoder's own, the decoder's own, and that of the decoder to the encoder. */
export const ATTENTIONS = ["encoder", "decoder", "cross"] as const;
export type PrefixAttention = (typeof ATTENTIONS)[number];

export interface PrefixOptions {
  /** Trained vectors `n` in each attention. Default 20. */
  readonly length?: number;
  /** Which attentions have them. Default all three, as Li and Liang have it; `["encoder"]` is P-tuning v2. */
  readonly attentions?: readonly PrefixAttention[];
  /** The hidden size of a network that makes the keys and values while they are trained; without it they are trained themselves. */
  readonly projection?: number;
}

export const PREFIX_OPTIONS = {
  length: optional(t.number),
  attentions: optional(t.array(t.string as t.Type<PrefixAttention, string, unknown>, "list of names")),
  projection: optional(t.number),
};

/** The keys and values of one attention, `[layers, n, heads, dKv]` each, or the network that makes them. */
export type PrefixPart = Pick<PrefixKeyValue, "key" | "value"> | ProjectionParams;

/** By the attention: `encoder`, `decoder`, `cross`. */
export type PrefixTree = Readonly<Partial<Record<PrefixAttention, PrefixPart>>>;

/** The standard deviation of the keys and values to start from. */
const START = 0.02;

const fail = (what: string, expected: string, got: unknown): never => {
  throw new ArgumentError({ where: WHERE, what, expected, got: String(got) });
};

const checkOptions = ({
  length,
  attentions,
  projection,
}: Required<Omit<PrefixOptions, "projection">> & PrefixOptions) => {
  if (!(Number.isInteger(length) && length > 0)) fail("a prefix has at least one vector", "1, 2, …", length);
  const other = attentions.find((name) => !ATTENTIONS.includes(name));
  if (other !== undefined) fail("there is no such attention", ATTENTIONS.join(", "), other);
  if (new Set(attentions).size < attentions.length)
    fail("an attention is named twice", "each once", attentions.join(", "));
  if (attentions.length === 0) fail("no attention is named", ATTENTIONS.join(", "), "[]");
  if (projection !== undefined && !(Number.isInteger(projection) && projection > 0)) {
    fail("the hidden size of the projection is not a whole number above 0", "such as 512", projection);
  }
};

/** The layers of the stack that has an attention. */
const layersOf = (config: T5Config, name: PrefixAttention): number =>
  name === "encoder" ? config.numLayers : config.numDecoderLayers;

/** Keys and values of what a network makes: `[n, layers · 2 · heads · dKv]`. */
const cutApart = (made: Tensor, layers: number, { numHeads, dKv }: T5Config): Pick<PrefixKeyValue, "key" | "value"> => {
  const parts = np.transpose(np.reshape(made, [-1, layers, 2, numHeads, dKv]), [2, 1, 0, 3, 4]);
  const [key, value] = np.unstack(parts);
  return { key, value };
};

/**
 * Prefix tuning: `n` trained keys and `n` values in front of those of each layer, `softmax(q [Kp; K]ᵀ + [0; bias]) [Vp; V]`.
 *
 * Every position sees them; they have no position bias and move no token.
 * - start: normal with a standard deviation of 0.02, or what the network of `projection` makes of normal embeddings
 * - trained values: `2 L n a` for each attention, with `L` layers a stack and `a` the attention's width; with a hidden size `h` of `projection`
 *   `n d + (d + 1) h + (h + 1) 2 L a`, of which `fold` leaves `2 L n a`
 *
 * In `apply`, keys and values may have an axis more after the first, for the rows of a batch that has them for each.
 * @throws {ArgumentError} for options out of range; {TreeError}, {ShapeError} (in `apply`) for a tree of other settings or of another model
 * @see Li and Liang 2021, arXiv:2101.00190
 * @example const method = methods.prefix({ length: 20, attentions: ["encoder"] }) // P-tuning v2
 */
export const prefix = makesMethod("methods.prefix(options)", (options: PrefixOptions = {}): Method<PrefixTree> => {
  const { length = 20, attentions = [...ATTENTIONS], projection } = readOptions(WHERE, PREFIX_OPTIONS, options);
  checkOptions({ length, attentions, ...(projection !== undefined && { projection }) });
  const settings = { length, attentions };

  const sizesOf = (config: T5Config, name: PrefixAttention): ProjectionSizes => ({
    length,
    width: config.dModel,
    hidden: projection as number,
    outputs: 2 * layersOf(config, name) * config.numHeads * config.dKv,
  });
  const shapesOf = (
    config: T5Config,
    name: PrefixAttention,
    part: unknown,
    batch: Partial<Batch> | undefined,
  ): ShapeTree => {
    if (projection !== undefined) return projectionShapes(sizesOf(config, name));
    const key = (part as { readonly key?: unknown } | undefined)?.key;
    const rows = isTensor(key) && key.ndim === 5 ? [batch?.inputs?.shape[0] ?? key.shape[1]] : [];
    const shape = [layersOf(config, name), ...rows, length, config.numHeads, config.dKv];
    return { key: shape, value: shape };
  };
  const check = (config: T5Config, tuned: PrefixTree, batch?: Partial<Batch>): void => {
    checkEntries(WHERE, attentions, tuned);
    const wanted = attentions.map((name) => [name, shapesOf(config, name, tuned[name], batch)] as const);
    checkTree(WHERE, Object.fromEntries(wanted), tuned);
  };
  const made = (config: T5Config, tuned: PrefixTree): Readonly<Record<string, Pick<PrefixKeyValue, "key" | "value">>> =>
    Object.fromEntries(
      attentions.map((name) => {
        const part = tuned[name] as PrefixPart;
        return [name, "embedding" in part ? cutApart(projected(part), layersOf(config, name), config) : part];
      }),
    );

  const start = (key: Tensor, config: T5Config, name: PrefixAttention): PrefixPart => {
    if (projection !== undefined) return initProjection(key, sizesOf(config, name));
    const shape = [layersOf(config, name), length, config.numHeads, config.dKv];
    const [forKeys, forValues] = random.subkeys(key);
    const draw = (own: Tensor): Tensor => np.multiply(START, random.normal(own, shape));
    return { key: draw(forKeys), value: draw(forValues) };
  };
  return {
    settings: { name: "prefix", ...settings, ...(projection !== undefined && { projection }) },
    init: (key, config, frozen) => {
      checkFrozen(WHERE, frozen);
      return Object.fromEntries(attentions.map((name, i) => [name, start(random.foldIn(key, i), config, name)]));
    },
    apply: (config, frozen, tuned, batch) => {
      check(config, tuned, batch);
      return { params: frozen, keyValues: made(config, tuned) };
    },
    ...(projection !== undefined && {
      fold: (config, _frozen, tuned) => {
        check(config, tuned);
        return { method: prefix(settings) as Method, tuned: made(config, tuned) };
      },
    }),
  };
});
