/** @file How well a T5 predicts given targets: teacher-forced log likelihood and right tokens. */
import { takes } from "../core/composite.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { type Jitted, jit } from "../transforms/jit.js";
import type { T5Config } from "./config.js";
import { checkedCalls, checkIds, isToken, realTargets } from "./ids.js";
import { logits } from "./model.js";
import type { Inserted, Model } from "./modified.js";
import { logLikelihoods } from "./rank.js";

/** Of each example, `[B]` float32. */
export interface TargetScores {
  /** Log likelihood of all target tokens, EOS included. */
  readonly logLikelihood: Tensor;
  /** How many target tokens are the likeliest ones, given the tokens before them. */
  readonly correct: Tensor;
}

export type Score = Jitted<(model: Model, inputs: Tensor, targets: Tensor, inserted?: Inserted) => TargetScores>;

/**
 * Scores of the targets of each example, where the decoder reads the targets themselves (teacher forcing).
 *
 * - `inputs` `[B, T]`, `targets` `[B, S]`: (of the returned function) int32, padded with the configuration's `padId`, which is 0
 * @throws {ArgumentError} for an id that the vocabulary does not have
 * @see T5X's `score_batch`
 * @example using score = t5.score(config); const { logLikelihood } = score(params, inputs, targets)
 */
export const score = takes("t5.score(config)", (config: T5Config): Score => {
  const program = jit(function scoreTargets(model: Model, inputs: Tensor, given: Tensor, inserted: Inserted = {}) {
    const targets = realTargets(config, given);
    const predicted = logits(config, model, { inputs, targets }, inserted);
    const right = np.logicalAnd(np.equal(np.argmax(predicted, { axis: -1 }), targets), isToken(config, targets));
    return {
      logLikelihood: logLikelihoods(config, predicted, targets),
      correct: np.sum(np.astype(right, "float32"), { axis: 1 }),
    };
  });
  return checkedCalls("t5.score(model, inputs, targets, inserted)", program, (_, inputs, targets) => {
    checkIds("t5.score", config, inputs, { what: "inputs" });
    checkIds("t5.score", config, targets, { what: "targets", target: true });
  });
});
