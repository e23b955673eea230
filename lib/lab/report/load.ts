/** @file What a report reads of the folder of one run. */
import * as t from "io-ts";
import { CheckpointError, type FluxionError, isFluxionError } from "../../core/errors.js";
import { decodeAs, withDefault } from "../../edge/decode.js";
import { orThrow } from "../../edge/either.js";
import { TUNED_FILE } from "../../io/tuned.js";
import { taskScore } from "../../metrics/average.js";
import { nodeStore } from "../../store/node.js";
import { readFrom, type Store } from "../../store/store.js";
import { FAILED_FILE, FILES } from "../folder.js";
import type { Lock } from "../lock.js";
import { isInterrupted, partsOfRecipe } from "../parts.js";
import { subjectOf } from "../pretraining/recipe.js";
import type { Recipe } from "../recipe.js";
import type { Outcome, Summary } from "../results.js";
import { type RecordedEvaluation, recordedMetrics } from "../run-record.js";
import { isOldRun, loadRun } from "../stored-run.js";
import type { RunFolderAt } from "./folders.js";

/** An evaluation, of which the loss is in nats. */
type Point = Pick<RecordedEvaluation, "step" | "score" | "loss">;

/** A run that has ended. */
export interface EndedRun {
  /** The path of its folder. */
  readonly place: string;
  readonly recipe: Recipe;
  readonly lock: Lock | undefined;
  readonly summary: Summary;
  /** The tasks that it was trained on. */
  readonly trained: readonly string[];
  /** The score of each task that it was evaluated on, in percent: the mean of its metrics. */
  readonly scores: Readonly<Record<string, number>>;
  /** The same of the bare model, and of always giving the most frequent answer. */
  readonly untuned: Readonly<Record<string, number>>;
  readonly majority: Readonly<Record<string, number>>;
  readonly curve: readonly Point[];
  /** The size of the file of what was trained. */
  readonly bytes: number | undefined;
}

/** Why a folder is not in the tables, or not in all of them. */
export interface Fault {
  readonly place: string;
  readonly kind: "failed" | "unfinished" | "older" | "empty" | "damaged" | "repeated" | "not a number";
  readonly said: string;
}

/** What a folder came to; several faults may go with one run. */
export interface LoadedFolder {
  readonly run?: EndedRun;
  readonly faults: readonly Fault[];
}

const caller = { where: "report", error: CheckpointError };
const percent = withDefault(t.number, Number.NaN);
const Scores = t.record(t.string, percent);

const Ended = t.type(
  {
    ...{ kind: t.literal("run"), tuned: Scores, untuned: Scores, majority: Scores },
    ...{ score: percent, validationLoss: percent, bestStep: t.number, steps: t.number, seconds: percent },
    ...{ executor: t.string, reason: t.string },
    counts: t.type({ model: t.number, tuned: t.number }),
    peakBytes: percent,
  },
  "summary",
);

const textIn = async (store: Store, path: string): Promise<string | undefined> => {
  const bytes = await readFrom(store, path);
  return bytes && new TextDecoder().decode(bytes);
};

/** The first line of what an error says, and where. */
const saidBy = (error: unknown): string => {
  if (!isFluxionError(error)) return (error as Error).message;
  const { what, at } = (error as FluxionError & { mismatch: { what: string; at?: string } }).mismatch;
  return at === undefined ? what : `${what} (${at})`;
};

/** Metrics by task: names have the task in front where there are several. */
const scoresByTask = (metrics: Readonly<Record<string, number>>, tasks: readonly string[]): Record<string, number> => {
  if (tasks.length === 1) return { [tasks[0]]: scoreOf(metrics) };
  const of = (task: string) => Object.entries(metrics).filter(([name]) => name.startsWith(`${task}/`));
  return Object.fromEntries(tasks.map((task) => [task, scoreOf(Object.fromEntries(of(task)))]));
};

/** The score of a task; NaN where no metric is a number. */
const scoreOf = (metrics: Readonly<Record<string, number>>): number =>
  Object.values(metrics).some((value) => !Number.isNaN(value)) ? taskScore(metrics) : Number.NaN;

const sizeOf = async (store: Store, path: string): Promise<number | undefined> => {
  const file = await store.open(path);
  await file?.close();
  return file?.size;
};

/** How far a run that has not ended has come, and whether its last loss was a number. */
const progressOf = async (store: Store, { steps }: Recipe, lead: string): Promise<Fault> => {
  const place = store.name();
  const record = await recordedMetrics(store);
  const last = record.steps.at(-1);
  const at = `step ${last?.step ?? 0} of ${steps}`;
  if (last !== undefined && !Number.isFinite(last.loss)) {
    return { place, kind: "failed", said: `the loss was not a number at step ${last.step}` };
  }
  return { place, kind: "unfinished", said: `${lead} at ${at}` };
};

