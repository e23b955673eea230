/** @file Everything a run needs before its first step: model, tokenizer, data, method, compiled functions. */
import { basename } from "node:path";
import { type BackendName, init } from "../compile/init.js";
import { scope } from "../core/composite.js";
import { ConfigError } from "../core/errors.js";
import { leavesOf } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import { tokenize } from "../data/batch.js";
import { orThrow } from "../edge/either.js";
import { loadT5 } from "../io/load-t5.js";
import { loadPrompt } from "../io/prompts.js";
import type { Method } from "../methods/method.js";
import type { PromptOptions } from "../methods/prompt.js";
import type { Example } from "../metrics/answered.js";
import * as np from "../np/index.js";
import { adafactor, chain, clipByGlobalNorm, type GradientTransformation } from "../optim/index.js";
import { classLabels, fromArray, randomUniform, sampledVocabulary } from "../prompt/index.js";
import * as random from "../random/index.js";
import type { T5Config } from "../t5/config.js";
import type { Params } from "../t5/model.js";
import { loadTask } from "../tasks/reading.js";
import { taskOf } from "../tasks/registry.js";
import type { Task } from "../tasks/task.js";
import { loadTokenizer } from "../tokenizer/load-tokenizer.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import { type BatchAt, checkBatches, trainingBatches } from "./batches.js";
import type { RunConfig } from "./config.js";
import { type Evaluator, scoreAnswers } from "./evaluate.js";
import { insertedLengths } from "./inserted.js";
import { type Outputs, outputsOf } from "./outputs.js";
import { usualAnswer } from "./results.js";
import { describeMethod, runMethod } from "./run-method.js";
import { methodNames } from "./settings.js";
import { initState, makeTrainStep, type TrainState, type TrainStep } from "./state.js";
import { checkDecoding, checkedFront, taskEvaluator } from "./task-evaluator.js";

/** A run, ready to start. */
export interface Prepared {
  readonly config: RunConfig;
  readonly model: T5Config;
  readonly frozen: Params;
  readonly tokenizer: Tokenizer;
  readonly task: Task;
  readonly train: readonly Example[];
  readonly validation: readonly Example[];
  readonly state: TrainState<object, unknown>;
  readonly step: TrainStep<object, unknown>;
  readonly batchAt: BatchAt;
  readonly evaluator: Evaluator<object>;
  /** The files of what is best. */
  readonly outputs: Outputs;
  /** Validation inputs that are cut, where a length was asked for. */
  readonly cut: number;
  /** Scores of always giving the most frequent target of the training split. */
  readonly majority: Readonly<Record<string, number>>;
  /** Numbers, not bytes. */
  readonly counts: { readonly model: number; readonly tuned: number };
}

/** Adafactor with the settings of a run, behind clipping where there is some. */
export const makeOptimizer = (config: RunConfig): GradientTransformation<unknown> => {
  const optimizer = adafactor({
    learningRate: config.learningRate,
    decayRate: config.decayRate,
    weightDecayRate: config.weightDecay,
    multiplyByParameterScale: false,
    initialStep: config.optimizerStartStep,
  });
  const tx = config.clip > 0 ? chain(clipByGlobalNorm(config.clip), optimizer) : optimizer;
  return tx as GradientTransformation<unknown>;
};

/** Where the prompt of a run starts, as the settings name it; undefined for methods without one. */
export const promptInit = async (
  config: RunConfig,
  tokenizer: Tokenizer,
  task: Task,
): Promise<PromptOptions["init"]> => {
  if (!methodNames(config.method).includes("prompt")) return undefined;
  const { population } = config;
  const stored = config.init === "file" ? await orThrow(loadPrompt(config.initFile)) : undefined;
  if (stored !== undefined) return (_, table, length) => fromArray(stored.prompt, length, table.shape[1]);
  if (config.init === "random-uniform") return (key, table, length) => randomUniform(key, length, table.shape[1]);
  if (config.init === "sampled-vocabulary") {
    return (key, table, length) => sampledVocabulary(key, table, length, { population });
  }
  const encode = (text: string): readonly number[] => tokenizer.encode(text);
  return (key, table, length) => classLabels(key, table, encode, task.labels ?? [], length, { population });
};

