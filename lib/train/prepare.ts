/** @file Everything a run needs before its first step: model, tokenizer, data, prompt, compiled functions. */
import { basename } from "node:path";
import { type BackendName, init } from "../compile/init.js";
import { scope } from "../core/composite.js";
import { ConfigError } from "../core/errors.js";
import { leavesOf } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import { batchRows, bucketLengths, longestOf, makeBatch, type Tokens, tokenize } from "../data/batch.js";
import { orThrow } from "../edge/either.js";
import { loadT5 } from "../io/load-t5.js";
import { loadPrompt } from "../io/prompts.js";
import type { Example } from "../metrics/answered.js";
import * as np from "../np/index.js";
import { adafactor, type GradientTransformation } from "../optim/index.js";
import { classLabels, fromArray, randomUniform, sampledVocabulary } from "../prompt/index.js";
import * as random from "../random/index.js";
import type { T5Config } from "../t5/config.js";
import type { Batch, Params } from "../t5/model.js";
import { loadTask } from "../tasks/reading.js";
import { taskOf } from "../tasks/registry.js";
import type { Task } from "../tasks/task.js";
import { loadTokenizer } from "../tokenizer/load-tokenizer.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import type { RunConfig } from "./config.js";
import { type Evaluator, scoreAnswers } from "./evaluate.js";
import { usualAnswer } from "./results.js";
import { initState, makeTrainStep, type TrainState, type TrainStep } from "./state.js";
import { checkDecoding, checkedFront, taskEvaluator } from "./task-evaluator.js";

/** The optimizer's state is whatever Adafactor keeps. */
export type Opt = ReturnType<ReturnType<typeof makeOptimizer>["init"]>;

/** A run, ready to start. */
export interface Prepared {
  readonly config: RunConfig;
  readonly model: T5Config;
  readonly frozen: Params;
  readonly tokenizer: Tokenizer;
  readonly task: Task;
  readonly train: readonly Example[];
  readonly validation: readonly Example[];
  readonly state: TrainState<Opt>;
  readonly step: TrainStep<Opt>;
  readonly batchAt: (step: number) => { readonly batch: Batch; readonly tokens: number };
  readonly evaluator: Evaluator;
  /** Validation inputs that are cut, where a length was asked for. */
  readonly cut: number;
  /** Scores of always giving the most frequent target of the training split. */
  readonly majority: Readonly<Record<string, number>>;
  /** Numbers, not bytes. */
  readonly counts: { readonly model: number; readonly tuned: number };
}

export const makeOptimizer = (config: RunConfig) =>
  adafactor({
    learningRate: config.learningRate,
    decayRate: config.decayRate,
    weightDecayRate: config.weightDecay,
    multiplyByParameterScale: false,
    initialStep: config.optimizerStartStep,
  });

/** The prompt to start from. */
export const initialPrompt = async (
  config: RunConfig,
  embeddings: Tensor,
  tokenizer: Tokenizer,
  task: Task,
): Promise<Tensor> => {
  const { promptLength: length, population } = config;
  const width = embeddings.shape[1];
  const stored = config.init === "file" ? await orThrow(loadPrompt(config.initFile)) : undefined;
  return scope(() => {
    if (stored !== undefined) return fromArray(stored.prompt, length, width);
    const key = random.foldIn(random.key(config.seed), 1);
    if (config.init === "random-uniform") return randomUniform(key, length, width);
    if (config.init === "sampled-vocabulary") return sampledVocabulary(key, embeddings, length, { population });
    return classLabels(key, embeddings, (text) => tokenizer.encode(text), task.labels ?? [], length, { population });
  });
};

/** Batches of the training split by step. */
export const trainingBatches = (
  config: RunConfig,
  tokens: readonly Tokens[],
  targetLength: number,
): Prepared["batchAt"] => {
  const lengths = tokens.map((t) => t.inputs.length);
  const buckets = bucketLengths(lengths, config.buckets, config.maxInputLength);
  return (step) => {
    const rows = batchRows(tokens.length, config.batchSize, config.seed, step);
    const b = makeBatch(tokens, rows, buckets, targetLength);
    const batch = {
      inputs: np.array(b.inputs, { shape: [b.size, b.inputLength] }),
      targets: np.array(b.targets, { shape: [b.size, b.targetLength] }),
    };
    return { batch, tokens: b.tokens + config.promptLength * b.size };
  };
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

/**
 * Loads and checks everything; nothing is written.
 *
 * @throws the typed error of whatever is missing or does not fit
 */
export const prepare = async (config: RunConfig): Promise<Prepared> => {
  const task = orThrow(taskOf(config.task));
  const front = checkedFront(task, config.prefix);
  checkDecoding(task, config.evaluation);
  const { train, validation } = await orThrow(loadTask(task, config.data));
  const tokenizer = await orThrow(loadTokenizer(config.tokenizer || config.model));
  const stored = await orThrow(loadT5(config.model));
  checkVocabulary(stored.config, tokenizer);
  await init({ backend: config.backend as BackendName, executor: config.executor });
  const model = stored.config;
  const frozen = np.devicePut(stored.params, { donate: true }) as Params;
  const embeddings = frozen.tokenEmbedder.embedding;
  const prompt = await initialPrompt(config, embeddings, tokenizer, task);
  const tx: GradientTransformation<never> = makeOptimizer(config) as never;
  const lossOptions = { zLoss: config.zLoss, dropoutRate: config.dropout };
  const trainTokens = tokenize(train, tokenizer, { ...front, inputLength: config.maxInputLength });
  const { evaluate, cut } = taskEvaluator({ config: model, params: frozen }, tokenizer, task, validation, {
    decoding: config.evaluation,
    prefix: config.prefix,
    promptLength: config.promptLength,
    maxTokens: config.evaluationTokens,
    ...(config.maxEvaluationLength > 0 && { maxInputLength: config.maxEvaluationLength }),
  });
  const usual = usualAnswer(train, task.labels);
  return {
    config,
    model,
    frozen,
    tokenizer,
    task,
    train,
    validation,
    state: initState(tx as never, { prompt }, random.key(config.seed)),
    step: makeTrainStep(model, tx as never, lossOptions),
    batchAt: trainingBatches(config, trainTokens, longestOf(trainTokens.map((t) => t.targets))),
    evaluator: evaluate,
    cut,
    majority: scoreAnswers(
      task,
      validation,
      validation.map(() => usual),
    ).metrics,
    counts: { model: numbersIn(frozen), tuned: prompt.size },
  };
};

/** Model, prompt and task of a run in lines, for people. */
export const describeRun = ({ config, counts, train, validation, task, cut }: Prepared): string[] => [
  `model      ${basename(config.model)}, ${counts.model.toLocaleString("en")} weights, all frozen`,
  `tuned      ${config.promptLength} soft tokens = ${counts.tuned.toLocaleString("en")} numbers (${((100 * counts.tuned) / counts.model).toFixed(3)} % of the model)`,
  `task       ${task.name}: ${train.length} training and ${validation.length} dev examples${task.labels === undefined ? ", free answers" : `, labels ${task.labels.join(", ")}`}`,
  ...(cut === 0
    ? []
    : [`cut        ${cut} dev inputs, to ${config.maxEvaluationLength} tokens (--max-evaluation-length)`]),
];
