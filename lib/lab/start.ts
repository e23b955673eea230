/** @file What a run knows before its first step, which is the first line of `metrics.jsonl`: the bare model's scores, what is cut, the vocabulary. */
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { optional, withDefault } from "../edge/decode.js";
import { loadTokenizerTE } from "../tokenizer/load-tokenizer.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import type { Prediction } from "../train/progress.js";
import type { Places } from "./lock.js";

/** Rows, and how many of them were longer than their length. */
const CutRows = { rows: t.number, cut: t.number };
const Cut = t.readonly(
  t.type({
    ...CutRows,
    /** Tokens of the longest row before it was cut, end of sequence included. */
    longest: t.number,
  }),
);

const Vocabulary = t.readonly(
  t.type({
    pieces: t.number,
    /** Rows of the model's embedding. */
    embeddings: t.number,
    /** Ids that stand for another piece in the model's own tokenizer, where another one was given and the model has one. */
    others: optional(t.number),
  }),
);

const Scores = t.readonly(t.record(t.string, withDefault(t.number, Number.NaN)));

const Sentinels = t.readonly(t.type({ answers: t.number, of: t.number }));

/** What the bare model comes to: its scores, and how many of its answers begin with a sentinel. */
export const Baseline = t.readonly(t.type({ untuned: Scores, sentinels: Sentinels }));

export type Baseline = t.TypeOf<typeof Baseline>;

/** The first line of `metrics.jsonl`. What older runs do not have is undefined. */
export const Start = t.readonly(
  t.type(
    {
      untuned: Scores,
      majority: Scores,
      sentinels: optional(Sentinels),
      cuts: optional(t.readonly(t.type({ inputs: Cut, targets: Cut, validationInputs: t.readonly(t.type(CutRows)) }))),
      vocabulary: optional(Vocabulary),
      /** The labels of all tasks that are trained on, each once. */
      labels: optional(t.readonlyArray(t.string)),
    },
    "first line",
  ),
);

export type Cut = t.TypeOf<typeof Cut>;
export type Start = t.TypeOf<typeof Start>;

/** What is known of the inputs of a run. */
export interface Facts {
  /** None where texts are cut into pieces on purpose. */
  readonly cuts?: NonNullable<Start["cuts"]>;
  readonly vocabulary: NonNullable<Start["vocabulary"]>;
  readonly labels: readonly string[];
}

/** How the vocabulary of a run fits its model; a tokenizer that was given is compared with the model's own one. */
export const vocabularyOf = async (
  tokenizer: Tokenizer,
  embeddings: number,
  places: Places,
): Promise<t.TypeOf<typeof Vocabulary>> => {
  const sizes = { pieces: tokenizer.vocabSize, embeddings };
  if (places.tokenizer === places.model) return { ...sizes, others: undefined };
  const own = await loadTokenizerTE(places.model)();
  if (E.isLeft(own)) return { ...sizes, others: undefined };
  const [given, known] = [tokenizer.pieces, own.right.pieces];
  const longer = given.length > known.length ? given : known;
  return { ...sizes, others: longer.reduce((n, _, id) => n + (given[id] === known[id] ? 0 : 1), 0) };
};

/** A sentinel at the beginning of a text. */
const SENTINEL_FIRST = /^\s*<extra_id_\d+>/;

/** How many answers begin with a sentinel, as those of a model do that has only seen span corruption. */
export const sentinelsIn = (predictions: readonly Prediction[]): Baseline["sentinels"] => ({
  answers: predictions.filter(({ prediction }) => SENTINEL_FIRST.test(prediction)).length,
  of: predictions.length,
});
