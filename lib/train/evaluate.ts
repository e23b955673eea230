/** @file Asking a model for its answers to a task's examples, and scoring them as the task does. */
import { scope, takes } from "../core/composite.js";
import { ArgumentError, BackendError } from "../core/errors.js";
import { dispose, disposeExcept, type Tensor } from "../core/tensor.js";
import type { EvaluationBatch } from "../data/evaluation-batches.js";
import type { Method } from "../methods/method.js";
import { type Answered, checkTexts, type Example } from "../metrics/answered.js";
import { taskScore } from "../metrics/average.js";
import * as np from "../np/index.js";
import { checkNumber } from "../t5/decoder.js";
import type { Modified } from "../t5/modified.js";
import { score as scoreTargets } from "../t5/score.js";
import type { Task } from "../tasks/task.js";
import type { Answerer, ReadyModel } from "./answer.js";
import { insertedLengths } from "./inserted.js";
import { breathe } from "./loop.js";
import type { Evaluation, Prediction } from "./progress.js";

/** What a model says to one batch, a row each. */
export interface Responses {
  readonly texts: readonly string[];
  /** Log likelihood of the targets, teacher forced. */
  readonly logLikelihoods: ArrayLike<number>;
  /** Target tokens that are the likeliest ones, given those before them. */
  readonly correctTokens: ArrayLike<number>;
}

/** A model as it stands, ready for batches. */
export interface Responding {
  /** Vectors that the encoder reads in each row beside its tokens. */
  readonly inserted: number;
  respond(batch: EvaluationBatch): Responses;
  /** Frees what was made for it; the tuned tree stays. */
  dispose(): void;
}

/** What answers batches: a T5, or a stand-in. */
export interface Respondent<P> {
  /** The model with a tuned tree in it, or the bare model; dispose it after the last batch. */
  open(tuned: P | null): Responding;
  dispose(): void;
}

/** The model with a tuned tree in it. @throws {ArgumentError} for a tree without a method */
const modelWith = <P extends object>(
  { config, params }: ReadyModel,
  method: Method<P> | undefined,
  tuned: P | null,
): Modified => {
  if (tuned === null) return { params };
  if (method !== undefined) return scope(() => method.apply(config, params, tuned));
  const [what, expected] = [
    "there is a tuned tree, but no method that knows it",
    "the method, or null for the bare model",
  ];
  throw new ArgumentError({ where: "evaluation", what, expected, hint: "name it: taskEvaluator(…, { method })" });
};

/** A T5 with a tuned tree in it, or the bare one. */
export interface OpenT5 {
  readonly model: Modified;
  /** Vectors that the encoder reads in each row beside its tokens. */
  readonly inserted: number;
  /** Frees what was made for it; the tuned tree stays. */
  readonly dispose: () => void;
}

/** Puts a tuned tree into a T5. @throws {ArgumentError} for a tree without a method */
export const openT5 = <P extends object>(ready: ReadyModel, method: Method<P> | undefined, tuned: P | null): OpenT5 => {
  const model = modelWith(ready, method, tuned);
  return {
    model,
    inserted: insertedLengths(model).encoder,
    dispose: () => disposeExcept(model, [ready.params, tuned]),
  };
};

/** The inputs of a batch on the device. */
export const inputsOf = (batch: EvaluationBatch): Tensor =>
  np.array(batch.inputs, { shape: [batch.size, batch.inputLength] });

/** The best answer to each row. */
export const textsOf = (answerer: Answerer, model: Modified, inputs: Tensor): string[] =>
  answerer.answer(model, inputs).map(([best]) => best?.text ?? "");

