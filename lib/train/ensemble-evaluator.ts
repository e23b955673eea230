/** @file The evaluation of an ensemble: all members answer each batch together, every row with the adapter of its member. */
import { takes } from "../core/composite.js";
import { isFluxionError } from "../core/errors.js";
import { dispose, disposeExcept, type Tensor } from "../core/tensor.js";
import type { EvaluationBatch } from "../data/evaluation-batches.js";
import { adapterTable, byRow } from "../methods/adapter-table.js";
import type { Folded } from "../methods/method.js";
import type { Example } from "../metrics/answered.js";
import * as np from "../np/index.js";
import { checkNumber } from "../t5/decoder.js";
import type { Modified } from "../t5/modified.js";
import { score as scoreTargets } from "../t5/score.js";
import type { Task } from "../tasks/task.js";
import type { Tokenizer } from "../tokenizer/sentencepiece.js";
import { type Answerer, choosing, type ReadyModel } from "./answer.js";
import { likeliestLabel, majorityVote, type Voice } from "./ensemble.js";
import { evaluationOf, ofBatch, openT5, scoreAnswers, tokensIn } from "./evaluate.js";
import { insertedLengths } from "./inserted.js";
import { breathe } from "./loop.js";
import type { Evaluation } from "./progress.js";
import { askingOf, checkDecoding, checkedFront, sentinelOf, type TaskEvaluatorOptions } from "./task-evaluator.js";

/** What an ensemble answers, scored: it has no loss. */
export type EnsembleScores = Omit<Evaluation, "loss" | "tokenAccuracy">;

export interface EnsembleEvaluation {
  /** Of each member alone. */
  readonly members: readonly Evaluation[];
  /** By `majorityVote`. */
  readonly vote: EnsembleScores;
  /** By `likeliestLabel`; undefined for a task without labels. */
  readonly likelihood?: EnsembleScores;
}

export interface EnsembleEvaluator {
  /** Evaluates all members and what they give together. Lets timers and signals in between batches. */
  evaluate(onProgress?: (examples: number) => void): Promise<EnsembleEvaluation>;
  /** Whether all members are in one batch; where rows cannot mix them, each has its own batches. */
  readonly together: boolean;
  /** Inputs that were cut to `maxInputLength`. */
  readonly cut: number;
  /** Frees what was made; the members' trees stay. */
  dispose(): void;
}

/** Members that share batches. */
interface Party {
  /** Their places. */
  readonly members: readonly number[];
  readonly inserted: number;
  /** The model for batches with `size` rows of each member, one member after the other. */
  model(size: number): { readonly model: Modified; readonly dispose: () => void };
  dispose(): void;
}

/** One member in batches of its rows alone. */
const alone = (ready: ReadyModel, { method, tuned }: Folded, place: number): Party => {
  const { model, inserted, dispose: close } = openT5(ready, method, tuned);
  return { members: [place], inserted, model: () => ({ model, dispose: () => undefined }), dispose: close };
};

/** All members in one batch, or each in its own where rows cannot mix them. */
const partiesOf = (ready: ReadyModel, members: readonly Folded[]): Party[] => {
  const { config, params } = ready;
  const places = members.map((_, i) => i);
  try {
    const table = adapterTable(config, params, members);
    const model = (size: number) => {
      const rows = places.flatMap((place) => new Array<number>(size).fill(place));
      const mixed = byRow(params, table, rows);
      return { model: mixed, dispose: () => disposeExcept(mixed, params) };
    };
    const { encoder: inserted } = insertedLengths(table.inserted);
    return [{ members: places, inserted, model, dispose: () => dispose(table) }];
  } catch (error) {
    if (!isFluxionError(error, "UnsupportedError")) throw error;
    return members.map((member, place) => alone(ready, member, place));
  }
};

/** What each member has said so far; texts and likelihoods of labels by the place of the example. */
interface Heard {
  readonly voices: Voice[];
  readonly labels: (readonly number[])[];
  logLikelihood: number;
  correct: number;
  tokens: number;
}

/** How members are asked. */
interface Programs {
  /** Undefined where the labels are ranked. */
  readonly writer: Answerer | undefined;
  /** Gives all labels; undefined for a task without them. */
  readonly ranker: Answerer | undefined;
  readonly score: ReturnType<typeof scoreTargets>;
}

/** `count` times the same rows. */
const repeated = (ids: Int32Array, count: number, size: number, length: number): Tensor =>
  np.array(
    Int32Array.from({ length: count * ids.length }, (_, i) => ids[i % ids.length]),
    {
      shape: [count * size, length],
    },
  );

/** Asks the members of a party about one batch. */
const askBatch = (party: Party, batch: EvaluationBatch, labels: readonly string[], programs: Programs) => {
  const [count, { size }] = [party.members.length, batch];
  const { model, dispose: close } = party.model(size);
  const inputs = repeated(batch.inputs, count, size, batch.inputLength);
  const targets = repeated(batch.targets, count, size, batch.targetLength);
  const owned: Tensor[] = [inputs, targets];
  try {
    const ranked = programs.ranker?.answer(model, inputs);
    const answers = programs.writer?.answer(model, inputs) ?? (ranked as NonNullable<typeof ranked>);
    const { logLikelihood, correct } = programs.score(model, inputs, targets);
    owned.push(logLikelihood, correct);
    return {
      voices: answers.map(([best]) => ({ text: best?.text ?? "", score: best?.score ?? Number.NEGATIVE_INFINITY })),
      labels: ranked?.map((row) => labels.map((label) => row.find(({ text }) => text === label)?.score as number)),
      logLikelihoods: logLikelihood.dataSync(),
      correct: correct.dataSync(),
    };
  } finally {
    dispose(owned);
    close();
  }
};

