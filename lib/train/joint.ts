/**
 * @file Several runs in one program: their states stand behind each other along a first axis, and one compiled step serves all of them, with the frozen
 * weights shared.
 */
import { takes } from "../core/composite.js";
import { ArgumentError, ShapeError, TreeError } from "../core/errors.js";
import { checkSameStructure, leavesOf, structureOf, treeMap } from "../core/pytree.js";
import type { Tensor } from "../core/tensor.js";
import type { Method } from "../methods/method.js";
import * as np from "../np/index.js";
import type { GradientTransformation, StateOf } from "../optim/index.js";
import type { T5Config } from "../t5/config.js";
import type { Batch } from "../t5/model.js";
import { jit } from "../transforms/jit.js";
import { vmap } from "../transforms/vmap.js";
import {
  STEP_OPTIONS,
  type StepFunction,
  type StepOptions,
  stepFunction,
  type TrainState,
  type TrainStep,
  withCheckedIds,
} from "./state.js";

/** The most bytes that the states of all runs may take by default: 1 GiB. */
const MOST_BYTES = 2 ** 30;

/** The bytes of all tensors of a tree. */
export const bytesOf = (tree: unknown): number => leavesOf(tree).reduce<number>((n, x) => n + (x as Tensor).nbytes, 0);

/**
 * The states of several runs as one, whose tensors have a first axis for the run. The given states stay.
 *
 * - `maxBytes`: the most that the joined states may take, since each run has a copy of what it trains; default 1 GiB
 *
 * @throws {ArgumentError} for no states, or more bytes than `maxBytes`; {TreeError}, {ShapeError} for states that differ in more than their numbers
 * @example const states = joinStates(seeds.map((seed) => initState(tx, startOf(seed), random.key(seed))))
 */
export const joinStates = takes(
  "joinStates(states, { maxBytes })",
  <S extends TrainState<object, unknown>>(
    states: readonly S[],
    { maxBytes = MOST_BYTES }: { readonly maxBytes?: number } = {},
  ): S => {
    const where = "train.joinStates";
    const [first] = states;
    if (first === undefined) throw new ArgumentError({ where, what: "there are no runs", expected: "a state or more" });
    const bytes = states.length * bytesOf(first);
    if (bytes > maxBytes) {
      throw new ArgumentError({
        where,
        what: "the runs together take too much memory",
        expected: `at most ${maxBytes} bytes`,
        got: `${states.length} states of ${bytesOf(first)} bytes each`,
        hint: "train them one after another, or train fewer weights; with maxBytes more are taken",
      });
    }
    for (const [i, state] of states.entries()) {
      checkSameStructure(where, structureOf(first), structureOf(state), `run ${i} is of another method or optimizer`);
    }
    return treeMap((...runs: Tensor[]) => np.stack(sameShapes(where, runs)), first, ...states.slice(1)) as S;
  },
);

/** @throws {ShapeError} for a tensor of one run that has another shape than that of the first */
const sameShapes = (where: string, runs: readonly Tensor[]): Tensor[] => {
  runs.forEach((x, i) => {
    if (`${x.aval}` === `${runs[0].aval}`) return;
    const what = "the runs differ in more than their numbers";
    throw new ShapeError({ where, what, expected: `${runs[0].aval}, as run 0 has it`, got: `${x.aval} in run ${i}` });
  });
  return [...runs];
};

/** The states of the runs again; the joined one stays. */
export const splitStates = takes("splitStates(state)", <S extends TrainState<object, unknown>>(state: S): S[] => {
  const runs = state.step.shape[0];
  const rowsOf = (x: Tensor): Tensor[] => np.unstack(x);
  const rows = leavesOf(state).map((x) => rowsOf(x as Tensor));
  return Array.from({ length: runs }, (_, run) => {
    let at = 0;
    return treeMap(() => rows[at++][run], state) as S;
  });
});

/** Ids with padding up to a length, along the last axis. */
const padTo = (x: Tensor, length: number, padId: number): Tensor => {
  const missing = length - x.shape[x.ndim - 1];
  if (missing === 0) return x;
  const widths = x.shape.map((_, axis) => [0, axis === x.ndim - 1 ? missing : 0] as const);
  return np.pad(x, widths, { constantValues: padId });
};

/** Parts of batches that are padded to the longest: ids with the model's id of padding, segments with 0. */
const IDS: ReadonlySet<string> = new Set(["inputs", "targets", "choices"]);
const SEGMENTS: ReadonlySet<string> = new Set(["inputsSegments", "targetsSegments"]);

/**
 * The batches of one step of several runs as one, `[runs, B, …]`; shorter rows are padded to the longest run's.
 *
 * @throws {TreeError} for batches with different parts; {ShapeError} for different numbers of examples
 * @example const batch = joinBatches(runs.map(({ batchAt }) => batchAt(step).batch), config.padId)
 */
export const joinBatches = takes("joinBatches(ofRuns, padId)", (ofRuns: readonly Batch[], padId = 0): Batch => {
  const where = "train.joinBatches";
  const names = Object.keys(ofRuns[0] ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const parts = ofRuns.map((batch, i) => {
        const part = (batch as unknown as Readonly<Record<string, Tensor | undefined>>)[name];
        if (part !== undefined && Object.keys(batch).length === names.length) return part;
        const what = "the batches have different parts";
        throw new TreeError({
          where,
          what,
          expected: names.join(", "),
          got: `${Object.keys(batch).join(", ")} in run ${i}`,
        });
      });
      if (!IDS.has(name) && !SEGMENTS.has(name)) return [name, np.stack(sameShapes(where, parts))];
      const longest = Math.max(...parts.map((x) => x.shape[x.ndim - 1]));
      return [
        name,
        np.stack(
          sameShapes(
            where,
            parts.map((x) => padTo(x, longest, SEGMENTS.has(name) ? 0 : padId)),
          ),
        ),
      ];
    }),
  ) as unknown as Batch;
});

/**
 * One training step of several runs, compiled as one program: `makeTrainStep` over a first axis of state, batch and loss, with the frozen weights shared. The
 * runs may differ in their seeds, starts and batches, and in what `optim.injectHyperparams` has in its state, such as learning rates.
 *
 * The state is donated, as in `makeTrainStep`.
 * @returns a step `(frozen, states, batches) => { state, loss }`, `loss` `[runs]`
 * @throws {ArgumentError} for options out of range
 * @example
 * let states = joinStates([0, 1, 2].map((seed) => initState(tx, method.init(random.key(seed), config, frozen), random.key(seed))));
 * const step = makeJointStep(config, method, tx);
 * ({ state: states } = step(frozen, states, joinBatches(batches)));
 */
export const makeJointStep = takes(
  `makeJointStep(config, method, tx, { ${STEP_OPTIONS} })`,
  <P extends object, Opt>(
    config: T5Config,
    method: Method<P>,
    tx: GradientTransformation<Opt>,
    options: StepOptions<NoInfer<P>> = {},
  ): TrainStep<P, StateOf<Opt, P>> => {
    const one = stepFunction(config, method, tx, options);
    const all = vmap(one as never, [null, 0, 0]) as unknown as StepFunction<P, StateOf<Opt, P>>;
    return withCheckedIds(config, jit(all, { donate: [1] }));
  },
);
