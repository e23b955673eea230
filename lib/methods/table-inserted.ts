/** @file The vectors that adapters insert, in one form: of one length each, with masks that tell which of them are there. */
import { UnsupportedError } from "../core/errors.js";
import { treeMap } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { countOf, type LayerPrompts, type PrefixKeyValue, type PrefixKind } from "../t5/key-values.js";
import type { Inserted } from "../t5/modified.js";

/** Vectors of rows, as `Inserted` has them, but for the axis of the rows, which is the first one everywhere. */
export type InsertedRow = Omit<Inserted, "prefixSees">;

/** Places whose vectors are there in every row, since nothing masks them. */
const UNMASKED = ["suffix", "beforeEos", "decoderPrefix"] as const;
const LAYERED = ["replace", "add"] as const;

/** How many vectors there are at each place that adapters have; those of no mask have one number. */
export interface InsertedPlaces {
  readonly prefix: number | undefined;
  readonly unmasked: Readonly<Record<string, number>>;
  readonly keyValues: Readonly<Record<string, number>>;
  readonly layers: readonly (typeof LAYERED)[number][];
}

const lengthOf = (x: Tensor): number => x.shape[x.ndim - 2];

const refuse = (where: string, at: string, what: string, expected: string, got: string): never => {
  const hint = "give this adapter a separate batch";
  throw new UnsupportedError({ where, what, expected, got, at, hint });
};

/** The layers' prompts stand at the positions of the prefix, so that zeros in front of both move neither. */
const checkLayers = (where: string, { prefix, layerPrompts = {} }: Inserted): void => {
  const length = prefix === undefined ? 0 : lengthOf(prefix);
  for (const name of LAYERED) {
    const given = layerPrompts[name];
    if (given === undefined || lengthOf(given) === length) continue;
    const expected = `${length} vectors, as in front of the text`;
    refuse(where, `layerPrompts/${name}`, "prompts of the layers cannot be mixed", expected, `${lengthOf(given)}`);
  }
};

/** Where one adapter inserts vectors, and how many. @throws {UnsupportedError} for what a row of a batch cannot have for itself */
export const insertedPlaces = (where: string, inserted: Inserted): InsertedPlaces => {
  const { prefix, prefixSees, keyValues = {}, layerPrompts = {} } = inserted;
  if (prefixSees !== undefined) {
    refuse(where, "prefixSees", "what a prompt sees cannot be mixed in one batch", "a prompt that sees all", "a mask");
  }
  checkLayers(where, inserted);
  const unmasked = UNMASKED.flatMap((name) => {
    const vectors = inserted[name];
    return vectors === undefined ? [] : [[name, lengthOf(vectors)] as const];
  });
  return {
    prefix: prefix && lengthOf(prefix),
    unmasked: Object.fromEntries(unmasked),
    keyValues: Object.fromEntries(Object.entries(keyValues).map(([kind, own]) => [kind, countOf(own)])),
    layers: LAYERED.filter((name) => layerPrompts[name] !== undefined),
  };
};

/** @throws {UnsupportedError} for an adapter whose places without masks are others than those of the first one */
const checkUnmasked = (where: string, all: readonly InsertedPlaces[]): void => {
  const [first] = all;
  all.forEach(({ unmasked, layers }, i) => {
    for (const name of new Set([...Object.keys(first.unmasked), ...Object.keys(unmasked)])) {
      if (unmasked[name] === first.unmasked[name]) continue;
      const expected = `${first.unmasked[name] ?? 0} vectors, as adapters[0] has`;
      const what = `vectors of different numbers cannot be mixed as ${name}`;
      refuse(where, `adapters[${i}]/${name}`, what, expected, `${unmasked[name] ?? 0}`);
    }
    if (layers.includes("replace") === first.layers.includes("replace")) return;
    const [what, expected] = ["prompts that replace those of the layers cannot be mixed with others", "all, or none"];
    refuse(where, `adapters[${i}]/layerPrompts/replace`, what, expected, layers.join(", ") || "none");
  });
};

