/**
 * @file The impure shell around the pure step: data in, steps, evaluations, the best tree, checkpoints, early stopping.
 *
 * A run is a function of its configuration: the batch of a step depends on the seed and the step alone, and a checkpoint holds
 * everything else, so a run that was killed and resumed goes on as if nothing had happened.
 */
import { dispose } from "../core/tensor.js";
import type { AnyParams } from "../t5/stack.js";
import {
  type Evaluation,
  type LoopOptions,
  type Outcome,
  type Position,
  type RunParts,
  runProgress,
} from "./progress.js";
import type { TrainState, TrainStep } from "./state.js";

/** What the loop needs and whom it tells. */
export interface LoopParts<P, Opt, E extends Evaluation = Evaluation> extends RunParts<P, Opt, E> {
  readonly frozen: AnyParams;
  readonly step: TrainStep<P, Opt>;
  /** Asked between steps; true ends the run cleanly. */
  readonly interrupted: () => boolean;
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
  const progress = runProgress(options, parts, start);
  while (progress.wants() && !parts.interrupted()) {
    const began = performance.now();
    const { batch, tokens } = parts.batchAt(progress.step());
    const result = parts.step(parts.frozen, state, batch);
    state = result.state;
    const [loss, gradientNorm] = [result.loss.item(), result.gradientNorm?.item()];
    dispose([batch, result.loss, result.gradientNorm]);
    const seconds = (performance.now() - began) / 1000;
    await progress.took({ loss, ...(gradientNorm !== undefined && { gradientNorm }), tokens, seconds });
    const failure = progress.failure();
    if (failure !== undefined) throw failure;
    if (progress.isDue()) await progress.evaluate(state);
    await breathe();
  }
  return progress.end(state);
};
