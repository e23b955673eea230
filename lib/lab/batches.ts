/** @file The training batch of a step: of one task or of a mixture, by examples or by tokens. */
import {
  bucketLengths,
  longestOf,
  makeBatch,
  padRows,
  shuffledRows,
  type TokenBatch,
  type Tokens,
} from "../data/batch.js";
import { drawMixture, mixtureRows, mixtureTokenRows } from "../data/mixture.js";
import { makePackedBatch, packedBatches, packedBatchRows, packedLengths, packedRow } from "../data/packing.js";
import { tokenBatchRows } from "../data/token-batches.js";
import * as np from "../np/index.js";
import type { Batch } from "../t5/model.js";
import type { InsertedLengths } from "../train/inserted.js";
import type { Recipe } from "./recipe.js";

/** The batch of a step, counted from 0, and how many tokens it has without padding, with what the method inserts. */
export type BatchAt = (step: number) => { readonly batch: Batch; readonly tokens: number };

/** The settings that batches depend on. */
export type BatchSettings = Pick<Recipe, "batch" | "microbatches" | "lengths" | "seed"> & {
  /** The model's id of padding. Default 0. */
  readonly padId?: number;
  /** Adds `tasks` to batches: the index of each row's part. Default false. */
  readonly byTask?: boolean;
};

/** Examples of one task of a mixture. */
export interface TokenPart {
  readonly tokens: readonly Tokens[];
  /** Its share, relative to those of the others. */
  readonly rate: number;
  /** For losses over labels: the label of each example among the encoded `labels`. */
  readonly labels?: readonly (readonly number[])[];
  readonly answers?: readonly number[];
}

/** Those of batches that have one example a row. */
type PaddedSettings = BatchSettings & { readonly batch: Exclude<BatchSettings["batch"], { readonly packed: number }> };

/** How many rows of this many tokens fit, in whole microbatches; at least one in each. */
export const rowsThatFit = (batchTokens: number, microbatches: number, rowTokens: number): number =>
  Math.max(1, Math.floor(batchTokens / rowTokens / microbatches)) * microbatches;

/** The index of the first example of each part, one part behind the other. */
const firstOf = (parts: readonly TokenPart[]): readonly number[] =>
  parts.map((_, part) => parts.slice(0, part).reduce((sum, { tokens }) => sum + tokens.length, 0));

/** The rows of each step among the examples of all parts, one part behind the other. */
const rowsByStep = (
  { batch, microbatches, seed }: PaddedSettings,
  parts: readonly TokenPart[],
  buckets: readonly number[],
  beside: number,
): ((step: number) => readonly number[]) => {
  const [sizes, rates] = [parts.map(({ tokens }) => tokens.length), parts.map(({ rate }) => rate)];
  const first = firstOf(parts);
  if ("examples" in batch) {
    if (parts.length === 1) return shuffledRows(sizes[0], batch.examples, seed);
    const drawn = mixtureRows(sizes, rates, batch.examples, seed);
    return (step) => drawn(step).map(({ part, row }) => first[part] + row);
  }
  const fitting = buckets.map((length) => rowsThatFit(batch.tokens, microbatches, length + beside));
  const groups = parts.map(({ tokens }) => tokens.map(({ inputs }) => buckets.findIndex((b) => b >= inputs.length)));
  if (parts.length === 1) {
    const rowsAt = tokenBatchRows(groups[0], fitting, seed);
    return (step) => rowsAt(step).rows;
  }
  const drawn = mixtureTokenRows(groups, rates, fitting, seed);
  return (step) => drawn(step).map(({ part, row }) => first[part] + row);
};

/** What a loss over labels reads: the labels of each row's task, and which of them is right. */
const labelsByRow = (parts: readonly TokenPart[], padId: number) => {
  const lists = parts.map(({ labels = [] }) => labels);
  const [count, length] = [Math.max(...lists.map((list) => list.length)), longestOf(lists.flat())];
  if (count === 0) return () => ({});
  const padded = lists.map((list) => padRows([...list, ...new Array(count - list.length).fill([])], length, padId));
  const owners = parts.flatMap(({ answers = [] }, part) => answers.map((answer) => ({ part, answer })));
  return (rows: readonly number[]) => {
    const choices = new Int32Array(rows.length * count * length);
    rows.forEach((row, i) => {
      choices.set(padded[owners[row].part], i * count * length);
    });
    return {
      choices: np.array(choices, { shape: [rows.length, count, length] }),
      answer: np.array(Int32Array.from(rows, (row) => owners[row].answer)),
    };
  };
};

