/**
 * @file Inputs and targets as one sequence, as a model without an encoder reads them.
 *
 * Source: https://github.com/google/seqio, `PrefixLMFeatureConverter`, version 0.0.20; spec 8.4.
 */
import { takes } from "../core/composite.js";
import type { Tokens } from "./batch.js";

/** An example of a model without an encoder; all lists have one length. */
export interface DecoderOnlyExample {
  /** The inputs, then the targets. */
  readonly targets: readonly number[];
  /** 1 where a token counts in the loss, else 0. */
  readonly weights: readonly number[];
  /** 1 where all positions see: the inputs and one more, since the last input predicts the first target; else 0. */
  readonly prefix: readonly number[];
}

export interface DecoderOnlyOptions {
  /** Whether inputs do not count in the loss. Default true. */
  readonly lossOnTargetsOnly?: boolean;
}

/**
 * An example with its inputs in front of its targets. Empty targets become padding, which does not count.
 *
 * Packed rows are made by `packRows` and `packedRow(examples, ["targets", "weights", "prefix"])`, which keep that padding in its place.
 *
 * @example decoderOnly({ inputs: [7, 1], targets: [4, 1] }) // { targets: [7, 1, 4, 1], weights: [0, 0, 1, 1], prefix: [1, 1, 1, 0] }
 */
export const decoderOnly = takes(
  "decoderOnly(example, { lossOnTargetsOnly })",
  ({ inputs, targets }: Tokens, { lossOnTargetsOnly = true }: DecoderOnlyOptions = {}): DecoderOnlyExample => {
    const all = [...inputs, ...(targets.length === 0 ? [0] : targets)];
    const before = inputs.length;
    return {
      targets: all,
      weights: all.map((id, i) => Number(id !== 0 && (i >= before || !lossOnTargetsOnly))),
      prefix: all.map((_, i) => Number(i <= before)),
    };
  },
);
