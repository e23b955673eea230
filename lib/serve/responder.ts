/** @file Answers of a T5 to batches of requests, each with its adapter: those that can be mixed by row share a batch. */
import { scope } from "../core/composite.js";
import { dispose, disposeExcept } from "../core/tensor.js";
import { longestOf, padRows, withEos } from "../data/batch.js";
import type { Adapter } from "../io/adapters.js";
import { adapterTable, byRow, placesOf } from "../methods/adapter-table.js";
import type { Folded } from "../methods/method.js";
import * as np from "../np/index.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import { behindSentinel, type ReadyModel, writing } from "../train/answer.js";
import { openT5 } from "../train/evaluate.js";
import type { AdapterFolder, Served, Wanted } from "./adapter-folder.js";
import type { Outcome } from "./queue.js";
import { adapterRank, batchRows, promptLength, textLength } from "./shapes.js";

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
  /** Drops the first sentinel from answers, for prompts that were trained with it in front of targets. Default false. */
  readonly sentinel?: boolean;
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

/** Rows by what `key` gives for them, in the order in which they come. */
const groupBy = <K>(rows: readonly Row[], key: (row: Row) => K): Row[][] => {
  const groups = new Map<K, Row[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return [...groups.values()];
};

/** An adapter on the device. */
const onDevice = ({ method, tuned }: Adapter): Folded => ({ method, tuned: np.devicePut(tuned) as object });

/** What adapters that share a batch have in common: where they enter the model. Undefined for one that cannot share it, or cannot be used at all. */
const kindOf = ({ config, params }: ReadyModel, adapter: Adapter): string | undefined => {
  try {
    return scope(() => {
      const { method, tuned } = onDevice(adapter);
      return placesOf(params, method.apply(config, params, tuned));
    });
  } catch {
    return undefined; // what is wrong with it is found when it is asked alone
  }
};

/** The sizes that lengths and ranks are rounded up to. */
const SIZES = { vectors: promptLength, rank: adapterRank };

/** The model with the adapter of each row, and what frees it. */
const withAdapters = ({ config, params }: ReadyModel, rows: readonly Row[]) => {
  const distinct = [...new Set(rows.map(({ served }) => served.adapter))];
  const numbers = rows.map(({ served }) => distinct.indexOf(served.adapter));
  const model = scope(() => byRow(params, adapterTable(config, params, distinct.map(onDevice), SIZES), numbers));
  return { model, free: () => disposeExcept(model, params) };
};

/** The model with one adapter for all rows, and what frees it. */
const withAdapter = (ready: ReadyModel, { adapter }: Served) => {
  const { method, tuned } = onDevice(adapter);
  try {
    const { model, dispose: close } = openT5(ready, method, tuned);
    return { model, free: () => [close(), dispose(tuned)] };
  } catch (error) {
    dispose(tuned);
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
  { maxTokens, maxInputLength, batchSize, sentinel = false }: ResponderOptions,
): Responder => {
  const answerer = behindSentinel(writing(ready.config, tokenizer, { maxLength: maxTokens }), sentinel);
  const kinds = new WeakMap<Adapter, { readonly kind: string | undefined }>();

  /** The kind of an adapter, which is looked at once. */
  const kindOnce = ({ adapter }: Served): string | undefined => {
    const known = kinds.get(adapter) ?? { kind: kindOf(ready, adapter) };
    kinds.set(adapter, known);
    return known.kind;
  };

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
    const { model, free } = kindOnce(served) === undefined ? withAdapter(ready, served) : withAdapters(ready, filled);
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
      const byAdapter = groupBy(rows, ({ served }) => served.adapter);
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
    for (const group of groupBy(rows, ({ served }) => kindOnce(served) ?? served.adapter)) {
      await breathe();
      outcomesOf(group).forEach((outcome, i) => {
        outcomes[group[i].place] = outcome;
      });
    }
    return outcomes;
  };
  return { answer, dispose: () => answerer.dispose() };
};
