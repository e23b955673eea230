/**
 * @file Keys and values of vectors that are not tokens, in front of those of an attention (prefix tuning), and vectors that enter before a layer.
 *
 * All leaves have a first axis for the layer, so that stacked layers scan over them.
 * @see Li and Liang 2021, arXiv:2101.00190; Liu et al. 2022, arXiv:2110.07602
 */
import { ShapeError } from "../core/errors.js";
import { leavesOf, treeMap } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { joined, type KeyValue } from "./attention.js";
import type { T5Config } from "./config.js";
import { maskBias } from "./masks.js";
import { isList } from "./stack.js";

/** Keys and values of `n` vectors for each layer of a stack. */
export interface PrefixKeyValue {
  /** `[layers, n, heads, dKv]`, or `[layers, B, n, heads, dKv]`: for each example. */
  readonly key: Tensor;
  readonly value: Tensor;
  /** `[B, n]` bool: which vectors are there for each example; by default all. */
  readonly valid?: Tensor;
}

/** Keys and values in front of those of the attentions. Every position sees them; they have no position bias and move no token, but for the last kind. */
export interface PrefixKeyValues {
  /** In the self-attention of the encoder. */
  readonly encoder?: PrefixKeyValue;
  /** In the self-attention of the decoder. */
  readonly decoder?: PrefixKeyValue;
  /** In the attention of the decoder to the encoder. */
  readonly cross?: PrefixKeyValue;
  /** In the self-attention of the decoder, at the positions before the first token: the tokens see them with the bias of earlier tokens, as in PEFT. */
  readonly decoderPositioned?: PrefixKeyValue;
}

/** Vectors that enter at the first positions of the encoder before each layer: in the place of what is there, or added to it. */
export interface LayerPrompts {
  /** `[layers, P, d]` or `[layers, B, P, d]` */
  readonly replace?: Tensor;
  /** `[layers, P, d]` or `[layers, B, P, d]` */
  readonly add?: Tensor;
}

/** The kinds of attention that have keys and values of vectors, each a field of `PrefixKeyValues`. */
export type PrefixKind = keyof PrefixKeyValues;

/** How many vectors there are. */
export const countOf = (prefix: PrefixKeyValue | undefined): number => prefix?.key.shape[prefix.key.ndim - 3] ?? 0;

const checkPrefix = (
  config: T5Config,
  kind: PrefixKind,
  { key, value, valid }: PrefixKeyValue,
  examples: number,
): void => {
  const layers = kind === "encoder" ? config.numLayers : config.numDecoderLayers;
  const n = countOf({ key, value });
  const tail = [n, config.numHeads, config.dKv];
  const fits = ({ shape }: Tensor): boolean => {
    const whole = shape.length === 5 ? [layers, examples, ...tail] : [layers, ...tail];
    return shape.length === whole.length && shape.every((size, i) => size === whole[i]);
  };
  const fail = (name: string, expected: string, got: Tensor): never => {
    const what = `the ${name} of the prefix do not fit the model`;
    const hint = "a prefix belongs to one model";
    throw new ShapeError({ where: "t5", what, expected, got: `${got.aval}`, at: `keyValues.${kind}`, hint });
  };
  const expected = `[${layers}, n, ${config.numHeads}, ${config.dKv}] or [${layers}, ${examples}, n, ${config.numHeads}, ${config.dKv}]`;
  if (!fits(key)) fail("keys", expected, key);
  if (!fits(value) || value.ndim !== key.ndim) fail("values", `${key.aval}`, value);
  if (valid !== undefined && !(valid.ndim === 2 && valid.shape[0] === examples && valid.shape[1] === n)) {
    fail("masks", `bool[${examples},${n}]`, valid);
  }
};

/** Keys and values as an attention has them, with the first axis for the layer: `[layers, 1 or B, heads, n, dKv]`. */
const intoHeads = ({ key, value }: PrefixKeyValue): KeyValue => {
  const turned = (x: Tensor): Tensor => np.swapaxes(x.ndim === 4 ? np.expandDims(x, 1) : x, 2, 3);
  return { key: turned(key), value: turned(value) };
};

/** What stands in front of the keys and values of one attention, for all layers. */
export interface Front {
  /** `[layers, 1 or B, heads, n, dKv]` each. */
  readonly layers: KeyValue;
  readonly count: number;
  /** `[B, n]` bool */
  readonly valid?: Tensor | undefined;
}