/** A T5 that answers by `answerer`; a method puts its tuned trees into it, and without one it stays bare. It takes the answerer over. */
export const t5Respondent = takes(
  "t5Respondent(ready, answerer, method)",
  <P extends object = never>(
    ready: ReadyModel,
    answerer: Answerer,
    method: Method<P> | undefined = undefined,
  ): Respondent<P> => {
    const score = scoreTargets(ready.config);
    const open = (tuned: P | null): Responding => {
      const { model, ...opened } = openT5(ready, method, tuned);
      const respond = (batch: EvaluationBatch): Responses => {
        const inputs = inputsOf(batch);
        const targets = np.array(batch.targets, { shape: [batch.size, batch.targetLength] });
        const owned: Tensor[] = [inputs, targets];
        try {
          const texts = textsOf(answerer, model, inputs);
          const { logLikelihood, correct } = score(model, inputs, targets);
          owned.push(logLikelihood, correct);
          return { texts, logLikelihoods: logLikelihood.dataSync(), correctTokens: correct.dataSync() };
        } finally {
          dispose(owned);
        }
      };
      return { ...opened, respond };
    };
    return {
      open,
      dispose() {
        answerer.dispose();
        score.dispose();
      },
    };
  },
);

/** How many examples of a task have an unknown truth. */
const unlabelledIn = ({ hasTruth }: Task, examples: readonly Example[]): number =>
  hasTruth === undefined ? 0 : examples.filter((example) => !hasTruth(example)).length;

const predictionOf = (task: Task, { answer, example }: Answered, text: string): Prediction => {
  const { id, group, inputs, targets } = example;
  return {
    id,
    ...(group !== undefined && { group }),
    inputs,
    target: targets,
    prediction: text,
    correct: task.correct(answer, example),
    valid: task.valid?.(answer) ?? true,
  };
};

const answeredBy = (task: Task, examples: readonly Example[], texts: readonly string[]): readonly Answered[] =>
  examples.map((example, i) => ({ answer: task.read(texts[i], example), example }));

/** Texts that answer a task's examples, in the order of the examples, as files have them. */
export const predictionsOf = (task: Task, examples: readonly Example[], texts: readonly string[]): Prediction[] =>
  answeredBy(task, examples, texts).map((answered, i) => predictionOf(task, answered, texts[i]));

/**
 * The metrics of texts that answer a task's examples, in the order of the examples. Where the truth of an example is unknown, as in a test
 * split it may be, there are no metrics and the score is NaN.
 *
 * @throws {ArgumentError} when there are no examples, or not as many texts
 * @example scoreAnswers(task, examples, ["True", "maybe"]).metrics // { accuracy: 50 }
 */
export const scoreAnswers = takes(
  "scoreAnswers(task, examples, texts)",
  (task: Task, examples: readonly Example[], texts: readonly string[]): Omit<Evaluation, "loss" | "tokenAccuracy"> => {
    checkTexts("scoreAnswers", examples, texts);
    const answered = answeredBy(task, examples, texts);
    const unlabelled = unlabelledIn(task, examples);
    const scored = unlabelled > 0 ? [] : Object.entries(task.metrics);
    const metrics = Object.fromEntries(scored.map(([name, metric]) => [name, metric(answered)]));
    const predictions = answered.map((one, i) => predictionOf(task, one, texts[i]));
    return {
      metrics,
      score: unlabelled > 0 ? Number.NaN : taskScore(metrics),
      invalid: predictions.filter(({ valid }) => !valid).length,
      unlabelled,
      predictions,
    };
  },
);

export interface Evaluator<P> {
  /**
   * Evaluates a tuned tree, or the bare model. Lets timers and signals in between batches; the tree must live until it is done.
   * @throws {BackendError} when a batch does not fit in memory: names its longest row; {ArgumentError} when the model gives NaN
   */
  (tuned: P | null, onProgress?: (examples: number) => void): Promise<Evaluation>;
  dispose(): void;
}

interface EvaluatorParts<P> {
  readonly task: Task;
  readonly examples: readonly Example[];
  /** The examples in batches for rows that have this many vectors beside their tokens. */
  readonly batches: (inserted: number) => readonly EvaluationBatch[];
  readonly respondent: Respondent<P>;
}

