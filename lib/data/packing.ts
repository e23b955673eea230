/**
 * @file Packing: several examples in one row, so that little of a batch is padding. Segments tell them apart.
 *
 * Source: https://github.com/google/seqio, `trim_and_pack_dataset` of `utils.py`, version 0.0.20; spec 8.4. It differs in what it refuses: an
 * example with an empty feature or with padding inside, of which the reference makes rows whose segments belong to different examples.
 */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { epochOrder, lengthFor, longestOf, padRows, type TokenBatch, type Tokens } from "./batch.js";
import { byStep } from "./by-step.js";

/** The features of an encoder-decoder. */
type Both = "inputs" | "targets";

/** One feature of a row, without padding: the ids of its examples, one behind the other. */
export interface PackedFeature {
  readonly ids: readonly number[];
  /** The example that each id is of, from 1. */
  readonly segments: readonly number[];
  /** The place of each id in its example, from 0. */
  readonly positions: readonly number[];
}

/** A row of several examples. */
export type PackedRow<F extends string = Both> = Readonly<Record<F, PackedFeature>>;

export interface PackOptions {
  /** Whether features that are longer than a row are cut, and not refused. Default false. */
  readonly trim?: boolean;
  /** The model's id of padding, which may follow a feature but not stand inside. Default 0. */
  readonly padId?: number;
}

const WHERE = "packExamples";

/** @throws {ArgumentError} for a length that is not a whole number from 1 */
const checkLengths = (lengths: Readonly<Record<string, number>>): void => {
  const bad = Object.entries(lengths).find(([, length]) => !Number.isSafeInteger(length) || length < 1);
  if (bad === undefined) return;
  const [what, expected] = ["a row cannot have this length", "a whole number from 1"];
  throw new ArgumentError({ where: WHERE, what, expected, got: `${bad[1]}`, at: bad[0] });
};

/** The ids of a feature. @throws {ArgumentError} for a feature that is empty, too long, or has padding inside */
const featureOf = (
  given: readonly number[],
  length: number,
  at: string,
  { trim = false, padId = 0 }: PackOptions,
): readonly number[] => {
  // What is cut off may leave padding at the end.
  const cut = trim ? given.slice(0, length) : given;
  const ids = cut.slice(0, cut.findLastIndex((id) => id !== padId) + 1);
  const fail = (what: string, expected: string, got: string, hint?: string): never => {
    throw new ArgumentError({ where: WHERE, what, expected, got, at, hint });
  };
  if (ids.length === 0) fail("a feature is empty", "one id at least", "none", "an example takes part in every feature");
  if (ids.length > length) {
    fail("a feature is longer than a row", `at most ${length} ids`, `${ids.length}`, "cut it before, or set trim");
  }
  const inside = ids.indexOf(padId);
  if (inside >= 0) fail("a feature has padding inside", "padding at the end alone", `${padId} at position ${inside}`);
  return ids;
};

/**
 * Groups items that fit into one row, in their order: a row is closed when the next item does not fit, and after every so many items as the
 * longest feature has ids. Draws from a stream as it goes, so the items may be endless.
 *
 * - `sizesOf`: how many ids an item has in each feature
 * - `lengths`: how many a row holds of each feature
 * @example [...packRows(["to be", "or", "not"], (text) => [text.length], [8])] // [["to be", "or"], ["not"]]
 */
export const packRows = takes("packRows(items, sizesOf, lengths)", function* packRows<
  T,
>(items: Iterable<T>, sizesOf: (item: T) => readonly number[], lengths: readonly number[]): Generator<T[], void> {
  const window = Math.max(...lengths);
  let [row, free] = [[] as T[], lengths];
  let count = 0;
  for (const item of items) {
    const sizes = sizesOf(item);
    if (row.length > 0 && sizes.some((size, i) => size > free[i])) {
      yield row;
      [row, free] = [[], lengths];
    }
    row.push(item);
    free = free.map((left, i) => left - sizes[i]);
    count++;
    if (count % window !== 0) continue;
    yield row;
    [row, free] = [[], lengths];
  }
  if (row.length > 0) yield row;
});

