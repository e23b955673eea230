/** @file Everything that pre-training needs before its first step. */
import { init } from "../../compile/init.js";
import { InvariantError } from "../../core/errors.js";
import { dispose } from "../../core/tensor.js";
import type { Method } from "../../methods/method.js";
import { full } from "../../methods/weights.js";
import { checkVocabulary, tokenizerAt } from "../inputs.js";
import type { Places } from "../lock.js";
import { numbersIn, type Prepared, type RunData, sharesOf, withSeeds } from "../prepared.js";
import { vocabularyOf } from "../start.js";
import { trainingTokens } from "../token-parts.js";
import { trainingOf } from "../training.js";
import { pretrainingBatches, ratesBeside, streamOfParts } from "./batches.js";
import type { Corpora } from "./corpora.js";
import { byFrequency, textEvaluator } from "./evaluation.js";
import { objectiveOfKind } from "./kinds.js";
import { modelOutputs } from "./outputs.js";
import type { PretrainingRecipe } from "./recipe.js";
import { startModel } from "./start.js";

/** The seed of the examples of evaluations: all seeds of a recipe have the same ones. */
const EVALUATION_SEED = 0;

const corporaOf = ({ corpora }: RunData): Corpora => {
  if (corpora === undefined) {
    throw new InvariantError({ where: "preparePretraining", what: "the texts were not read" });
  }
  return corpora;
};

/**
 * Loads and checks everything; nothing is written.
 *
 * @throws the typed error of whatever is missing or does not fit
 */
export const preparePretraining = async (
  recipe: PretrainingRecipe,
  places: Places,
  data: RunData,
): Promise<Prepared> => {
  const { train, validation } = corporaOf(data);
  const tokenizer = await tokenizerAt(places.tokenizer, places.model);
  const { kind, start, validationRows } = recipe.objective;
  const objective = objectiveOfKind(kind, recipe.lengths, tokenizer);
  const model = await startModel(start, tokenizer, places.model);
  const { config } = model;
  checkVocabulary(config, tokenizer);
  await init({ backend: recipe.backend, executor: recipe.executor });
  const method = full() as Method;
  const frozen = model.params(recipe.seed);
  const { stateOf, ...steps } = trainingOf(recipe, method, config, frozen, tokenizer);
  const state = stateOf(recipe.seed);
  const heldOut = streamOfParts(validation, objective, EVALUATION_SEED);
  const examples = Array.from({ length: validationRows }, (_, n) => heldOut(n));
  const lengths = { ...recipe.lengths, target: objective.targetLength };
  const { parts, ...cuts } = trainingTokens({ ...recipe, lengths }, data.train, tokenizer);
  const { share } = recipe.objective.tasks;
  const batchesOf = (seed: number) =>
    pretrainingBatches({ ...recipe, objective }, streamOfParts(train, objective, seed, parts, share), config.padId);
  const stateOfSeed = (seed: number) => {
    if (!model.isRandom) return stateOf(seed);
    const own = model.params(seed);
    const begun = stateOf(seed, own);
    dispose(own);
    return begun;
  };
  const prepared = {
    recipe,
    model: config,
    frozen,
    tokenizer,
    data,
    state,
    ...steps,
    batchAt: batchesOf(recipe.seed),
    shares: sharesOf(ratesBeside(train, parts, share).map((rate) => ({ rate }))),
    evaluate: textEvaluator(config, frozen, method, examples, recipe.evaluation.tokens),
    cut: 0,
    facts: {
      ...(data.train.length > 0 && { cuts: { ...cuts, validationInputs: { rows: 0, cut: 0 } } }),
      vocabulary: await vocabularyOf(tokenizer, config.vocabSize, places),
      labels: [],
    },
    outputs: await modelOutputs(model, frozen, places.tokenizer),
    bestFolder: "best/",
    majority: byFrequency(examples),
    counts: { model: numbersIn(frozen), tuned: numbersIn(state.tuned) },
  };
  return withSeeds(prepared, { stateOf: stateOfSeed, batchesOf });
};
