/** @file Everything a run needs before its first step: model, tokenizer, examples, method, compiled functions. */
import { init } from "../compile/init.js";
import { scope } from "../core/composite.js";
import { loadT5 } from "../io/load-t5.js";
import { forTask, type Method } from "../methods/method.js";
import type { Example } from "../metrics/answered.js";
import * as np from "../np/index.js";
import type { T5Config } from "../t5/config.js";
import type { Params } from "../t5/model.js";
import type { Task } from "../tasks/task.js";
import { scoreAnswers } from "../train/evaluate.js";
import { type InsertedLengths, insertedLengths } from "../train/inserted.js";
import { outputsOf } from "../train/outputs.js";
import { checkDecoding, checkedFront, taskEvaluator } from "../train/task-evaluator.js";
import { type BatchAt, trainingBatches } from "./batches.js";
import { checkVocabulary, tokenizerAt } from "./inputs.js";
import { checkLoss } from "./label-answers.js";
import type { Places } from "./lock.js";
import { methodOfRecipe } from "./method.js";
import { numbersIn, type Prepared, type RunData, sharesOf, withSeeds } from "./prepared.js";
import { preparePretraining } from "./pretraining/prepare.js";
import { isPretraining, taskObjective } from "./pretraining/recipe.js";
import type { Recipe } from "./recipe.js";
import { choosingTasks, usualAnswer } from "./results.js";
import { vocabularyOf } from "./start.js";
import { joinedScores, suiteEvaluator } from "./suite.js";
import { trainingTokens } from "./token-parts.js";
import { trainingOf } from "./training.js";

/** Checks what can be checked before the model is read. @throws {ConfigError} for tasks that a setting does not fit */
export const checkData = (recipe: Recipe, { train, validation }: RunData): void => {
  const { prefix, evaluation } = recipe;
  for (const { task } of [...train, ...validation]) checkedFront(task, prefix);
  for (const { task } of validation) checkDecoding(task, evaluation.decoding);
  for (const part of train) checkLoss(part, taskObjective(recipe));
};

/** What a method adds to the rows of a batch. */
const insertedBy = (method: Method, model: T5Config, frozen: Params, tuned: object): InsertedLengths => {
  let inserted = { encoder: 0, decoder: 0 };
  scope(() => {
    inserted = insertedLengths(forTask(method, 0).apply(model, frozen, tuned));
  });
  return inserted;
};

/** A method as it answers a task: with the part of that task, where it has one for each. */
const methodFor = (method: Method, { train }: RunData, { name }: Task): Method => {
  const { tasks = 1 } = method;
  return tasks === 1
    ? method
    : forTask(
        method,
        train.findIndex(({ task }) => task.name === name),
      );
};

/** The evaluators of all validation examples, by trees of a method. */
export const suiteOf = (
  { recipe, model, frozen, tokenizer, data }: Pick<Prepared, "recipe" | "model" | "frozen" | "tokenizer" | "data">,
  method: Method,
) => {
  const { evaluation, prefix } = recipe;
  const options = {
    decoding: evaluation.decoding,
    prefix,
    sentinel: taskObjective(recipe).sentinel,
    maxTokens: evaluation.tokens,
    ...(evaluation.inputLength > 0 && { maxInputLength: evaluation.inputLength }),
  };
  const made = data.validation.map(({ task, examples }) => ({
    name: task.name,
    ...taskEvaluator({ config: model, params: frozen }, tokenizer, task, examples, {
      ...options,
      method: methodFor(method, data, task),
    }),
  }));
  const names = (parts: readonly { readonly task: Task }[]): string[] => parts.map(({ task }) => task.name);
  const evaluate = suiteEvaluator(made, choosingTasks(names(data.train), names(data.validation)));
  return { evaluate, cut: made.reduce((n, { cut }) => n + cut, 0) };
};

/** The metrics of always giving the usual answer, of the task's own training split or, without one, of its validation split. */
const majorityOf = ({ train, validation }: RunData): Readonly<Record<string, number>> => {
  const scores = validation.map(({ task, examples }) => {
    const known = train.find((part) => part.task.name === task.name)?.examples ?? examples;
    const usual = usualAnswer(known, task.labels);
    return [task.name, metricsOf(task, examples, usual)] as const;
  });
  return joinedScores(Object.fromEntries(scores));
};

const metricsOf = (task: Task, examples: readonly Example[], answer: string) =>
  scoreAnswers(
    task,
    examples,
    examples.map(() => answer),
  ).metrics;

/**
 * Loads and checks everything; nothing is written.
 *
 * @throws the typed error of whatever is missing or does not fit
 */
export const prepare = async (recipe: Recipe, places: Places, data: RunData): Promise<Prepared> => {
  if (isPretraining(recipe)) return preparePretraining(recipe, places, data);
  checkData(recipe, data);
  const tokenizer = await tokenizerAt(places.tokenizer, places.model);
  const stored = await loadT5(places.model);
  checkVocabulary(stored.config, tokenizer);
  await init({ backend: recipe.backend, executor: recipe.executor });
  const model = stored.config;
  const labels = [...new Set(data.train.flatMap(({ task }) => task.labels ?? []))];
  const method = await methodOfRecipe(recipe.method, { tokenizer, labels, tasks: data.train.length });
  const frozen = np.devicePut(stored.params, { donate: true }) as Params;
  const { stateOf, ...steps } = trainingOf(recipe, method, model, frozen, tokenizer);
  const state = stateOf(recipe.seed);
  const inserted = insertedBy(method, model, frozen, state.tuned);
  const { parts, ...cuts } = trainingTokens(recipe, data.train, tokenizer);
  const { evaluate, cut } = suiteOf({ recipe, model, frozen, tokenizer, data }, method);
  const validationInputs = { rows: data.validation.reduce((n, { examples }) => n + examples.length, 0), cut };
  const vocabulary = await vocabularyOf(tokenizer, model.vocabSize, places);
  const byTask = (method.tasks ?? 1) > 1;
  const batchesOf = (seed: number): BatchAt =>
    trainingBatches({ ...recipe, seed, padId: model.padId, byTask }, parts, inserted);
  const prepared = {
    recipe,
    model,
    frozen,
    tokenizer,
    data,
    state,
    ...steps,
    batchAt: batchesOf(recipe.seed),
    shares: sharesOf(parts),
    evaluate,
    cut,
    facts: { cuts: { ...cuts, validationInputs }, vocabulary, labels },
    outputs: outputsOf(method, {
      config: model,
      frozen,
      baseModel: recipe.model,
      tasks: data.train.map(({ task }) => task.name),
    }),
    bestFolder: "",
    majority: majorityOf(data),
    counts: { model: numbersIn(frozen), tuned: numbersIn(state.tuned) },
  };
  return withSeeds(prepared, { stateOf, batchesOf });
};
