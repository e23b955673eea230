/**
 * @file The loop of decoding one token a row at a time: compiled once a shape, ended by EOS.
 *
 * One step is a pure function of what was written so far. A call runs all of them as one program, so that the cache stays on the device;
 * a stream runs a program for each step and reads what it made.
 */
import { scope } from "../core/composite.js";
import { currentRuntime, withRuntime } from "../core/runtime.js";
import { dispose, type Tensor } from "../core/tensor.js";
import * as lax from "../lax/index.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import { jit } from "../transforms/jit.js";
import {
  checkCount,
  checkExamples,
  checkNumber,
  checkPerExample,
  type Decoded,
  type Decoder,
  type Forced,
  forcedAt,
  forcedTokens,
  isFree,
  type SpecialIds,
  scoreDType,
  whileGoesOn,
} from "./decoder.js";

/** What a rule chooses: `[rows]` int32, and the logarithm of its probability. */
export interface Choice {
  readonly tokens: Tensor;
  readonly logProb: Tensor;
}

/** How a token is chosen from logits `[rows, V]`; `key` is fresh in every step. */
export type Choose = (logits: Tensor, temperature: Tensor, key: Tensor | undefined) => Choice;

export interface TokenLoopOptions extends SpecialIds {
  /** Most tokens of a sequence, forced ones and EOS included. */
  readonly maxLength: number;
  /** Most tokens that are chosen, for all examples or for each; by default as many as fit. */
  readonly maxNewTokens?: number | readonly number[];
}

/** What differs from call to call. */
export interface TokenRequest {
  readonly key?: Tensor;
  readonly forced?: Forced;
}

/** What the loop hands on; a pytree of tensors, a row for each sequence. */
interface Walk<C> {
  readonly cache: C;
  /** Read next. */
  readonly tokens: Tensor;
  readonly position: Tensor;
  /** Whether the row has ended, so that only padding follows. */
  readonly ended: Tensor;
  /** How many tokens may still be chosen. */
  readonly left: Tensor;
  /** Sum of the logarithms of the chosen tokens' probabilities. */
  readonly score: Tensor;
  readonly key: Tensor | undefined;
}

/** What every step reads. */
interface Settings {
  /** A number for each row. */
  readonly temperature: Tensor;
  /** See `forcedTokens`. */
  readonly forced: Tensor | undefined;
}

/** What the first step needs besides the memory. */
interface Start {
  /** How many tokens may be chosen, for each row. */
  readonly left: Tensor;
  readonly key: Tensor | undefined;
}

/** Sequences that were written. */
interface Written {
  /** `[rows, maxLength]` int32 */
  readonly tokens: Tensor;
  /** How many of them are a sequence, `[rows]` int32. */
  readonly lengths: Tensor;
  readonly score: Tensor;
}

export interface TokenLoop<P, I> {
  /** All sequences of each example, best first. */
  run(params: P, inputs: I, request: TokenRequest): Decoded[][];
  /** The token of every row as it is made; padding for rows that have ended. */
  stream(params: P, inputs: I, request: TokenRequest): AsyncGenerator<readonly number[], void>;
  dispose(): void;
}

/** One number for each row, from one for all examples or one for each. @throws {ArgumentError} when they are not as many */
const perRow = (where: string, value: number | readonly number[], examples: number, copies: number): number[] => {
  const each = typeof value === "number" ? new Array<number>(examples).fill(value) : value;
  checkPerExample(where, "numbers given for each example", each, examples);
  return each.flatMap((x) => new Array<number>(copies).fill(x));
};

/** Lets timers, input and signals have their turn. */
const breathe = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** @throws {ArgumentError} where the score of a row is NaN */
const checkScores = (where: string, scores: ArrayLike<number>, copies: number): void => {
  for (let i = 0; i < scores.length; i++) checkNumber(where, scores[i], `example ${Math.floor(i / copies)}`);
};

/** The sequences of each example, best first. */
const grouped = (where: string, { tokens, lengths, score }: Written, copies: number): Decoded[][] => {
  const [ids, counts, scores] = [tokens.dataSync(), lengths.dataSync(), score.dataSync()];
  checkScores(where, scores, copies);
  const width = tokens.shape[1];
  const all = Array.from(counts, (count, i) => ({
    tokens: Array.from(ids.subarray(i * width, i * width + count)),
    score: scores[i],
  }));
  return Array.from({ length: all.length / copies }, (_, i) =>
    all.slice(i * copies, (i + 1) * copies).sort((a, b) => b.score - a.score),
  );
};

