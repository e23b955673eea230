/** @file The options of the losses of a T5, and what they refuse. */
import { ArgumentError } from "../core/errors.js";
import { checkSmoothing } from "../nn/losses.js";
import { checkNormalize, type Normalize } from "./normalizing.js";
import type { TrainingOptions } from "./stack.js";

const OVER = ["tokens", "labels", "hinge"] as const;

export interface LossOptions extends Pick<TrainingOptions, "remat"> {
  /**
   * What is compared. Default `tokens`. The others train by `batch.choices` and `batch.answer`, and read no targets:
   *
   * - `tokens`: the cross entropy of each target token among the vocabulary
   * - `labels`: the cross entropy of the right choice among the choices of its example
   * - `hinge`: how far the right choice is behind the best one, plus `hinge`; it takes neither z-loss nor label smoothing
   */
  readonly loss?: (typeof OVER)[number];
  /**
   * What `loss: "hinge"` adds to the distance of each example, from 0. Default 0.2. It has no gradient: the best choice may be the right
   * one, whose loss is then this number.
   */
  readonly hinge?: number;
  /** Whether the score of a choice is the mean over its tokens, and not the sum, where the loss is over choices. Default true. */
  readonly lengthNormalize?: boolean;
  /** Weight of the squared log partition function; T5X trains with 1e-4, the paper states plain cross entropy. Default 0. */
  readonly zLoss?: number;
  /** The share of each target's probability that is spread over the other tokens or choices, in [0, 1). Default 0. */
  readonly labelSmoothing?: number;
  /**
   * The divisor of the sum over target tokens, or over examples where the loss is over choices. Default `tokens`, which gives the mean; T5X
   * trains with `none`, which gives the sum.
   */
  readonly normalize?: Normalize;
  /** Share of activations dropped when the batch carries a key. Default 0. */
  readonly dropoutRate?: number;
}

/** The names of `LossOptions` in signatures. */
export const LOSS_OPTIONS = "loss, hinge, lengthNormalize, zLoss, labelSmoothing, normalize, dropoutRate, remat";

const WHERE = "t5.loss";

/** @throws {ArgumentError} for options that are not known, or out of range */
export const checkLossOptions = ({ loss = "tokens", hinge = 0, labelSmoothing = 0, normalize }: LossOptions): void => {
  if (normalize !== undefined) checkNormalize(WHERE, normalize);
  checkSmoothing(WHERE, labelSmoothing);
  if (!OVER.includes(loss)) {
    throw new ArgumentError({ where: WHERE, what: "there is no such loss", expected: OVER.join(", "), got: `${loss}` });
  }
  if (Number.isFinite(hinge) && hinge >= 0) return;
  throw new ArgumentError({ where: WHERE, what: "the hinge is out of range", expected: "0 <= hinge", got: `${hinge}` });
};
