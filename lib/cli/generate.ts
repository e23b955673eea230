/** @file `fluxion generate`: text from a T5, with or without a prompt. */
import { type ExecutorName, init } from "../compile/init.js";
import { dispose, type Tensor } from "../core/tensor.js";
import { withEos } from "../data/batch.js";
import { decodeStream } from "../data/decoder.js";
import { loadTokenizer } from "../data/load-tokenizer.js";
import type { Tokenizer } from "../data/sentencepiece.js";
import { loadT5 } from "../io/load-t5.js";
import { loadPrompt } from "../io/prompts.js";
import * as np from "../np/index.js";
import { fromArray } from "../prompt/prompt.js";
import * as random from "../random/index.js";
import type { T5Config } from "../t5/config.js";
import { type GenerateOptions, generate as generateWith } from "../t5/generate.js";
import type { Params } from "../t5/model.js";
import { checkVocabulary } from "../train/prepare.js";
import { withProgress } from "./bar.js";
import { type DecodingFlags, methodOf } from "./decoding.js";
import { orThrow } from "./main.js";
import { usageError } from "./parse.js";
import type { Terminal } from "./terminal.js";

export interface GenerateFlags extends DecodingFlags {
  readonly model: string;
  readonly tokenizer?: string;
  readonly prompt?: string;
  readonly seed: number;
  readonly maxInputLength: number;
  readonly batchSize: number;
  readonly executor: ExecutorName;
  readonly threads?: number;
  readonly json?: boolean;
}

/** A T5 on the device, with a prompt where there is one. */
export interface ReadyT5 {
  readonly config: T5Config;
  readonly params: Params;
  /** `[P, d]`. */
  readonly prefix: Tensor | undefined;
}

/** Loads a model and its prompt, checks that they fit together, and starts the backend. */
export const readyT5 = async (
  flags: Pick<GenerateFlags, "model" | "prompt" | "executor" | "threads">,
  terminal: Terminal,
  check: (config: T5Config) => void = () => undefined,
): Promise<ReadyT5> => {
  const { model, executor, threads } = flags;
  const stored = flags.prompt === undefined ? undefined : (await orThrow(loadPrompt(flags.prompt))).prompt;
  const { config, params } = await withProgress(terminal, "reading", (onProgress) =>
    orThrow(loadT5(model, { onProgress })),
  );
  check(config);
  await init({ executor, ...(threads !== undefined && { threads }) });
  const prefix = stored && fromArray(stored, stored.shape[0] as number, config.dModel);
  return { config, params: np.devicePut(params, { donate: true }) as Params, prefix };
};

/** Lists of at most `size` texts, as they come. */
async function* inBatches(texts: AsyncIterable<string> | Iterable<string>, size: number): AsyncGenerator<string[]> {
  let batch: string[] = [];
  for await (const text of texts) {
    batch.push(text);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Lengths are rounded up to this, so that batches of similar lengths share a program. */
const STEP = 16;

const tensorOf = (rows: readonly (readonly number[])[]): Tensor => {
  const length = STEP * Math.ceil(Math.max(...rows.map((row) => row.length)) / STEP);
  const ids = new Int32Array(rows.length * length);
  rows.forEach((row, i) => {
    ids.set(row, i * length);
  });
  return np.array(ids, { shape: [rows.length, length] });
};

/** Ids of a text with its EOS; a text that is too long is cut, and that is said. */
const idsOf = (text: string, tokenizer: Tokenizer, most: number, terminal: Terminal): number[] => {
  const ids = tokenizer.encode(text);
  if (ids.length >= most) {
    terminal.note(`a text of ${ids.length + 1} tokens is cut to ${most} (--max-input-length): ${text.slice(0, 40)}…`);
  }
  return withEos(ids, tokenizer.eosId, most);
};

/** The ids of the only row, up to its EOS. */
async function* onlyRow(rows: AsyncIterable<readonly number[]>): AsyncGenerator<number> {
  for await (const [id] of rows) yield id as number;
}

/** Answers to texts, as they are asked for. */
const answerer = (
  { config, params, prefix }: ReadyT5,
  tokenizer: Tokenizer,
  options: GenerateOptions,
  flags: GenerateFlags,
  terminal: Terminal,
) => {
  const generate = generateWith(config, options);
  let asked = 0;
  const requestFor = () => ({ ...(prefix && { prefix }), key: random.foldIn(random.key(flags.seed), asked++) });
  const withInputs = async <A>(texts: readonly string[], use: (inputs: Tensor, ids: number[][]) => A | Promise<A>) => {
    const ids = texts.map((text) => idsOf(text, tokenizer, flags.maxInputLength, terminal));
    const inputs = tensorOf(ids);
    try {
      return await use(inputs, ids);
    } finally {
      dispose(inputs);
    }
  };
  return {
    /** Writes the answer to one text while it is made. */
    stream: (text: string): Promise<void> =>
      withInputs([text], async (inputs) => {
        const rows = (generate as unknown as { stream: Streaming }).stream(params, inputs, requestFor());
        for await (const part of decodeStream(tokenizer, onlyRow(rows))) terminal.write(part);
        terminal.write("\n");
      }),
    /** The answers to several, best first. */
    all: (texts: readonly string[]) =>
      withInputs(texts, (inputs, ids) =>
        generate(params, inputs, requestFor()).map((answers, i) => ({
          text: texts[i] as string,
          inputIds: ids[i] as number[],
          outputs: answers.map(({ tokens, score }) => ({ text: tokenizer.decode(tokens), ids: tokens, score })),
        })),
      ),
    dispose: () => generate.dispose(),
  };
};

type Streaming = (params: Params, inputs: Tensor, request: object) => AsyncIterable<readonly number[]>;

/** Answers every text: those given, else the lines of the standard input. */
export const generate = async (texts: readonly string[], flags: GenerateFlags, terminal: Terminal): Promise<void> => {
  const options = methodOf(flags);
  if (flags.maxInputLength < 2) {
    throw usageError("fluxion generate", "there is no room for a text", { expected: "--max-input-length from 2 on" });
  }
  const tokenizer = await orThrow(loadTokenizer(flags.tokenizer ?? flags.model));
  const ready = await readyT5(flags, terminal, (config) => checkVocabulary(config, tokenizer));
  const answers = answerer(ready, tokenizer, options, flags, terminal);
  try {
    if (texts.length === 1 && options.method !== "beam" && flags.number === 1 && !flags.json) {
      await answers.stream(texts[0] as string);
      return;
    }
    const given = texts.length > 0 ? texts : terminal.lines();
    const size = texts.length === 0 && terminal.typed ? 1 : flags.batchSize;
    for await (const batch of inBatches(given, size)) {
      for (const answer of await answers.all(batch)) {
        if (flags.json) terminal.write(`${JSON.stringify(answer)}\n`);
        else
          for (const { text, score } of answer.outputs)
            terminal.write(flags.number > 1 ? `${score.toFixed(4)}\t${text}\n` : `${text}\n`);
      }
    }
  } finally {
    answers.dispose();
    dispose([ready.params, ready.prefix ?? null]);
  }
};
