/** @file Trained trees that are records by the path of what they change. */
import { isFloat, sameShape, sizeOf } from "../core/aval.js";
import { DTypeError, ShapeError, TreeError } from "../core/errors.js";
import type { HostArray } from "../core/host.js";
import { isTensor } from "../core/tensor.js";

/** A trained tree on the host, out of a file: nested records of arrays. */
export interface HostTree {
  readonly [key: string]: HostTree | HostArray;
}

const isHostArray = (x: HostTree | HostArray): x is HostArray => "data" in x && ArrayBuffer.isView(x.data);

/** The shapes of a trained tree: nested records of them. */
export interface ShapeTree {
  readonly [key: string]: ShapeTree | readonly number[];
}

const isShape = (x: ShapeTree | readonly number[]): x is readonly number[] => Array.isArray(x);

const WHAT = "the trained tree is not that of these settings and this model";
const HINT = "apply it to the model and with the settings it was trained with";

/** Describes an unexpected value for an error message. */
export const kindOf = (x: unknown): string => {
  if (isTensor(x)) return `a tensor ${x.aval}`;
  if (typeof x !== "object" || x === null) return String(x);
  return `a record of ${Object.keys(x).join(", ") || "nothing"}`;
};

const below = (at: string | undefined, key: string): string => (at === undefined ? key : `${at}/${key}`);

/** @throws {TreeError} when a part of a trained tree is not a record of the entries `names` */
export const checkEntries = (where: string, names: readonly string[], tuned: unknown, at?: string): void => {
  const expected =
    names.length > 4 ? `${names.length} entries, such as ${names[0]}` : `a record of ${names.join(", ")}`;
  const wrong = (got: string): TreeError => new TreeError({ where, what: WHAT, expected, got, at, hint: HINT });
  if (typeof tuned !== "object" || tuned === null || isTensor(tuned)) throw wrong(kindOf(tuned));
  const missing = names.find((name) => !Object.hasOwn(tuned, name));
  if (missing !== undefined) throw wrong(`nothing for ${missing}`);
  const surplus = Object.keys(tuned).find((name) => !names.includes(name));
  if (surplus !== undefined) throw wrong(`an entry ${surplus}, which is not selected`);
};

/** @throws {TreeError} when a trained tree has other entries than `wanted`; {ShapeError} when a tensor in it has another shape, {DTypeError} when it is of integers */
export const checkTree = (where: string, wanted: ShapeTree, tuned: unknown, at?: string): void => {
  checkEntries(where, Object.keys(wanted), tuned, at);
  for (const [key, shape] of Object.entries(wanted)) {
    const entry = (tuned as Readonly<Record<string, unknown>>)[key];
    const path = below(at, key);
    if (!isShape(shape)) {
      checkTree(where, shape, entry, path);
      continue;
    }
    const expected = `[${shape}]`;
    if (!isTensor(entry))
      throw new TreeError({ where, what: WHAT, expected, got: kindOf(entry), at: path, hint: HINT });
    if (!isFloat(entry.dtype)) {
      const what = "a trained tensor is not of floating-point numbers";
      throw new DTypeError({ where, what, expected: "float32", got: `${entry.aval}`, at: path });
    }
    if (sameShape(entry.shape, shape)) continue;
    const what = "a trained tensor does not fit these settings and this model";
    throw new ShapeError({ where, what, expected, got: `${entry.aval}`, at: path, hint: HINT });
  }
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
