/**
 * @file Batches of token ids, padded to a few lengths.
 *
 * A training batch is a function of the seed and the step alone: nothing has to be saved to go on in the middle of an epoch. Lengths
 * are rounded up to a few buckets, so that a jitted step compiles a few programs.
 */
import { takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Example } from "../metrics/answered.js";
import { remembering } from "../tokenizer/remembering.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";

/** One example as ids, each row ended by EOS. */
export interface Tokens {
  readonly inputs: readonly number[];
  readonly targets: readonly number[];
}

/**
 * Ids cut to `length - 1` and ended by EOS (T5's `append_eos_after_trim`); not cut without a length.
 *
 * @throws {ArgumentError} when the length is not a whole number from 1
 */
export const withEos = takes(
  "withEos(ids, eosId, length)",
  (ids: readonly number[], eosId: number, length?: number): number[] => {
    if (length === undefined) return [...ids, eosId];
    if (Number.isSafeInteger(length) && length > 0) return [...ids.slice(0, length - 1), eosId];
    const [what, expected] = ["ids cannot be cut to this length", "a whole number from 1"];
    throw new ArgumentError({ where: "tokenize", what, expected, got: `${length}` });
  },
);

/** How `tokenize` cuts, and what it puts in front of inputs. */
export interface TokenizeOptions {
  /** Most ids of an input, EOS included; not cut by default. */
  readonly inputLength?: number;
  /** Most ids of a target, EOS included; not cut by default. */
  readonly targetLength?: number;
  /** The task's own name, put in front of each input with a space, as T5 was trained: `Task.prefix`. */
  readonly name?: string;
  /** The task's number, put in front of each input as the id `vocabSize - (index + 1)`, a sentinel: `Task.index`. */
  readonly index?: number;
  /** An id put in front of each target, such as `tokenizer.sentinelId(0)` for a model that has only seen span corruption. */
  readonly sentinel?: number;
}

/** A target as ids with EOS, behind a sentinel where there is one; cut to a length as `withEos` cuts. */
export const targetIds = (
  text: string,
  tokenizer: Pick<Tokenizer, "encode" | "eosId">,
  sentinel?: number,
  length?: number,
): number[] => {
  const ids = tokenizer.encode(text);
  return withEos(sentinel === undefined ? ids : [sentinel, ...ids], tokenizer.eosId, length);
};

/**
 * Examples as ids.
 *
 * @throws {ArgumentError} when a length is not a whole number from 1
 * @example tokenize(examples, tokenizer, { inputLength: 512, name: task.prefix })
 */
export const tokenize = takes(
  "tokenize(examples, tokenizer, { inputLength, targetLength, name, index, sentinel })",
  (
    examples: readonly Example[],
    tokenizer: Pick<Tokenizer, "encode" | "eosId" | "vocabSize">,
    { inputLength, targetLength, name, index, sentinel }: TokenizeOptions = {},
  ): Tokens[] => {
    const indexed = (ids: number[]): number[] =>
      index === undefined ? ids : [tokenizer.vocabSize - (index + 1), ...ids];
    const named = (inputs: string): string => (name === undefined ? inputs : `${name} ${inputs}`);
    // Many examples have one of a few labels, and share its ids.
    const targetOf = remembering((text) => targetIds(text, tokenizer, sentinel, targetLength));
    return examples.map((e) => ({
      inputs: withEos(indexed(tokenizer.encode(named(e.inputs))), tokenizer.eosId, inputLength),
      targets: targetOf(e.targets),
    }));
  },
);

