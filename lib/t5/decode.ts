/** @file Getting text out: greedy decoding, and ranking given answers by their likelihood. */
import { composite } from "../core/composite.js";
import { dispose, type Tensor } from "../core/tensor.js";
import * as nn from "../nn/index.js";
import * as np from "../np/index.js";
import { type Jitted, jit } from "../transforms/jit.js";
import type { T5Config } from "./config.js";
import { decode, type Encoded, encode, logitsOf, type Params, type PromptParams, shiftRight } from "./model.js";

/** A prompt, or null for the bare model. */
type MaybePrompt = PromptParams | null;

const encodeBatch = (config: T5Config, params: Params, prompt: MaybePrompt, inputs: Tensor): Encoded =>
  encode(config, params, inputs, prompt === null ? {} : { prefix: prompt.prompt });

export interface Greedy {
  /**
   * Token ids of the most likely continuation, step by step.
   *
   * @param inputs     `[B, T]` int32
   * @param maxLength  most tokens to produce, EOS included
   * @returns a row a example, cut after its first EOS (which stays)
   */
  (params: Params, prompt: MaybePrompt, inputs: Tensor, maxLength: number): number[][];
  dispose(): void;
}

/**
 * Greedy decoding. The whole prefix is decoded again at every step, in a program of fixed shape, so a batch shape compiles
 * once; for short answers that costs less than a cache would save.
 *
 * @example const ids = t5.greedy(config)(params, { prompt }, inputs, 8)
 */
export const greedy = (config: T5Config): Greedy => {
  const encodeJit = jit(function encodeInputs(params: Params, prompt: MaybePrompt, inputs: Tensor): Encoded {
    return encodeBatch(config, params, prompt, inputs);
  });
  // The logits of one position only: the vocabulary is by far the widest product of a decoder step.
  const nextJit = jit(function nextToken(params: Params, encoded: Encoded, tokens: Tensor, position: Tensor): Tensor {
    const states = decode(config, params, encoded, tokens);
    const here = np.take(states, position, 1, "clip");
    return np.argmax(logitsOf(config, params, np.expandDims(here, 1)), { axis: 2 });
  });
  const run = (params: Params, prompt: MaybePrompt, inputs: Tensor, maxLength: number): number[][] => {
    const batch = inputs.shape[0];
    const encoded = encodeJit(params, prompt, inputs);
    const rows: number[][] = Array.from({ length: batch }, () => []);
    const done = new Array<boolean>(batch).fill(false);
    const decoderInputs = new Int32Array(batch * maxLength);
    for (let row = 0; row < batch; row++) decoderInputs[row * maxLength] = config.decoderStartId;
    try {
      for (let i = 0; i < maxLength && done.includes(false); i++) {
        const tokens = np.array(decoderInputs, { shape: [batch, maxLength] });
        const position = np.scalar(i, "int32");
        const next = nextJit(params, encoded, tokens, position);
        const ids = next.dataSync();
        dispose([tokens, position, next]);
        for (let row = 0; row < batch; row++) {
          if (done[row]) continue;
          rows[row].push(ids[row]);
          if (ids[row] === config.eosId) done[row] = true;
          if (i + 1 < maxLength) decoderInputs[row * maxLength + i + 1] = ids[row];
        }
      }
    } finally {
      dispose(encoded);
    }
    return rows;
  };
  const free = (): void => {
    encodeJit.dispose();
    nextJit.dispose();
  };
  return Object.assign(run, { dispose: free });
};

export type Rank = Jitted<(params: Params, prompt: MaybePrompt, inputs: Tensor, labels: Tensor) => Tensor>;

/**
 * Log likelihood of each of the given answers, `[B, C]`: the sum over the answer's tokens, EOS included.
 *
 * - `labels`: (of the returned function) `[C, S]` int32, padded with 0
 * @see T5X's `score_batch`
 */
export const rank = (config: T5Config): Rank =>
  jit(function rankAnswers(params: Params, prompt: MaybePrompt, inputs: Tensor, labels: Tensor): Tensor {
    const encoded = encodeBatch(config, params, prompt, inputs);
    return np.stack(
      np.split(labels, labels.shape[0]).map((label) => answerScore(config, params, encoded, label)),
      1,
    );
  });

/** Log likelihood of one answer `[1, S]` for every row of the batch, `[B]`. */
const answerScore = composite(
  "t5.answerScore",
  (config: T5Config, params: Params, encoded: Encoded, answer: Tensor): Tensor => {
    const targets = np.broadcastTo(answer, [encoded.valid.shape[0], answer.shape[1]]);
    const real = np.notEqual(targets, 0);
    const scores = logitsOf(
      config,
      params,
      decode(config, params, encoded, shiftRight(config, targets), { valid: real }),
    );
    const { loss } = nn.tokenLosses(scores, targets, { zLoss: 0 });
    return np.negative(np.sum(np.where(real, loss, 0), { axis: 1 }));
  },
);
