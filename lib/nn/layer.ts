/**
 * @file What a layer is: a pair of pure functions, one that makes parameters of a key and one that applies them.
 *
 * Sizes are given when the layer is made, so parameters hold tensors only and their tree has a type.
 */
import { calledByUs, composite, scope, takes } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { listed, wordsOf } from "../core/signature.js";
import type { Tensor } from "../core/tensor.js";
import * as random from "../random/index.js";

/** What a layer may need besides parameters and activations. */
export interface Context {
  /** A random key for dropout; without it there is none. */
  readonly key?: Tensor | undefined;
}

/** A layer from one tensor to one. */
export interface Layer<P> {
  /** The first parameters. */
  readonly init: (key: Tensor) => P;
  readonly apply: (params: P, x: Tensor, context?: Context) => Tensor;
}

/** The parameters of a layer; a function has none. */
export type ParamsOf<L> = L extends { readonly init: (key: Tensor) => infer P } ? P : NoParams;

/** A tree without leaves. */
export type NoParams = Record<never, never>;

/** A layer, or a function without parameters, such as an activation. */
export type LayerLike =
  | {
      readonly init: (key: Tensor) => unknown;
      readonly apply: (params: never, x: Tensor, context?: Context) => Tensor;
    }
  | ((x: Tensor) => Tensor);

/** Forms of `sequential`: layers one by one, or in a list. */
export interface Sequential {
  <const L extends readonly LayerLike[]>(layers: L): Layer<{ readonly [K in keyof L]: ParamsOf<L[K]> }>;
  <const L extends readonly LayerLike[]>(...layers: L): Layer<{ readonly [K in keyof L]: ParamsOf<L[K]> }>;
}

/** @throws {ArgumentError} for what is neither a layer nor a function */
const checkLayer = (layer: unknown, i: number): void => {
  if (typeof layer === "function" || typeof (layer as { apply?: unknown } | null | undefined)?.apply === "function") {
    return;
  }
  throw new ArgumentError({
    where: "nn.sequential",
    what: "not a layer",
    expected: "layers, such as nn.dense(2, 3), and functions of a tensor, such as nn.relu",
    got: wordsOf(layer),
    at: `layer ${i}`,
  });
};

/**
 * One layer after the other, or a list of them; the parameters are a list with those of each.
 *
 * Each layer draws from its own key, the number of the layer folded into the key.
 * @see Flax's `Sequential`
 * @example
 * const mlp = sequential(dense(784, 256), relu, dropoutLayer(0.1), dense(256, 10));
 * const params = mlp.init(random.key(0));
 * const logits = mlp.apply(params, images);
 */
export const sequential: Sequential = takes("nn.sequential(...layers)", (...given: readonly unknown[]): never => {
  const layers = listed(given) as readonly LayerLike[];
  layers.forEach((layer, i) => {
    checkLayer(layer, i);
  });
  const init = (key: Tensor) =>
    scope(() => layers.map((layer, i) => (typeof layer === "function" ? {} : layer.init(random.foldIn(key, i)))));
  const apply = (params: readonly unknown[], x: Tensor, context: Context = {}) =>
    layers.reduce<Tensor>((y, layer, i) => {
      if (typeof layer === "function") return calledByUs(layer, () => layer(y));
      const key = context.key === undefined ? undefined : random.foldIn(context.key, i);
      return calledByUs(layer.apply, () => layer.apply(params[i] as never, y, { ...context, key }));
    }, x);
  return { init, apply: composite("nn.sequential(params, x, { key })", apply) } as never;
});

/** @throws {ShapeError} unless the last axis has that size */
export const checkFeatures = (where: string, x: Tensor, features: number): void => {
  if (x.ndim > 0 && x.shape[x.ndim - 1] === features) return;
  throw new ShapeError({
    where,
    what: "the activations do not fit the layer",
    expected: `[..., ${features}]`,
    got: `${x.aval}`,
  });
};
