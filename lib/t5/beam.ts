/**
 * @file Beam search as a pure function of tensors from state to state.
 *
 * Beams are kept in ascending order, the best last, as T5X keeps them: of candidates that are equally likely the one of the worse beam
 * wins, and so results agree with T5X's also where beams tie.
 */
import type { Tensor } from "../core/tensor.js";
import * as nn from "../nn/index.js";
import * as np from "../np/index.js";
import { type BeamRule, NEVER } from "./beam-rules.js";
import { isFree } from "./decoder.js";

/** The least finite number of float32, nearly. */
const LEAST = -3e38;

/** The search of `B` examples with `K` beams of up to `L` tokens. */
export interface BeamState {
  /** Tokens written so far, `[]`. */
  readonly length: Tensor;
  /** What the beams that go on read next, `[B * K]`. */
  readonly tokens: Tensor;
  /** Beams that go on: `[B, K, L]`, and their log probabilities `[B, K]`. */
  readonly live: Tensor;
  readonly logProbs: Tensor;
  /** Beams that have ended: `[B, K, L]`, their scores `[B, K]`, and whether there is one, `[B, K]`. */
  readonly ended: Tensor;
  readonly scores: Tensor;
  readonly filled: Tensor;
  /** Examples whose search is over, `[B]`. */
  readonly done: Tensor;
  /** Examples whose logits were NaN before, `[B]`. */
  readonly broken: Tensor;
}

/** The state before the first token: one live beam, the others impossible. */
export const firstBeams = (
  examples: number,
  beams: number,
  maxLength: number,
  startId: number,
  dtype: "float32" | "float64" = "float32",
): BeamState => {
  const impossible = np.full([examples, beams - 1], NEVER, dtype);
  return {
    length: np.zeros([], "int32"),
    tokens: np.full([examples * beams], startId, "int32"),
    live: np.zeros([examples, beams, maxLength], "int32"),
    logProbs: np.concatenate([impossible, np.zeros([examples, 1], dtype)], 1),
    ended: np.zeros([examples, beams, maxLength], "int32"),
    scores: np.full([examples, beams], NEVER, dtype),
    filled: np.zeros([examples, beams], "bool"),
    done: np.zeros([examples], "bool"),
    broken: np.zeros([examples], "bool"),
  };
};

/** The rows of `x` (`[B * K, ...]`) that `beams` (`[B, n]`, places among an example's K) point at: `[B * n, ...]`. */
export const pickRows = (x: Tensor, beams: Tensor): Tensor => {
  const [examples] = beams.shape;
  const first = np.multiply(np.expandDims(np.arange(examples), 1), x.shape[0] / examples);
  return np.take(x, np.ravel(np.add(beams, first)), 0, "clip");
};

/** Entries along axis 1 of `[B, n, ...]`. */
const pick = (x: Tensor, beams: Tensor): Tensor => {
  const rows = pickRows(np.reshape(x, [-1, ...x.shape.slice(2)]), beams);
  return np.reshape(rows, [...beams.shape, ...x.shape.slice(2)]);
};

/** The `k` largest of each row and where they are, from the largest on; of equal ones the first. For few of many: no sorting. */
const fewLargest = (x: Tensor, k: number): readonly [values: Tensor, places: Tensor] => {
  const places = np.arange(x.shape[1]);
  // Finite, so that what has been found is below all that has not.
  let left = np.maximum(x, LEAST);
  const found = Array.from({ length: k }, () => {
    const place = np.argmax(left, { axis: 1, keepDims: true });
    const value = np.max(left, { axis: 1, keepDims: true });
    left = np.where(np.equal(places, place), Number.NEGATIVE_INFINITY, left);
    return { value, place };
  });
  return [
    np.concatenate(
      found.map((f) => f.value),
      1,
    ),
    np.concatenate(
      found.map((f) => f.place),
      1,
    ),
  ];
};

/** The places of the `k` largest in ascending order. */
const bestLast = (x: Tensor, k: number): Tensor => np.flip(np.topK(x, k)[1], 1);

/** Ways to go on: log probabilities `[B, 2K]` from the best on, the beams they come from, and the tokens they add. */
interface Candidates {
  readonly logProbs: Tensor;
  readonly parents: Tensor;
  readonly tokens: Tensor;
  /** Where logits are NaN, `[B]`. */
  readonly broken: Tensor;
}

