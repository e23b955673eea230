/** @file Answers of a T5 to batches of token ids: those it writes, or the likeliest of given ones. The trainer and the command line share them. */
import { scope, takes } from "../core/composite.js";
import { dispose, type Tensor } from "../core/tensor.js";
import { longestOf, padRows, targetIds } from "../data/batch.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import type { T5Config } from "../t5/config.js";
import { checkNumber, type Decoded } from "../t5/decoder.js";
import { type GenerateOptions, generate as generateWith } from "../t5/generate.js";
import type { Model } from "../t5/modified.js";
import { rank } from "../t5/rank.js";
import type { AnyParams } from "../t5/stack.js";
import { dropSentinel, dropSentinelFirst } from "../tasks/answers.js";
import { decodeStream } from "../tokenizer/decoder.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";

/** A T5 on the device. */
export interface ReadyModel {
  readonly config: T5Config;
  readonly params: AnyParams;
}

/** An answer, and its log likelihood or the score of its beam. */
export interface Answer {
  readonly text: string;
  readonly ids: readonly number[];
  readonly score: number;
}

/** A way to answer batches of encoded texts by the weights of a T5, with or without what a method puts into it. */
export interface Answerer {
  /** The answers to each row of `inputs` (`[B, T]` int32), best first. */
  readonly answer: (model: Model, inputs: Tensor) => Answer[][];
  /** The parts of the answer to one text, as they are made; only where tokens are made one after the other. */
  readonly stream?: (model: Model, inputs: Tensor) => AsyncIterable<string>;
  readonly dispose: () => void;
}

/** The ids of the only row, up to its EOS. */
async function* onlyRow(rows: AsyncIterable<readonly number[]>): AsyncGenerator<number> {
  for await (const [id] of rows) yield id as number;
}

/** `generate` of any method: the types of its request depend on the options. */
type Calling = (model: Model, inputs: Tensor, request: object) => Decoded[][];
interface Streaming {
  stream(model: Model, inputs: Tensor, request: object): AsyncIterable<readonly number[]>;
}

/** Answers that the model writes; `seed` is for options that draw. */
export const writing = takes(
  "writing(config, tokenizer, options, seed)",
  (config: T5Config, tokenizer: Tokenizer, options: GenerateOptions, seed = 0): Answerer => {
    const generate = generateWith(config, options);
    let asked = 0;
    /** The key of the next call, where the method draws. */
    const nextKey = (): { readonly key?: Tensor } =>
      options.method === "sample" ? { key: scope(() => random.foldIn(random.key(seed), asked++)) } : {};
    const answer = (model: Model, inputs: Tensor): Answer[][] => {
      const key = nextKey();
      try {
        return (generate as Calling)(model, inputs, key).map((answers) =>
          answers.map(({ tokens, score }) => ({ text: tokenizer.decode(tokens), ids: tokens, score })),
        );
      } finally {
        dispose(key);
      }
    };
    async function* stream(model: Model, inputs: Tensor): AsyncGenerator<string> {
      const key = nextKey();
      try {
        const rows = (generate as unknown as Streaming).stream(model, inputs, key);
        yield* decodeStream(tokenizer, onlyRow(rows));
      } finally {
        dispose(key);
      }
    }
    return { answer, ...(options.method !== "beam" && { stream }), dispose: () => generate.dispose() };
  },
);

/** Answers without the sentinel that a model writes in front of them; as they are where it writes none. */
export const behindSentinel = (answerer: Answerer, hasSentinel: boolean): Answerer => {
  if (!hasSentinel) return answerer;
  const { answer, stream, dispose: free } = answerer;
  return {
    answer: (model, inputs) =>
      answer(model, inputs).map((answers) => answers.map((one) => ({ ...one, text: dropSentinel(one.text) }))),
    ...(stream && { stream: (model, inputs) => dropSentinelFirst(stream(model, inputs)) }),
    dispose: free,
  };
};

/** The `most` likeliest of these answers, each behind a sentinel where there is one. */
export const choosing = takes(
  "choosing(config, tokenizer, labels, most, sentinel)",
  (config: T5Config, tokenizer: Tokenizer, labels: readonly string[], most = 1, sentinel?: number): Answerer => {
    const score = rank(config);
    const ids = labels.map((label) => targetIds(label, tokenizer, sentinel));
    const length = longestOf(ids);
    const targets = np.array(padRows(ids, length, config.padId), { shape: [ids.length, length] });
    return {
      answer: (model, inputs) => {
        using scores = score(model, inputs, targets);
        const values = scores.dataSync();
        values.forEach((value, i) => {
          checkNumber(
            "ranking",
            value,
            `example ${Math.floor(i / labels.length)}, answer "${labels[i % labels.length]}"`,
          );
        });
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
  },
);
