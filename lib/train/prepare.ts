/** @file Everything a run needs before its first step: model, tokenizer, data, prompt, compiled functions. */
import { basename } from "node:path";
import { type BackendName, init } from "../compile/init.js";
import { scope } from "../core/composite.js";
import { ConfigError, ShapeError } from "../core/errors.js";
import { leavesOf } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import {
  batchRows,
  bucketLengths,
  evaluationBatches,
  longestOf,
  makeBatch,
  type Tokens,
  tokenize,
} from "../data/batch.js";
import { orThrow } from "../edge/either.js";
import { loadT5 } from "../io/load-t5.js";
import { loadPrompt } from "../io/prompts.js";
import { majority } from "../metrics/classification.js";
import * as np from "../np/index.js";
import { adafactor, type GradientTransformation } from "../optim/index.js";
import { classLabels, fromArray, randomUniform, sampledVocabulary } from "../prompt/prompt.js";
import * as random from "../random/index.js";
import type { T5Config } from "../t5/config.js";
import type { Batch, Params } from "../t5/model.js";
import { loadTask } from "../tasks/reading.js";
import { taskOf } from "../tasks/registry.js";
import type { Example, Task } from "../tasks/task.js";
import { loadTokenizer } from "../tokenizer/load-tokenizer.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import type { RunConfig } from "./config.js";
import { type Evaluator, makeEvaluator } from "./evaluate.js";
import { initState, makeTrainStep, type TrainState, type TrainStep } from "./state.js";

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
  /** Scores of always answering the most frequent label of the training split. */
  readonly majority: Readonly<Record<string, number>>;
  /** Numbers, not bytes. */
  readonly counts: { readonly model: number; readonly tuned: number };
}

const makeOptimizer = (config: RunConfig) =>
  adafactor({
    learningRate: config.learningRate,
    decayRate: config.decayRate,
    weightDecayRate: config.weightDecay,
    multiplyByParameterScale: false,
    initialStep: config.optimizerStartStep,
  });

/** The prompt to start from. */
const initialPrompt = async (
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
const trainingBatches = (config: RunConfig, tokens: readonly Tokens[], targetLength: number): Prepared["batchAt"] => {
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

/**
 * Loads and checks everything; nothing is written.
 *
 * @throws the typed error of whatever is missing or does not fit
 */
export const prepare = async (config: RunConfig): Promise<Prepared> => {
  const task = orThrow(taskOf(config.task));
  const { train, validation } = await orThrow(loadTask(task, config.data));
  const tokenizer = await orThrow(loadTokenizer(config.tokenizer || config.model));
  const stored = await orThrow(loadT5(config.model));
  checkVocabulary(stored.config, tokenizer);
  await init({ backend: config.backend as BackendName, executor: config.executor });
  const model = stored.config;
  const frozen = np.devicePut(stored.params, { donate: true }) as Params;
  const embeddings = frozen.tokenEmbedder.embedding;
  const prompt = await initialPrompt(config, embeddings, tokenizer, task);
  if (prompt.shape[1] !== model.dModel) {
    throw new ShapeError({
      where: "prompt",
      what: "the prompt does not fit the model",
      expected: `[P,${model.dModel}]`,
      got: `${prompt.aval}`,
    });
  }
  const tx: GradientTransformation<never> = makeOptimizer(config) as never;
  const lossOptions = { zLoss: config.zLoss, dropoutRate: config.dropout };
  const trainTokens = tokenize(train, tokenizer, { inputLength: config.maxInputLength });
  const validationTokens = tokenize(validation, tokenizer, { inputLength: config.maxInputLength });
  const targetLength = longestOf(trainTokens.map((t) => t.targets));
  const lengths = validationTokens.map((t) => t.inputs.length);
  const majorityId = majority(train.map((e) => Number(e.truth)));
  const alwaysTheSame = validation.map((example) => ({ answer: majorityId, example }));
  const size = (tree: unknown): number => leavesOf(tree).reduce<number>((n, x) => n + (x as Tensor).size, 0);
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
    batchAt: trainingBatches(config, trainTokens, targetLength),
    evaluator: makeEvaluator({
      config: model,
      frozen,
      tokenizer,
      task,
      examples: validation,
      batches: evaluationBatches(
        validationTokens,
        config.evaluationBatchSize,
        bucketLengths(lengths, Math.min(2, config.buckets), config.maxInputLength),
      ),
      method: config.evaluation,
      maxTargetLength: targetLength + 1,
    }),
    majority: Object.fromEntries(Object.entries(task.metrics).map(([name, metric]) => [name, metric(alwaysTheSame)])),
    counts: { model: size(frozen), tuned: prompt.size },
  };
};

/** The name of the data and the model, for people. */
export const describeRun = ({ config, counts, train, validation, task }: Prepared): string[] => [
  `model      ${basename(config.model)}, ${counts.model.toLocaleString("en")} weights, all frozen`,
  `tuned      ${config.promptLength} soft tokens = ${counts.tuned.toLocaleString("en")} numbers (${((100 * counts.tuned) / counts.model).toFixed(3)} % of the model)`,
  `task       ${task.name}: ${train.length} training and ${validation.length} dev examples, labels ${task.labels?.join(", ")}`,
];
