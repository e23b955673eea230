/** @file Beam search with any decoder: one program for each shape, ended when every example is done. */
import { scope, takes } from "../core/composite.js";
import { ArgumentError } from "../core/errors.js";
import { treeMap } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { jit } from "../transforms/jit.js";
import { type BeamState, type Found, firstBeams, foundBeams, nextBeams, pickRows } from "./beam.js";
import { type BeamPenalty, beamRule } from "./beam-rules.js";
import {
  checkCount,
  checkExamples,
  checkNumber,
  type Decoded,
  type Decoder,
  type Forced,
  forcedAt,
  forcedTokens,
  type SpecialIds,
  scoreDType,
  whileGoesOn,
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

/** Per-call settings of a search. */
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
 * `log p / ((5 + L) / 6) ** alpha` (T5X) or `log p / L ** lengthPenalty` (Hugging Face, of today or of before).
 *
 * @throws {ArgumentError} when an option is out of range, and in calls when logits are NaN
 * @see Wu et al. 2016, arXiv:1609.08144, section 7; T5X, `t5x.decoding.beam_search`; transformers 5.24, `_beam_search`, and 4.25, `BeamSearchScorer`
 */
export const beamSearch = takes(
  "t5.beamSearch(decoder, { maxLength, numBeams, numReturn, penalty, startId, eosId, padId })",
  <P, I, M, C>(decoder: Decoder<P, I, M, C>, options: BeamOptions): BeamSearch<P, I> => {
    const where = "t5.beamSearch";
    const {
      maxLength,
      numBeams,
      numReturn = numBeams,
      penalty = { rule: "t5x" },
      startId = 0,
      eosId = 1,
      padId = 0,
    } = options;
    checkCount(where, "maxLength", maxLength);
    checkCount(where, "numBeams", numBeams);
    checkCount(where, "numReturn", numReturn, numBeams);
    const rule = beamRule(where, penalty, maxLength);

    const goesOn = ({ beams: { length, done } }: Carry<C>): Tensor =>
      np.logicalAnd(np.less(length, maxLength), np.logicalNot(np.all(done)));
    const program = jit(function beamSearch(params: P, inputs: I, forced: Tensor | undefined) {
      const memory = decoder.memory(params, inputs);
      const empty = decoder.cache(memory, numBeams);
      const first: Carry<C> = {
        cache: empty,
        beams: firstBeams(decoder.examples(inputs), numBeams, maxLength, startId, scoreDType(empty)),
      };
      const grow = ({ cache, beams }: Carry<C>): Carry<C> => {
        const [logits, written] = decoder.step(params, memory, cache, beams.tokens, beams.length);
        checkVocabulary(numBeams, logits.shape[1]);
        const given = forced && forcedAt(forced, beams.length);
        const [next, parents] = nextBeams(rule, eosId, beams, logits, given);
        return { beams: next, cache: treeMap((x: Tensor) => pickRows(x, parents), written) as C };
      };
      const { beams } = whileGoesOn(goesOn, grow, first);
      return { ...foundBeams(rule, beams), length: beams.length, broken: beams.broken };
    });

    /** What has been found, as lists. */
    const read = ({ sequences, scores, filled, length, broken }: Found & Pick<BeamState, "length" | "broken">) => {
      const [examples, , size] = sequences.shape;
      const bad = broken.dataSync().indexOf(1);
      if (bad >= 0) checkNumber(where, Number.NaN, `example ${bad}`);
      const [tokens, marks, there] = [sequences, scores, filled].map((x) => x.dataSync());
      const written = length.item();
      return Array.from({ length: examples }, (_, i): Decoded[] =>
        Array.from({ length: numReturn }, (_x, k) => i * numBeams + k)
          .filter((row) => there[row] !== 0)
          .map((row) => ({
            tokens: cut(tokens.subarray(row * size, (row + 1) * size), written, eosId),
            score: marks[row],
          })),
      );
    };

    const search = (params: P, inputs: I, { forced }: BeamRequest = {}): Decoded[][] => {
      checkExamples(where, decoder.examples(inputs), forced);
      return scope(() => read(program(params, inputs, forcedTokens(forced, 1, maxLength, padId))));
    };
    const free = (): void => program.dispose();
    return Object.assign(search, { dispose: free, [Symbol.dispose]: free });
  },
);
