/** @file `fluxion serve`: one T5 and the adapters of a folder, behind HTTP. */

import type { ExecutorName } from "../compile/executors.js";
import { counted } from "../edge/counted.js";
import { namedBy, orThrow } from "../edge/either.js";
import type { Signal } from "../edge/signal.js";
import { checkFinite, checkFits } from "../io/adapter-fit.js";
import { modelsOfRun, withoutAdapter } from "../io/adapter-folder.js";
import { checkVocabulary } from "../lab/inputs.js";
import { adapterFolder } from "../serve/adapter-folder.js";
import { listen } from "../serve/listen.js";
import { metrics } from "../serve/metrics.js";
import { batchQueue } from "../serve/queue.js";
import { type Question, type Reply, type Responder, responder } from "../serve/responder.js";
import { routes } from "../serve/routes.js";
import { loadTokenizerTE } from "../tokenizer/load-tokenizer.js";
import { checkOneTask } from "./adapter.js";
import { vocabularyFlag } from "./flags.js";
import { usageError } from "./parse.js";
import { readyT5 } from "./ready.js";
import type { Terminal } from "./terminal.js";

export interface ServeFlags {
  readonly model: string;
  /** `adapters` is another name; one of the two is given. */
  readonly prompts?: string;
  readonly adapters?: string;
  readonly tokenizer?: string;
  readonly executor: ExecutorName;
  readonly threads?: number;
  readonly host: string;
  readonly port: number;
  readonly maxTokens: number;
  readonly maxInputLength: number;
  readonly sentinel?: boolean;
  readonly batchSize: number;
  readonly queue: number;
  readonly maxBodyBytes: number;
  /** In seconds, as `receiveTimeout`. */
  readonly timeout: number;
  readonly receiveTimeout: number;
}

/** Milliseconds that a batch that is not full waits: the time in which clients answer to what they were sent. */
const LINGER = 2;

const aborted = (signal: Signal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", resolve);
  });

/** Serves until the signal is aborted, and then until what waits is answered. */
const answerUntil = async (
  stop: Signal,
  answers: Responder,
  adapters: () => number,
  flags: ServeFlags,
  terminal: Terminal,
): Promise<void> => {
  const { host, port, batchSize, queue: limit, timeout, receiveTimeout, maxBodyBytes } = flags;
  const meter = metrics();
  const queue = batchQueue<Question, Reply>({
    batchSize,
    limit,
    timeout: 1000 * timeout,
    linger: LINGER,
    answer: (batch) => {
      meter.batch(batch.length);
      return answers.answer(batch);
    },
  });
  const app = routes({ queue, metrics: meter, adapters, maxBodyBytes, note: terminal.note });
  const listening = await listen(app, { host, port, receiveTimeout: 1000 * receiveTimeout });
  terminal.write(`${listening.url}\n`);
  await aborted(stop);
  terminal.note(`stops; ${counted(queue.waiting(), "request waits", "requests wait")}`);
  await listening.close(queue.close());
};

/**
 * Serves the adapters of a folder by one model.
 *
 * @param stop  ends the server when it is aborted: what waits is answered, what comes is refused
 * @throws {CheckpointError} {ConfigError} {DataError} for a model, vocabulary or folder that cannot be read; {BackendError} for an
 * address that cannot be listened at
 */
export const serve = async (flags: ServeFlags, terminal: Terminal, stop: Signal): Promise<void> => {
  const { model, executor, threads, maxInputLength, maxTokens, batchSize, sentinel = false } = flags;
  if (maxInputLength < 2) {
    throw usageError("fluxion serve", "there is no room for a text", { expected: "--max-input-length from 2 on" });
  }
  const adapters = flags.prompts ?? (flags.adapters as string);
  if (modelsOfRun(adapters).length > 0) throw withoutAdapter("--prompts <dir>", adapters);
  const tokenizer = await orThrow(namedBy(vocabularyFlag(flags.tokenizer), loadTokenizerTE(flags.tokenizer ?? model)));
  const ready = await readyT5({ model, executor, ...(threads !== undefined && { threads }) }, terminal, (config) =>
    checkVocabulary(config, tokenizer),
  );
  let answers: Responder | undefined;
  try {
    const folder = await adapterFolder(adapters, (adapter) => {
      checkOneTask(adapter, "fluxion serve");
      checkFits(adapter, ready.config, model);
      checkFinite(adapter, "fluxion serve", model);
    });
    answers = responder(ready, tokenizer, folder, { maxTokens, maxInputLength, batchSize, sentinel });
    await answerUntil(stop, answers, folder.kept, flags, terminal);
  } finally {
    answers?.dispose();
    ready.dispose();
  }
};
