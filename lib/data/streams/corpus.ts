/**
 * @file Documents as ids in memory, and the stream of examples that an objective makes of them.
 *
 * In every epoch documents come in another order, are joined and cut as the objective says (`piecesOf`), and the pieces come in another order again. How
 * many pieces there are, and where each begins, follows from the lengths of the documents: no text is touched but that of the piece that is asked
 * for. An epoch has as many pieces as its joins give, so the first piece of an epoch is found by counting those of the epochs before it.
 */
import { takes } from "../../core/composite.js";
import { ArgumentError } from "../../core/errors.js";
import { epochOrder, mix, type Tokens } from "../batch.js";
import { type Objective, type Sizes, sizesOf } from "../objectives/objective.js";
import { CHUNK, chunkBounds, type PieceOptions } from "../objectives/pieces.js";
import type { Stream } from "./stream.js";

/** The ids of documents, without padding and without an end of sequence. */
export interface Corpus {
  /** The ids of all documents, one behind the other. */
  readonly ids: Int32Array;
  /** Where each document starts in `ids`, and behind them where the last one ends. */
  readonly starts: readonly number[];
}

/** Gathers documents one by one; their ids are copied. */
export class CorpusBuilder {
  private ids = new Int32Array(1024);
  private readonly starts = [0];

  /** Adds a document; padding in it is dropped. */
  add(document: ArrayLike<number>): void {
    let end = this.starts[this.starts.length - 1];
    if (end + document.length > this.ids.length) {
      const larger = new Int32Array(2 * Math.max(this.ids.length, document.length));
      larger.set(this.ids.subarray(0, end));
      this.ids = larger;
    }
    for (let i = 0; i < document.length; i++) if (document[i] !== 0) this.ids[end++] = document[i];
    this.starts.push(end);
  }

  end(): Corpus {
    return { ids: this.ids.slice(0, this.starts.at(-1)), starts: this.starts };
  }
}

/**
 * The corpus of some documents.
 *
 * @example corpusOf(texts.map((text) => tokenizer.encode(text)))
 */
export const corpusOf = takes("corpusOf(documents)", (documents: Iterable<ArrayLike<number>>): Corpus => {
  const corpus = new CorpusBuilder();
  for (const document of documents) corpus.add(document);
  return corpus.end();
});

/** An epoch: where its chunks are, and which pieces they make. */
interface Epoch {
  /** Start and end of each chunk in `ids`, in the order of the epoch. */
  readonly chunks: readonly (readonly [start: number, end: number])[];
  /** The number of tokens of each join. */
  readonly tokens: readonly number[];
  /** The number of pieces before each join, and behind them that of all. */
  readonly before: readonly number[];
  /** The pieces in the order in which they come. */
  readonly order: readonly number[];
}

const epochOf = (
  { starts }: Corpus,
  { length, joined = 1, eosId, chunk = CHUNK }: PieceOptions,
  seed: number,
  epoch: number,
): Epoch => {
  const chunkSeed = mix(mix(seed, 1), epoch);
  const chunks = epochOrder(starts.length - 1, mix(seed, 0), epoch)
    .map((document, n) => {
      const start = starts[document];
      const [from, to] = chunkBounds(starts[document + 1] - start, mix(chunkSeed, n), { maxLength: chunk });
      return [start + from, start + to] as const;
    })
    .filter(([start, end]) => end > start);
  const [tokens, before]: [number[], number[]] = [[], [0]];
  for (let first = 0; first < chunks.length; first += joined) {
    let sum = 0;
    for (const [start, end] of chunks.slice(first, first + joined)) sum += end - start + (eosId === undefined ? 0 : 1);
    tokens.push(sum);
    before.push(before[before.length - 1] + Math.ceil(sum / length));
  }
  return { chunks, tokens, before, order: epochOrder(before[before.length - 1], mix(seed, 2), epoch) };
};

/** The last of some numbers, which grow, that is at most `x`. */
const lastUpTo = (numbers: readonly number[], x: number): number => {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (numbers[middle] <= x) low = middle;
    else high = middle - 1;
  }
  return low;
};

