/**
 * @file The impure shell around the pure step: data in, steps, evaluations, the best tree, checkpoints, early stopping.
 *
 * A run is a function of its configuration: the batch of a step depends on the seed and the step alone, and a checkpoint holds
 * everything else, so a run that was killed and resumed goes on as if nothing had happened.
 */
import { scope, takesLater } from "../core/composite.js";
import { dispose, type Tensor } from "../core/tensor.js";
import type { Batch } from "../t5/model.js";
import type { AnyParams } from "../t5/stack.js";
import { joinBatches, joinStates, splitStates } from "./joint.js";
import {
  type Evaluation,
  type LoopOptions,
  type Outcome,
  type Position,
  type Progress,
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

/** One of several runs: its parts, and where it stands. */
export interface StartedRun<P, Opt, E extends Evaluation = Evaluation> {
  /** What errors call it, where it is one of several. */
  readonly name?: string | undefined;
  readonly parts: RunParts<P, Opt, E>;
  readonly state: TrainState<P, Opt>;
  readonly position: Position;
}

/** What several runs share. */
export interface SharedParts<P, Opt> extends Pick<LoopParts<P, Opt>, "frozen" | "interrupted"> {
  /** The step of so many runs: that of `makeTrainStep` of one, else that of `makeJointStep`. */
  readonly stepOf: (runs: number) => TrainStep<P, Opt>;
  /** The model's id of padding. */
  readonly padId: number;
}

/** Lets timers and signals in. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A run on its way. */
interface Member<P, Opt> {
  readonly batchAt: RunParts<P, Opt>["batchAt"];
  readonly progress: Progress<P, Opt>;
  state: TrainState<P, Opt>;
}

type Group<P, Opt> = readonly Member<P, Opt>[];

/** The runs that take the next step: of those that go on the ones that are furthest behind. */
const furthestBehind = <P, Opt>(runs: Group<P, Opt>): Group<P, Opt> => {
  const going = runs.filter(({ progress }) => progress.wants());
  const least = Math.min(...going.map(({ progress }) => progress.step()));
  return going.filter(({ progress }) => progress.step() === least);
};

/** The states of a group as its step takes them; they are gone. */
const takeStates = <P extends object, Opt>(group: Group<P, Opt>): TrainState<P, Opt> => {
  const states = group.map(({ state }) => state);
  if (states.length === 1) return states[0];
  // What may be joined at all was decided by the caller.
  const joined = scope(() => joinStates(states, { maxBytes: Number.POSITIVE_INFINITY }));
  dispose(states);
  return joined;
};

/** Gives the runs of a group their states back; what the step gave is gone. */
const giveStates = <P extends object, Opt>(group: Group<P, Opt>, state: TrainState<P, Opt>): void => {
  const states = group.length === 1 ? [state] : scope(() => splitStates(state));
  if (group.length > 1) dispose(state);
  group.forEach((run, i) => {
    run.state = states[i];
  });
};

/** The batch of a group's next step, and the tokens of each run. */
const nextBatch = <P, Opt>(group: Group<P, Opt>, padId: number): { batch: Batch; tokens: readonly number[] } => {
  const each = group.map(({ batchAt, progress }) => batchAt(progress.step()));
  const [batches, tokens] = [each.map(({ batch }) => batch), each.map((one) => one.tokens)];
  if (each.length === 1) return { batch: batches[0], tokens };
  const batch = scope(() => joinBatches(batches, padId));
  dispose(batches);
  return { batch, tokens };
};

const numbersOf = (x: Tensor): readonly number[] => Array.from(x.dataSync() as Float32Array);

/** Takes one step of a group, and tells each run of it. The seconds of a run are its share of those of the step. */
const takeStep = async <P extends object, Opt>(
  group: Group<P, Opt>,
  state: TrainState<P, Opt>,
  { frozen, stepOf, padId }: SharedParts<P, Opt>,
): Promise<TrainState<P, Opt>> => {
  const began = performance.now();
  const { batch, tokens } = nextBatch(group, padId);
  const result = stepOf(group.length)(frozen, state, batch);
  const [losses, norms] = [numbersOf(result.loss), result.gradientNorm && numbersOf(result.gradientNorm)];
  dispose([batch, result.loss, result.gradientNorm]);
  const seconds = (performance.now() - began) / 1000 / group.length;
  for (const [i, { progress }] of group.entries()) {
    await progress.took({ loss: losses[i], ...(norms && { gradientNorm: norms[i] }), tokens: tokens[i], seconds });
  }
  return result.state;
};

/** Trains a group until one of its runs has to be evaluated, cannot go on, or the caller interrupts. */
const takeSteps = async <P extends object, Opt>(group: Group<P, Opt>, shared: SharedParts<P, Opt>): Promise<void> => {
  let state = takeStates(group);
  for (;;) {
    state = await takeStep(group, state, shared);
    if (group.some(({ progress }) => progress.isDue() || progress.failure() !== undefined)) break;
    await breathe();
    if (shared.interrupted()) break;
  }
  giveStates(group, state);
};

/** Evaluates and saves the runs of a group that have to be. @throws {ArgumentError} of a run that cannot go on, when the others are saved */
const settle = async <P extends object, Opt>(group: Group<P, Opt>): Promise<void> => {
  const failures = group.flatMap(({ progress }) => progress.failure() ?? []);
  for (const { progress, state } of group) {
    if (progress.failure() !== undefined) continue;
    if (progress.isDue()) await progress.evaluate(state);
    else if (failures.length > 0) await progress.save(state);
  }
  if (failures.length > 0) throw failures[0];
};

/**
 * Trains several runs, each until its steps are done, its score stops improving, or the caller interrupts. Runs that stand at the same step take the next one
 * together, in one program. Those that are behind catch up first.
 *
 * - `runs`: their states are taken over; they may differ in their numbers and positions alone
 * @returns what each run comes to, in their order
 * @throws {ArgumentError} when the loss of a run is no longer a number; the others are saved before
 * @example
 * const [one, several] = [makeTrainStep(config, method, tx), makeJointStep(config, method, tx)];
 * const stepOf = (runs) => (runs === 1 ? one : several);
 * const outcomes = await trainTogether({ steps: 100, evaluateEvery: 10, patience: 0 }, { frozen, stepOf, padId: 0, interrupted: () => false }, runs);
 */
export const trainTogether = takesLater(
  "trainTogether({ steps, evaluateEvery, evaluateAt, patience }, shared, runs)",
  async <P extends object, Opt, E extends Evaluation = Evaluation>(
    options: LoopOptions,
    shared: SharedParts<P, Opt>,
    runs: readonly StartedRun<P, Opt, E>[],
  ): Promise<readonly Outcome<P, Opt>[]> => {
    const members = runs.map(({ name, parts, state, position }) => ({
      batchAt: parts.batchAt,
      progress: runProgress(options, parts, position, name),
      state,
    }));
    for (;;) {
      const group = furthestBehind(members);
      if (group.length === 0 || shared.interrupted()) break;
      await takeSteps(group, shared);
      await settle(group);
      await breathe();
    }
    const outcomes: Outcome<P, Opt>[] = [];
    for (const { progress, state } of members) outcomes.push(await progress.end(state));
    return outcomes;
  },
);

/**
 * Trains until the steps are done, the score stops improving, or the caller interrupts.
 *
 * @throws {ArgumentError} when the loss is no longer a number
 */
export const trainLoop = takesLater(
  "trainLoop({ steps, evaluateEvery, evaluateAt, patience }, parts, state, position)",
  async <P extends object, Opt, E extends Evaluation = Evaluation>(
    options: LoopOptions,
    parts: LoopParts<P, Opt, E>,
    state: TrainState<P, Opt>,
    position: Position,
  ): Promise<Outcome<P, Opt>> => {
    const { frozen, step, interrupted } = parts;
    const shared = { frozen, interrupted, stepOf: () => step, padId: 0 };
    const [outcome] = await trainTogether(options, shared, [{ parts, state, position }]);
    return outcome;
  },
);