/** The places of all adapters together, with the longest number of vectors. @throws {UnsupportedError} where they cannot be in one batch */
export const joinedInserted = (
  where: string,
  all: readonly InsertedPlaces[],
  roundUp: (longest: number) => number,
): InsertedPlaces => {
  checkUnmasked(where, all);
  const longest = (numbers: readonly number[]): number => roundUp(Math.max(...numbers));
  const prefixes = all.flatMap(({ prefix }) => prefix ?? []);
  const kinds = [...new Set(all.flatMap(({ keyValues }) => Object.keys(keyValues)))];
  return {
    prefix: prefixes.length === 0 ? undefined : longest(prefixes),
    unmasked: all[0].unmasked,
    keyValues: Object.fromEntries(
      kinds.map((kind) => [kind, longest(all.map(({ keyValues }) => keyValues[kind] ?? 0))]),
    ),
    layers: LAYERED.filter((name) => all.some(({ layers }) => layers.includes(name))),
  };
};

/** `x` with zeros in front of it along an axis, up to a length. */
const filled = (x: Tensor, axis: number, length: number): Tensor =>
  np.pad(
    x,
    x.shape.map((size, i) => [i === axis ? length - size : 0, 0] as const),
  );

/** Which of `length` vectors are there, where the last `own` are. */
const there = (length: number, own: number): Tensor => np.greaterEqual(np.arange(length), length - own);

/** A leaf of the same kind in another adapter, to make zeros of where an adapter has none. */
type Like = (of: (inserted: Inserted) => Tensor | undefined) => Tensor;

const keyValueRow = (given: PrefixKeyValue | undefined, kind: PrefixKind, length: number, like: Like) => {
  const each = (name: "key" | "value"): Tensor => {
    const { shape, dtype } = like(({ keyValues }) => keyValues?.[kind]?.[name]);
    return given === undefined ? np.zeros(shape.with(1, length), dtype) : filled(given[name], 1, length);
  };
  return { key: each("key"), value: each("value"), valid: there(length, countOf(given)) };
};

const layerRow = (given: LayerPrompts, names: InsertedPlaces["layers"], length: number, like: Like): LayerPrompts =>
  Object.fromEntries(
    names.map((name) => {
      const { shape, dtype } = like(({ layerPrompts }) => layerPrompts?.[name]);
      const own = given[name];
      return [name, own === undefined ? np.zeros(shape.with(1, length), dtype) : filled(own, 1, length)];
    }),
  );

/** What one adapter of several inserts, with zeros in front up to the lengths of the places. */
export const insertedAt = (inserted: Inserted, places: InsertedPlaces, all: readonly Inserted[]): InsertedRow => {
  const { prefix, keyValues = {}, layerPrompts = {} } = inserted;
  const like: Like = (of) => all.map(of).find((x) => x !== undefined) as Tensor;
  const { prefix: length = 0 } = places;
  const soft = (): Tensor => {
    const { shape, dtype } = like((one) => one.prefix);
    return prefix === undefined ? np.zeros([length, shape[1]], dtype) : filled(prefix, 0, length);
  };
  const kinds = Object.entries(places.keyValues) as [PrefixKind, number][];
  return {
    ...(places.prefix !== undefined && {
      prefix: soft(),
      prefixValid: there(length, prefix === undefined ? 0 : lengthOf(prefix)),
    }),
    ...Object.fromEntries(Object.keys(places.unmasked).map((name) => [name, inserted[name as keyof Inserted]])),
    ...(kinds.length > 0 && {
      keyValues: Object.fromEntries(
        kinds.map(([kind, count]) => [kind, keyValueRow(keyValues[kind], kind, count, like)]),
      ),
    }),
    ...(places.layers.length > 0 && { layerPrompts: layerRow(layerPrompts, places.layers, length, like) }),
  };
};

/** Rows as `Inserted` has them: what is of each layer has its axis in front of that of the rows. */
export const insertedOf = ({ keyValues, layerPrompts, ...plain }: InsertedRow): Inserted => {
  const layersFirst = (x: Tensor): Tensor => np.swapaxes(x, 0, 1);
  const turned = Object.entries(keyValues ?? {}).map(([kind, { key, value, ...valid }]) => [
    kind,
    { key: layersFirst(key), value: layersFirst(value), ...valid },
  ]);
  return {
    ...plain,
    ...(keyValues && { keyValues: Object.fromEntries(turned) }),
    ...(layerPrompts && { layerPrompts: treeMap(layersFirst, layerPrompts) as LayerPrompts }),
  };
};
