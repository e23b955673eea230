/**
 * @file Batches for evaluation, where no row is cut: as many rows as fit into a number of tokens, a longer row alone.
 *
 * Rows are padded to a few lengths, so that a compiled program serves many batches.
 */
import { takes } from "../core/composite.js";
import { longestOf, padRows, type Tokens } from "./batch.js";

/** A batch for evaluation. Its last rows may be padding: they repeat an example, and their answers are not read. */
export interface EvaluationBatch {
  /** `[size, inputLength]` row-major. */
  readonly inputs: Int32Array;
  /** `[size, targetLength]` row-major. */
  readonly targets: Int32Array;
  readonly size: number;
  readonly inputLength: number;
  readonly targetLength: number;
  /** The index of the example in each row; has fewer entries than `size` where the last rows are padding. */
  readonly rows: readonly number[];
  /** The id of padding; 0 where it is not said. */
  readonly padId?: number;
}

export interface EvaluationBatchOptions {
  /** Most input tokens of a batch, padding and prompt included. A row that has more is a batch alone. Default 4096. */
  readonly maxTokens?: number;
  /** Soft tokens in front of each row. Default 0. */
  readonly promptLength?: number;
  /** Most different padded lengths. Default 4. */
  readonly lengths?: number;
  /** The model's id of padding. Default 0. */
  readonly padId?: number;
}

const MULTIPLE = 8;

/**
 * At most `count` lengths, multiples of 8, that pad rows of these lengths least.
 *
 * @example paddedLengths([3, 4, 60, 61], 2) // [8, 64]
 */
export const paddedLengths = takes(
  "paddedLengths(lengths, count)",
  (lengths: readonly number[], count: number): number[] => {
    const rounded = lengths.map((n) => Math.ceil(n / MULTIPLE) * MULTIPLE).sort((a, b) => a - b);
    const distinct = [...new Set(rounded)];
    /** Rows of at most the i-th length. */
    const upTo = distinct.map((length) => rounded.lastIndexOf(length) + 1);
    // The best choice for the rows up to each length, if that length is chosen: its cost in tokens, and its lengths.
    let best = distinct.map((length, i) => ({ cost: upTo[i] * length, chosen: [length] }));
    for (let used = 1; used < Math.min(count, distinct.length); used++) {
      const before = best;
      best = distinct.map((length, i) => {
        let found = before[i];
        for (let j = 0; j < i; j++) {
          const cost = before[j].cost + (upTo[i] - upTo[j]) * length;
          if (cost < found.cost) found = { cost, chosen: [...before[j].chosen, length] };
        }
        return found;
      });
    }
    return best.at(-1)?.chosen ?? [];
  },
);

/**
 * All examples in batches of like length, the shortest first. Batches of one length have one size.
 *
 * @example evaluationBatches(tokens, { maxTokens: 8192, promptLength: 100 })
 */
export const evaluationBatches = takes(
  "evaluationBatches(tokens, { maxTokens, promptLength, lengths, padId })",
  (
    tokens: readonly Tokens[],
    { maxTokens = 4096, promptLength = 0, lengths: count = 4, padId = 0 }: EvaluationBatchOptions = {},
  ): EvaluationBatch[] => {
    const lengths = tokens.map(({ inputs }) => inputs.length);
    const order = tokens.map((_, i) => i).sort((a, b) => lengths[a] - lengths[b] || a - b);
    const targetLength = longestOf(tokens.map(({ targets }) => targets));
    let from = 0;
    return paddedLengths(lengths, count).flatMap((inputLength) => {
      const next = order.findIndex((row) => lengths[row] > inputLength);
      const group = order.slice(from, next < 0 ? undefined : next);
      from += group.length;
      const most = Math.max(1, Math.floor(maxTokens / (inputLength + promptLength)));
      const batches = Math.ceil(group.length / most);
      const size = Math.ceil(group.length / batches);
      return Array.from({ length: batches }, (_, i): EvaluationBatch => {
        const rows = group.slice(i * size, (i + 1) * size);
        const filled = Array.from({ length: size }, (_, row) => tokens[rows[Math.min(row, rows.length - 1)]]);
        return {
          inputs: padRows(
            filled.map(({ inputs }) => inputs),
            inputLength,
            padId,
          ),
          targets: padRows(
            filled.map(({ targets }) => targets),
            targetLength,
            padId,
          ),
          size,
          inputLength,
          targetLength,
          rows,
          padId,
        };
      });
    });
  },
);