/** What a sweep says of a run that failed. */
const failureIn = async (store: Store): Promise<Fault | undefined> => {
  const text = await textIn(store, FAILED_FILE);
  if (text === undefined) return undefined;
  return { place: store.name(), kind: "failed", said: messageIn(text) };
};

const messageIn = (text: string): string => {
  try {
    const value = JSON.parse(text) as Readonly<Record<string, unknown>> | null;
    const said = value?.error ?? value?.message ?? value?.reason;
    return typeof said === "string" ? said : text.trim();
  } catch {
    return text.trim();
  }
};

const curveOf = async (store: Store): Promise<Pick<LoadedFolder, "faults"> & Pick<EndedRun, "curve">> => {
  try {
    const { evaluations } = await recordedMetrics(store);
    return { curve: evaluations.map(({ step, score, loss }) => ({ step, score, loss })), faults: [] };
  } catch (error) {
    const said = `it has no learning curve: ${saidBy(error)}`;
    return { curve: [], faults: [{ place: store.name(), kind: "damaged", said }] };
  }
};

const endedRun = async (store: Store, recipe: Recipe, lock: Lock | undefined, raw: Outcome): Promise<LoadedFolder> => {
  const summary = orThrow(decodeAs(Ended, caller, store.name(FILES.summary))(raw)) as Summary;
  if (isInterrupted(summary)) {
    const said = `it was interrupted at step ${summary.steps} of ${recipe.steps}`;
    return { faults: [{ place: store.name(), kind: "unfinished", said }] };
  }
  const trained = subjectOf(recipe);
  const tasks = recipe.evaluate.length === 0 ? trained : recipe.evaluate;
  const [scores, untuned, majority] = [summary.tuned, summary.untuned, summary.majority].map((all) =>
    scoresByTask(all, tasks),
  );
  const { curve, faults } = await curveOf(store);
  const missing = Object.keys(scores).filter((task) => Number.isNaN(scores[task]));
  const noNumbers = missing.map(
    (task): Fault => ({ place: store.name(), kind: "not a number", said: `the score of ${task} is not a number` }),
  );
  const run = { place: store.name(), recipe, lock, summary, trained, scores, untuned, majority, curve };
  return { run: { ...run, bytes: await sizeOf(store, TUNED_FILE) }, faults: [...faults, ...noNumbers] };
};

/** Parts of the folder of several runs that are not there. */
const missingParts = async (store: Store, names: readonly string[]): Promise<readonly Fault[]> => {
  const faults: Fault[] = [];
  for (const name of names) {
    const part = store.below(name);
    if ((await sizeOf(part, FILES.recipe)) !== undefined) continue;
    faults.push({ place: part.name(), kind: "unfinished", said: "the run has not begun" });
  }
  return faults;
};

const loaded = async (store: Store): Promise<LoadedFolder> => {
  const { recipe, lock, outcome } = await loadRun(store);
  const parts = Object.keys(partsOfRecipe(recipe));
  if (parts.length > 0) return { faults: await missingParts(store, parts) };
  // One that has ended may have failed before.
  const hasEnded = outcome !== undefined && !isInterrupted(outcome);
  const failure = hasEnded ? undefined : await failureIn(store);
  if (failure !== undefined) return { faults: [failure] };
  if (outcome === undefined) return { faults: [await progressOf(store, recipe, "it has not ended: it is")] };
  return endedRun(store, recipe, lock, outcome);
};

/** Reads the folder of a run; whatever is wrong with it is a fault, and no error. */
export const loadFolder = async ({ path: place, isEmpty }: RunFolderAt): Promise<LoadedFolder> => {
  if (isEmpty) return { faults: [{ place, kind: "empty", said: "the folder is empty" }] };
  const store = nodeStore(place);
  try {
    if ((await sizeOf(store, FILES.recipe)) === undefined) return await withoutRecipe(store);
    return await loaded(store);
  } catch (error) {
    return { faults: [{ place, kind: "damaged", said: saidBy(error) }] };
  }
};

/** A folder without a recipe: of a run of 0.1, of one that failed or was damaged, or of a model, which is not a run. */
const withoutRecipe = async (store: Store): Promise<LoadedFolder> => {
  const place = store.name();
  if (await isOldRun(store)) return { faults: [{ place, kind: "older", said: "the run is of fluxion 0.1" }] };
  const failure = await failureIn(store);
  if (failure !== undefined) return { faults: [failure] };
  const files = await Promise.all([FILES.metrics, FILES.summary, FILES.lock].map((file) => sizeOf(store, file)));
  if (files.every((size) => size === undefined)) return { faults: [] };
  return { faults: [{ place, kind: "damaged", said: `${FILES.recipe} is missing` }] };
};
