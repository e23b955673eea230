/**
 * @file The layouts in which T5X's networks keep the same parameters, as one: `encoder/layers_3/attention/query/kernel`, `[in, out]`.
 *
 * - `scan_layers` keeps the layers of a stack in one array, with an axis for the layer: `encoder/encoder/attention/...` in Flaxformer
 *   (UMT5), `encoder/layers/attention/...` in `scalable_t5` (Pile-T5). It is the second axis (`param_scan_axis` and `scan_axis` are 1 by
 *   default) or the first. Each layer then has its own table of relative positions; Flaxformer refuses to share one there.
 * - Attention kernels may have two axes for heads and their width, `[in, heads, width]` and `[heads, width, out]`.
 * - `scalable_t5` calls the table of relative positions `relative_posemb`.
 *
 * Sources: T5X, `examples/scalable_t5/network.py` and `layers.py`; Flaxformer, `architectures/t5/t5_architecture.py` and its
 * `testdata/encoder_scanned_per_layer_relpos_bias.json`; transformers, `models/umt5/convert_umt5_checkpoint_to_pytorch.py`.
 */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Shape, sizeOf } from "../core/aval.js";
import { CheckpointError } from "../core/errors.js";
import { allocate, type HostArray } from "../core/host.js";
import type { SourceEntry, TensorSource } from "./tensor-source.js";

/** Where a tensor of the usual layout is in a stored one. */
interface Place {
  readonly stored: string;
  readonly shape: Shape;
  /** Of the stacked layers, which of them it is. */
  readonly layer?: { readonly axis: number; readonly index: number; readonly count: number };
}

const STACKED = /^(encoder|decoder)\/(?:\1|layers)\/(.+)$/;

/** An attention kernel with heads and their width as one axis; other shapes as they are. */
const withHeadsMerged = (name: string, shape: Shape): Shape => {
  const [a, b, c] = shape as [number, number, number];
  if (shape.length !== 3) return shape;
  if (/\/(query|key|value)\/kernel$/.test(name)) return [a, b * c];
  return /\/out\/kernel$/.test(name) ? [a * b, c] : shape;
};

const usualName = (name: string): string =>
  name.replace("/relative_posemb/rel_embedding", "/relpos_bias/rel_embedding");

interface StackedArray {
  /** Name within a layer. */
  readonly name: string;
  readonly stored: string;
  readonly shape: Shape;
}

/** The axes that may be that of the layers: all arrays have the same size there, and the norms are vectors of `width` without it. */
const layerAxes = (arrays: readonly StackedArray[], width: number | undefined): number[] =>
  [0, 1].filter((axis) => {
    const sizes = new Set(arrays.map(({ shape }) => shape[axis] ?? 0));
    const norms = arrays.filter(({ name }) => name.endsWith("_layer_norm/scale"));
    return sizes.size === 1 && !sizes.has(0) && norms.every(({ shape }) => shape[1 - axis] === width);
  });

const unclear = (where: string, source: TensorSource, stack: string, axes: readonly number[]): CheckpointError =>
  new CheckpointError({
    where,
    what: `cannot determine along which axis the layers of the ${stack} are stacked`,
    expected: "the same number of layers in the first or in the second axis of all its arrays",
    got: axes.length === 0 ? "neither" : "both",
    at: source.path,
    hint: "save the checkpoint with scan_layers = False",
  });

/** The places of every layer of a stack, array by array. */
const unstacked = (stack: string, arrays: readonly StackedArray[], axis: number): [string, Place][] =>
  arrays.flatMap(({ name, stored, shape }) => {
    const count = shape[axis] as number;
    const own = withHeadsMerged(name, shape.toSpliced(axis, 1));
    return Array.from({ length: count }, (_, index): [string, Place] => [
      `${stack}/layers_${index}/${usualName(`/${name}`).slice(1)}`,
      { stored, shape: own, layer: { axis, index, count } },
    ]);
  });

/** More layers than any T5 has; a name or a size beyond it is damaged. */
export const MAX_LAYERS = 1000;

const placesOf = (where: string, source: TensorSource): E.Either<CheckpointError, Map<string, Place>> => {
  const places: [string, Place][] = [];
  const stacks = new Map<string, StackedArray[]>();
  for (const [stored, { shape }] of source.entries) {
    const [, stack, name] = STACKED.exec(stored) ?? [];
    if (stack === undefined || name === undefined) {
      places.push([usualName(stored), { stored, shape: withHeadsMerged(stored, shape) }]);
    } else stacks.set(stack, [...(stacks.get(stack) ?? []), { name, stored, shape }]);
  }
  for (const [stack, arrays] of stacks) {
    const axes = layerAxes(arrays, source.entries.get(`${stack}/${stack}_norm/scale`)?.shape[0]);
    const [axis] = axes;
    if (axis === undefined || axes.length > 1) return E.left(unclear(where, source, stack, axes));
    if ((arrays[0]?.shape[axis] ?? 0) > MAX_LAYERS) return E.left(unclear(where, source, stack, []));
    places.push(...unstacked(stack, arrays, axis));
  }
  return E.right(new Map(places));
};

const cut = ({ shape, dtype, data }: HostArray, axis: number, index: number): HostArray["data"] => {
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const row = inner * (shape[axis] as number);
  const part = allocate(dtype, outer * inner);
  for (let i = 0; i < outer; i++) {
    const start = i * row + index * inner;
    part.set(data.subarray(start, start + inner), i * inner);
  }
  return part;
};

/**
 * The same tensors with one for each layer, and kernels with two axes, under T5X's usual names. Those of one stored array stand
 * together; read in this order, each array is read once.
 *
 * @param where  the public function to name in errors
 * @returns      a CheckpointError when the axis of stacked layers is ambiguous
 */
export const inUsualLayout = (where: string, source: TensorSource): E.Either<CheckpointError, TensorSource> =>
  pipe(
    placesOf(where, source),
    E.map((places) => {
      const entries = [...places].map(([name, { stored, shape, layer }]): [string, SourceEntry] => {
        const entry = source.entries.get(stored) as SourceEntry;
        return [name, { ...entry, shape, storedBytes: entry.storedBytes / (layer?.count ?? 1) }];
      });
      let last: { readonly stored: string; readonly array: HostArray } | undefined;
      const read = (name: string): TE.TaskEither<CheckpointError, HostArray> => {
        const { stored, shape, layer } = places.get(name) as Place;
        if (layer === undefined)
          return pipe(
            source.read(stored),
            TE.map((array) => ({ ...array, shape })),
          );
        const { axis, index, count } = layer;
        return pipe(
          TE.Do,
          TE.chain(() => (last?.stored === stored ? TE.right(last.array) : source.read(stored))),
          TE.map((array) => {
            last = index === count - 1 ? undefined : { stored, array };
            return { shape, dtype: array.dtype, data: cut(array, axis, index) };
          }),
        );
      };
      return { ...source, entries: new Map(entries), read };
    }),
  );