/** A feature of several examples, one behind the other. */
const joined = (parts: readonly (readonly number[])[]): PackedFeature => ({
  ids: parts.flat(),
  segments: parts.flatMap((ids, i) => ids.map(() => i + 1)),
  positions: parts.flatMap((ids) => ids.map((_, position) => position)),
});

/**
 * The row of some examples, which are taken as they are.
 *
 * @example packedRow([{ inputs: [8, 7, 1], targets: [4, 1] }], ["inputs"]).inputs.segments // [1, 1, 1]
 */
export const packedRow = takes(
  "packedRow(examples, features)",
  <F extends string>(
    examples: readonly Readonly<Record<NoInfer<F>, readonly number[]>>[],
    features: readonly F[],
  ): PackedRow<F> =>
    Object.fromEntries(features.map((name) => [name, joined(examples.map((e) => e[name]))])) as PackedRow<F>,
);

/**
 * Packs examples into rows, as many as fit, in their order. Every feature of `lengths` is packed, and an example has the same segment in all.
 *
 * - `lengths`: the most ids of a row by feature: `{ inputs, targets }`, or `{ targets }` alone
 * @throws {ArgumentError} for an example with a feature that is longer than a row, empty, or has padding inside; a length that is not a whole
 * number from 1
 * @see seqio's `trim_and_pack_dataset`
 * @example
 * const [row] = packExamples([{ inputs: [8, 7, 1], targets: [4, 1] }, { inputs: [2, 1], targets: [5, 1] }], { inputs: 10, targets: 8 });
 * row.inputs // { ids: [8, 7, 1, 2, 1], segments: [1, 1, 1, 2, 2], positions: [0, 1, 2, 0, 1] }
 */
export const packExamples = takes(
  "packExamples(examples, lengths, { trim, padId })",
  <F extends string>(
    examples: readonly Readonly<Record<NoInfer<F>, readonly number[]>>[],
    lengths: Readonly<Record<F, number>>,
    options: PackOptions = {},
  ): PackedRow<F>[] => {
    checkLengths(lengths);
    const features = Object.keys(lengths) as F[];
    const checked = examples.map((example, i) => {
      const of = (name: F) => featureOf(example[name], lengths[name], `example ${i}: ${name}`, options);
      return Object.fromEntries(features.map((name) => [name, of(name)])) as Record<F, readonly number[]>;
    });
    const sizesOf = (example: Record<F, readonly number[]>) => features.map((name) => example[name].length);
    const most = features.map((name) => lengths[name]);
    return Array.from(packRows(checked, sizesOf, most), (group) => packedRow(group, features));
  },
);

/**
 * The lengths of rows that hold so many ids of inputs: their targets have room for those of as many examples as fill the inputs on average, a quarter
 * more, and the longest one. A multiple of 8.
 *
 * @example packedLengths(tokens, 512) // { inputs: 512, targets: 48 }
 */
export const packedLengths = takes(
  "packedLengths(tokens, inputs)",
  (tokens: readonly Tokens[], inputs: number): Readonly<Record<Both, number>> => {
    const sum = (feature: Both): number => tokens.reduce((n, example) => n + example[feature].length, 0);
    const usual = (1.25 * inputs * sum("targets")) / sum("inputs");
    const longest = longestOf(tokens.map(({ targets }) => targets));
    return { inputs, targets: Math.ceil(Math.max(longest, usual) / 8) * 8 };
  },
);

/**
 * Groups the items of each step's batch of packed rows, where items are drawn one after another without an end.
 *
 * - `begin`: starts the draws
 * @returns a function of the step, counted from 0, that depends on nothing else, with the items of each row; a step before the last one asked for
 * begins anew
 * @example packedBatches(() => drawMixture([250, 9427], [1, 3], seed), sizesOf, [512, 48], 8)(0) // 8 rows of { part, row }
 */
