/** @file Beam search with any decoder: compiled once a shape, ended when every example is done. */
import { ArgumentError } from "../core/errors.js";
import { treeMap } from "../core/pytree.js";
import { dispose, type Tensor } from "../core/tensor.js";
import { jit } from "../transforms/jit.js";
import { type BeamState, firstBeams, foundBeams, nextBeams, pickRows } from "./beam.js";
import { type BeamPenalty, beamRule } from "./beam-rules.js";
import {
  checkCount,
  checkExamples,
  type Decoded,
  type Decoder,
  type Forced,
  type SpecialIds,
  unfolded,
  withForced,
} from "./decoder.js";

export interface BeamOptions extends SpecialIds {
  /** Most tokens of a sequence, forced ones and EOS included. */
  readonly maxLength: number;
  /** Beams that are followed. */
  readonly numBeams: number;
  /** Sequences returned for each example; default all beams. */
  readonly numReturn?: number;
  /** How beams are scored and when a search ends; default `{ rule: "t5x", alpha: 0.6 }`. */
  readonly penalty?: BeamPenalty;
}

/** What a search is told in each call. */
export interface BeamRequest {
  readonly forced?: Forced;
}

/** Beam search by one decoder. */
export interface BeamSearch<P, I> extends Disposable {
  /** The sequences of each example, best first; fewer than asked for where fewer beams came to an end. */
  (params: P, inputs: I, request?: BeamRequest): Decoded[][];
  dispose(): void;
}

/** What the loop hands on. */
interface Carry<C> {
  readonly cache: C;
  readonly beams: BeamState;
}

const checkVocabulary = (beams: number, vocabulary: number): void => {
  if (vocabulary >= Math.max(beams, 2)) return;
  throw new ArgumentError({
    where: "t5.beamSearch",
    what: "there are more beams than tokens to go on with",
    expected: `numBeams up to ${vocabulary}, the size of the vocabulary`,
    got: String(beams),
  });
};

/** One sequence up to its first EOS, at most `length` tokens. */
const cut = (row: ArrayLike<number>, length: number, eosId: number): number[] => {
  const tokens = Array.from(row).slice(0, length);
  const end = tokens.indexOf(eosId);
  return end < 0 ? tokens : tokens.slice(0, end + 1);
};

/**
 * The sequences of highest score that a search with `numBeams` beams finds, for any decoder.
 *
 * A step ranks the `2 · numBeams` most likely ways to go on: those with EOS end, the best others go on. Scores are
 * `log p / ((5 + L) / 6) ** alpha` (T5X) or `log p / L ** lengthPenalty` (Hugging Face).
 *
 * @throws {ArgumentError} when an option is out of range
 * @see Wu et al. 2016, arXiv:1609.08144, section 7; T5X, `t5x.decoding.beam_search`; Hugging Face, `BeamSearchScorer`
 */
export const beamSearch = <P, I, M, C>(decoder: Decoder<P, I, M, C>, options: BeamOptions): BeamSearch<P, I> => {
  const where = "t5.beamSearch";
  const { maxLength, numBeams, numReturn = numBeams, penalty = { rule: "t5x" }, startId = 0, eosId = 1 } = options;
  checkCount(where, "maxLength", maxLength);
  checkCount(where, "numBeams", numBeams);
  checkCount(where, "numReturn", numReturn, numBeams);
  const rule = beamRule(where, penalty, maxLength);

  const remember = jit((params: P, inputs: I): M => decoder.memory(params, inputs));
  const advance = jit(
    function growBeams(params: P, memory: M, forced: Tensor, { cache, beams }: Carry<C>): Carry<C> {
      const [logits, written] = decoder.step(params, memory, cache, beams.tokens, beams.length);
      checkVocabulary(numBeams, logits.shape[1]);
      const [next, parents] = nextBeams(rule, eosId, beams, logits, forced);
      return { beams: next, cache: treeMap((x: Tensor) => pickRows(x, parents), written) as C };
    },
    { donate: [3] },
  );
  const finish = jit(function bestBeams(beams: BeamState) {
    return foundBeams(rule, beams);
  });

  /** What has been found, as lists. */
  const read = (beams: BeamState, length: number): Decoded[][] => {
    const found = finish(beams);
    const [examples, , size] = found.sequences.shape;
    const [tokens, scores, filled] = [found.sequences, found.scores, found.filled].map((x) => x.dataSync());
    dispose(found);
    return Array.from({ length: examples }, (_, i) =>
      Array.from({ length: numReturn }, (_x, k) => i * numBeams + k)
        .filter((row) => filled[row] !== 0)
        .map((row) => ({
          tokens: cut(tokens.subarray(row * size, (row + 1) * size), length, eosId),
          score: scores[row],
        })),
    );
  };

  const search = (params: P, inputs: I, { forced }: BeamRequest = {}): Decoded[][] => {
    const examples = decoder.examples(inputs);
    checkExamples(where, examples, forced);
    const memory = remember(params, inputs);
    const next = (state: Carry<C>, position: number): Carry<C> =>
      withForced(forced, examples, 1, position, (given) => advance(params, memory, given, state));
    try {
      const first = (): Carry<C> => ({
        cache: decoder.cache(memory, numBeams),
        beams: firstBeams(examples, numBeams, maxLength, startId),
      });
      let length = 0;
      for (const { beams } of unfolded(first, next, maxLength)) {
        length++;
        if (length === maxLength || beams.done.dataSync().every((done) => done !== 0)) return read(beams, length);
      }
      return [];
    } finally {
      dispose(memory);
    }
  };
  const free = (): void => {
    for (const program of [remember, advance, finish]) program.dispose();
  };
  return Object.assign(search, { dispose: free, [Symbol.dispose]: free });
};