/** The loop for a decoder and a way to choose tokens; `copies` sequences for each example. */
export const tokenLoop = <P, I, M, C>(
  where: string,
  decoder: Decoder<P, I, M, C>,
  choose: Choose,
  options: TokenLoopOptions & { readonly temperature: number | readonly number[]; readonly copies: number },
): TokenLoop<P, I> => {
  const { maxLength, copies, startId = 0, eosId = 1, padId = 0 } = options;
  checkCount(where, "maxLength", maxLength);
  checkCount(where, "the number of sequences", copies);
  for (const most of [options.maxNewTokens ?? maxLength].flat()) checkCount(where, "maxNewTokens", most);

  const firstWalk = (memory: M, { left, key }: Start): Walk<C> => {
    const cache = decoder.cache(memory, copies);
    return {
      cache,
      tokens: np.full(left.shape, startId, "int32"),
      position: np.zeros([], "int32"),
      ended: np.zeros(left.shape, "bool"),
      left,
      score: np.zeros(left.shape, scoreDType(cache)),
      key,
    };
  };

  const nextToken = (params: P, memory: M, settings: Settings, walk: Walk<C>): Walk<C> => {
    const [logits, cache] = decoder.step(params, memory, walk.cache, walk.tokens, walk.position);
    const [key, now] = walk.key === undefined ? [] : random.subkeys(walk.key, 2);
    const choice = choose(logits, settings.temperature, now);
    const forced = settings.forced && forcedAt(settings.forced, walk.position);
    const chosen = forced && isFree(forced);
    const live = np.logicalNot(walk.ended);
    const free = chosen === undefined ? live : np.logicalAnd(chosen, live);
    const wanted = chosen === undefined ? choice.tokens : np.where(chosen, choice.tokens, forced as Tensor);
    const tokens = np.where(walk.ended, padId, wanted);
    const left = np.subtract(walk.left, np.astype(free, "int32"));
    const last = np.logicalOr(np.equal(tokens, eosId), np.lessEqual(left, 0));
    return {
      cache,
      tokens,
      position: np.add(walk.position, 1),
      // A forced EOS ends nothing.
      ended: np.logicalOr(walk.ended, np.logicalAnd(free, last)),
      left,
      score: np.add(walk.score, np.where(free, np.astype(choice.logProb, walk.score.dtype), 0)),
      key,
    };
  };

  const writing = (params: P, memory: M, settings: Settings, first: Walk<C>): Written => {
    const [rows] = first.left.shape;
    const none = { tokens: np.zeros([rows, maxLength], "int32"), lengths: np.zeros([rows], "int32") };
    const { walk, tokens, lengths } = whileGoesOn(
      ({ walk: { position, ended } }) => np.logicalAnd(np.less(position, maxLength), np.logicalNot(np.all(ended))),
      ({ walk, tokens, lengths }) => {
        const next = nextToken(params, memory, settings, walk);
        return {
          walk: next,
          tokens: lax.dynamicUpdateSlice(tokens, np.expandDims(next.tokens, 1), [0, walk.position]),
          lengths: np.add(lengths, np.astype(np.logicalNot(walk.ended), "int32")),
        };
      },
      { walk: first, ...none },
    );
    return { tokens, lengths, score: walk.score };
  };

  const begin = jit(function startDecoding(params: P, inputs: I, start: Start): readonly [memory: M, first: Walk<C>] {
    const memory = decoder.memory(params, inputs);
    return [memory, firstWalk(memory, start)];
  });
  const advance = jit(nextToken, { donate: [3] });
  const write = jit(function decodeAll(params: P, inputs: I, settings: Settings, start: Start): Written {
    const memory = decoder.memory(params, inputs);
    return writing(params, memory, settings, firstWalk(memory, start));
  });

  /** Per-call settings, as tensors; those that are made here are the caller's to free. */
  const told = (inputs: I, { key, forced }: TokenRequest): { readonly settings: Settings; readonly start: Start } => {
    const examples = decoder.examples(inputs);
    checkExamples(where, examples, forced);
    const each = (value: number | readonly number[]): number[] => perRow(where, value, examples, copies);
    const [left, temperature] = [each(options.maxNewTokens ?? maxLength), each(options.temperature)];
    return {
      settings: {
        temperature: np.array(Float32Array.from(temperature)),
        forced: forcedTokens(forced, copies, maxLength, padId),
      },
      start: { left: np.array(Int32Array.from(left)), key },
    };
  };

  const run = (params: P, inputs: I, request: TokenRequest): Decoded[][] =>
    scope(() => {
      const { settings, start } = told(inputs, request);
      return grouped(where, write(params, inputs, settings, start), copies);
    });

  async function* stream(params: P, inputs: I, request: TokenRequest): AsyncGenerator<readonly number[], void> {
    // It may be another one when the loop goes on.
    const runtime = currentRuntime(where);
    const { memory, settings, first } = scope(() => {
      const { settings, start } = told(inputs, request);
      const [memory, first] = begin(params, inputs, start);
      return { memory, settings, first };
    });
    let walk = first;
    try {
      for (let position = 0; position < maxLength; position++) {
        walk = withRuntime(runtime, () => advance(params, memory, settings, walk));
        const [tokens, ended, scores] = await Promise.all([walk.tokens, walk.ended, walk.score].map((x) => x.data()));
        checkScores(where, scores, copies);
        yield Array.from(tokens);
        if (!ended.includes(0)) return;
        await breathe();
      }
    } finally {
      dispose([memory, settings, walk]);
    }
  }

  const free = (): void => {
    for (const program of [begin, advance, write]) program.dispose();
  };
  return { run, stream, dispose: free };
};
