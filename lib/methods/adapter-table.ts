/** @file Several adapters in one batch: a table of them, from which each row takes its own. */
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { leavesOf, treeMap } from "../core/pytree.js";
import { isTensor, type Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import type { T5Config } from "../t5/config.js";
import { valuesAtHand } from "../t5/ids.js";
import type { Modified } from "../t5/modified.js";
import type { AnyParams } from "../t5/stack.js";
import type { Folded } from "./method.js";
import { inPart } from "./part.js";
import { type InsertedRow, insertedAt, insertedOf, insertedPlaces, joinedInserted } from "./table-inserted.js";
import { type Besides, besidesAt, joinedPlaces, kernelPlaces, withBesides } from "./table-kernels.js";
import { kindOf } from "./trees.js";

const TABLE = "methods.adapterTable";
const ROWS = "methods.byRow";

/**
 * Adapters of one frozen model: pure data, which passes through `jit`. Every leaf has a first axis for the adapter, and their sizes are those
 * of the largest one: shorter prompts and prefixes have masked places in front, lower ranks have zeros.
 */
export interface AdapterTable {
  /** What they insert, in the form of `t5.Modified`. */
  readonly inserted: InsertedRow;
  /** What they put beside kernels, by the paths of these: a low-rank term and scales. */
  readonly kernels: Besides;
}

export interface AdapterTableOptions {
  /** The number of vectors for a longest prompt or prefix of so many, so that tables of few shapes come about. Default the number itself. */
  readonly vectors?: (longest: number) => number;
  /** The rank for a highest one, likewise. */
  readonly rank?: (highest: number) => number;
}

const same = (size: number): number => size;

/** A function of the options, held to give sizes that its arguments fit into. */
const sizes =
  (name: keyof AdapterTableOptions, roundUp: (size: number) => unknown) =>
  (size: number): number => {
    const rounded = roundUp(size);
    if (Number.isInteger(rounded) && (rounded as number) >= size) return rounded as number;
    const [what, expected] = [
      "the option gave a size that an adapter does not fit into",
      `a whole number from ${size} on`,
    ];
    throw new ArgumentError({ where: TABLE, what, expected, got: String(rounded), at: name });
  };

/** The model of each adapter. @throws {ArgumentError} when there is none; and what its method refuses, with its place */
const modelsOf = (config: T5Config, frozen: AnyParams, adapters: readonly Folded[]): Modified[] => {
  if (adapters.length === 0) {
    throw new ArgumentError({ where: TABLE, what: "there is no adapter", expected: "at least one", got: "none" });
  }
  return adapters.map(({ method, tuned }, i) => inPart(`adapters[${i}]`, () => method.apply(config, frozen, tuned)));
};

/**
 * Where an adapter's model differs from the frozen one, in words. Adapters of the same places make tables of the same leaves, so that one compiled
 * program serves all of them.
 *
 * @throws {UnsupportedError} for an adapter that cannot share a batch with any other
 */
export const placesOf = (frozen: AnyParams, { params, ...inserted }: Modified): string => {
  const { prefix, unmasked, keyValues, layers } = insertedPlaces(TABLE, inserted);
  const kernels = kernelPlaces(TABLE, frozen, params).map(({ rank, ...place }) => ({ ...place, low: rank > 0 }));
  return JSON.stringify([prefix !== undefined, unmasked, Object.keys(keyValues), layers, kernels]);
};

/**
 * A table of adapters, of which `byRow` gives each row of a batch its own. They may have different lengths and ranks, change different kernels, and be
 * of different methods: what one of them does not have is masked, zero or one. Dropout of LoRA is left out, since a table is for answers.
 *
 * - `config`, `frozen`: the model of all
 * - `adapters`: methods with their trees on the device
 * @throws {ArgumentError} for no adapters, and options that give sizes below those of an adapter; {UnsupportedError} for one that rows cannot share a batch with: replaced weights, a prompt that does not see all,
 * vectors after the text or in front of the decoder's that differ in number; {TreeError} {ShapeError} for a tree of other settings or another model. Each names
 * the adapter
 * @example const table = methods.adapterTable(config, frozen, [{ method: lora, tuned: cb }, { method: lora, tuned: rte }])
 */
export const adapterTable = composite(
  `${TABLE}(config, frozen, adapters, { vectors, rank })`,
  (
    config: T5Config,
    frozen: AnyParams,
    adapters: readonly Folded[],
    { vectors = same, rank = same }: AdapterTableOptions = {},
  ): AdapterTable => {
    const models = modelsOf(config, frozen, adapters);
    const [lengthFor, rankFor] = [sizes("vectors", vectors), sizes("rank", rank)];
    const each = <T>(of: (model: Modified) => T): T[] =>
      models.map((model, i) => inPart(`adapters[${i}]`, () => of(model)));
    const places = joinedInserted(
      TABLE,
      each((model) => insertedPlaces(TABLE, model)),
      lengthFor,
    );
    const highest = joinedPlaces(each(({ params }) => kernelPlaces(TABLE, frozen, params)));
    const kernels = highest.map((place) => (place.rank === 0 ? place : { ...place, rank: rankFor(place.rank) }));
    const rows = models.map(
      (model): AdapterTable => ({
        inserted: insertedAt(model, places, models),
        kernels: besidesAt(model.params, kernels),
      }),
    );
    return treeMap((...xs: Tensor[]) => np.stack(xs), rows[0], ...rows.slice(1)) as AdapterTable;
  },
);

const adaptersIn = (table: AdapterTable): number => (leavesOf(table)[0] as Tensor | undefined)?.shape[0] ?? 0;

/** The numbers of the rows as a tensor. @throws {ShapeError} {ArgumentError} where they are none, or out of range */
const rowNumbers = (given: Tensor | readonly number[], table: AdapterTable): Tensor => {
  const rows = isTensor(given) ? given : np.array(Int32Array.from(given));
  const count = adaptersIn(table);
  if (rows.ndim !== 1 || !/^u?int/.test(rows.dtype)) {
    const what = "the rows do not each have the number of an adapter";
    const hint = /^(float|bfloat)/.test(rows.dtype) ? 'convert them: np.astype(rows, "int32")' : undefined;
    throw new ShapeError({ where: ROWS, what, expected: "i32[B]", got: kindOf(rows), hint });
  }
  const wrong = (isTensor(given) ? valuesAtHand(rows) : given)?.find(
    (row) => !(Number.isInteger(row) && row >= 0 && row < count),
  );
  if (wrong === undefined) return rows;
  const [what, expected] = ["there is no adapter of this number", `numbers from 0 to ${count - 1}`];
  throw new ArgumentError({ where: ROWS, what, expected, got: String(wrong) });
};

/**
 * The frozen model with an adapter of a table for each row of a batch, as everything in `t5` takes it: each row gets the numbers that it gets alone with its
 * adapter. Rows may be traced, so that one compiled program serves all mixes.
 *
 * - `table`: see `adapterTable`; of the same frozen model
 * - `rows`: `[B]` int32 for a batch of `B` inputs: the place of each row's adapter, from 0
 * @returns a model for batches of `B` inputs
 * @throws {ArgumentError} for a number that is out of range, where numbers are at hand; in a compiled program its row is NaN. {ShapeError} for rows that are not `[B]`
 * integers
 * @see Lester et al. 2021, figure 2: mixed-task batches
 * @example
 * const answers = jit((table, rows, batch) => t5.logits(config, methods.byRow(frozen, table, rows), batch));
 */
export const byRow = composite(
  `${ROWS}(frozen, table, rows)`,
  (frozen: AnyParams, table: AdapterTable, rows: Tensor | readonly number[]): Modified => {
    const numbers = rowNumbers(rows, table);
    // A negative number would count from the end.
    const known = np.where(np.less(numbers, 0), adaptersIn(table), numbers);
    const own = treeMap((x: Tensor) => np.take(x, known, 0), table) as AdapterTable;
    return { params: withBesides(frozen, own.kernels), ...insertedOf(own.inserted) };
  },
);