/** The front of an attention. @throws {ShapeError} when keys, values or masks do not fit the model and the batch */
export const frontOf = (
  config: T5Config,
  prefixes: PrefixKeyValues | undefined,
  kind: PrefixKind,
  examples: number,
): Front | undefined => {
  const prefix = prefixes?.[kind];
  if (prefix === undefined) return undefined;
  checkPrefix(config, kind, prefix, examples);
  return { layers: intoHeads(prefix), count: countOf(prefix), valid: prefix.valid };
};

/** Keys and values of a front (`[1 or B, heads, n, dKv]`) before others, for each of their rows. */
export const inFront = (front: KeyValue | undefined, seen: KeyValue): KeyValue => {
  if (front === undefined) return seen;
  const each = (x: Tensor): Tensor => np.repeat(x, seen.key.shape[0] / x.shape[0], 0);
  return joined({ key: each(front.key), value: each(front.value) }, seen);
};

/** A bias `[1 or rows, 1 or heads, Q, K]` with places for a front before its keys, which all see as far as they are there. */
export const biasWithFront = (bias: Tensor, front: Front | undefined): Tensor => {
  if (front === undefined) return bias;
  const { count, valid } = front;
  const none = [0, 0] as const;
  if (valid === undefined) return np.pad(bias, [none, none, none, [count, 0]]);
  const [rows, heads, queries] = bias.shape;
  const all = Math.max(rows, valid.shape[0]);
  const own = np.repeat(np.reshape(maskBias(valid), [valid.shape[0], 1, 1, count]), all / valid.shape[0], 0);
  const before = np.broadcastTo(own, [all, heads, queries, count]);
  return np.concatenate([before, np.broadcastTo(bias, [all, ...bias.shape.slice(1)])], 3);
};

/** A mask of keys (`[B, K]` bool) with those of a front before them. */
export const validWithFront = (valid: Tensor, front: Front | undefined): Tensor =>
  front === undefined
    ? valid
    : np.concatenate([front.valid ?? np.ones([valid.shape[0], front.count], "bool"), valid], 1);

/** A layer of a stack and its part of a tree whose leaves have a first axis for the layer. */
export interface LayerWith<T, E> {
  readonly params: T;
  readonly own: E;
}

/** The part of one layer. */
export const ofLayer = <E>(tree: E, i: number): E =>
  treeMap((x: Tensor) => np.take(x, np.array(i, { dtype: "int32" }), 0, "clip"), tree) as E;

/** The layers of a stack, each with its part of a tree; in stacked form, the stack with the tree. */
export const layersWith = <T extends object, E extends object>(
  layers: readonly T[] | T,
  tree: E,
): readonly LayerWith<T, E>[] | LayerWith<T, E> =>
  isList(layers)
    ? layers.map((params, i) => ({ params, own: leavesOf(tree).length === 0 ? tree : ofLayer(tree, i) }))
    : { params: layers, own: tree };

/** Activations `[B, T, d]` with the prompt of a layer at the first positions. @throws {ShapeError} when it does not fit */
export const withLayerPrompt = (h: Tensor, { replace, add }: LayerPrompts = {}): Tensor => {
  const enter = (x: Tensor, given: Tensor, combine: (old: Tensor, prompt: Tensor) => Tensor): Tensor => {
    const [batch, length, width] = x.shape;
    const [rows, count, inner] = given.ndim === 2 ? [batch, ...given.shape] : given.shape;
    if (rows !== batch || inner !== width || count > length) {
      const what = "the prompts of the layers do not fit the model";
      const expected = `[layers, P, ${width}] or [layers, ${batch}, P, ${width}], P at most ${length}`;
      throw new ShapeError({ where: "t5.encode", what, expected, got: `a layer's ${given.aval}`, at: "layerPrompts" });
    }
    const prompt = np.broadcastTo(given, [batch, count, width]);
    const [old, rest] = [np.slice(x, [null, [0, count]]), np.slice(x, [null, [count, length]])];
    return np.concatenate([combine(old, prompt), rest], 1);
  };
  const replaced = replace === undefined ? h : enter(h, replace, (_old, prompt) => prompt);
  return add === undefined ? replaced : enter(replaced, add, np.add);
};
