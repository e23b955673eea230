/** @file What any model gives that writes one token after the other, and what decoding makes of it. */
import { scope } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { dispose, type Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";

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
  /** Before the first token. The first axis of every leaf counts rows: `copies` next to each other for each example. */
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

/** Token ids with a meaning. */
export interface SpecialIds {
  /** Read before the first token; default 0. */
  readonly startId?: number;
  /** Ends a sequence; default 1. */
  readonly eosId?: number;
}

/** A sequence that was written. */
export interface Decoded {
  /** Up to its EOS, which stays. */
  readonly tokens: readonly number[];
  /** See the method that made it. */
  readonly score: number;
}

/** Tokens that are given and not chosen: a list for each example, 0 where the model is free. */
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

/** What `use` makes of the tokens forced at a position, `copies` times each: `[examples * copies]` int32, freed afterwards. */
export const withForced = <R>(
  forced: Forced | undefined,
  examples: number,
  copies: number,
  position: number,
  use: (given: Tensor) => R,
): R => {
  const row = new Int32Array(examples * copies);
  forced?.forEach((tokens, i) => {
    row.fill(tokens[position] ?? 0, i * copies, (i + 1) * copies);
  });
  const given = np.array(row);
  try {
    return use(given);
  } finally {
    given.dispose();
  }
};

/** The states of a loop, one after the other. Each is freed when the next is asked for (`next` may donate it), or when the loop is left. */
export function* unfolded<S>(first: () => S, next: (state: S, step: number) => S, steps: number): Generator<S, void> {
  let state = scope(first);
  try {
    for (let i = 0; i < steps; i++) {
      state = next(state, i);
      yield state;
    }
  } finally {
    dispose(state);
  }
}
