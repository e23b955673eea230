/** @file What any model gives that writes one token after the other, and what decoding makes of it. */
import { ArgumentError } from "../core/errors.js";
import { leavesOf } from "../core/pytree.js";
import { isTensor, type Tensor } from "../core/tensor.js";
import * as lax from "../lax/index.js";
import * as np from "../np/index.js";
import { whileLoop } from "../transforms/while.js";

/**
 * A model that writes one token after the other: pure functions of tensors, which are traced once for each shape.
 *
 * `memory` is what the steps only read, `cache` what each hands to the next; both are any pytree of tensors.
 */
export interface Decoder<P, I, M, C> {
  /** How many examples the inputs hold. */
  readonly examples: (inputs: I) => number;
  /** What is computed once. */
  readonly memory: (params: P, inputs: I) => M;
  /**
   * Before the first token. The first axis of every leaf counts rows: `copies` next to each other for each example. Where it holds
   * float64, scores are computed in float64.
   */
  readonly cache: (memory: M, copies: number) => C;
  /** Reads `tokens` (`[rows]` int32) at `position` (`[]` int32, from 0) and gives the logits (`[rows, V]`) of the next. */
  readonly step: (
    params: P,
    memory: M,
    cache: C,
    tokens: Tensor,
    position: Tensor,
  ) => readonly [logits: Tensor, cache: C];
}

/** The dtype of scores, which loops have to know before the first logits: float64 beside a cache in float64. */
export const scoreDType = (cache: unknown): "float32" | "float64" =>
  leavesOf(cache).some((x) => isTensor(x) && x.dtype === "float64") ? "float64" : "float32";

/** Token ids with a meaning. */
export interface SpecialIds {
  /** Read before the first token; default 0. */
  readonly startId?: number;
  /** Ends a sequence; default 1. */
  readonly eosId?: number;
  /** Stands behind sequences that have ended; default 0. */
  readonly padId?: number;
}

/** A sequence that was written. */
export interface Decoded {
  /** Up to its EOS, which stays. */
  readonly tokens: readonly number[];
  /** See the method that made it. */
  readonly score: number;
}

/** Tokens that are given and not chosen: a list for each example, padding (`padId`, which is 0 unless it is given) where the model is free. */
export type Forced = readonly (readonly number[])[];

export const checkCount = (where: string, what: string, n: number, most = Number.MAX_SAFE_INTEGER): void => {
  if (Number.isInteger(n) && n >= 1 && n <= most) return;
  throw new ArgumentError({
    where,
    what: `${what} is out of range`,
    expected: most === Number.MAX_SAFE_INTEGER ? "a whole number from 1 on" : `a whole number from 1 to ${most}`,
    got: String(n),
  });
};

/** @throws {ArgumentError} when a list has not one entry for each example */
export const checkPerExample = (where: string, what: string, list: readonly unknown[], examples: number): void => {
  if (list.length === examples) return;
  throw new ArgumentError({
    where,
    what: `the ${what} do not fit the inputs`,
    expected: `${examples}, one for each example`,
    got: `${list.length}`,
  });
};

/** @throws {ArgumentError} for no examples, or forced tokens that are not as many */
export const checkExamples = (where: string, examples: number, forced: Forced | undefined): void => {
  checkCount(where, "the number of examples", examples);
  if (forced !== undefined) checkPerExample(where, "forced tokens", forced, examples);
};

/** @throws {ArgumentError} for a score that is NaN: then the logits were, and what was chosen by them means nothing */
export const checkNumber = (where: string, score: number, at: string): void => {
  if (!Number.isNaN(score)) return;
  throw new ArgumentError({
    where,
    what: "the model gives logits that are NaN",
    expected: "numbers",
    got: "NaN",
    at,
    hint: "there is NaN in the weights or in what was tuned, or a number on the way is too big for its type",
  });
};

/** Stands in `forcedTokens` where the model is free; no token, since 0 is one like others where padding has another id. */
const FREE = -1;

/** Forced tokens as `[examples * copies, length]` int32, the rows of one example next to each other; `isFree` reads them. */
export const forcedTokens = (
  forced: Forced | undefined,
  copies: number,
  length: number,
  padId: number,
): Tensor | undefined => {
  if (forced === undefined) return undefined;
  const rows = forced.flatMap((tokens) => new Array<readonly number[]>(copies).fill(tokens));
  const data = new Int32Array(rows.length * length).fill(FREE);
  rows.forEach((tokens, i) => {
    data.set(
      tokens.slice(0, length).map((token) => (token === padId ? FREE : token)),
      i * length,
    );
  });
  return np.array(data, { shape: [rows.length, length] });
};

/** The column of `forcedTokens` at a position, `[rows]`. */
export const forcedAt = (tokens: Tensor, position: Tensor): Tensor =>
  lax.dynamicIndexInDim(tokens, position, 1, { keepDims: false });

/** Where no token is forced. */
export const isFree = (forced: Tensor): Tensor => np.equal(forced, FREE);

/** `whileLoop` with a state of any type that is a tree of tensors, as that of any decoder's cache is. */
export const whileGoesOn = whileLoop as unknown as <S>(
  goesOn: (state: S) => Tensor,
  turn: (state: S) => S,
  first: S,
) => S;