/** Asks the members of a party about all examples. */
const askParty = async (
  party: Party,
  batches: readonly EvaluationBatch[],
  {
    task,
    examples,
    programs,
  }: { readonly task: Task; readonly examples: readonly Example[]; readonly programs: Programs },
  heard: readonly Heard[],
  onBatch: (rows: number) => void,
): Promise<void> => {
  for (const batch of batches) {
    await breathe();
    let said: ReturnType<typeof askBatch>;
    try {
      said = askBatch(party, batch, task.labels ?? [], programs);
    } catch (error) {
      throw ofBatch(error, batch, examples);
    }
    party.members.forEach((place, i) => {
      const own = heard[place];
      batch.rows.forEach((example, r) => {
        const row = i * batch.size + r;
        checkNumber("evaluation", said.logLikelihoods[row], `example ${examples[example].id}, member ${place}`);
        own.voices[example] = said.voices[row];
        if (said.labels !== undefined) own.labels[example] = said.labels[row];
        own.logLikelihood += said.logLikelihoods[row];
        own.correct += said.correct[row];
        own.tokens += tokensIn(batch, r);
      });
    });
    onBatch(batch.rows.length * party.members.length);
  }
};

/** What an ensemble answers to each example, and how well. */
const judged = (task: Task, examples: readonly Example[], heard: readonly Heard[]): EnsembleEvaluation => {
  const { labels } = task;
  const together = examples.map((example, i) =>
    majorityVote(
      task,
      example,
      heard.map(({ voices }) => voices[i]),
    ),
  );
  const likeliest = labels && examples.map((_, i) => labels[likeliestLabel(heard.map((member) => member.labels[i]))]);
  return {
    members: heard.map(({ voices, ...sums }) =>
      evaluationOf(task, examples, { ...sums, texts: voices.map(({ text }) => text) }),
    ),
    vote: scoreAnswers(task, examples, together),
    ...(likeliest && { likelihood: scoreAnswers(task, examples, likeliest) }),
  };
};

const USUAL_TOKENS = 4096;

/**
 * An evaluator of several adapters of one task, and of what they answer together: by majority vote over the answers, and where the task has labels by the mean of
 * their likelihoods. A batch has the rows of all members, where `adapterTable` can mix them; `maxTokens` counts the rows of all.
 *
 * - `members`: methods with their trees on the device, which must live until the evaluator is disposed
 * @throws {ConfigError} for ranking a task without labels, or a prefix that the task does not have; {ArgumentError} for no members; {TreeError} {ShapeError} for a
 * member of another model
 * @see Lester et al. 2021, section 6
 * @example
 * const ensemble = ensembleEvaluator({ config, params }, tokenizer, task, examples, members);
 * const { members, vote } = await ensemble.evaluate();
 */
export const ensembleEvaluator = takes(
  "ensembleEvaluator(ready, tokenizer, task, examples, members, { maxTokens, prefix, decoding, maxInputLength, maxTargetLength, sentinel })",
  (
    ready: ReadyModel,
    tokenizer: Tokenizer,
    task: Task,
    examples: readonly Example[],
    members: readonly Folded[],
    options: Omit<TaskEvaluatorOptions<object>, "method"> = {},
  ): EnsembleEvaluator => {
    checkDecoding(task, options.decoding ?? "greedy");
    checkedFront(task, options.prefix ?? "none");
    const parties = partiesOf(ready, members);
    const together = parties.length === 1;
    const most = Math.floor((options.maxTokens ?? USUAL_TOKENS) / parties[0].members.length);
    const { cut, answerer, batches } = askingOf(ready, tokenizer, task, examples, { ...options, maxTokens: most });
    const { labels } = task;
    const programs: Programs = {
      writer: options.decoding === "rank" ? undefined : answerer,
      ranker:
        labels && choosing(ready.config, tokenizer, labels, labels.length, sentinelOf(tokenizer, options.sentinel)),
      score: scoreTargets(ready.config),
    };
    const evaluate = async (onProgress?: (examples: number) => void): Promise<EnsembleEvaluation> => {
      const heard = members.map((): Heard => ({ voices: [], labels: [], logLikelihood: 0, correct: 0, tokens: 0 }));
      let rows = 0;
      const onBatch = (count: number): void => {
        rows += count;
        onProgress?.(Math.floor(rows / members.length));
      };
      for (const party of parties)
        await askParty(party, batches(party.inserted), { task, examples, programs }, heard, onBatch);
      return judged(task, examples, heard);
    };
    const free = (): void => {
      for (const one of [answerer, programs.ranker, programs.score, ...parties]) one?.dispose();
    };
    return { evaluate, together, cut, dispose: free };
  },
);
