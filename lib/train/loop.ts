/**
 * @file The impure shell around the pure step: data in, steps, evaluations, the best tree, checkpoints, early stopping.
 *
 * A run is a function of its configuration: the batch of a step depends on the seed and the step alone, and a checkpoint holds
 * everything else, so a run that was killed and resumed goes on as if nothing had happened.
 */
import { ArgumentError } from "../core/errors.js";
import { dispose } from "../core/tensor.js";
import type { HostTree } from "../methods/trees.js";
import type { Batch } from "../t5/model.js";
import type { AnyParams } from "../t5/stack.js";
import { evaluatedTree, type TrainState, type TrainStep } from "./state.js";
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
  /** Evaluations without a better score after which training stops; 0 never stops early. */
  readonly patience: number;
}

/** What the loop needs and whom it tells. */
export interface LoopParts<P, Opt, E extends Evaluation = Evaluation> {
  readonly frozen: AnyParams;
  readonly step: TrainStep<P, Opt>;
  /** The batch of a step, counted from 0, and how many tokens it has. */
  readonly batchAt: (step: number) => { readonly batch: Batch; readonly tokens: number };
  readonly evaluate: (tuned: P) => Promise<E>;
  /** Called after each step, also after one whose loss is no longer a number, which ends the training. */
  readonly onStep: (record: StepRecord) => void | Promise<void>;
  /** Called after every evaluation with the tree that it belongs to, and whether it is the best so far. */
  readonly onEvaluation: (step: number, evaluation: E, evaluated: Best, isBest: boolean) => Promise<void>;
  /** Makes the position durable. */
  readonly save: (state: TrainState<P, Opt>, position: Position) => Promise<void>;
  /** Asked between steps; true ends the run cleanly. */
  readonly interrupted: () => boolean;
}

export interface Outcome<P, Opt> {
  readonly state: TrainState<P, Opt>;
  /** There is a best one: at least one evaluation was made. */
  readonly position: Position & { readonly best: Best };
  readonly reason: "steps done" | "no improvement" | "interrupted";
}

/** Lets timers and signals in. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Trains until the steps are done, the score stops improving, or the caller interrupts.
 *
 * @throws {ArgumentError} when the loss is no longer a number
 */
export const trainLoop = async <P extends object, Opt, E extends Evaluation = Evaluation>(
  options: LoopOptions,
  parts: LoopParts<P, Opt, E>,
  startState: TrainState<P, Opt>,
  start: Position,
): Promise<Outcome<P, Opt>> => {
  let state = startState;
  let { step, best, stale } = start;
  const position = (): Position => ({ step, best, stale });
  const evaluate = async (): Promise<void> => {
    const tuned = evaluatedTree(state);
    const evaluation = await parts.evaluate(tuned);
    const isBest = best === undefined || evaluation.score > best.score;
    const { score, metrics, loss } = evaluation;
    const kept = { step, score, metrics, loss, tuned: hostTree(tuned) };
    if (isBest) best = kept;
    stale = isBest ? 0 : stale + 1;
    await parts.onEvaluation(step, evaluation, kept, isBest);
  };
  const done = (): boolean => options.patience > 0 && stale >= options.patience;

  while (step < options.steps && !done() && !parts.interrupted()) {
    const began = performance.now();
    const { batch, tokens } = parts.batchAt(step);
    const result = parts.step(parts.frozen, state, batch);
    state = result.state;
    const [loss, gradientNorm] = [result.loss.item(), result.gradientNorm?.item()];
    dispose([batch, result.loss, result.gradientNorm]);
    step++;
    const seconds = (performance.now() - began) / 1000;
    await parts.onStep({ step, loss, ...(gradientNorm !== undefined && { gradientNorm }), tokens, seconds });
    if (!Number.isFinite(loss)) {
      throw new ArgumentError({
        where: "training",
        what: `the loss is ${loss} at step ${step}`,
        expected: "a finite loss",
        got: String(loss),
        hint: "lower the learning rate; the best so far is saved",
      });
    }
    if (step % options.evaluateEvery === 0 || step === options.steps) {
      await evaluate();
      await parts.save(state, position());
    }
    await breathe();
  }
  if (best === undefined) await evaluate();
  await parts.save(state, position());
  const reason = step >= options.steps ? "steps done" : done() ? "no improvement" : "interrupted";
  return { state, position: { step, stale, best: best as unknown as Best }, reason };
};