/** @throws {ConfigError} when ids of the tokenizer have no embedding */
export const checkVocabulary = (model: T5Config, tokenizer: Tokenizer): void => {
  if (tokenizer.vocabSize <= model.vocabSize) return;
  throw new ConfigError({
    where: "tokenizer",
    what: "the tokenizer has more pieces than the model has embeddings",
    expected: `at most ${model.vocabSize} pieces`,
    got: `${tokenizer.vocabSize}`,
    hint: "use the tokenizer that belongs to the model: --tokenizer FILE",
  });
};

/** How many numbers the tensors of a tree hold. */
const numbersIn = (tree: unknown): number => leavesOf(tree).reduce<number>((n, x) => n + (x as Tensor).size, 0);

/** The first state of a run, its step, and what its method adds to the rows of a batch. */
const trainingOf = (config: RunConfig, method: Method, model: T5Config, frozen: Params) => {
  const { seed, zLoss, dropout, microbatches, ema } = config;
  const tuned = scope(() => method.init(random.foldIn(random.key(seed), 1), model, frozen));
  let inserted = { encoder: 0, decoder: 0 };
  scope(() => {
    inserted = insertedLengths(method.apply(model, frozen, tuned));
  });
  const tx = makeOptimizer(config);
  const options = { zLoss, dropoutRate: dropout, microbatches, ...(ema > 0 && { ema }) };
  const state = initState(tx, tuned, random.key(seed), options);
  return { state, step: makeTrainStep(model, method, tx, options), inserted };
};

/** How a run evaluates. */
const evaluationOptions = (config: RunConfig) => ({
  decoding: config.evaluation,
  prefix: config.prefix,
  maxTokens: config.evaluationTokens,
  ...(config.maxEvaluationLength > 0 && { maxInputLength: config.maxEvaluationLength }),
});

/** The metrics of always giving the usual answer of the training split. */
const majorityOf = (task: Task, train: readonly Example[], validation: readonly Example[]) => {
  const usual = usualAnswer(train, task.labels);
  return scoreAnswers(
    task,
    validation,
    validation.map(() => usual),
  ).metrics;
};

/**
 * Loads and checks everything; nothing is written.
 *
 * @throws the typed error of whatever is missing or does not fit
 */
export const prepare = async (config: RunConfig): Promise<Prepared> => {
  const task = orThrow(taskOf(config.task));
  const front = checkedFront(task, config.prefix);
  checkDecoding(task, config.evaluation);
  checkBatches(config);
  const { train, validation } = await orThrow(loadTask(task, config.data));
  const tokenizer = await orThrow(loadTokenizer(config.tokenizer || config.model));
  const stored = await orThrow(loadT5(config.model));
  checkVocabulary(stored.config, tokenizer);
  await init({ backend: config.backend as BackendName, executor: config.executor });
  const model = stored.config;
  const frozen = np.devicePut(stored.params, { donate: true }) as Params;
  const method = runMethod(config, await promptInit(config, tokenizer, task));
  const { state, step, inserted } = trainingOf(config, method, model, frozen);
  const options = { method, ...evaluationOptions(config) };
  const { evaluate, cut } = taskEvaluator({ config: model, params: frozen }, tokenizer, task, validation, options);
  const trainTokens = tokenize(train, tokenizer, { ...front, inputLength: config.maxInputLength });
  return {
    config,
    model,
    frozen,
    tokenizer,
    task,
    train,
    validation,
    state,
    step,
    batchAt: trainingBatches(config, trainTokens, inserted),
    evaluator: evaluate,
    outputs: outputsOf(method.settings, config.model),
    cut,
    majority: majorityOf(task, train, validation),
    counts: { model: numbersIn(frozen), tuned: numbersIn(state.tuned) },
  };
};

/** Model, method and task of a run in lines, for people. */
export const describeRun = ({ config, counts, train, validation, task, cut }: Prepared): string[] => [
  `model      ${basename(config.model)}, ${counts.model.toLocaleString("en")} weights`,
  `tuned      ${describeMethod(config)} = ${counts.tuned.toLocaleString("en")} numbers (${((100 * counts.tuned) / counts.model).toFixed(3)} % of the model)`,
  `task       ${task.name}: ${train.length} training and ${validation.length} dev examples${task.labels === undefined ? ", free answers" : `, labels ${task.labels.join(", ")}`}`,
  ...(cut === 0
    ? []
    : [`cut        ${cut} dev inputs, to ${config.maxEvaluationLength} tokens (--max-evaluation-length)`]),
];
