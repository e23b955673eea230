/** @file The few shapes of batches: a program is compiled for each, and must not be for each request. */

/** Rows of a batch that holds `rows`: a power of two, at most `most`. */
export const batchRows = (rows: number, most: number): number => Math.min(most, 2 ** Math.ceil(Math.log2(rows)));

/** Tokens of a batch whose longest text has `tokens`: 16, 24, 32, 48, 64, 96, … at most `most`. */
export const textLength = (tokens: number, most: number): number => {
  const power = 2 ** Math.ceil(Math.log2(Math.max(16, tokens)));
  const between = (power * 3) / 4;
  return Math.min(most, tokens <= between && between > 16 ? between : power);
};

/** Vectors of a batch whose longest prompt has `vectors`: a multiple of 4, as the usual 20 and 100 are. */
export const promptLength = (vectors: number): number => 4 * Math.ceil(vectors / 4);

/** The rank of a batch whose highest rank is `rank`: a power of two. */
export const adapterRank = (rank: number): number => 2 ** Math.ceil(Math.log2(rank));
