/** @file Ranking given answers by their likelihood. */
import { takes } from "../core/composite.js";
import { ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as nn from "../nn/index.js";
import * as np from "../np/index.js";
import { type Jitted, jit } from "../transforms/jit.js";
import type { T5Config } from "./config.js";
import { checkedCalls, checkIds, isToken, realTargets } from "./ids.js";
import { decode, encode, logitsOf, shiftRight } from "./model.js";
import { type Inserted, type Model, modified } from "./modified.js";

export type Rank = Jitted<(model: Model, inputs: Tensor, labels: Tensor, inserted?: Inserted) => Tensor>;

/** The log likelihood of each row of targets (`[rows, S]` with padding) under its logits, `[rows, S, V]`. */
export const logLikelihoods = (config: Pick<T5Config, "padId">, logits: Tensor, targets: Tensor): Tensor => {
  const { loss } = nn.tokenLosses(logits, targets, { zLoss: 0 });
  return np.negative(np.sum(np.where(isToken(config, targets), loss, 0), { axis: 1 }));
};

/**
 * Log likelihood of each of the given answers: `score[b, c] = Σ_s log p(label[c, s] | label[c, <s], input[b])`, over the answer's
 * tokens, EOS included. The encoder runs once; all answers of the batch go through the decoder together.
 *
 * - `labels`: (of the returned function) `[C, S]` int32, padded with the configuration's `padId`, which is 0
 * @returns a compiled function of a model, inputs `[B, T]`, labels and insertions such as a prompt, with the result `[B, C]`; NaN where logits are
 * @throws {ShapeError} when the labels are not `[C, S]`; {ArgumentError} for an id that the vocabulary does not have
 * @see T5X's `score_batch`
 * @example using score = t5.rank(config); const best = np.argmax(score(params, inputs, labels), { axis: 1 })
 */
export const rank = takes("t5.rank(config)", (config: T5Config): Rank => {
  const program = jit(function rankAnswers(
    model: Model,
    inputs: Tensor,
    labels: Tensor,
    inserted: Inserted = {},
  ): Tensor {
    if (labels.ndim !== 2) {
      throw new ShapeError({
        where: "t5.rank",
        what: "the labels are not in rows",
        expected: "i32[C,S]",
        got: `${labels.aval}`,
      });
    }
    const [examples, [count]] = [inputs.shape[0], labels.shape];
    const targets = realTargets(config, np.tile(labels, [examples, 1]));
    const real = isToken(config, targets);
    const whole = modified(model, inserted, ["encoder", "decoder"], "t5.rank");
    const states = decode(config, whole, encode(config, whole, inputs), shiftRight(config, targets), { valid: real });
    return np.reshape(logLikelihoods(config, logitsOf(config, whole, states), targets), [examples, count]);
  });
  return checkedCalls("t5.rank(model, inputs, labels, inserted)", program, (_, inputs, labels) => {
    checkIds("t5.rank", config, inputs, { what: "inputs" });
    checkIds("t5.rank", config, labels, { what: "labels", target: true });
  });
});
