/** @file Losses over given choices: what counts is which of them a T5 finds likeliest, not what else it might say. */
import { sameShape } from "../core/aval.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import type { T5Config } from "./config.js";
import { isToken, realTargets } from "./ids.js";
import type { LossOptions } from "./loss-options.js";
import { MASKED } from "./masks.js";
import { type Batch, logits } from "./model.js";
import type { Model } from "./modified.js";
import { logLikelihoods } from "./rank.js";
import { checkNotPacked } from "./segments.js";

const WHERE = "t5.loss";

/** How likely each choice is, `[B, C]`, and which choices there are: a row of padding alone is none. */
interface Choices {
  readonly scores: Tensor;
  readonly valid: Tensor;
}

/** The choices of a batch and the right ones. @throws {ArgumentError} where they are missing; {ShapeError} when they do not fit the inputs */
const choicesOf = (batch: Batch, loss: string): { readonly choices: Tensor; readonly answer: Tensor } => {
  const { inputs, choices, answer } = batch;
  if (choices === undefined || answer === undefined) {
    const missing = choices === undefined ? (answer === undefined ? "choices and answer" : "choices") : "answer";
    throw new ArgumentError({
      where: WHERE,
      what: `the batch has no ${missing}`,
      expected: `choices i32[B,C,S] and answer i32[B] for the loss ${loss}`,
      got: `a batch of ${Object.keys(batch).join(", ")}`,
      hint: 'the loss "tokens" trains by the targets alone',
    });
  }
  const size = inputs.shape[0];
  if (choices.ndim !== 3 || choices.shape[0] !== size || !sameShape(answer.shape, [size])) {
    throw new ShapeError({
      where: WHERE,
      what: "the choices or their answers do not fit the inputs",
      expected: `choices i32[${size},C,S] and answer i32[${size}] for inputs ${inputs.aval}`,
      got: `${choices.aval} and ${answer.aval}`,
    });
  }
  return { choices, answer };
};

/** One weight for each example, `[B, 1]`. @throws {ShapeError} when there are others */
const weightsOf = ({ inputs, weights }: Batch): Tensor => {
  const size = inputs.shape[0];
  if (weights === undefined) return np.ones([size, 1]);
  if (sameShape(weights.shape, [size])) return np.expandDims(weights, 1);
  throw new ShapeError({
    where: WHERE,
    what: "the weights do not fit a loss over choices",
    expected: `f32[${size}], one for each example`,
    got: `${weights.aval}`,
    hint: "weights of target tokens are for the loss tokens",
  });
};

/** The encoder runs once an example; all its choices go through the decoder together. */
const scored = (config: T5Config, model: Model, batch: Batch, choices: Tensor, options: LossOptions): Choices => {
  const { dropoutRate, remat, lengthNormalize = true } = options;
  const { inputs, dropoutKey } = batch;
  const targets = realTargets(config, np.reshape(choices, [-1, choices.shape[2]]));
  const predicted = logits(config, model, { inputs, targets }, { dropoutKey, dropoutRate, remat });
  const sums = np.reshape(logLikelihoods(config, predicted, targets), choices.shape.slice(0, 2));
  const real = np.reshape(isToken(config, targets), choices.shape);
  const lengths = np.sum(np.astype(real, sums.dtype), { axis: 2 });
  const valid = np.greater(lengths, 0);
  return { scores: lengthNormalize ? np.divide(sums, np.maximum(lengths, 1)) : sums, valid };
};

/** The score of the right choice, `[B]`; NaN for an answer that is not an index. */
const scoreOf = (scores: Tensor, answer: Tensor): Tensor => {
  const index = np.where(np.less(answer, 0), scores.shape[1], answer);
  return np.squeeze(np.takeAlongAxis(scores, np.expandDims(index, 1), 1), 1);
};

/**
 * What label smoothing by `s` adds to the cross entropy of scores: the others of an example share `s`, and a constant is taken away, so that
 * the least loss stays 0. A single choice is not smoothed.
 */
const smoothing = ({ scores, valid }: Choices, gold: Tensor, s: number): Tensor => {
  const others = np.subtract(np.sum(np.astype(valid, scores.dtype), { axis: 1 }), 1);
  const share = np.divide(s, np.maximum(others, 1));
  const rest = np.subtract(np.sum(np.where(valid, scores, 0), { axis: 1 }), gold);
  const entropy = np.add((1 - s) * Math.log(1 - s), np.multiply(s, np.log(np.add(share, 1e-20))));
  const added = np.add(np.subtract(np.multiply(s, gold), np.multiply(share, rest)), entropy);
  return np.where(np.greater(others, 0), added, 0);
};

/**
 * The loss of each example by the scores of its choices, `[B]`: `logsumexp(scores) - scores[answer]` with z-loss and label smoothing, or with the
 * loss `hinge` the best score minus that of the answer, plus the hinge. Of several best choices the first counts. Since the best one is never
 * worse than the answer, the loss is never below 0.
 */
export const choiceLosses = (choices: Choices, answer: Tensor, options: LossOptions): Tensor => {
  const { loss, hinge = 0.2, zLoss = 0, labelSmoothing = 0 } = options;
  const scores = np.where(choices.valid, choices.scores, MASKED);
  const gold = scoreOf(scores, answer);
  if (loss === "hinge") {
    return np.add(hinge, np.subtract(scoreOf(scores, np.argmax(scores, { axis: 1 })), gold));
  }
  const logZ = np.logsumexp(scores, { axis: 1 });
  const plain = np.subtract(logZ, gold);
  const smooth = labelSmoothing === 0 ? plain : np.add(plain, smoothing(choices, gold, labelSmoothing));
  return zLoss === 0 ? smooth : np.add(smooth, np.multiply(zLoss, np.square(logZ)));
};

/**
 * The loss of each example of a batch over its choices and the weights of the examples, both `[B, 1]`.
 *
 * @throws {ArgumentError} when the batch has no choices or answers, or its rows are packed; {ShapeError} when they do not fit the inputs
 * @see the label-only models of the reference implementation of prompt tuning, `extended/perceptron`
 */
export const labelLosses = (
  config: T5Config,
  model: Model,
  batch: Batch,
  options: LossOptions,
): { readonly loss: Tensor; readonly weights: Tensor; readonly segments?: undefined } => {
  checkNotPacked(WHERE, "packed rows have no loss over choices", batch.inputsSegments, batch.targetsSegments);
  const { choices, answer } = choicesOf(batch, `${options.loss}`);
  const weights = weightsOf(batch);
  const losses = choiceLosses(scored(config, model, batch, choices, options), answer, options);
  return { loss: np.expandDims(losses, 1), weights };
};