const MEMORY = /alloc|out of memory|memory access|invalid (typed )?array length/i;

/** An error of a batch; where memory ran out, one that says which row was too long. */
export const ofBatch = (
  error: unknown,
  { inputLength, size, rows }: EvaluationBatch,
  examples: readonly Example[],
): unknown => {
  if (!(error instanceof Error) || !MEMORY.test(error.message)) return error;
  const { id } = examples[rows.at(-1) as number];
  const cutting =
    "cut long inputs: --max-evaluation-length N when training, --max-input-length N of `fluxion evaluate` and `predict`";
  return new BackendError(
    {
      where: "evaluation",
      what: "a batch does not fit in memory",
      got: `${size} rows of ${inputLength} tokens; ${error.message.split("\n")[0]}`,
      at: `the row of example ${id}`,
      hint: size > 1 ? "lower --evaluation-tokens" : cutting,
    },
    { cause: error },
  );
};

/** Target ids of a row that are not padding. */
export const tokensIn = ({ targets, targetLength, padId = 0 }: EvaluationBatch, row: number): number =>
  targets.subarray(row * targetLength, (row + 1) * targetLength).reduce((n, id) => n + (id === padId ? 0 : 1), 0);

/** Asks for the answers to all batches: the texts in the order of the examples, and sums over their target tokens. */
const askAll = async (
  responding: Responding,
  batches: readonly EvaluationBatch[],
  examples: readonly Example[],
  onProgress: ((examples: number) => void) | undefined,
): Promise<Asked> => {
  const texts = new Array<string>(examples.length);
  let [logLikelihood, correct, tokens, done] = [0, 0, 0, 0];
  for (const batch of batches) {
    await breathe();
    let responses: Responses;
    try {
      responses = responding.respond(batch);
    } catch (error) {
      throw ofBatch(error, batch, examples);
    }
    batch.rows.forEach((example, row) => {
      checkNumber("evaluation", responses.logLikelihoods[row], `example ${examples[example].id}`);
      texts[example] = responses.texts[row];
      logLikelihood += responses.logLikelihoods[row];
      correct += responses.correctTokens[row];
      tokens += tokensIn(batch, row);
    });
    done += batch.rows.length;
    onProgress?.(done);
  }
  return { texts, logLikelihood, correct, tokens };
};

/** What was asked of a model about all examples: texts in their order, and sums over the target tokens. */
export interface Asked {
  readonly texts: readonly string[];
  readonly logLikelihood: number;
  readonly correct: number;
  readonly tokens: number;
}

/** The evaluation of what a model said. */
export const evaluationOf = (task: Task, examples: readonly Example[], asked: Asked): Evaluation => {
  const scores = scoreAnswers(task, examples, asked.texts);
  // Where a truth is unknown the targets only stand for it.
  const counted = scores.unlabelled > 0 ? Number.NaN : asked.tokens;
  return { ...scores, loss: -asked.logLikelihood / counted, tokenAccuracy: (100 * asked.correct) / counted };
};

/**
 * An evaluation of one task on its examples: metrics of the answers, and loss and token accuracy of the targets.
 *
 * Answers that the task does not allow count as wrong and are counted in `invalid`. It takes the respondent over.
 */
export const makeEvaluator = takes(
  "makeEvaluator({ task, examples, batches, respondent })",
  <P>({ task, examples, batches, respondent }: EvaluatorParts<P>): Evaluator<P> => {
    const evaluate = async (tuned: P | null, onProgress?: (n: number) => void): Promise<Evaluation> => {
      const responding = respondent.open(tuned);
      try {
        const asked = await askAll(responding, batches(responding.inserted), examples, onProgress);
        return evaluationOf(task, examples, asked);
      } finally {
        responding.dispose();
      }
    };
    return Object.assign(evaluate, { dispose: () => respondent.dispose() });
  },
);
