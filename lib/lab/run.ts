/** @file One run: loaded and checked, trained, evaluated, and written to its store. */
import { stats } from "../compile/init.js";
import { CheckpointError } from "../core/errors.js";
import type { Signal } from "../edge/signal.js";
import type { Store } from "../store/store.js";
import { trainLoop } from "../train/loop.js";
import type { Best, Outcome as Trained } from "../train/progress.js";
import { evaluatedTree } from "../train/state.js";
import { hostTree } from "../train/store.js";
import { learningCurve } from "../viz/index.js";
import { describeRun } from "./describe.js";
import { diagnose } from "./doctor-rules.js";
import { FILES, keptFolder, openRunFolder, type Restored, type RunFolder } from "./folder.js";
import { type Listener, together } from "./listener.js";
import { describeMethod } from "./method.js";
import { freeRun, type Prepared, prepare } from "./prepare.js";
import type { Recipe } from "./recipe.js";
import { beatsBaselines, curveOf, type Summary } from "./results.js";
import { type InputOptions, inputsOf } from "./run-inputs.js";
import { runRecord } from "./run-record.js";
import { sentinelsIn } from "./start.js";
import type { StoredRun } from "./stored-run.js";
import type { SuiteEvaluation } from "./suite.js";

/** What a run needs besides its recipe. */
export interface RunOptions extends InputOptions {
  /** Whom it tells what it does. Default none. */
  readonly listener?: Listener | readonly Listener[];
  /** Whether the run in the store goes on. Default false: the store must not hold one. */
  readonly resume?: boolean;
  /** Ends the run after the step it is in; what is done is saved. */
  readonly signal?: Signal;
}

/** What one run needs besides its recipe and what its store has. */
export interface OneRun extends RunOptions {
  readonly stored: StoredRun | undefined;
  /** Its name among several runs. */
  readonly part?: string;
}

type Told = Required<Listener>;

/** What `metrics.jsonl` says of an evaluation: its scores, and those of each task where there are several. */
const lineOf = (evaluation: SuiteEvaluation): Readonly<Record<string, unknown>> => {
  const scoresOf = ({ metrics, score, invalid, loss, tokenAccuracy }: Omit<SuiteEvaluation, "tasks">) => ({
    ...metrics,
    score,
    invalid,
    loss,
    tokenAccuracy,
  });
  const tasks = Object.entries(evaluation.tasks);
  if (tasks.length === 1) return scoresOf(evaluation);
  const { score, invalid, loss, tokenAccuracy } = evaluation;
  return {
    score,
    invalid,
    loss,
    tokenAccuracy,
    tasks: Object.fromEntries(tasks.map(([name, one]) => [name, scoresOf(one)])),
  };
};

/** Writes what an evaluation leaves. */
const saveEvaluation = async (
  run: Prepared,
  folder: RunFolder,
  evaluation: SuiteEvaluation,
  tree: Best,
  isBest: boolean,
): Promise<void> => {
  const { keep } = run.recipe;
  await folder.appendMetrics({ step: tree.step, evaluation: lineOf(evaluation) });
  if (isBest) await folder.saveBest(tree, evaluation.predictions, run.outputs);
  if (keep === "best") return;
  await folder.saveTree(keptFolder(tree.step), tree, run.outputs);
  if (keep !== "all") await folder.forget(keep);
};

/** The scores of the bare model: read from the lines of before, or found and written. */
const untunedScores = async (run: Prepared, folder: RunFolder): Promise<Readonly<Record<string, number>>> => {
  const before = (await folder.readMetrics()).find(({ untuned }) => untuned !== undefined);
  if (before !== undefined) return before.untuned as Readonly<Record<string, number>>;
  const { metrics, predictions } = await run.evaluate(null);
  const start = { untuned: metrics, majority: run.majority, sentinels: sentinelsIn(predictions), ...run.facts };
  await folder.appendMetrics({ step: 0, ...start });
  return metrics;
};

