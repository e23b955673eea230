/** @file Answers of a T5 to batches of requests, each with its adapter: prompts are mixed by row, each other adapter gets a separate batch. */
import { scope } from "../core/composite.js";
import { dispose } from "../core/tensor.js";
import { longestOf, padRows, withEos } from "../data/batch.js";
import type { Adapter } from "../io/adapters.js";
import * as np from "../np/index.js";
import type { PromptParams } from "../t5/model.js";
import type { Modified } from "../t5/modified.js";
import { promptRows } from "../t5/prompt-rows.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import { type ReadyModel, writing } from "../train/answer.js";
import { openT5 } from "../train/evaluate.js";
import type { AdapterFolder, Served, Wanted } from "./adapter-folder.js";
import type { Outcome } from "./queue.js";
import { batchRows, promptLength, textLength } from "./shapes.js";

/** A text, and the adapter that answers it. */
export interface Question {
  readonly wanted: Wanted;
  readonly text: string;
}

export interface Reply {
  readonly text: string;
  /** The tokens of the text, end of sequence included. */
  readonly ids: readonly number[];
  /** Its log likelihood. */
  readonly score: number;
  /** The file or folder of the adapter. */
  readonly adapter: string;
  /** Whether the question was cut to the longest input. */
  readonly cut: boolean;
}

export interface ResponderOptions {
  /** Most tokens of an answer, end of sequence included. */
  readonly maxTokens: number;
  /** Most tokens of a text, end of sequence included; longer ones are cut. */
  readonly maxInputLength: number;
  /** Most rows of a batch. */
  readonly batchSize: number;
}

export interface Responder {
  /** An outcome for each question; at most `batchSize` of them. */
  answer(questions: readonly Question[]): Promise<readonly Outcome<Reply>[]>;
  dispose(): void;
}

/** A question with its adapter. */
interface Row {
  /** Its place among the questions. */
  readonly place: number;
  readonly served: Served;
  readonly ids: readonly number[];
  readonly cut: boolean;
}

/** Whether an adapter is vectors in front of the text alone, which rows of one batch may have different ones of. */
const isPlainPrompt = ({ settings: { name, position, sees } }: Adapter): boolean =>
  name === "prompt" && position === "before" && sees === undefined;

/** Rows by what `key` gives for them, in the order in which they come. */
const groupBy = <K>(rows: readonly Row[], key: (row: Row) => K): Row[][] => {
  const groups = new Map<K, Row[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return [...groups.values()];
};

/** The model with the prompt of each row, and what frees it. */
const withPrompts = ({ params }: ReadyModel, rows: readonly Row[]) => {
  const inserted = scope(() => {
    const distinct = [...new Set(rows.map(({ served }) => served))];
    const prompts = distinct.map(
      ({ adapter }, i) => [i, np.devicePut(adapter.tuned) as object as PromptParams] as const,
    );
    const names = rows.map(({ served }) => `${distinct.indexOf(served)}`);
    const { prefix, prefixValid } = promptRows(Object.fromEntries(prompts), names);
    const more = promptLength(prefix.shape[1]) - prefix.shape[1];
    const front = [more, 0] as const;
    return {
      prefix: np.pad(prefix, [[0, 0], front, [0, 0]]),
      prefixValid: np.pad(prefixValid, [[0, 0], front]),
    };
  });
  return { model: { params, ...inserted } satisfies Modified, free: () => dispose(inserted) };
};

/** The model with one adapter for all rows, and what frees it. */
const withAdapter = (ready: ReadyModel, { adapter: { method, tuned } }: Served) => {
  const onDevice = np.devicePut(tuned) as object;
  try {
    const { model, dispose: close } = openT5(ready, method, onDevice);
    return { model, free: () => [close(), dispose(onDevice)] };
  } catch (error) {
    dispose(onDevice);
    throw error;
  }
};

/** Lets connections have their turn between two batches. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A responder by greedy decoding; it compiles a program for each shape of batches that comes. */
export const responder = (
  ready: ReadyModel,
  tokenizer: Tokenizer,
  folder: Pick<AdapterFolder, "find">,
  { maxTokens, maxInputLength, batchSize }: ResponderOptions,
): Responder => {
  const answerer = writing(ready.config, tokenizer, { maxLength: maxTokens });

  /** The adapters of a batch, by what is wanted; each is looked for once. */
  const adaptersOf = async (questions: readonly Question[]): Promise<Map<string, Outcome<Served>>> => {
    const found = new Map<string, Outcome<Served>>();
    for (const { wanted } of questions) {
      const key = JSON.stringify(wanted);
      if (found.has(key)) continue;
      const outcome = folder.find(wanted).then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
      found.set(key, await outcome);
    }
    return found;
  };

  const rowOf = (text: string, served: Served, place: number): Row => {
    const ids = tokenizer.encode(text);
    return { place, served, ids: withEos(ids, tokenizer.eosId, maxInputLength), cut: ids.length >= maxInputLength };
  };

  /** The replies to rows that fit into one batch. */
  const decode = (rows: readonly Row[]): Reply[] => {
    const size = batchRows(rows.length, batchSize);
    const filled = Array.from({ length: size }, (_, i) => rows[Math.min(i, rows.length - 1)]);
    const ids = filled.map((row) => row.ids);
    const length = textLength(longestOf(ids), maxInputLength);
    using inputs = np.array(padRows(ids, length, ready.config.padId), { shape: [size, length] });
    const [{ served }] = rows;
    const { model, free } = isPlainPrompt(served.adapter) ? withPrompts(ready, filled) : withAdapter(ready, served);
    try {
      const answers = answerer.answer(model, inputs);
      return rows.map(({ served, cut }, i) => ({ ...answers[i][0], adapter: served.name, cut }));
    } finally {
      free();
    }
  };

  /** As `decode`; where it fails, each adapter is asked alone, so that a broken one does not harm the others. */
  const outcomesOf = (rows: readonly Row[]): Outcome<Reply>[] => {
    try {
      return decode(rows).map((value) => ({ value }));
    } catch (error) {
      const byAdapter = groupBy(rows, ({ served }) => served);
      if (byAdapter.length === 1) return rows.map(() => ({ error }));
      const alone = new Map(byAdapter.flatMap((part) => outcomesOf(part).map((outcome, i) => [part[i], outcome])));
      return rows.map((row) => alone.get(row) as Outcome<Reply>);
    }
  };

  const answer = async (questions: readonly Question[]): Promise<readonly Outcome<Reply>[]> => {
    const adapters = await adaptersOf(questions);
    const found = questions.map(({ wanted }) => adapters.get(JSON.stringify(wanted)) as Outcome<Served>);
    const outcomes: Outcome<Reply>[] = found.map((one) => ({ error: "error" in one ? one.error : undefined }));
    const rows = found.flatMap((one, i) => ("value" in one ? [rowOf(questions[i].text, one.value, i)] : []));
    for (const group of groupBy(rows, ({ served }) => (isPlainPrompt(served.adapter) ? "prompts" : served))) {
      await breathe();
      outcomesOf(group).forEach((outcome, i) => {
        outcomes[group[i].place] = outcome;
      });
    }
    return outcomes;
  };
  return { answer, dispose: () => answerer.dispose() };
};
