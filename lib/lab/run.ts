/** @file One run, or several that differ in their seeds: loaded and checked, trained, evaluated, and written to their stores. */
import { stats } from "../compile/init.js";
import { CheckpointError } from "../core/errors.js";
import { dispose } from "../core/tensor.js";
import type { Signal } from "../edge/signal.js";
import type { Store } from "../store/store.js";
import { trainTogether } from "../train/loop.js";
import type { RunParts } from "../train/progress.js";
import { describeRun } from "./describe.js";
import { diagnose } from "./doctor-rules.js";
import { FILES, openRunFolder, type Restored, type RunFolder } from "./folder.js";
import { groupingOf } from "./joining.js";
import { type Listener, together } from "./listener.js";
import type { Lock } from "./lock.js";
import { prepare } from "./prepare.js";
import { freeRun, type Prepared } from "./prepared.js";
import { savedSteps, subjectOf } from "./pretraining/recipe.js";
import type { Recipe } from "./recipe.js";
import { beatsBaselines, type Summary } from "./results.js";
import { type InputOptions, inputsOf } from "./run-inputs.js";
import { runRecord } from "./run-record.js";
import type { StoredRun } from "./stored-run.js";
import type { SuiteEvaluation } from "./suite.js";
import { conclude, type StartLine, saveEvaluation, writeStart } from "./written.js";

/** What a run needs besides its recipe. */
export interface RunOptions extends InputOptions {
  /** Whom it tells what it does. Default none. */
  readonly listener?: Listener | readonly Listener[];
  /** Whether the run in the store goes on. Default false: the store must not hold one. */
  readonly resume?: boolean;
  /** Ends the run after the step it is in; what is done is saved. */
  readonly signal?: Signal;
  /**
   * A store that runs with the same inputs share, such as those of a sweep: what the bare model comes to is computed by the first of them. Default none. Runs of
   * tasks of your own share nothing.
   */
  readonly shared?: Store;
}

/** One run of a recipe, or of its seeds, and what its store has. */
export interface OneRun {
  readonly recipe: Recipe;
  readonly store: Store;
  readonly stored: StoredRun | undefined;
  /** Its name among several runs. */
  readonly part: string | undefined;
}

type Told = Required<Listener>;

/** A run that is loaded, with its open folder. */
interface OpenRun extends OneRun {
  readonly run: Prepared;
  readonly folder: RunFolder;
  readonly start: Restored<object, unknown>;
  /** Seconds so far: those of its evaluations, and its share of those of the steps. */
  seconds: number;
}

/** The error of a run that has come to something, and has lost what it needs to go on. */
const noCheckpoint = (store: Store): CheckpointError =>
  new CheckpointError({
    where: "run folder",
    what: "the run has no checkpoint to go on from",
    expected: FILES.checkpoint,
    at: store.name(FILES.checkpoint),
    hint: "begin a new run with another --out; the trained files of this one can be used",
  });

/** Opens the folder of a run, and finds where it stands. */
const openRun = async (one: OneRun, run: Prepared, lock: Lock, opened: RunFolder[]): Promise<OpenRun> => {
  const { recipe, store, stored } = one;
  const folder = await openRunFolder(store, { recipe, lock }, stored !== undefined);
  opened.push(folder);
  const restored = stored === undefined ? undefined : await folder.restoreCheckpoint(run.state);
  if (restored === undefined && stored?.outcome !== undefined) throw noCheckpoint(store);
  if (restored !== undefined) dispose(run.state);
  const start = restored ?? { state: run.state, position: { step: 0, best: undefined, stale: 0 }, seconds: 0 };
  return { ...one, run, folder, start, seconds: start.seconds };
};

/** What training tells of a run and asks of it. */
const partsOf = (open: OpenRun, told: Told): RunParts<object, unknown, SuiteEvaluation> => {
  const { run, folder, part } = open;
  return {
    batchAt: run.batchAt,
    evaluate: async (tuned) => {
      const began = performance.now();
      const evaluation = await run.evaluate(tuned);
      open.seconds += (performance.now() - began) / 1000;
      return evaluation;
    },
    onStep: async (record) => {
      open.seconds += record.seconds;
      await folder.appendMetrics({ ...record });
      await told.step(record, part);
    },
    onEvaluation: async (step, found, tree, isBest) => {
      await saveEvaluation(run, folder, found, tree, isBest);
      await told.evaluation(step, found, isBest, part);
    },
    save: (state, at) => folder.saveCheckpoint(state, at, open.seconds),
  };
};

