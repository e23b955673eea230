/** @file The loop of decoding one token a row at a time: compiled once a shape, ended by EOS, read as it runs. */
import { currentRuntime, withRuntime } from "../core/runtime.js";
import { dispose, type Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import { jit } from "../transforms/jit.js";
import {
  checkCount,
  checkExamples,
  checkPerExample,
  type Decoded,
  type Decoder,
  type Forced,
  type SpecialIds,
  unfolded,
  withForced,
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
  readonly key?: Tensor;
}

/** What every step reads: a number for each row. */
interface Settings {
  readonly temperature: Tensor;
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

/** Rows of tokens, as they grow. */
class Rows {
  readonly rows: number[][];
  readonly ended: boolean[];
  constructor(count: number) {
    this.rows = Array.from({ length: count }, () => []);
    this.ended = new Array<boolean>(count).fill(false);
  }
  /** Takes the tokens of one step. Returns whether all rows have ended with it. */
  push(tokens: ArrayLike<number>, ended: ArrayLike<number>): boolean {
    this.rows.forEach((row, i) => {
      if (!this.ended[i]) row.push(tokens[i]);
      this.ended[i] = ended[i] !== 0;
    });
    return !this.ended.includes(false);
  }
}

/** The sequences of each example, best first. */
const grouped = (rows: readonly number[][], scores: ArrayLike<number>, copies: number): Decoded[][] => {
  const all = rows.map((tokens, i) => ({ tokens, score: scores[i] }));
  return Array.from({ length: rows.length / copies }, (_, i) =>
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
  const { maxLength, copies, startId = 0, eosId = 1 } = options;
  checkCount(where, "maxLength", maxLength);
  checkCount(where, "the number of sequences", copies);
  for (const most of [options.maxNewTokens ?? maxLength].flat()) checkCount(where, "maxNewTokens", most);

  const remember = jit((params: P, inputs: I): M => decoder.memory(params, inputs));
  const firstWalk = (memory: M, left: Int32Array, key: Tensor | undefined): Walk<C> => ({
    cache: decoder.cache(memory, copies),
    tokens: np.full([left.length], startId, "int32"),
    position: np.zeros([], "int32"),
    ended: np.zeros([left.length], "bool"),
    left: np.array(left),
    score: np.zeros([left.length]),
    ...(key === undefined ? {} : { key: np.copy(key) }),
  });
  const advance = jit(
    function nextToken(params: P, memory: M, settings: Settings, forced: Tensor, walk: Walk<C>): Walk<C> {
      const [logits, cache] = decoder.step(params, memory, walk.cache, walk.tokens, walk.position);
      const [key, now] = walk.key === undefined ? [] : random.subkeys(walk.key, 2);
      const choice = choose(logits, settings.temperature, now);
      const free = np.logicalAnd(np.equal(forced, 0), np.logicalNot(walk.ended));
      const wanted = np.where(np.equal(forced, 0), choice.tokens, forced);
      const tokens = np.where(walk.ended, 0, wanted);
      const left = np.subtract(walk.left, np.astype(free, "int32"));
      const last = np.logicalOr(np.equal(tokens, eosId), np.lessEqual(left, 0));
      return {
        cache,
        tokens,
        position: np.add(walk.position, 1),
        // A forced EOS ends nothing.
        ended: np.logicalOr(walk.ended, np.logicalAnd(free, last)),
        left,
        score: np.add(walk.score, np.where(free, choice.logProb, 0)),
        ...(key === undefined ? {} : { key }),
      };
    },
    { donate: [4] },
  );

  /** The states of the loop; the caller reads them and leaves when all rows have ended. */
  function* walks(params: P, inputs: I, { key, forced }: TokenRequest): Generator<Walk<C>, void> {
    const examples = decoder.examples(inputs);
    checkExamples(where, examples, forced);
    const most = options.maxNewTokens ?? maxLength;
    const left = Int32Array.from(perRow(where, most, examples, copies));
    const settings = { temperature: np.array(Float32Array.from(perRow(where, options.temperature, examples, copies))) };
    const held: unknown[] = [settings];
    try {
      const memory = remember(params, inputs);
      held.push(memory);
      const next = (state: Walk<C>, position: number): Walk<C> =>
        withForced(forced, examples, copies, position, (given) => advance(params, memory, settings, given, state));
      yield* unfolded(() => firstWalk(memory, left, key), next, maxLength);
    } finally {
      dispose(held);
    }
  }

  const run = (params: P, inputs: I, request: TokenRequest): Decoded[][] => {
    const made = new Rows(decoder.examples(inputs) * copies);
    let scores: ArrayLike<number> = [];
    for (const walk of walks(params, inputs, request)) {
      const all = made.push(walk.tokens.dataSync(), walk.ended.dataSync());
      if (!all && made.rows[0].length < maxLength) continue;
      scores = walk.score.dataSync();
      if (all) break;
    }
    return grouped(made.rows, scores, copies);
  };

  async function* stream(params: P, inputs: I, request: TokenRequest): AsyncGenerator<readonly number[], void> {
    const runtime = currentRuntime(where);
    const states = walks(params, inputs, request);
    const made = new Rows(decoder.examples(inputs) * copies);
    try {
      for (;;) {
        // The runtime may be another one when the loop goes on.
        const { value: walk, done } = withRuntime(runtime, () => states.next());
        if (done === true) return;
        const [tokens, ended] = await Promise.all([walk.tokens.data(), walk.ended.data()]);
        const all = made.push(tokens, ended);
        yield Array.from(tokens);
        if (all) return;
        await breathe();
      }
    } finally {
      withRuntime(runtime, () => states.return());
    }
  }

  const free = (): void => {
    remember.dispose();
    advance.dispose();
  };
  return { run, stream, dispose: free };
};
