/** @file Choosing tokens: the most likely one, or one drawn after temperature, top-k and top-p. */
import { composite, takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as nn from "../nn/index.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import { checkCount, type Decoded, type Decoder } from "./decoder.js";
import { type Choice, type TokenLoopOptions, type TokenRequest, tokenLoop } from "./token-loop.js";

/** The logit of tokens that are cut off; T5X's value. */
const CUT = -1e7;
/** A temperature up to here means the most likely token, as in T5X. */
const COLD = 1e-4;

export interface CutOptions {
  /** Only the `topK` most likely tokens are drawn; 0, the default, for no limit. Ties with the last one stay. */
  readonly topK?: number;
  /** Only the smallest set of tokens whose probabilities sum to `topP` at least, in (0, 1]; default 1. Ties with the last one stay. */
  readonly topP?: number;
}

export interface SampleOptions extends TokenLoopOptions, CutOptions {
  /** Logits are divided by it, for all examples or for each; up to 1e-4 the most likely token is taken. Default 1. */
  readonly temperature?: number | readonly number[];
  /** Sequences drawn for each example; default 1. */
  readonly numReturn?: number;
  /**
   * Whether a score is the log probability under the distribution that was drawn from (default, as in T5X: 0 for a token without
   * alternative), or that of the model's own.
   */
  readonly rescaleLogProbs?: boolean;
}

/** `x` where it is not below `least` (`[rows, 1]`), cut off elsewhere. */
const cutBelow = (x: Tensor, least: Tensor): Tensor => np.where(np.greaterEqual(x, least), x, CUT);

/**
 * Logits without those that sampling leaves out: all but the `topK` highest, and of what is left all but the most likely that
 * together have the probability `topP`.
 *
 * - `logits`: `[rows, V]`, divided by the temperature before
 * @returns the shape of `logits`, -1e7 where a token is left out
 * @throws {ArgumentError} when `topP` is not in (0, 1], or `topK` not a whole number up to V
 * @see Fan et al. 2018, arXiv:1805.04833 (top-k); Holtzman et al. 2020, arXiv:1904.09751 (nucleus sampling)
 * @example t5.cutLogits(np.log(np.array([[0.3, 0, 0.1, 0.6]])), { topP: 0.55 }) // only the last is left
 */
export const cutLogits = composite(
  "t5.cutLogits(logits, { topK, topP })",
  (logits: Tensor, { topK = 0, topP = 1 }: CutOptions): Tensor => {
    checkCut("t5.cutLogits", { topK, topP });
    if (topK === 0 && topP === 1) return logits;
    if (topK > 0) checkCount("t5.cutLogits", "topK", topK, logits.shape[1]);
    const sorted = np.sort(logits, -1, { descending: true });
    const kth = topK === 0 ? undefined : np.slice(sorted, [null, [topK - 1, topK]]);
    const left = kth === undefined ? logits : cutBelow(logits, kth);
    if (topP === 1) return left;
    const probs = nn.softmax(kth === undefined ? sorted : cutBelow(sorted, kth), -1);
    // A token stays when those before it do not reach topP; the first one always does.
    const before = np.subtract(np.cumsum(probs, { axis: 1 }), probs);
    const stay = np.sum(np.astype(np.less(before, topP), "int32"), { axis: 1, keepDims: true });
    const last = np.takeAlongAxis(sorted, np.maximum(np.subtract(stay, 1), 0), 1);
    return cutBelow(left, last);
  },
);

const checkCut = (where: string, { topK = 0, topP = 1 }: CutOptions): void => {
  if (topK !== 0) checkCount(where, "topK", topK);
  if (topP > 0 && topP <= 1) return;
  throw new ArgumentError({ where, what: "topP is not a probability", expected: "above 0, at most 1", got: `${topP}` });
};

const checkTemperature = (where: string, temperature: number | readonly number[]): void => {
  const wrong = [temperature].flat().find((t) => !(t >= 0 && t < Number.POSITIVE_INFINITY));
  if (wrong === undefined) return;
  throw new ArgumentError({ where, what: "a temperature is out of range", expected: "0 or more", got: String(wrong) });
};

/** The log probability of each row's token. */
const logProbOf = (logits: Tensor, tokens: Tensor): Tensor =>
  np.squeeze(np.takeAlongAxis(nn.logSoftmax(logits, -1), np.expandDims(tokens, 1), 1), 1);

const mostLikely = (logits: Tensor): Choice => {
  const tokens = np.argmax(logits, { axis: 1 });
  return { tokens, logProb: logProbOf(logits, tokens) };
};

/** Draws from the logits that `options` leave; rows that are cold take the most likely token. */
const drawn = (logits: Tensor, temperature: Tensor, key: Tensor, options: SampleOptions): Choice => {
  const cold = np.lessEqual(temperature, COLD);
  const divisor = np.expandDims(np.where(cold, 1, temperature), 1);
  const { topK = 0, topP = 1 } = options;
  const left = cutLogits(np.divide(logits, divisor), { topK, topP });
  const tokens = np.where(cold, np.argmax(logits, { axis: 1 }), random.categorical(key, left));
  // What is cut off and what is cold would hide a logit that is NaN; the score has to tell.
  const certain = np.where(np.isnan(np.sum(logits, { axis: 1 })), Number.NaN, 0);
  if (options.rescaleLogProbs === false) return { tokens, logProb: logProbOf(logits, tokens) };
  return { tokens, logProb: np.add(certain, np.where(cold, 0, logProbOf(left, tokens))) };
};

/** Decoding one token a row at a time, by any decoder. */
export interface TokenDecoding<P, I, R> extends Disposable {
  /** The sequences of each example, best first. */
  (params: P, inputs: I, ...request: R extends { readonly key: Tensor } ? [R] : [R?]): Decoded[][];
  /**
   * The token of every row as it is made (padding for rows that have ended), until all have. The event loop has its turn between
   * tokens; leaving the loop frees everything.
   */
  stream(
    params: P,
    inputs: I,
    ...request: R extends { readonly key: Tensor } ? [R] : [R?]
  ): AsyncGenerator<readonly number[], void>;
  dispose(): void;
}
/** Per-call settings of sampling. */
export interface SampleRequest extends TokenRequest {
  readonly key: Tensor;
}

/** A loop as a function with members. */
const decodingOf = <P, I, R extends TokenRequest>(loop: {
  run(params: P, inputs: I, request: TokenRequest): Decoded[][];
  stream(params: P, inputs: I, request: TokenRequest): AsyncGenerator<readonly number[], void>;
  dispose(): void;
}): TokenDecoding<P, I, R> => {
  const call = (params: P, inputs: I, request: TokenRequest = {}): Decoded[][] => loop.run(params, inputs, request);
  return Object.assign(call, {
    stream: (params: P, inputs: I, request: TokenRequest = {}) => loop.stream(params, inputs, request),
    dispose: loop.dispose,
    [Symbol.dispose]: loop.dispose,
  }) as unknown as TokenDecoding<P, I, R>;
};

/**
 * The most likely token at every step, for any decoder. The score of a sequence is its log likelihood, EOS included.
 *
 * @throws {ArgumentError} when `maxLength` is less than 1
 */
export const greedySearch = takes(
  "t5.greedySearch(decoder, { maxLength, maxNewTokens, startId, eosId, padId })",
  <P, I, M, C>(decoder: Decoder<P, I, M, C>, options: TokenLoopOptions): TokenDecoding<P, I, TokenRequest> =>
    decodingOf(tokenLoop("t5.greedySearch", decoder, mostLikely, { ...options, temperature: 0, copies: 1 })),
);

/**
 * Tokens drawn from `softmax(logits / temperature)` after `cutLogits`, for any decoder; each step splits the key.
 *
 * @throws {ArgumentError} when an option is out of range
 * @see T5X, `t5x.decoding.temperature_sample`; unlike there, `topK` and `topP` may be used together, as in Hugging Face
 */
export const temperatureSample = takes(
  "t5.temperatureSample(decoder, { temperature, numReturn, rescaleLogProbs, maxLength, maxNewTokens, startId, eosId, padId, topK, topP })",
  <P, I, M, C>(decoder: Decoder<P, I, M, C>, options: SampleOptions): TokenDecoding<P, I, SampleRequest> => {
    const where = "t5.temperatureSample";
    const { temperature = 1, numReturn: copies = 1 } = options;
    checkCut(where, options);
    checkTemperature(where, temperature);
    const choose = (logits: Tensor, temperatures: Tensor, key: Tensor | undefined): Choice => {
      if (key !== undefined) return drawn(logits, temperatures, key, options);
      throw new ArgumentError({
        where,
        what: "there is no key to draw from",
        expected: "{ key: random.key(seed) }",
        got: "none",
      });
    };
    return decodingOf(tokenLoop(where, decoder, choose, { ...options, temperature, copies }));
  },
);