/** The ids of a piece of an epoch. */
const pieceOf = (
  { ids }: Corpus,
  { length, joined = 1, eosId }: PieceOptions,
  { chunks, before }: Epoch,
  piece: number,
): number[] => {
  const join = lastUpTo(before, piece);
  const out: number[] = [];
  let skip = (piece - before[join]) * length;
  for (const [start, end] of chunks.slice(join * joined, (join + 1) * joined)) {
    const size = end - start + (eosId === undefined ? 0 : 1);
    for (let i = Math.min(skip, size); i < size && out.length < length; i++) {
      out.push(start + i < end ? ids[start + i] : (eosId as number));
    }
    skip = Math.max(0, skip - size);
    if (out.length === length) break;
  }
  return out;
};

/** The number of ids in a piece of an epoch. */
const lengthOf = ({ length }: PieceOptions, { tokens, before }: Epoch, piece: number): number => {
  const join = lastUpTo(before, piece);
  return Math.min(length, tokens[join] - (piece - before[join]) * length);
};

/** Epochs that are remembered: a batch may go across the end of one. */
const REMEMBERED = 2;

/** Reads something of each piece of a corpus, by the plan of its epoch. @throws {ArgumentError} when no document has a token */
const ofPieces = <T>(
  corpus: Corpus,
  pieces: PieceOptions,
  seed: number,
  read: (plan: Epoch, piece: number) => T,
): Stream<T> => {
  if (corpus.ids.length === 0) {
    const [what, expected] = ["no document has a token", "at least one that has"];
    const got = `${corpus.starts.length - 1} documents`;
    throw new ArgumentError({ where: "data.pieceStream", what, expected, got });
  }
  const known = new Map<number, Epoch>();
  const epochAt = (epoch: number): Epoch => {
    const found = known.get(epoch) ?? epochOf(corpus, pieces, seed, epoch);
    if (!known.has(epoch) && known.size === REMEMBERED) known.delete(Math.min(...known.keys()));
    known.set(epoch, found);
    return found;
  };
  /** The number of pieces before each epoch. */
  const before = [0];
  return (n) => {
    for (let epoch = before.length - 1; before[epoch] <= n; epoch++) {
      before.push(before[epoch] + epochAt(epoch).order.length);
    }
    const epoch = lastUpTo(before, n);
    const plan = epochAt(epoch);
    return read(plan, plan.order[n - before[epoch]]);
  };
};

/**
 * The pieces of a corpus without an end, in another order in every epoch.
 *
 * @throws {ArgumentError} when no document has a token
 */
export const pieceStream = takes(
  "pieceStream(corpus, pieces, seed)",
  (corpus: Corpus, pieces: PieceOptions, seed: number): Stream<number[]> =>
    ofPieces(corpus, pieces, seed, (plan, piece) => pieceOf(corpus, pieces, plan, piece)),
);

/** The seeds of the pieces and of the example of each. */
const seedsOf = (seed: number) => ({ pieces: mix(seed, 0), example: (n: number) => mix(mix(seed, 1), n) });

/**
 * The stream of examples that an objective makes of a corpus. Each epoch has another order and other noise.
 *
 * @throws {ArgumentError} when no document has a token
 * @example
 * const stream = corpusStream(corpus, spanCorruption(tokenizer), seed);
 * const batch = streamBatch(stream, 128, step);
 */
export const corpusStream = takes(
  "corpusStream(corpus, objective, seed)",
  (corpus: Corpus, { pieces, example }: Objective, seed: number): Stream<Tokens> => {
    const seeds = seedsOf(seed);
    const pieceAt = pieceStream(corpus, pieces, seeds.pieces);
    return (n) => example(pieceAt(n), seeds.example(n));
  },
);

/** The sizes of the examples of `corpusStream`. Objectives with `sizes` compute them; others make the examples. */
export const corpusSizes = (corpus: Corpus, objective: Objective, seed: number): Stream<Sizes> => {
  const { pieces, sizes } = objective;
  if (sizes === undefined) {
    const stream = corpusStream(corpus, objective, seed);
    return (n) => sizesOf(stream(n));
  }
  const seeds = seedsOf(seed);
  const lengthAt = ofPieces(corpus, pieces, seeds.pieces, (plan, piece) => lengthOf(pieces, plan, piece));
  return (n) => sizes(lengthAt(n), seeds.example(n));
};
