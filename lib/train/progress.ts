/** @file The bookkeeping of one run: where it stands, what is best, when it is evaluated, saved and over. */
import { ArgumentError } from "../core/errors.js";
import type { HostTree } from "../methods/trees.js";
import type { Batch } from "../t5/model.js";
import { evaluatedTree, type TrainState } from "./state.js";
import { hostTree } from "./store.js";

/** One answer of an evaluation. */
export interface Prediction {
  /** The task, where several are evaluated. */
  readonly task?: string;
  /** The example's id. */
  readonly id: string;
  readonly group?: string;
  readonly inputs: string;
  readonly target: string;
  readonly prediction: string;
  /** False where the truth is unknown, too. */
  readonly correct: boolean;
  /** Whether the task allows this answer at all. */
  readonly valid: boolean;
}

/** What an evaluation found. Metrics are percentages. */
export interface Evaluation {
  /** None where the truth of an example is unknown. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The stopping metric: the mean of the task's metrics. NaN, as are loss and token accuracy, where the truth of an example is unknown. */
  readonly score: number;
  /** Answers that the task does not allow. */
  readonly invalid: number;
  /** Examples whose truth is unknown, as those of a test split may be. */
  readonly unlabelled: number;
  /** Mean cross entropy of the target tokens, teacher forced, in nats. */
  readonly loss: number;
  /** Percentage of target tokens that are the likeliest ones, teacher forced. */
  readonly tokenAccuracy: number;
  /** In the order of the examples. */
  readonly predictions: readonly Prediction[];
}

/** An evaluation, such as the best so far, and the tree it belongs to. */
export interface Best {
  readonly step: number;
  readonly score: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Mean cross entropy of the targets, in nats. */
  readonly loss: number;
  /** What was evaluated: the trained tree, or its average where the step keeps one. */
  readonly tuned: HostTree;
}

/** Where training stands, apart from the tensors of the state. */
export interface Position {
  /** Steps done. */
  readonly step: number;
  readonly best: Best | undefined;
  /** Evaluations since the best one. */
  readonly stale: number;
}

export interface StepRecord {
  readonly step: number;
  readonly loss: number;
  /** Euclidean norm of the gradient before clipping, where the step gives it. */
  readonly gradientNorm?: number;
  readonly seconds: number;
  /** Tokens of the batch without padding: inputs, targets and what the method inserts. */
  readonly tokens: number;
}

export interface LoopOptions {
  readonly steps: number;
  /** Steps between evaluations; the last step is always followed by one. */
  readonly evaluateEvery: number;
  /** Other steps that are followed by one. */
  readonly evaluateAt?: readonly number[];
  /** Evaluations without a better score after which training stops; 0 never stops early. */
  readonly patience: number;
}

/** The data, the evaluation and the listeners of one run. */
export interface RunParts<P, Opt, E extends Evaluation = Evaluation> {
  /** The batch of a step, counted from 0, and how many tokens it has. */
  readonly batchAt: (step: number) => { readonly batch: Batch; readonly tokens: number };
  readonly evaluate: (tuned: P) => Promise<E>;
  /** Called after each step, also after one whose loss is no longer a number, which ends the training. */
  readonly onStep: (record: StepRecord) => void | Promise<void>;
  /** Called after every evaluation with the tree that it belongs to, and whether it is the best so far. */
  readonly onEvaluation: (step: number, evaluation: E, evaluated: Best, isBest: boolean) => Promise<void>;
  /** Makes the position durable. */
  readonly save: (state: TrainState<P, Opt>, position: Position) => Promise<void>;
}

export interface Outcome<P, Opt> {
  readonly state: TrainState<P, Opt>;
  /** There is a best one: at least one evaluation was made. */
  readonly position: Position & { readonly best: Best };
  readonly reason: "steps done" | "no improvement" | "interrupted";
}

/** Where one run stands, and what is to be done with it. */
export interface Progress<P, Opt> {
  /** Steps done. */
  readonly step: () => number;
  /** Whether steps are left and the score has not stopped improving. */
  readonly wants: () => boolean;
  /** Counts a step that was taken, and tells of it. */
  readonly took: (record: Omit<StepRecord, "step">) => Promise<void>;
  /** Why the run cannot go on: the loss of its last step was no number. */
  readonly failure: () => ArgumentError | undefined;
  /** Whether an evaluation follows the step that was taken last. */
  readonly isDue: () => boolean;
  /** Evaluates a state, and saves it. */
  readonly evaluate: (state: TrainState<P, Opt>) => Promise<void>;
  readonly save: (state: TrainState<P, Opt>) => Promise<void>;
  /** Evaluates the state where none ever was, saves it, and says what the run has come to. */
  readonly end: (state: TrainState<P, Opt>) => Promise<Outcome<P, Opt>>;
}

const notFinite = (loss: number, step: number, name: string | undefined): ArgumentError =>
  new ArgumentError({
    where: "training",
    what: `the loss is ${loss} at step ${step}`,
    expected: "a finite loss",
    got: String(loss),
    at: name,
    hint: "lower the learning rate; the best so far is saved",
  });

/**
 * The progress of a run from where it stands.
 *
 * - `name`: what errors call it, where it is one of several
 */
export const runProgress = <P extends object, Opt, E extends Evaluation>(
  options: LoopOptions,
  parts: RunParts<P, Opt, E>,
  start: Position,
  name?: string,
): Progress<P, Opt> => {
  let { step, best, stale } = start;
  let lastLoss = 0;
  const evaluate = async (state: TrainState<P, Opt>): Promise<Best> => {
    const tuned = evaluatedTree(state);
    const evaluation = await parts.evaluate(tuned);
    const isBest = best === undefined || evaluation.score > best.score;
    const { score, metrics, loss } = evaluation;
    const kept = { step, score, metrics, loss, tuned: hostTree(tuned) };
    if (isBest) best = kept;
    stale = isBest ? 0 : stale + 1;
    await parts.onEvaluation(step, evaluation, kept, isBest);
    return kept;
  };
  const save = (state: TrainState<P, Opt>): Promise<void> => parts.save(state, { step, best, stale });
  const hasStopped = (): boolean => options.patience > 0 && stale >= options.patience;
  return {
    step: () => step,
    wants: () => step < options.steps && !hasStopped(),
    async took(record) {
      step++;
      lastLoss = record.loss;
      await parts.onStep({ step, ...record });
    },
    failure: () => (Number.isFinite(lastLoss) ? undefined : notFinite(lastLoss, step, name)),
    isDue: () =>
      step % options.evaluateEvery === 0 || step === options.steps || (options.evaluateAt?.includes(step) ?? false),
    async evaluate(state) {
      await evaluate(state);
      await save(state);
    },
    save,
    async end(state) {
      const found = best ?? (await evaluate(state));
      await save(state);
      const reason = step >= options.steps ? "steps done" : hasStopped() ? "no improvement" : "interrupted";
      return { state, position: { step, stale, best: found }, reason };
    },
  };
};