/** A number in `[0, 2^32)` that mixes its arguments well (Wang's and Murmur's finalisers). */
export const mix = (a: number, b: number): number => {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

/** The order of the examples in an epoch: a Fisher-Yates shuffle drawn from the seed and the epoch. */
export const epochOrder = takes(
  "epochOrder(size, seed, epoch)",
  (size: number, seed: number, epoch: number): number[] => {
    const order = Array.from({ length: size }, (_, i) => i);
    const key = mix(seed, epoch);
    for (let i = size - 1; i > 0; i--) {
      const j = mix(key, i) % (i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  },
);

/** Which examples the batch of each step holds, as `batchRows`; the order of an epoch is drawn once for all of its steps. */
export const shuffledRows = takes(
  "shuffledRows(size, batchSize, seed)",
  (size: number, batchSize: number, seed: number): ((step: number) => number[]) => {
    const orders = new Map<number, number[]>();
    const orderOf = (epoch: number): number[] => {
      const known = orders.get(epoch);
      if (known !== undefined) return known;
      // A batch across the end of an epoch needs two; one of many epochs draws them again.
      if (orders.size > 1) orders.clear();
      const order = epochOrder(size, seed, epoch);
      orders.set(epoch, order);
      return order;
    };
    return (step) =>
      Array.from({ length: batchSize }, (_, i) => {
        const at = step * batchSize + i;
        return orderOf(Math.floor(at / size))[at % size];
      });
  },
);

/** Which examples the batch of a step holds; batches go on across the ends of epochs. */
export const batchRows = takes(
  "batchRows(size, batchSize, seed, step)",
  (size: number, batchSize: number, seed: number, step: number): number[] => shuffledRows(size, batchSize, seed)(step),
);

/** At most `count` lengths, evenly spread over the sorted lengths, the longest included; each rounded up to a multiple of 8. */
export const bucketLengths = takes(
  "bucketLengths(lengths, count, most)",
  (lengths: readonly number[], count: number, most = Number.POSITIVE_INFINITY): number[] => {
    const sorted = [...lengths].sort((a, b) => a - b);
    const picked = Array.from({ length: count }, (_, i) => sorted[Math.ceil(((i + 1) * sorted.length) / count) - 1]);
    const rounded = picked.map((n) => Math.min(most, Math.ceil(n / 8) * 8));
    return [...new Set(rounded)].sort((a, b) => a - b);
  },
);

/** Rows of ids padded to one length, row-major; with 0 unless another id is given. */
export const padRows = (rows: readonly (readonly number[])[], length: number, padId = 0): Int32Array => {
  const out = new Int32Array(rows.length * length).fill(padId);
  rows.forEach((row, i) => {
    out.set(row, i * length);
  });
  return out;
};

/** A padded batch as plain arrays. */
export interface TokenBatch {
  /** `[size, inputLength]` row-major. */
  readonly inputs: Int32Array;
  /** `[size, targetLength]` row-major. */
  readonly targets: Int32Array;
  readonly size: number;
  readonly inputLength: number;
  readonly targetLength: number;
  /** Ids that are not padding. */
  readonly tokens: number;
}

/** The length of the longest row; of any number of rows, where a call with as many arguments would overflow the stack. */
export const longestOf = (rows: readonly (readonly number[])[]): number =>
  rows.reduce((longest, row) => Math.max(longest, row.length), 0);

const NO_BUCKET = "no bucket is long enough";

/** The smallest length that holds every row. @throws {ArgumentError} when none does: a row that is cut would lose its EOS */
export const lengthFor = (what: string, rows: readonly (readonly number[])[], buckets: readonly number[]): number => {
  const longest = longestOf(rows);
  const fits = buckets.find((b) => b >= longest);
  if (fits !== undefined) return fits;
  throw new ArgumentError({
    where: "batch",
    what,
    expected: `at most ${buckets.at(-1)} tokens`,
    got: `${longest}`,
  });
};

/**
 * Pads some examples to one bucket, and their targets to `targetLength`; with 0 unless the model has another id for it.
 *
 * @throws {ArgumentError} when an input fits no bucket, or a target is longer
 */
export const makeBatch = takes(
  "makeBatch(tokens, rows, buckets, targetLength, padId)",
  (
    tokens: readonly Tokens[],
    rows: readonly number[],
    buckets: readonly number[],
    targetLength: number,
    padId = 0,
  ): TokenBatch => {
    const inputs = rows.map((r) => tokens[r].inputs);
    const targets = rows.map((r) => tokens[r].targets);
    const inputLength = lengthFor(NO_BUCKET, inputs, buckets);
    return {
      inputs: padRows(inputs, inputLength, padId),
      targets: padRows(targets, lengthFor("a target is too long", targets, [targetLength]), padId),
      size: rows.length,
      inputLength,
      targetLength,
      tokens: [...inputs, ...targets].reduce((n, row) => n + row.length, 0),
    };
  },
);
