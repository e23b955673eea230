/** @file The losses of a T5 as pure functions: over target tokens, or over given choices. */
import { composite, takes } from "../core/composite.js";
import { TreeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as nn from "../nn/index.js";
import * as np from "../np/index.js";
import type { T5Config } from "./config.js";
import { isToken, realTargets } from "./ids.js";
import { labelLosses } from "./label-loss.js";
import { checkLossOptions, LOSS_OPTIONS, type LossOptions } from "./loss-options.js";
import { type Batch, logits, type PromptParams } from "./model.js";
import type { Model } from "./modified.js";
import { normalizedWeights, normalizer } from "./normalizing.js";
import type { AnyParams, Params } from "./stack.js";

/** The loss of each target token and the weights of the tokens, both `[B, S]`, and their segments in packed rows. */
const tokenLosses = (config: T5Config, model: Model, batch: Batch, options: LossOptions) => {
  const { zLoss = 0, labelSmoothing = 0, dropoutRate, remat } = options;
  const scores = logits(config, model, batch, { dropoutKey: batch.dropoutKey, dropoutRate, remat });
  const targets = realTargets(config, batch.targets);
  const { loss } = nn.tokenLosses(scores, targets, { zLoss, labelSmoothing });
  const real = np.astype(isToken(config, targets), "float32");
  const weights = batch.weights === undefined ? real : np.multiply(real, batch.weights);
  return { loss, weights, segments: batch.targetsSegments };
};

/**
 * The summed loss of a batch and what it is counted by, to be added up over microbatches: the weights of the target tokens (of the examples,
 * where the loss is over choices), or what `normalize` says.
 *
 * @throws {ArgumentError} for options that are not known or out of range, and (from the returned function) for a batch without choices or
 * answers, where the loss is over them; {ShapeError} when these do not fit the inputs
 * @example const [sum, count] = t5.lossSums(config)(params, batch) // loss is sum / count, and 0 where there is no weight
 */
export const lossSums = takes(
  `t5.lossSums(config, { ${LOSS_OPTIONS} })`,
  <M extends Model = Params>(
    config: T5Config,
    options: LossOptions = {},
  ): ((model: M, batch: Batch) => readonly [sum: Tensor, count: Tensor]) => {
    checkLossOptions(options);
    const { loss: over = "tokens", normalize = "tokens" } = options;
    const lossesOf = over === "tokens" ? tokenLosses : labelLosses;
    return composite("t5.lossSums(model, batch)", (model: M, batch: Batch) => {
      const { loss, weights: given, segments } = lossesOf(config, model, batch, options);
      const { weights, count } = normalizedWeights(given, normalize, segments);
      return [np.sum(np.multiply(loss, weights)), count];
    });
  },
);

/**
 * The loss as a function of the model: of all weights (model tuning), or of what a method puts into a frozen model.
 *
 * @throws as `lossSums` does
 * @see Raffel et al. 2020 (tokens); the label-only models of the reference implementation of prompt tuning (labels, hinge)
 * @example const step = valueAndGrad(t5.loss(config)) // all weights
 * @example t5.loss<t5.StackedParams>(config) // for layers that are scanned
 * @example t5.loss(config, { loss: "labels" })(params, { inputs, targets, choices, answer }) // which of the choices is right
 */
export const loss = takes(
  `t5.loss(config, { ${LOSS_OPTIONS} })`,
  <M extends Model = Params>(config: T5Config, options: LossOptions = {}): ((model: M, batch: Batch) => Tensor) => {
    const { normalize = "tokens" } = options;
    const sumsOf = lossSums<M>(config, options);
    return composite("t5.loss(model, batch)", (model: M, batch: Batch) => {
      const [sum, count] = sumsOf(model, batch);
      return normalizer(normalize, count)(sum);
    });
  },
);

/** @throws {TreeError} for a tree without a prompt, whose loss would be that of the bare model */
const promptIn = (tuned: PromptParams): Tensor => {
  if (tuned?.prompt !== undefined) return tuned.prompt;
  const got = typeof tuned === "object" && tuned !== null ? `{ ${Object.keys(tuned).join(", ")} }` : String(tuned);
  throw new TreeError({ where: "t5.promptLoss", what: "there is no prompt", expected: "{ prompt: f32[P,d] }", got });
};

/**
 * The loss of prompt tuning as a pure function `(frozenParams, promptParams, batch) => loss`.
 *
 * Differentiate it with respect to argument 1; the frozen weights then carry no tangents.
 * @throws {TreeError} (from the loss) for a tree without a prompt
 * @see Lester et al. 2021, section 2
 * @example const step = valueAndGrad(t5.promptLoss(config), { argnums: 1 })
 */
export const promptLoss = takes(
  `t5.promptLoss(config, { ${LOSS_OPTIONS} })`,
  (config: T5Config, options: LossOptions = {}): ((frozen: AnyParams, prompt: PromptParams, batch: Batch) => Tensor) =>
    composite("t5.promptLoss(frozen, prompt, batch)", (frozen: AnyParams, tuned: PromptParams, batch: Batch) =>
      loss<Model>(config, options)({ params: frozen, prefix: promptIn(tuned) }, batch),
    ),
);
