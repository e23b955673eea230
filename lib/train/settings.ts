/** @file The names that settings choose among. The command line reads them before it loads anything else. */

/**
 * How a model answers: `greedy` writes the likeliest token at each step, `beam` searches with one beam and T5X's length penalty
 * (its default in evaluations), `rank` takes the label of highest likelihood.
 */
export const DECODINGS = ["greedy", "beam", "rank"] as const;
export type Decoding = (typeof DECODINGS)[number];

/** What stands in front of each input: nothing (as in the paper), the task's name as T5 has it, or the task's number as one token. */
export const INPUT_PREFIXES = ["none", "name", "index"] as const;
export type InputPrefix = (typeof INPUT_PREFIXES)[number];
