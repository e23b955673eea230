/** @file A T5's evaluator of a task: how it answers, in which batches, and up to which length. */
import { takes } from "../core/composite.js";
import { ConfigError } from "../core/errors.js";
import { longestOf, type TokenizeOptions, targetIds, tokenize } from "../data/batch.js";
import { type EvaluationBatch, evaluationBatches } from "../data/evaluation-batches.js";
import type { Method } from "../methods/method.js";
import type { Example } from "../metrics/answered.js";
import type { Task } from "../tasks/task.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import { type Answerer, behindSentinel, choosing, type ReadyModel, writing } from "./answer.js";
import { type Evaluator, makeEvaluator, t5Respondent } from "./evaluate.js";
import { type Decoding, INPUT_PREFIXES, type InputPrefix } from "./settings.js";

/** What `tokenize` puts in front of a task's inputs; undefined where the task has no such name or number. */
export const frontOf = ({ prefix: name, index }: Task, prefix: InputPrefix): TokenizeOptions | undefined => {
  if (prefix === "name") return name === undefined ? undefined : { name };
  if (prefix === "index") return index === undefined ? undefined : { index };
  return {};
};

/** As `frontOf`. @throws {ConfigError} where the task has no such name or number */
export const checkedFront = (task: Task, prefix: InputPrefix): TokenizeOptions => {
  const front = frontOf(task, prefix);
  if (front !== undefined) return front;
  throw new ConfigError({
    where: "prefix",
    what: `the task ${task.name} has no ${prefix} to put in front of its inputs`,
    expected: INPUT_PREFIXES.filter((other) => frontOf(task, other) !== undefined).join(" or "),
    got: prefix,
  });
};

/** @throws {ConfigError} for ranking a task without labels */
export const checkDecoding = (task: Task, decoding: Decoding): void => {
  if (decoding !== "rank" || task.labels !== undefined) return;
  throw new ConfigError({
    where: "evaluation",
    what: `the task ${task.name} has no labels to rank`,
    expected: "greedy or beam",
    got: decoding,
    hint: "its answers are free text: let the model write them",
  });
};

export interface TaskEvaluatorOptions<P extends object> {
  /** The method whose trees are evaluated; without one only the bare model is. */
  readonly method?: Method<P>;
  /** What stands in front of each input. Default `none`. */
  readonly prefix?: InputPrefix;
  readonly decoding?: Decoding;
  /** Most input tokens of a batch, with padding and what the method inserts. Default 4096. */
  readonly maxTokens?: number;
  /** Longer inputs are cut to this many tokens, end of sequence included; by default none is, as in T5's evaluation. */
  readonly maxInputLength?: number;
  /** Most tokens of an answer, end of sequence included; default: those of the longest target or label. */
  readonly maxTargetLength?: number;
  /**
   * Puts the first sentinel in front of targets and labels, and drops it from the answers: for a model that was trained with `sentinel`. Default
   * false.
   */
  readonly sentinel?: boolean;
}

/** The names of `TaskEvaluatorOptions` in signatures. */
export const EVALUATOR_OPTIONS = "method, prefix, decoding, maxTokens, maxInputLength, maxTargetLength, sentinel";

/** The id that stands in front of targets; none without the option. @throws {ArgumentError} for a tokenizer without sentinels */
export const sentinelOf = (tokenizer: Tokenizer, sentinel = false): number | undefined =>
  sentinel ? tokenizer.sentinelId(0) : undefined;

export interface TaskEvaluator<P> {
  readonly evaluate: Evaluator<P>;
  /** Inputs that were cut to `maxInputLength`. */
  readonly cut: number;
}

const answererOf = (
  { config }: ReadyModel,
  tokenizer: Tokenizer,
  task: Task,
  decoding: Decoding,
  maxLength: number,
  sentinel: number | undefined,
): Answerer => {
  if (decoding === "rank") return choosing(config, tokenizer, task.labels ?? [], 1, sentinel);
  const options = decoding === "beam" ? ({ method: "beam", numBeams: 1, maxLength } as const) : { maxLength };
  return behindSentinel(writing(config, tokenizer, options), sentinel !== undefined);
};

/** The batches of a task's examples, and how they are answered. */
interface Asking {
  readonly cut: number;
  readonly answerer: Answerer;
  /** The examples in batches for rows that have this many vectors beside their tokens. */
  readonly batches: (inserted: number) => readonly EvaluationBatch[];
}

/** Prepares the answers of a T5 to `examples`. @throws {ConfigError} as `taskEvaluator` */
export const askingOf = <P extends object>(
  model: ReadyModel,
  tokenizer: Tokenizer,
  task: Task,
  examples: readonly Example[],
  options: TaskEvaluatorOptions<P>,
): Asking => {
  const { decoding = "greedy", maxTokens, maxInputLength = Number.POSITIVE_INFINITY } = options;
  checkDecoding(task, decoding);
  const sentinel = sentinelOf(tokenizer, options.sentinel);
  const front = { ...checkedFront(task, options.prefix ?? "none"), ...(sentinel !== undefined && { sentinel }) };
  const whole = tokenize(examples, tokenizer, front);
  const cut = whole.filter(({ inputs }) => inputs.length > maxInputLength).length;
  const tokens = cut === 0 ? whole : tokenize(examples, tokenizer, { ...front, inputLength: maxInputLength });
  const labels = (task.labels ?? []).map((label) => targetIds(label, tokenizer, sentinel));
  const longest = longestOf([...labels, ...tokens.map(({ targets }) => targets)]);
  const answerer = answererOf(model, tokenizer, task, decoding, options.maxTargetLength ?? longest, sentinel);
  const batches = (inserted: number) =>
    evaluationBatches(tokens, {
      promptLength: inserted,
      padId: model.config.padId,
      ...(maxTokens !== undefined && { maxTokens }),
    });
  return { cut, answerer, batches };
};

/**
 * An evaluator of `examples` by a T5. Inputs are not cut unless a length is given.
 *
 * @throws {ConfigError} for ranking a task without labels, or a prefix that the task does not have
 * @example
 * const { evaluate } = taskEvaluator({ config, params }, tokenizer, task, examples, { method });
 * const { metrics } = await evaluate(tuned);
 */
export const taskEvaluator = takes(
  `taskEvaluator(model, tokenizer, task, examples, { ${EVALUATOR_OPTIONS} })`,
  <P extends object = never>(
    model: ReadyModel,
    tokenizer: Tokenizer,
    task: Task,
    examples: readonly Example[],
    options: TaskEvaluatorOptions<P> = {},
  ): TaskEvaluator<P> => {
    const { cut, answerer, batches } = askingOf(model, tokenizer, task, examples, options);
    const respondent = t5Respondent(model, answerer, options.method);
    const evaluate = makeEvaluator({ task, examples, batches, respondent });
    return { evaluate, cut };
  },
);