/** Trains runs from where their folders stand until they end. */
const train = async (group: readonly OpenRun[], told: Told, signal: Signal | undefined) => {
  const { frozen, step, jointStep, model, recipe } = group[0].run;
  const { steps, evaluation, stop } = recipe;
  const stopping = (): void => told.stopping();
  signal?.addEventListener("abort", stopping);
  try {
    return await trainTogether(
      { steps, evaluateEvery: evaluation.every, evaluateAt: savedSteps(recipe), patience: stop.patience },
      {
        frozen,
        stepOf: (runs) => (runs === 1 ? step : jointStep),
        padId: model.padId,
        interrupted: () => signal?.aborted ?? false,
      },
      group.map((open) => ({ name: open.part, parts: partsOf(open, told), ...open.start })),
    );
  } finally {
    signal?.removeEventListener("abort", stopping);
    told.stopped();
  }
};

/** Tells of runs that are about to start. */
const begin = async (group: readonly OpenRun[], told: Told, lines: readonly string[]): Promise<void> => {
  const { executor } = stats();
  const together = group.length === 1 ? [] : group.map(({ part = "" }) => part);
  for (const { recipe, store, part, run, start } of group) {
    const described = [...describeRun(run), ...lines];
    const info = { recipe, place: store.name(), part, lines: described, executor, start: start.position.step };
    await told.begin({ ...info, together });
  }
};

/** Trains and evaluates a group of runs in their folders. */
const complete = async (group: readonly OpenRun[], told: Told, signal: Signal | undefined, line: StartLine) => {
  const trained = await train(group, told, signal);
  const summaries: Summary[] = [];
  for (const [i, { run, folder, recipe, store, part, seconds }] of group.entries()) {
    const summary = await conclude(run, folder, line, { ...trained[i], seconds });
    dispose(trained[i].state);
    summaries.push(summary);
    const findings = beatsBaselines(summary, subjectOf(recipe)) ? [] : diagnose(await runRecord(store));
    await told.end(summary, { recipe, place: store.name(), part, findings }, false);
  }
  return summaries;
};

/** The first so many, the next so many, … */
const chunksOf = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));

/**
 * Runs a recipe of one seed, or several that differ in their seeds and have the same inputs, which are loaded once. As many as can be are trained in one
 * program; when some are interrupted, the next ones are not begun. Everything is loaded and checked before the first file is written.
 *
 * @returns what those have come to that were begun
 * @throws the typed error of whatever is missing or does not fit
 */
export const runSeeds = async (ones: readonly OneRun[], options: RunOptions): Promise<readonly Summary[]> => {
  const { listener = [], signal, shared, tasks = [] } = options;
  const told = together([listener].flat());
  const [first] = ones;
  const inputs = await inputsOf(first.recipe, first.stored, { ...options, store: first.store });
  const run = await prepare(first.recipe, inputs.places, inputs.data);
  const { most, line } = groupingOf(run);
  const summaries: Summary[] = [];
  const sharing = shared === undefined || tasks.length > 0 ? undefined : { store: shared, lock: inputs.lock };
  let start: StartLine | undefined;
  for (const chunk of chunksOf(ones, most)) {
    const folders: RunFolder[] = [];
    try {
      const group: OpenRun[] = [];
      for (const one of chunk) {
        const prepared = one === first ? run : run.ofSeed(one.recipe.seed);
        group.push(await openRun(one, prepared, one.stored?.lock ?? inputs.lock, folders));
      }
      await begin(group, told, ones.length === 1 ? [] : [line(group.length)]);
      start = await writeStart(run, folders, sharing, start);
      summaries.push(...(await complete(group, told, signal, start)));
    } finally {
      for (const folder of folders) await folder.close();
    }
    if (signal?.aborted) break;
  }
  freeRun(run);
  return summaries;
};