/** The `2K` most likely ways to go on; where a token is forced it is the only one. */
const candidatesOf = (state: BeamState, logits: Tensor, forced: Tensor | undefined): Candidates => {
  const [examples, beams] = state.logProbs.shape;
  const vocabulary = logits.shape[1];
  const each = np.reshape(np.astype(nn.logSoftmax(logits, -1), state.logProbs.dtype), [examples, beams, vocabulary]);
  // One logit that is NaN makes all log probabilities of its row so.
  const broken = np.any(np.isnan(np.slice(each, [null, null, [0, 1]])), { axis: [1, 2] });
  const all = np.add(each, np.expandDims(state.logProbs, 2));
  const [likely, places] = fewLargest(np.reshape(all, [examples, beams * vocabulary]), 2 * beams);
  const parents = np.floorDivide(places, vocabulary);
  const chosen = np.subtract(places, np.multiply(parents, vocabulary));
  if (forced === undefined) return { parents, logProbs: likely, tokens: chosen, broken };
  const given = np.expandDims(forced, 1);
  const free = isFree(given);
  const only = np.where(np.equal(np.arange(2 * beams), 0), 0, NEVER);
  return {
    parents,
    logProbs: np.where(free, likely, only),
    tokens: np.where(free, chosen, given),
    broken: np.logicalAnd(broken, isFree(forced)),
  };
};

/**
 * One step of the search, from the logits (`[B * K, V]`) that the live beams give.
 *
 * @param forced  `[B]` int32: the token that has to follow, as `isFree` reads it; absent where none ever has to
 * @returns the state after it, and for each live beam the one it comes from, `[B, K]`
 */
export const nextBeams = (
  rule: BeamRule,
  eosId: number,
  state: BeamState,
  logits: Tensor,
  forced: Tensor | undefined,
): readonly [state: BeamState, parents: Tensor] => {
  const [, beams, maxLength] = state.live.shape;
  const { logProbs, parents, tokens, broken } = candidatesOf(state, logits, forced);
  const here = np.equal(np.arange(maxLength), state.length);
  const sequences = np.where(here, np.expandDims(tokens, 2), pick(state.live, parents));
  const ends = np.equal(tokens, eosId);
  const length = np.add(state.length, 1);

  const goOn = np.add(logProbs, np.where(ends, NEVER, 0));
  const on = bestLast(goOn, beams);
  const over = rule.cutEnds ? np.logicalOr(ends, np.equal(length, maxLength)) : ends;
  const mayEnd = np.logicalAnd(over, np.less(np.arange(2 * beams), rule.mayEnd(beams)));
  const scores = np.concatenate([state.scores, np.add(rule.score(logProbs, length), np.where(mayEnd, 0, NEVER))], 1);
  const top = bestLast(scores, beams);
  const live = np.takeAlongAxis(goOn, on, 1);

  const frozen = np.expandDims(state.done, 1);
  const keep = (before: Tensor, after: Tensor): Tensor => np.where(frozen, before, after);
  const filled = keep(state.filled, np.takeAlongAxis(np.concatenate([state.filled, mayEnd], 1), top, 1));
  const kept = keep(state.scores, np.takeAlongAxis(scores, top, 1));
  const all = np.concatenate([state.ended, sequences], 1);
  const standing = {
    worst: np.where(np.all(filled, { axis: 1 }), np.min(kept, { axis: 1 }), NEVER),
    live: np.max(live, { axis: 1 }),
    best: np.max(logProbs, { axis: 1 }),
    length,
  };
  const next = {
    length,
    tokens: np.ravel(np.takeAlongAxis(tokens, on, 1)),
    live: pick(sequences, on),
    logProbs: live,
    ended: np.where(np.expandDims(frozen, 2), state.ended, pick(all, top)),
    scores: kept,
    filled,
    done: np.logicalOr(state.done, rule.done(standing)),
    broken: np.logicalOr(state.broken, np.logicalAnd(broken, np.logicalNot(state.done))),
  };
  return [next, np.takeAlongAxis(parents, on, 1)];
};

/** What a search has found. */
export interface Found {
  /** `[B, K, L]`, the best first. */
  readonly sequences: Tensor;
  readonly scores: Tensor;
  /** Whether there is one, `[B, K]` bool. */
  readonly filled: Tensor;
}

/** The beams of a search that is over, the best first. */
export const foundBeams = (rule: BeamRule, state: BeamState): Found => {
  const [, beams] = state.scores.shape;
  const bestFirst = ({ sequences, scores, filled }: Found): Found => ({
    sequences: np.flip(sequences, 1),
    scores: np.flip(scores, 1),
    filled: np.flip(filled, 1),
  });
  if (rule.scoreCut === null) {
    // Live beams stand in where none has ended.
    const none = np.logicalNot(np.any(state.filled, { axis: 1, keepDims: true }));
    return bestFirst({
      sequences: np.where(np.expandDims(none, 2), state.live, state.ended),
      scores: np.where(none, state.logProbs, state.scores),
      filled: np.logicalOr(none, state.filled),
    });
  }
  const open = np.broadcastTo(np.logicalNot(np.expandDims(state.done, 1)), state.filled.shape);
  const cut = np.where(open, rule.scoreCut(state.logProbs, state.length), NEVER);
  const scores = np.concatenate([state.scores, cut], 1);
  const top = bestLast(scores, beams);
  return bestFirst({
    sequences: pick(np.concatenate([state.ended, state.live], 1), top),
    scores: np.takeAlongAxis(scores, top, 1),
    filled: np.takeAlongAxis(np.concatenate([state.filled, open], 1), top, 1),
  });
};
