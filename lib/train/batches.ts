/** @file The training batch of a step, by examples or by tokens. */
import { ConfigError } from "../core/errors.js";
import { batchRows, bucketLengths, longestOf, makeBatch, type TokenBatch, type Tokens } from "../data/batch.js";
import { tokenBatchRows } from "../data/token-batches.js";
import * as np from "../np/index.js";
import type { Batch } from "../t5/model.js";
import type { RunConfig } from "./config.js";
import type { InsertedLengths } from "./inserted.js";

/** The batch of a step, counted from 0, and how many tokens it has without padding, with what the method inserts. */
export type BatchAt = (step: number) => { readonly batch: Batch; readonly tokens: number };

/** The settings that batches depend on. */
export type BatchSettings = Pick<
  RunConfig,
  "batchSize" | "batchTokens" | "microbatches" | "buckets" | "maxInputLength" | "seed"
>;

/** @throws {ConfigError} when the microbatches do not divide a batch of examples */
export const checkBatches = ({ batchSize, batchTokens, microbatches }: BatchSettings): void => {
  if (batchTokens > 0 || batchSize % microbatches === 0) return;
  throw new ConfigError({
    where: "--microbatches <n>",
    what: "the microbatches do not divide the batch",
    expected: `a number that divides --batch-size ${batchSize}`,
    got: `${microbatches}`,
  });
};

/** How many rows of this many tokens fit, in whole microbatches; at least one in each. */
const rowsThatFit = ({ batchTokens, microbatches }: BatchSettings, rowTokens: number): number =>
  Math.max(1, Math.floor(batchTokens / rowTokens / microbatches)) * microbatches;

/** The padded rows of the training split by step. */
const paddedBatches = (
  settings: BatchSettings,
  tokens: readonly Tokens[],
  inserted: InsertedLengths,
): ((step: number) => TokenBatch) => {
  const { batchSize, batchTokens, seed } = settings;
  const lengths = tokens.map(({ inputs }) => inputs.length);
  const targetLength = longestOf(tokens.map(({ targets }) => targets));
  const buckets = bucketLengths(lengths, settings.buckets, settings.maxInputLength);
  if (batchTokens === 0) {
    return (step) => makeBatch(tokens, batchRows(tokens.length, batchSize, seed, step), buckets, targetLength);
  }
  const beside = inserted.encoder + inserted.decoder + targetLength;
  const sizes = buckets.map((length) => rowsThatFit(settings, length + beside));
  const groups = lengths.map((length) => buckets.findIndex((bucket) => bucket >= length));
  const rowsAt = tokenBatchRows(groups, sizes, seed);
  return (step) => makeBatch(tokens, rowsAt(step).rows, buckets, targetLength);
};

/**
 * Batches of the training split by step, padded to a few lengths: of `batchSize` examples, or of as many as fit `batchTokens` padded tokens
 * (input, target and what the method inserts), at least one for each microbatch.
 *
 * @example trainingBatches(config, tokens, insertedLengths(model))(0).batch.inputs // i32[B,T]
 */
export const trainingBatches = (
  settings: BatchSettings,
  tokens: readonly Tokens[],
  inserted: InsertedLengths,
): BatchAt => {
  const paddedAt = paddedBatches(settings, tokens, inserted);
  return (step) => {
    const b = paddedAt(step);
    const batch = {
      inputs: np.array(b.inputs, { shape: [b.size, b.inputLength] }),
      targets: np.array(b.targets, { shape: [b.size, b.targetLength] }),
    };
    return { batch, tokens: b.tokens + (inserted.encoder + inserted.decoder) * b.size };
  };
};