/** Trains from where the folder stands until the run ends. */
const train = async (
  run: Prepared,
  folder: RunFolder,
  start: Restored<object, unknown>,
  told: Told,
  { signal }: OneRun,
) => {
  const { steps, evaluation, stop } = run.recipe;
  const began = performance.now();
  const seconds = (): number => start.seconds + (performance.now() - began) / 1000;
  const stopping = (): void => told.stopping();
  signal?.addEventListener("abort", stopping);
  try {
    const trained = await trainLoop(
      { steps, evaluateEvery: evaluation.every, patience: stop.patience },
      {
        frozen: run.frozen,
        step: run.step,
        batchAt: run.batchAt,
        evaluate: run.evaluate,
        onStep: async (record) => {
          await folder.appendMetrics({ ...record });
          await told.step(record);
        },
        onEvaluation: async (step, found, tree, isBest) => {
          await saveEvaluation(run, folder, found, tree, isBest);
          await told.evaluation(step, found, isBest);
        },
        save: (state, at) => folder.saveCheckpoint(state, at, seconds()),
        interrupted: () => signal?.aborted ?? false,
      },
      start.state,
      start.position,
    );
    return { ...trained, seconds: seconds() };
  } finally {
    signal?.removeEventListener("abort", stopping);
    told.stopped();
  }
};

/** Writes what a trained run comes to. */
const conclude = async (
  run: Prepared,
  folder: RunFolder,
  untuned: Readonly<Record<string, number>>,
  { position, reason, state, seconds }: Trained<object, unknown> & { readonly seconds: number },
): Promise<Summary> => {
  const { best, step } = position;
  const summary: Summary = {
    kind: "run",
    tuned: best.metrics,
    untuned,
    majority: run.majority,
    score: best.score,
    validationLoss: best.loss,
    bestStep: best.step,
    steps: step,
    seconds,
    executor: stats().executor,
    reason,
    counts: run.counts,
    // In kilobytes.
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
  await folder.saveTree("last", { ...best, step, tuned: hostTree(evaluatedTree(state)) }, run.outputs);
  const { recipe } = run;
  const title = `${recipe.train.map(({ task }) => task).join(", ")}: ${describeMethod(recipe.method)}`;
  await folder.saveCurve(learningCurve({ title, ...curveOf(await folder.readMetrics(), best) }));
  await folder.saveSummary(summary);
  return summary;
};

/** The error of a run that has come to something, and has lost what it needs to go on. */
const noCheckpoint = (store: Store): CheckpointError =>
  new CheckpointError({
    where: "run folder",
    what: "the run has no checkpoint to go on from",
    expected: FILES.checkpoint,
    at: store.name(FILES.checkpoint),
    hint: "begin a new run with another --out; the trained files of this one can be used",
  });

/** Trains and evaluates a prepared run in its folder. */
const complete = async (run: Prepared, folder: RunFolder, told: Told, options: OneRun): Promise<Summary> => {
  const { recipe } = run;
  const position = { step: 0, best: undefined, stale: 0 };
  const restored = options.stored === undefined ? undefined : await folder.restoreCheckpoint(run.state);
  if (restored === undefined && options.stored?.outcome !== undefined) throw noCheckpoint(options.store);
  const start = restored ?? { state: run.state, position, seconds: 0 };
  const [place, part] = [options.store.name(), options.part];
  const { executor } = stats();
  await told.begin({ recipe, place, part, lines: describeRun(run), executor, start: start.position.step });
  const untuned = await untunedScores(run, folder);
  const trained = await train(run, folder, start, told, options);
  const summary = await conclude(run, folder, untuned, trained);
  freeRun(run, trained.state);
  const findings = beatsBaselines(summary) ? [] : diagnose(await runRecord(options.store));
  await told.end(summary, { recipe, place, part, findings }, false);
  return summary;
};

/**
 * Runs a recipe of one seed. Everything is loaded and checked before the first file is written.
 *
 * @throws the typed error of whatever is missing or does not fit
 */
export const runOne = async (recipe: Recipe, options: OneRun): Promise<Summary> => {
  const { store, stored, listener = [] } = options;
  const told = together([listener].flat());
  const inputs = await inputsOf(recipe, stored, options);
  const run = await prepare(recipe, inputs.places, inputs.data);
  const folder = await openRunFolder(store, { recipe, lock: inputs.lock }, stored !== undefined);
  try {
    return await complete(run, folder, told, options);
  } finally {
    await folder.close();
  }
};
