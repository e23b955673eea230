/** @file Trained trees that are records by the path of what they change. */
import { sizeOf } from "../core/aval.js";
import { TreeError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";

/** A trained tree on the host, out of a file: nested records of arrays. */
export interface HostTree {
  readonly [key: string]: HostTree | HostArray;
}

const isHostArray = (x: HostTree | HostArray): x is HostArray => "data" in x && ArrayBuffer.isView(x.data);

/** @throws {TreeError} when a trained tree has entries for other paths than `wanted` */
export const checkTree = (where: string, wanted: readonly string[], tuned: Readonly<Record<string, unknown>>): void => {
  const missing = wanted.find((path) => !Object.hasOwn(tuned, path));
  const surplus = Object.keys(tuned).find((path) => !wanted.includes(path));
  if (missing === undefined && surplus === undefined) return;
  throw new TreeError({
    where,
    what: "the trained tree is not that of these settings and this model",
    expected: `${wanted.length} entries, such as ${wanted[0]}`,
    got: missing === undefined ? `an entry ${surplus}, which is not selected` : `nothing for ${missing}`,
    hint: "apply it to the model and with the settings it was trained with",
  });
};

const STACKED = /^(encoder|decoder)\/layers\/(?!\d)/;

/** Row `i` of the first axis of every array. */
const rowOf = (x: HostTree | HostArray, i: number): HostTree | HostArray => {
  if (!isHostArray(x)) return Object.fromEntries(Object.entries(x).map(([key, inner]) => [key, rowOf(inner, i)]));
  const [, ...shape] = x.shape;
  const size = sizeOf(shape);
  return { shape, dtype: x.dtype, data: x.data.slice(i * size, (i + 1) * size) };
};

const layersOf = (x: HostTree | HostArray): number =>
  isHostArray(x) ? x.shape[0] : layersOf(Object.values(x)[0] as HostTree | HostArray);

/**
 * A tree trained for stacked layers as one for a list of layers: each entry of a path without a layer's number becomes one for each layer.
 * Other trees stay as they are.
 *
 * @example unstackTree({ "encoder/layers/attention/key": { out } }) // { "encoder/layers/0/attention/key": …, … }
 */
export const unstackTree = <T extends HostTree>(tuned: T): T =>
  Object.fromEntries(
    Object.entries(tuned).flatMap(([path, entry]) => {
      if (!STACKED.test(path)) return [[path, isHostArray(entry) ? entry : unstackTree(entry)]];
      const layer = (i: number) => [path.replace("/layers/", `/layers/${i}/`), rowOf(entry, i)];
      return Array.from({ length: layersOf(entry) }, (_, i) => layer(i));
    }),
  ) as T;
