/** @file The few shapes of batches: a program is compiled for each, and must not be for each request. */

/** Lengths of texts and of prompts begin with it. */
const STEP = 16;

/** Rows of a batch that holds `rows`: a power of two, at most `most`. */
export const batchRows = (rows: number, most: number): number => Math.min(most, 2 ** Math.ceil(Math.log2(rows)));

/** Tokens of a batch whose longest text has `tokens`: 16, 32, 64, … at most `most`. */
export const textLength = (tokens: number, most: number): number =>
  Math.min(most, STEP * 2 ** Math.ceil(Math.log2(Math.max(1, tokens / STEP))));

/** Vectors of a batch whose longest prompt has `vectors`: a multiple of 16. */
export const promptLength = (vectors: number): number => STEP * Math.ceil(vectors / STEP);
