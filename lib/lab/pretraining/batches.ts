/** @file The batches of pre-training: a fixed number of ids in each, as functions of seed and step. */
import { makeBatch, mix, type Tokens } from "../../data/batch.js";
import { type Objective, type Sizes, sizesOf } from "../../data/objectives/objective.js";
import { packedBatches } from "../../data/packing.js";
import { type Corpus, corpusSizes, corpusStream } from "../../data/streams/corpus.js";
import { mixStreams, type Shard, type Stream, streamBatch, streamOf } from "../../data/streams/stream.js";
import { type BatchAt, batchOf, packedBatchOf, rowsThatFit } from "../batches.js";
import { sharesOf } from "../prepared.js";
import type { Recipe } from "../recipe-settings.js";
import type { CorpusPart } from "./corpora.js";

/** Encoded examples of a task that are drawn by one share. */
export interface ExamplePart {
  readonly tokens: readonly Tokens[];
  readonly rate: number;
}

/** Rates of texts and of the tasks beside them, which together have this share. */
export const ratesBeside = (
  texts: readonly { readonly rate: number }[],
  tasks: readonly { readonly rate: number }[],
  share: number,
): readonly number[] =>
  tasks.length === 0
    ? texts.map(({ rate }) => rate)
    : [...sharesOf(texts).map((x) => (1 - share) * x), ...sharesOf(tasks).map((x) => share * x)];

/** Examples, and the number of ids of each, which is known without making it where the objective can tell. */
export type SizedStream = Stream & { readonly sizes: Stream<Sizes> };

/** The examples that an objective makes of texts, and those of tasks beside them, drawn by their rates. */
export const streamOfParts = (
  texts: readonly CorpusPart[],
  objective: Objective,
  seed: number,
  tasks: readonly ExamplePart[] = [],
  share = 0,
): SizedStream => {
  const ofTasks = tasks.map(({ tokens }, i) => streamOf(tokens, mix(seed, texts.length + i)));
  const mixed = <T>(streams: readonly Stream<T>[]): Stream<T> =>
    streams.length === 1
      ? streams[0]
      : mixStreams(streams, ratesBeside(texts, tasks, share), mix(seed, streams.length));
  const ofTexts = <T>(make: (corpus: Corpus, objective: Objective, seed: number) => Stream<T>) =>
    texts.map(({ corpus }, i) => make(corpus, objective, mix(seed, i)));
  const sizes = [...ofTexts(corpusSizes), ...ofTasks.map((stream) => (n: number) => sizesOf(stream(n)))];
  return Object.assign(mixed([...ofTexts(corpusStream), ...ofTasks]), { sizes: mixed(sizes) });
};

/** The settings that batches depend on. */
export type PretrainingBatches = Pick<Recipe, "batch" | "microbatches"> & {
  readonly objective: Pick<Objective, "inputLength" | "targetLength">;
};

/** The number of rows of each batch. */
const rowsOf = ({ batch, microbatches, objective }: PretrainingBatches): number => {
  if ("examples" in batch) return batch.examples;
  const ids = "tokens" in batch ? batch.tokens : batch.packed;
  return rowsThatFit(ids, microbatches, objective.inputLength + objective.targetLength);
};

function* countedUp(): Generator<number, never> {
  for (let n = 0; ; n++) yield n;
}

/**
 * The examples in each row of a step's batch, or in those rows that one of several workers makes: one in each, or as many as fit where rows are packed. A
 * step of packed rows far ahead counts the ids of all examples before it, since how many fit depends on them.
 *
 * @example pretrainingRows(settings, stream)(1000) // as with { index: 0, count: 2 } and { index: 1, count: 2 } by turns
 */
export const pretrainingRows = (
  settings: PretrainingBatches,
  stream: SizedStream,
  shard: Shard = { index: 0, count: 1 },
): ((step: number) => readonly (readonly Tokens[])[]) => {
  const rows = rowsOf(settings);
  if (!("packed" in settings.batch)) {
    return (step) => streamBatch(stream, rows, step, shard).map((example) => [example]);
  }
  const { inputLength, targetLength } = settings.objective;
  const packed = packedBatches(countedUp, stream.sizes, [inputLength, targetLength], rows);
  return (step) => {
    const own = packed(step).filter((_, i) => i % shard.count === shard.index);
    return own.map((row) => row.map(stream));
  };
};

/** The batch of each step: all have one shape. */
export const pretrainingBatches = (settings: PretrainingBatches, stream: SizedStream, padId: number): BatchAt => {
  const rowsAt = pretrainingRows(settings, stream);
  const { inputLength: inputs, targetLength: targets } = settings.objective;
  if ("packed" in settings.batch) return (step) => packedBatchOf(rowsAt(step), { inputs, targets }, padId);
  return (step) => {
    const examples = rowsAt(step).map(([example]) => example);
    const padded = makeBatch(examples, [...examples.keys()], [inputs], targets, padId);
    return { batch: batchOf(padded), tokens: padded.tokens };
  };
};
