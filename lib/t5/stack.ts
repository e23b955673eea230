/**
 * @file The layers of a stack, one after the other: unrolled from a list, or scanned over one tree whose leaves have a first axis for the
 * layer. Both give the same numbers; the scanned program does not grow with the depth.
 */
import { composite } from "../core/composite.js";
import { flatten, leavesOf, treeMap, unflatten } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import { checkpoint } from "../transforms/checkpoint.js";
import { scan } from "../transforms/scan.js";
import type { T5StackedTree, T5Tree } from "./config.js";
import { type Drop, makeDrop } from "./drop.js";

/** The parameters of a T5. */
export type Params = T5Tree<Tensor>;

/** The parameters of a T5 whose layers are stacked: every leaf of `layers` is `[layers, ...]`. */
export type StackedParams = T5StackedTree<Tensor>;

/** The parameters of a T5 in either form. */
export type AnyParams = Params | StackedParams;

/** What of a forward pass is a choice of training. */
export interface TrainingOptions {
  /** A key for dropout; without it there is none. */
  readonly dropoutKey?: Tensor | undefined;
  /** Share of activations dropped where there is a key. Default 0. */
  readonly dropoutRate?: number | undefined;
  /** Reverse mode keeps the activations between layers only, and computes those within a layer again. Default false. */
  readonly remat?: boolean | undefined;
}

/** `f(x, params, drop)` for each layer in turn, where `x` is what the one before gave. */
type ThroughLayers = <T extends object>(
  layers: readonly T[] | T,
  x: Tensor,
  f: (x: Tensor, params: T, drop: Drop) => Tensor,
) => Tensor;

/** Whether layers are a list, and not one tree of all. */
export const isList = <T extends object>(layers: readonly T[] | T): layers is readonly T[] => Array.isArray(layers);

/** Dropout around the layers of one stack, and how to go through them: every layer draws from its own key. */
export const makeStack = ({
  dropoutKey,
  dropoutRate: rate = 0,
  remat = false,
}: TrainingOptions): { readonly drop: Drop; readonly through: ThroughLayers } => {
  const [around, within] = dropoutKey === undefined ? [null, null] : random.subkeys(dropoutKey);
  const through: ThroughLayers = (layers, x, f) => {
    const plain = (h: Tensor, params: never, key: Tensor | null): Tensor => f(h, params, makeDrop(key, rate));
    const layer = remat ? checkpoint(plain) : plain;
    if (isList(layers)) {
      const keys = within === null ? layers.map(() => null) : random.subkeys(within, layers.length);
      return layers.reduce<Tensor>((h, params, i) => layer(h, params as never, keys[i]), x);
    }
    const keys = within === null ? null : random.split(within, (leavesOf(layers)[0] as Tensor).shape[0]);
    const turn = (h: Tensor, row: { params: unknown; key: Tensor | null }): [Tensor, null] => [
      layer(h, row.params as never, row.key),
      null,
    ];
    return scan(turn as never, x, { params: layers, key: keys })[0];
  };
  return { drop: makeDrop(around, rate), through };
};

const stackOf = <T>(layers: readonly T[]): T =>
  treeMap((...leaves: Tensor[]) => np.stack(leaves), layers[0], ...layers.slice(1)) as T;

const rowsOf = <T>(stacked: T): T[] => {
  const [leaves, treedef] = flatten(stacked);
  const rows = (leaves as Tensor[]).map((x) => np.unstack(x));
  return rows[0].map(
    (_, i) =>
      unflatten(
        treedef,
        rows.map((row) => row[i]),
      ) as T,
  );
};

/** The layers of a stack as a list, whichever form they have. */
export const layerList = <T extends object>(layers: readonly T[] | T): readonly T[] =>
  isList(layers) ? layers : rowsOf(layers);

/**
 * The parameters with all layers of a stack in one tree of tensors `[layers, ...]`. Everything in `t5` takes them as it takes the others,
 * and scans over the layers: a smaller program, which is faster to compile and slower to run.
 *
 * @example const scores = t5.logits(config, t5.stackLayers(params), batch)
 */
export const stackLayers = composite(
  "t5.stackLayers(params)",
  (params: Params): StackedParams => ({
    ...params,
    encoder: { ...params.encoder, layers: stackOf(params.encoder.layers) },
    decoder: { ...params.decoder, layers: stackOf(params.decoder.layers) },
  }),
);

/** The parameters with a list of layers again. */
export const unstackLayers = composite(
  "t5.unstackLayers(params)",
  (params: StackedParams): Params => ({
    ...params,
    encoder: { ...params.encoder, layers: rowsOf(params.encoder.layers) },
    decoder: { ...params.decoder, layers: rowsOf(params.decoder.layers) },
  }),
);
