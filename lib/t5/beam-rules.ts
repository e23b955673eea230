/** @file The ways to score beams and to end a search: T5X's and Hugging Face's, of today and of before. */
import { ArgumentError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";

/** Stands for an impossible log probability; T5X's value. */
export const NEVER = -1e7;

/** T5X's rule: `score = log p / ((5 + L) / 6) ** alpha`, L the number of tokens, EOS included. A search that no beam finished gives its live beams and plain sums. */
export interface BrevityPenalty {
  readonly rule: "t5x";
  /** Default 0.6. */
  readonly alpha?: number;
  /** Ends the search once no live beam can have this score; by default none. */
  readonly minLogProb?: number;
}

/**
 * Hugging Face's rule: `score = log p / L ** lengthPenalty`, L the number of tokens, EOS included.
 *
 * - `huggingFace`: as transformers 5 does. At the longest length the best candidates end, whether they are cut or not
 * - `huggingFace4`: as transformers did up to 4.35. Beams that are cut join those that have ended, and L counts their start token too
 */
export interface LengthPenalty {
  readonly rule: "huggingFace" | "huggingFace4";
  /** Default 1. */
  readonly lengthPenalty?: number;
  /** Whether a search ends as soon as all beams are finished, not only when none can become better. Default false. */
  readonly earlyStopping?: boolean;
}

export type BeamPenalty = BrevityPenalty | LengthPenalty;

/** Where a search stands; one number for each example. */
export interface Standing {
  /** Score of the worst finished beam, or `NEVER` when there are fewer than asked for. */
  readonly worst: Tensor;
  /** Log probability of the best beam that goes on. */
  readonly live: Tensor;
  /** Log probability of the best candidate of this step, whether it ends or not. */
  readonly best: Tensor;
  /** Tokens so far, `[]`. */
  readonly length: Tensor;
}

/** A rule as functions of tensors. */
export interface BeamRule {
  readonly score: (logProb: Tensor, length: Tensor) => Tensor;
  /** How many of the candidates, from the best on, may end a beam. */
  readonly mayEnd: (beams: number) => number;
  /** Whether a candidate of the longest length has ended with whatever token. */
  readonly cutEnds: boolean;
  /** Which examples are done, `[B]` bool. */
  readonly done: (standing: Standing) => Tensor;
  /** What live beams are worth when the search is over, `length` tokens long; null where they only stand in for finished ones. */
  readonly scoreCut: ((logProb: Tensor, length: Tensor) => Tensor) | null;
}

const brevity = ({ alpha = 0.6, minLogProb }: BrevityPenalty, maxLength: number): BeamRule => {
  const penalty = (length: Tensor, like: Tensor): Tensor =>
    np.power(np.divide(np.add(np.astype(length, like.dtype), 5), 6), alpha);
  // T5X counts the start token in the longest length.
  const smallest = ((5 + maxLength + 1) / 6) ** alpha;
  return {
    score: (logProb, length) => np.divide(logProb, penalty(length, logProb)),
    mayEnd: (beams) => 2 * beams,
    cutEnds: false,
    done: ({ worst, live }) => {
      const reachable = np.divide(live, smallest);
      const better = np.greater(worst, reachable);
      if (minLogProb === undefined) return better;
      return np.logicalOr(better, np.all(np.less(reachable, minLogProb / smallest)));
    },
    scoreCut: null,
  };
};

const byLength = ({ rule, lengthPenalty = 1, earlyStopping = false }: LengthPenalty): BeamRule => {
  const older = rule === "huggingFace4";
  const score = (logProb: Tensor, length: Tensor): Tensor =>
    np.divide(logProb, np.power(np.astype(length, logProb.dtype), lengthPenalty));
  return {
    score,
    mayEnd: (beams) => beams,
    cutEnds: !older,
    done: ({ worst, live, best, length }) => {
      const full = np.greater(worst, NEVER);
      return earlyStopping ? full : np.logicalAnd(full, np.greaterEqual(worst, score(older ? best : live, length)));
    },
    scoreCut: older ? (logProb, length) => score(logProb, np.add(length, 1)) : null,
  };
};

/** @throws {ArgumentError} for a penalty that is not a number */
const checkPower = (where: string, what: string, power: number | undefined): void => {
  if (power === undefined || Number.isFinite(power)) return;
  throw new ArgumentError({ where, what: `${what} is not a number`, expected: "a finite number", got: String(power) });
};

const OPTIONS: { readonly [R in BeamPenalty["rule"]]: readonly string[] } = {
  t5x: ["rule", "alpha", "minLogProb"],
  huggingFace: ["rule", "lengthPenalty", "earlyStopping"],
  huggingFace4: ["rule", "lengthPenalty", "earlyStopping"],
};

/** @throws {ArgumentError} for a rule that is none, and for options of the other */
const checkPenalty = (where: string, penalty: BeamPenalty): void => {
  if (!Object.hasOwn(OPTIONS, penalty.rule)) {
    const expected = Object.keys(OPTIONS).join(", ");
    throw new ArgumentError({ where, what: "there is no such rule", expected, got: String(penalty.rule) });
  }
  const names = OPTIONS[penalty.rule];
  const unknown = Object.keys(penalty).filter((name) => !names.includes(name));
  if (unknown.length === 0) return;
  throw new ArgumentError({
    where,
    what: `the rule "${penalty.rule}" has no such option`,
    expected: names.join(", "),
    got: unknown.join(", "),
  });
};

/** The functions of a penalty. */
export const beamRule = (where: string, penalty: BeamPenalty, maxLength: number): BeamRule => {
  checkPenalty(where, penalty);
  if (penalty.rule === "t5x") {
    checkPower(where, "alpha", penalty.alpha);
    checkPower(where, "minLogProb", penalty.minLogProb);
    return brevity(penalty, maxLength);
  }
  checkPower(where, "lengthPenalty", penalty.lengthPenalty);
  return byLength(penalty);
};
