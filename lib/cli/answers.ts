/** @file Answers of a T5 to batches of texts: its own, or the likeliest of those that are given. */
import { dispose, type Tensor } from "../core/tensor.js";
import { longestOf, withEos } from "../data/batch.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import { type GenerateOptions, generate as generateWith, type Prefixed } from "../t5/generate.js";
import type { Params } from "../t5/model.js";
import { rank } from "../t5/rank.js";
import { decodeStream } from "../tokenizer/decoder.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import type { ReadyT5 } from "./ready.js";

/** Lengths are rounded up to this, so that batches of similar lengths share a program. */
const STEP = 16;

export const tensorOf = (rows: readonly (readonly number[])[]): Tensor => {
  const length = STEP * Math.ceil(longestOf(rows) / STEP);
  const ids = new Int32Array(rows.length * length);
  rows.forEach((row, i) => {
    ids.set(row, i * length);
  });
  return np.array(ids, { shape: [rows.length, length] });
};

/** The ids of the only row, up to its EOS. */
async function* onlyRow(rows: AsyncIterable<readonly number[]>): AsyncGenerator<number> {
  for await (const [id] of rows) yield id as number;
}

/** An answer, and its log likelihood or the score of its beam. */
export interface Answer {
  readonly text: string;
  readonly ids: readonly number[];
  readonly score: number;
}

/** Answers to batches of encoded texts, best first; `prefixed` holds the prompt. */
export interface Method {
  readonly answer: (inputs: Tensor, prefixed: Prefixed) => Answer[][];
  /** The parts of the answer to one text, as they are made; not every method makes them one after the other. */
  readonly stream?: (inputs: Tensor, prefixed: Prefixed) => AsyncIterable<string>;
  readonly dispose: () => void;
}

/** The model writes the answers. */
export const writing = (
  { config, params }: ReadyT5,
  tokenizer: Tokenizer,
  options: GenerateOptions,
  seed: number,
): Method => {
  const generate = generateWith(config, options);
  let asked = 0;
  const keyed = (prefixed: Prefixed) => ({ ...prefixed, key: random.foldIn(random.key(seed), asked++) });
  const streaming = generate as unknown as { stream: Streaming };
  return {
    answer: (inputs, prefixed) =>
      generate(params, inputs, keyed(prefixed)).map((answers) =>
        answers.map(({ tokens, score }) => ({ text: tokenizer.decode(tokens), ids: tokens, score })),
      ),
    ...(options.method !== "beam" && {
      stream: (inputs, prefixed) => decodeStream(tokenizer, onlyRow(streaming.stream(params, inputs, keyed(prefixed)))),
    }),
    dispose: () => generate.dispose(),
  };
};

type Streaming = (params: Params, inputs: Tensor, request: object) => AsyncIterable<readonly number[]>;

/** The likeliest of these answers. */
export const choosing = (
  { config, params }: ReadyT5,
  tokenizer: Tokenizer,
  labels: readonly string[],
  most: number,
): Method => {
  const score = rank(config);
  const ids = labels.map((label) => withEos(tokenizer.encode(label), tokenizer.eosId));
  const targets = tensorOf(ids);
  return {
    answer: (inputs, prefixed) => {
      const scores = score(params, inputs, targets, prefixed);
      const values = scores.dataSync();
      dispose(scores);
      return Array.from({ length: inputs.shape[0] as number }, (_, row) =>
        labels
          .map((text, i) => ({ text, ids: ids[i] as number[], score: values[row * labels.length + i] as number }))
          .sort((a, b) => b.score - a.score)
          .slice(0, most),
      );
    },
    dispose: () => {
      score.dispose();
      dispose(targets);
    },
  };
};
