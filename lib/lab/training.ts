/** @file The steps of a recipe, and the states that they begin with. */
import { scope } from "../core/composite.js";
import { ConfigError } from "../core/errors.js";
import type { Method } from "../methods/method.js";
import { wayward } from "../methods/wayward.js";
import * as random from "../random/index.js";
import type { T5Config } from "../t5/config.js";
import type { Params, PromptParams } from "../t5/model.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import { makeJointStep } from "../train/joint.js";
import type { Regularizer } from "../train/regularize.js";
import { initState, makeTrainStep, type StepOptions, type TrainState } from "../train/state.js";
import { startKey } from "./method.js";
import type { TaskObjective } from "./objective-settings.js";
import { optimizerOf } from "./optimizer.js";
import type { Recipe } from "./recipe.js";

/** The term that holds a prompt near a text. @throws {ConfigError} when the prompt has not a vector for each piece of it */
const nearText = (
  { wayward: { text, gamma } }: TaskObjective,
  method: Recipe["method"],
  tokenizer: Tokenizer,
): Regularizer<PromptParams> => {
  const ids = tokenizer.encode(text);
  if (method.name === "prompt" && method.length === ids.length) return wayward({ ids, gamma });
  const what = "the prompt is not as long as the text that it stays close to";
  const got = method.name === "prompt" ? `method.length ${method.length}` : method.name;
  throw new ConfigError({
    where: "objective.wayward",
    what,
    expected: `method.length ${ids.length}, a vector a piece`,
    got,
  });
};

/** What the loss of a step is of. */
const lossOf = ({ objective, method }: Recipe, tokenizer: Tokenizer): StepOptions => {
  if (objective.name === "pretraining") return {};
  const { name, ...options } = objective.loss;
  return {
    loss: name,
    ...("margin" in options && { hinge: options.margin }),
    ...("lengthNormalize" in options && { lengthNormalize: options.lengthNormalize }),
    ...(objective.wayward.text !== "" && { regularizer: nearText(objective, method, tokenizer) as never }),
  };
};

/** The settings of a step. */
const stepOptions = (recipe: Recipe, tokenizer: Tokenizer): StepOptions => {
  const { objective, dropout, microbatches, ema } = recipe;
  const { zLoss, labelSmoothing, normalize } = objective;
  return {
    ...lossOf(recipe, tokenizer),
    zLoss,
    labelSmoothing,
    normalize,
    dropoutRate: dropout,
    microbatches,
    gradientNorm: true,
    ...(ema > 0 && { ema }),
  };
};

/** The steps of one run and of several together, and the first state of a seed. */
export const trainingOf = (recipe: Recipe, method: Method, model: T5Config, frozen: Params, tokenizer: Tokenizer) => {
  const tx = optimizerOf(recipe);
  const options = stepOptions(recipe, tokenizer);
  return {
    step: makeTrainStep(model, method, tx, options),
    jointStep: makeJointStep(model, method, tx, options),
    /** `from`: the weights that the method begins with, where a seed has its own. */
    stateOf: (seed: number, from = frozen): TrainState<object, unknown> => {
      const tuned = scope(() => method.init(startKey(seed), model, from));
      return initState(tx, tuned, random.key(seed), options);
    },
  };
};
