/** @file Everything a run needs before its first step: model, tokenizer, examples, method, compiled functions. */
import { type BackendName, init } from "../compile/init.js";
import { scope } from "../core/composite.js";
import { ConfigError } from "../core/errors.js";
import { leavesOf } from "../core/pytree.js";
import { dispose, type Tensor } from "../core/tensor.js";
import { loadT5 } from "../io/load-t5.js";
import { forTask, type Method } from "../methods/method.js";
import { wayward } from "../methods/wayward.js";
import type { Example } from "../metrics/answered.js";
import * as np from "../np/index.js";
import * as random from "../random/index.js";
import type { T5Config } from "../t5/config.js";
import type { Params, PromptParams } from "../t5/model.js";
import type { Task } from "../tasks/task.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import { scoreAnswers } from "../train/evaluate.js";
import { type InsertedLengths, insertedLengths } from "../train/inserted.js";
import { makeJointStep } from "../train/joint.js";
import { type Outputs, outputsOf } from "../train/outputs.js";
import type { Regularizer } from "../train/regularize.js";
import { initState, makeTrainStep, type StepOptions, type TrainState, type TrainStep } from "../train/state.js";
import { checkDecoding, checkedFront, taskEvaluator } from "../train/task-evaluator.js";
import { type BatchAt, trainingBatches } from "./batches.js";
import { checkVocabulary, tokenizerAt } from "./inputs.js";
import { checkLoss } from "./label-answers.js";
import type { Places } from "./lock.js";
import { methodOfRecipe, startKey } from "./method.js";
import { optimizerOf } from "./optimizer.js";
import type { Recipe } from "./recipe.js";
import { usualAnswer } from "./results.js";
import { type Facts, vocabularyOf } from "./start.js";
import { joinedScores, type SuiteEvaluator, suiteEvaluator } from "./suite.js";
import type { Part } from "./task-table.js";
import { trainingTokens } from "./token-parts.js";

/** The examples of a run. */
export interface RunData {
  readonly train: readonly Part[];
  readonly validation: readonly Part[];
}

/** A run, ready to start. */
export interface Prepared {
  readonly recipe: Recipe;
  readonly model: T5Config;
  readonly frozen: Params;
  readonly tokenizer: Tokenizer;
  readonly data: RunData;
  readonly state: TrainState<object, unknown>;
  readonly step: TrainStep<object, unknown>;
  /** The step of several runs that differ in their seeds. */
  readonly jointStep: TrainStep<object, unknown>;
  readonly batchAt: BatchAt;
  readonly evaluate: SuiteEvaluator;
  /** Of the examples of all batches, by task that is trained on; they add up to 1. */
  readonly shares: readonly number[];
  /** The files of a tree. */
  readonly outputs: Outputs;
  /** Validation inputs that are cut, where a length was asked for. */
  readonly cut: number;
  readonly facts: Facts;
  /** Scores of always giving the most frequent target of the training split. */
  readonly majority: Readonly<Record<string, number>>;
  /** Numbers, not bytes. */
  readonly counts: { readonly model: number; readonly tuned: number };
  /** The run of another seed, with its own first state and batches; all else is shared. */
  readonly ofSeed: (seed: number) => Prepared;
}

/** How many numbers the tensors of a tree hold. */
const numbersIn = (tree: unknown): number => leavesOf(tree).reduce<number>((n, x) => n + (x as Tensor).size, 0);

/** Checks what can be checked before the model is read. @throws {ConfigError} for tasks that a setting does not fit */
export const checkData = ({ prefix, evaluation, objective }: Recipe, { train, validation }: RunData): void => {
  for (const { task } of [...train, ...validation]) checkedFront(task, prefix);
  for (const { task } of validation) checkDecoding(task, evaluation.decoding);
  for (const part of train) checkLoss(part, objective);
};

/** The term that holds a prompt near a text. @throws {ConfigError} when the prompt has not a vector for each piece of it */
const nearText = ({ objective, method }: Recipe, tokenizer: Tokenizer): Regularizer<PromptParams> => {
  const { text, gamma } = objective.wayward;
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

/** The settings of a step. */
const stepOptions = (recipe: Recipe, tokenizer: Tokenizer): StepOptions => {
  const { objective, dropout, microbatches, ema } = recipe;
  const { loss, zLoss, labelSmoothing, normalize } = objective;
  const { name, ...options } = loss;
  return {
    loss: name,
    ...("margin" in options && { hinge: options.margin }),
    ...("lengthNormalize" in options && { lengthNormalize: options.lengthNormalize }),
    zLoss,
    labelSmoothing,
    normalize,
    dropoutRate: dropout,
    microbatches,
    gradientNorm: true,
    ...(ema > 0 && { ema }),
    ...(objective.wayward.text !== "" && { regularizer: nearText(recipe, tokenizer) as never }),
  };
};

/** The steps of one run and of several together, and the first state of a seed. */
const trainingOf = (recipe: Recipe, method: Method, model: T5Config, frozen: Params, tokenizer: Tokenizer) => {
  const tx = optimizerOf(recipe);
  const options = stepOptions(recipe, tokenizer);
  return {
    step: makeTrainStep(model, method, tx, options),
    jointStep: makeJointStep(model, method, tx, options),
    stateOf: (seed: number): TrainState<object, unknown> => {
      const tuned = scope(() => method.init(startKey(seed), model, frozen));
      return initState(tx, tuned, random.key(seed), options);
    },
  };
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
  const { evaluation, prefix, objective } = recipe;
  const options = {
    decoding: evaluation.decoding,
    prefix,
    sentinel: objective.sentinel,
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
  return { evaluate: suiteEvaluator(made), cut: made.reduce((n, { cut }) => n + cut, 0) };
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
  checkData(recipe, data);
  const tokenizer = await tokenizerAt(places.tokenizer, places.model);
  const stored = await loadT5(places.model);
  checkVocabulary(stored.config, tokenizer);
  await init({ backend: recipe.backend as BackendName, executor: recipe.executor });
  const model = stored.config;
  const labels = [...new Set(data.train.flatMap(({ task }) => task.labels ?? []))];
  const method = await methodOfRecipe(recipe.method, { tokenizer, labels, tasks: data.train.length });
  const frozen = np.devicePut(stored.params, { donate: true }) as Params;
  const { stateOf, ...steps } = trainingOf(recipe, method, model, frozen, tokenizer);
  const state = stateOf(recipe.seed);
  const inserted = insertedBy(method, model, frozen, state.tuned);
  const { parts, ...cuts } = trainingTokens(recipe, data.train, tokenizer);
  const total = parts.reduce((sum, { rate }) => sum + rate, 0);
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
    shares: parts.map(({ rate }) => rate / total),
    evaluate,
    cut,
    facts: { cuts: { ...cuts, validationInputs }, vocabulary, labels },
    outputs: outputsOf(method, {
      config: model,
      frozen,
      baseModel: recipe.model,
      tasks: data.train.map(({ task }) => task.name),
    }),
    majority: majorityOf(data),
    counts: { model: numbersIn(frozen), tuned: numbersIn(state.tuned) },
  };
  const ofSeed = (seed: number): Prepared => ({
    ...prepared,
    recipe: { ...recipe, seed },
    state: stateOf(seed),
    batchAt: batchesOf(seed),
    ofSeed,
  });
  return { ...prepared, ofSeed };
};

/** Frees what a run holds on the device, and a state of it that is not gone into a step. */
export const freeRun = ({ evaluate, step, jointStep, frozen }: Prepared, state?: unknown): void => {
  evaluate.dispose();
  step.dispose();
  jointStep.dispose();
  dispose([frozen, state]);
};
