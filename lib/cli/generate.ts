/** @file `fluxion generate`: text from a T5, with or without an adapter. */
import type { Tensor } from "../core/tensor.js";
import { longestOf, padRows, withEos } from "../data/batch.js";
import { brief } from "../edge/decode.js";
import { namedBy, orThrow } from "../edge/either.js";
import { checkVocabulary } from "../lab/inputs.js";
import * as np from "../np/index.js";
import type { T5Config } from "../t5/config.js";
import type { GenerateOptions } from "../t5/generate.js";
import { loadTokenizerTE } from "../tokenizer/load-tokenizer.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import { type Answerer, behindSentinel, choosing, writing } from "../train/answer.js";
import { sentinelOf } from "../train/task-evaluator.js";
import { adapterOfTask } from "./adapter.js";
import { type DecodingFlags, methodOf } from "./decoding.js";
import { vocabularyFlag } from "./flags.js";
import { usageError } from "./parse.js";
import { type ReadyOptions, type ReadyT5, readyT5 } from "./ready.js";
import type { Terminal } from "./terminal.js";

export interface GenerateFlags extends DecodingFlags, ReadyOptions {
  readonly tokenizer?: string;
  readonly seed: number;
  readonly maxInputLength: number;
  readonly batchSize: number;
  /** The answers to choose from; without them the model writes its own. */
  readonly label?: readonly string[];
  readonly sentinel?: boolean;
  readonly json?: boolean;
}

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

const tensorOf = (rows: readonly (readonly number[])[], { padId }: Pick<T5Config, "padId">): Tensor => {
  const length = STEP * Math.ceil(longestOf(rows) / STEP);
  return np.array(padRows(rows, length, padId), { shape: [rows.length, length] });
};

/** A sentinel in the text that did not become a token: SentencePiece only recognises one at the start of a word. */
const unseenSentinel = (text: string, ids: readonly number[], tokenizer: Tokenizer): string | undefined => {
  const pieces = new Set(ids.map((id) => tokenizer.pieces[id]));
  return text.match(/<extra_id_\d+>/g)?.find((sentinel) => !pieces.has(sentinel) && !pieces.has(`▁${sentinel}`));
};

/** The ids of a text with EOS. Notes when the text is cut or a sentinel was read as ordinary text. */
const idsOf = (text: string, tokenizer: Tokenizer, most: number, terminal: Terminal): number[] => {
  const ids = tokenizer.encode(text);
  const unseen = unseenSentinel(text, ids, tokenizer);
  if (unseen !== undefined) {
    terminal.note(
      `${unseen} is read as ordinary text; put a space before it to make it a sentinel: ${brief(text, 40)}`,
    );
  }
  if (ids.length >= most) {
    terminal.note(`a text of ${ids.length + 1} tokens is cut to ${most} (--max-input-length): ${brief(text, 40)}`);
  }
  return withEos(ids, tokenizer.eosId, most);
};

/** @throws {ConfigError} for an empty or repeated label */
const checkLabels = (labels: readonly string[]): void => {
  const texts = labels.map((label) => label.trim()); // SentencePiece drops spaces at both ends
  const twice = labels.find((_, i) => texts.indexOf(texts[i] as string) < i);
  const [what, got] = texts.includes("") ? ["a label is empty", '""'] : ["a label is given twice", twice];
  if (got === undefined) return;
  throw usageError("--label <text>", what, { expected: "distinct labels that are not empty", got });
};

const checkFlags = ({ label, number, maxInputLength }: GenerateFlags): void => {
  if (maxInputLength < 2) {
    throw usageError("fluxion generate", "there is no room for a text", { expected: "--max-input-length from 2 on" });
  }
  if (label !== undefined) checkLabels(label);
  if (label !== undefined && number > label.length) {
    throw usageError("fluxion generate", "more answers than labels were requested", {
      expected: `--number up to ${label.length}`,
      got: `${number}`,
    });
  }
};

/** Writes answers with `options`; without them chooses among the labels. */
const answererOf = (
  { config }: ReadyT5,
  tokenizer: Tokenizer,
  { label = [], number, seed, sentinel = false }: GenerateFlags,
  options: GenerateOptions | undefined,
): Answerer => {
  if (options === undefined) return choosing(config, tokenizer, label, number, sentinelOf(tokenizer, sentinel));
  return behindSentinel(writing(config, tokenizer, options, seed), sentinel);
};

/** Answers every text: those given, else the lines of the standard input. */
export const generate = async (texts: readonly string[], flags: GenerateFlags, terminal: Terminal): Promise<void> => {
  checkFlags(flags);
  const { task, adapter = flags.prompt } = flags;
  if (task !== undefined && adapter !== undefined) adapterOfTask(adapter, task);
  const { number, maxInputLength, batchSize, json } = flags;
  const options = flags.label === undefined ? methodOf(flags) : undefined;
  const tokenizer = await orThrow(
    namedBy(vocabularyFlag(flags.tokenizer), loadTokenizerTE(flags.tokenizer ?? flags.model)),
  );
  const ready = await readyT5(flags, terminal, (config) => checkVocabulary(config, tokenizer));
  const answerer = answererOf(ready, tokenizer, flags, options);
  const encode = (text: string): number[] => idsOf(text, tokenizer, maxInputLength, terminal);
  try {
    const [only] = texts;
    if (only !== undefined && texts.length === 1 && number === 1 && !json && answerer.stream !== undefined) {
      using inputs = tensorOf([encode(only)], ready.config);
      for await (const part of answerer.stream(ready.model, inputs)) terminal.write(part);
      terminal.write("\n");
      return;
    }
    const isTyped = texts.length === 0 && terminal.typed;
    if (isTyped) terminal.note("a text a line; Ctrl-D ends");
    for await (const batch of inBatches(texts.length > 0 ? texts : terminal.lines(), isTyped ? 1 : batchSize)) {
      const ids = batch.map(encode);
      using inputs = tensorOf(ids, ready.config);
      answerer.answer(ready.model, inputs).forEach((outputs, i) => {
        if (json) terminal.write(`${JSON.stringify({ text: batch[i], inputIds: ids[i], outputs })}\n`);
        else
          for (const { text, score } of outputs)
            terminal.write(number > 1 ? `${score.toFixed(4)}\t${text}\n` : `${text}\n`);
      });
    }
  } finally {
    answerer.dispose();
    ready.dispose();
  }
};