/** The part that each row is of, from 0, as a method for several tasks reads it. */
const tasksByRow = (parts: readonly TokenPart[]) => {
  const owners = parts.flatMap(({ tokens }, part) => tokens.map(() => part));
  return (rows: readonly number[]) => ({ tasks: np.array(Int32Array.from(rows, (row) => owners[row])) });
};

/** A padded batch of ids on the device. */
export const batchOf = ({ inputs, targets, size, inputLength, targetLength }: TokenBatch): Batch => ({
  inputs: np.array(inputs, { shape: [size, inputLength] }),
  targets: np.array(targets, { shape: [size, targetLength] }),
});

/** A batch whose rows hold some examples each, and how many tokens it has. */
export const packedBatchOf = (
  rows: readonly (readonly Tokens[])[],
  lengths: { readonly inputs: number; readonly targets: number },
  padId: number,
): ReturnType<BatchAt> => {
  const packed = makePackedBatch(
    rows.map((row) => packedRow(row, ["inputs", "targets"])),
    lengths,
    padId,
  );
  const { size, inputLength, targetLength, inputsSegments, targetsSegments, tokens } = packed;
  const batch = {
    ...batchOf(packed),
    inputsSegments: np.array(inputsSegments, { shape: [size, inputLength] }),
    targetsSegments: np.array(targetsSegments, { shape: [size, targetLength] }),
  };
  return { batch, tokens };
};

/** Batches whose rows are packed with examples: as many rows as fit so many tokens, at least one for each microbatch. */
const packedTrainingBatches = (settings: BatchSettings, packed: number, parts: readonly TokenPart[]): BatchAt => {
  const { microbatches, seed, padId = 0 } = settings;
  const all = parts.flatMap(({ tokens }) => tokens);
  const lengths = packedLengths(all, settings.lengths.input);
  const rows = rowsThatFit(packed, microbatches, lengths.inputs + lengths.targets);
  const sizes = all.map(({ inputs, targets }) => [inputs.length, targets.length]);
  const most = [lengths.inputs, lengths.targets];
  const first = firstOf(parts);
  const draws = function* draws(): Generator<number> {
    const [counts, rates] = [parts.map(({ tokens }) => tokens.length), parts.map(({ rate }) => rate)];
    for (const { part, row } of drawMixture(counts, rates, seed)) yield first[part] + row;
  };
  const rowsAt =
    parts.length === 1
      ? packedBatchRows(sizes, most, rows, seed)
      : packedBatches(draws, (row) => sizes[row], most, rows);
  return (step) =>
    packedBatchOf(
      rowsAt(step).map((row) => row.map((i) => all[i])),
      lengths,
      padId,
    );
};

/**
 * Batches of the training examples by step, padded to a few lengths: of so many examples, or of as many as fit so many padded tokens (input,
 * target and what the method inserts), at least one for each microbatch; or of packed rows. Of several parts each example is drawn by their rates.
 *
 * @example trainingBatches(recipe, [{ tokens, rate: 1 }], insertedLengths(model))(0).batch.inputs // i32[B,T]
 */
export const trainingBatches = (
  settings: BatchSettings,
  parts: readonly TokenPart[],
  inserted: InsertedLengths,
): BatchAt => {
  const { batch: how } = settings;
  if ("packed" in how) return packedTrainingBatches(settings, how.packed, parts);
  const all = parts.flatMap(({ tokens }) => tokens);
  const targetLength = longestOf(all.map(({ targets }) => targets));
  const lengths = all.map(({ inputs }) => inputs.length);
  const buckets = bucketLengths(lengths, settings.lengths.buckets, settings.lengths.input);
  const insertions = inserted.encoder + inserted.decoder;
  const rowsAt = rowsByStep({ ...settings, batch: how }, parts, buckets, insertions + targetLength);
  const { padId = 0, byTask = false } = settings;
  const labelsOf = labelsByRow(parts, padId);
  const tasksOf = byTask ? tasksByRow(parts) : () => ({});
  return (step) => {
    const rows = rowsAt(step);
    const padded: TokenBatch = makeBatch(all, rows, buckets, targetLength, padId);
    const batch = { ...batchOf(padded), ...labelsOf(rows), ...tasksOf(rows) };
    return { batch, tokens: padded.tokens + insertions * padded.size };
  };
};