export const packedBatches = takes(
  "packedBatches(begin, sizesOf, lengths, batchSize)",
  <T>(
    begin: () => Iterable<T>,
    sizesOf: (item: T) => readonly number[],
    lengths: readonly number[],
    batchSize: number,
  ): ((step: number) => readonly (readonly T[])[]) =>
    byStep(function* batches(): Generator<readonly (readonly T[])[]> {
      const rows = packRows(begin(), sizesOf, lengths);
      for (;;) yield Array.from({ length: batchSize }, () => rows.next().value as T[]);
    }),
);

/**
 * Selects the examples of each step's batch of packed rows. Every example comes once an epoch, shuffled; rows and batches go on across the ends of
 * epochs. A batch has the same number of ids in each step, padding included: rows times their length.
 *
 * - `sizes`: how many ids each example has in each feature
 * - `lengths`: how many a row holds of each
 * @returns a function of the step, counted from 0, that depends on nothing else, with the examples of each row; a step before the last one asked
 * for begins anew
 * @throws {ArgumentError} when there are no examples, or one does not fit into a row
 * @example packedBatchRows([[3, 2], [2, 2], [4, 2]], [8, 4], 1, seed)(0) // [[2, 0]]
 */
export const packedBatchRows = takes(
  "packedBatchRows(sizes, lengths, batchSize, seed)",
  (
    sizes: readonly (readonly number[])[],
    lengths: readonly number[],
    batchSize: number,
    seed: number,
  ): ((step: number) => readonly (readonly number[])[]) => {
    const where = "packedBatchRows";
    if (sizes.length === 0) {
      const [what, expected] = ["there are no examples to pack", "at least one"];
      throw new ArgumentError({ where, what, expected, got: "none" });
    }
    const long = sizes.findIndex((own) => own.some((size, i) => size > lengths[i]));
    if (long >= 0) {
      const [what, expected] = ["an example does not fit into a row", `at most ${lengths.join(" and ")} ids`];
      throw new ArgumentError({ where, what, expected, got: sizes[long].join(" and "), at: `example ${long}` });
    }
    function* drawn(): Generator<number, never> {
      for (let epoch = 0; ; epoch++) yield* epochOrder(sizes.length, seed, epoch);
    }
    return packedBatches(drawn, (row) => sizes[row], lengths, batchSize);
  },
);

/** A padded batch of packed rows as plain arrays; segments are 0 at padding. */
export interface PackedBatch extends TokenBatch {
  /** `[size, inputLength]` row-major. */
  readonly inputsSegments: Int32Array;
  /** `[size, targetLength]` row-major. */
  readonly targetsSegments: Int32Array;
}

/**
 * Pads packed rows to the lengths that they were packed for; ids with 0 unless the model has another id for it.
 *
 * @throws {ArgumentError} for a row that is longer
 * @example
 * const lengths = { inputs: 512, targets: 114 };
 * const { inputs, inputsSegments } = makePackedBatch(packExamples(tokens, lengths), lengths); // for t5.Batch
 */
export const makePackedBatch = takes(
  "makePackedBatch(rows, lengths, padId)",
  (rows: readonly PackedRow[], lengths: Readonly<Record<Both, number>>, padId = 0): PackedBatch => {
    const [inputs, targets] = [rows.map((row) => row.inputs), rows.map((row) => row.targets)];
    const padded = (
      parts: readonly PackedFeature[],
      most: number,
    ): readonly [ids: Int32Array, segments: Int32Array] => {
      const ids = parts.map((part) => part.ids);
      const length = lengthFor("a packed row is too long", ids, [most]);
      return [
        padRows(ids, length, padId),
        padRows(
          parts.map(({ segments }) => segments),
          length,
        ),
      ];
    };
    const [inputIds, inputsSegments] = padded(inputs, lengths.inputs);
    const [targetIds, targetsSegments] = padded(targets, lengths.targets);
    return {
      inputs: inputIds,
      targets: targetIds,
      inputsSegments,
      targetsSegments,
      size: rows.length,
      inputLength: lengths.inputs,
      targetLength: lengths.targets,
      tokens: [...inputs, ...targets].reduce((n, { ids }) => n + ids.length, 0),
    };
  },
);
