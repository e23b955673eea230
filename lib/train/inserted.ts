/** @file How many vectors a method adds to the rows of a batch. */
import { takes } from "../core/composite.js";
import type { Tensor } from "../core/tensor.js";
import type { Inserted } from "../t5/modified.js";

/** Vectors that are added to each row. */
export interface InsertedLengths {
  readonly encoder: number;
  readonly decoder: number;
}

const lengthOf = (vectors: Tensor | undefined): number => vectors?.shape[vectors.ndim - 2] ?? 0;

/**
 * How many vectors stand in each row beside its tokens, by the shapes of what is inserted.
 *
 * @example insertedLengths({ params, prefix: np.zeros([20, 512]) }) // { encoder: 20, decoder: 0 }
 */
export const insertedLengths = takes(
  "insertedLengths(inserted)",
  ({ prefix, suffix, beforeEos, decoderPrefix }: Inserted): InsertedLengths => ({
    encoder: lengthOf(prefix) + lengthOf(suffix) + lengthOf(beforeEos),
    decoder: lengthOf(decoderPrefix),
  }),
);
