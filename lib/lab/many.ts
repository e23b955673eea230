/** @file Recipes of several runs: one for each seed, one for each task. */
import type { Store } from "../store/store.js";
import { checkNew, FILES, holdsRun, json } from "./folder.js";
import { pathOf } from "./inputs.js";
import { together } from "./listener.js";
import { checkData } from "./prepare.js";
import { type Recipe, type RecipeInput, recipe as recipeOf } from "./recipe.js";
import { type Outcome, type SeedsSummary, type Summary, summaryOfSeeds, type TasksSummary } from "./results.js";
import { checkChanges } from "./resume.js";
import { type RunOptions, runOne } from "./run.js";
import { checkRunOptions } from "./run-options.js";
import { loadRun, type StoredRun } from "./stored-run.js";
import { partsOfData, tasksOf } from "./task-table.js";

const INTERRUPTED = "interrupted";
const DONE = "done";

/** The recipes that a recipe stands for, by the names of their folders; none where it is one run. */
export const partsOfRecipe = (recipe: Recipe): Readonly<Record<string, Recipe>> => {
  if (recipe.each) {
    return Object.fromEntries(recipe.train.map((share) => [share.task, ofTask(recipe, share.task)]));
  }
  if (recipe.seeds === 1) return {};
  const numbers = Array.from({ length: recipe.seeds }, (_, i) => recipe.seed + i);
  return Object.fromEntries(numbers.map((seed) => [`seed-${seed}`, { ...recipe, seed, seeds: 1 }]));
};

const ofTask = (recipe: Recipe, task: string): Recipe => ({ ...recipe, each: false, train: [{ task }] });

/** Whether an outcome is of a run that can go on. */
const isInterrupted = ({ reason }: Outcome): boolean => reason === INTERRUPTED;

/** Reads the data of all parts, so that a fault of the last one shows before the first is trained. */
const checkParts = async (recipe: Recipe, { tasks = [] }: RunOptions): Promise<void> => {
  const data = pathOf("--data <dir>", recipe.data);
  checkData(recipe, await partsOfData(recipe, await tasksOf(recipe, tasks), data));
};

/** Takes the store of several runs for a new one, or finds what it has. */
const claim = async (store: Store, recipe: Recipe, resume: boolean): Promise<void> => {
  if (!resume) await checkNew(store);
  await store.write(FILES.recipe, json(recipe));
};

type PartOutcome = Summary | SeedsSummary;

/** Runs parts one after another, until one is interrupted. */
const runParts = async (parts: Readonly<Record<string, Recipe>>, options: RunOptions, part: string | undefined) => {
  const runs: Record<string, PartOutcome> = {};
  for (const [name, one] of Object.entries(parts)) {
    if (options.signal?.aborted) break;
    const store = options.store.below(name);
    const resume = await holdsRun(store);
    const inner = { ...options, store, resume };
    const outcome = (await runAny(one, inner, part === undefined ? name : `${part}/${name}`)) as PartOutcome;
    runs[name] = outcome;
    if (isInterrupted(outcome)) break;
  }
  const complete = Object.keys(runs).length === Object.keys(parts).length && !Object.values(runs).some(isInterrupted);
  return { runs, reason: complete ? DONE : INTERRUPTED };
};

const runMany = async (recipe: Recipe, parts: Readonly<Record<string, Recipe>>, options: RunOptions, part?: string) => {
  const { store, listener = [], resume = false } = options;
  await checkParts(recipe, options);
  const unlock = await store.lock(() => false);
  try {
    await claim(store, recipe, resume);
    const { runs, reason } = await runParts(parts, options, part);
    const outcome: SeedsSummary | TasksSummary = recipe.each
      ? { kind: "tasks", reason, runs }
      : summaryOfSeeds(runs as Readonly<Record<string, Summary>>, reason);
    await store.write(FILES.summary, json(outcome));
    await together([listener].flat()).end(outcome, { recipe, place: store.name(), part }, false);
    return outcome;
  } finally {
    await unlock();
  }
};

/** The recipe and the stored run of what goes on. @throws {ConfigError} for settings that may not change */
const goingOn = async (recipe: Recipe, store: Store) => {
  const stored = await loadRun(store);
  const changed = checkChanges(stored.recipe, recipe, (path) => path.join("."));
  return { stored, changed };
};

/** Whether steps are left, of a run that was to go on beyond its end and was killed. */
const hasStepsLeft = (outcome: Outcome, { steps }: Recipe): boolean =>
  outcome.kind === "run" && outcome.reason === "steps done" && outcome.steps < steps;

/** What a run has come to, if it has ended. */
const finished = ({ outcome }: StoredRun, recipe: Recipe, changed: boolean): Outcome | undefined =>
  changed || outcome === undefined || isInterrupted(outcome) || hasStepsLeft(outcome, recipe) ? undefined : outcome;

/** Runs a full recipe. */
const runAny = async (recipe: Recipe, options: RunOptions, part?: string): Promise<Outcome> => {
  const { store, listener = [], resume = false } = options;
  const { stored, changed } = resume ? await goingOn(recipe, store) : { stored: undefined, changed: false };
  if (!resume) await checkNew(store);
  const before = stored && finished(stored, recipe, changed);
  if (before !== undefined) {
    await together([listener].flat()).end(before, { recipe, place: store.name(), part }, true);
    return before;
  }
  const parts = partsOfRecipe(recipe);
  if (Object.keys(parts).length > 0) return runMany(recipe, parts, options, part);
  return runOne(recipe, { ...options, stored, ...(part !== undefined && { part }) });
};

/**
 * Runs a recipe: loads and checks everything, evaluates the bare model, trains, evaluates, and writes the run to a store. With `seeds`, or
 * `each`, these are several runs one after another, in folders below.
 *
 * A run that was interrupted, or killed, goes on with `resume`, as if nothing had happened. One that has ended is not written again, unless
 * `steps` has grown or `stop` has changed.
 *
 * @returns what `summary.json` says
 * @throws the typed error of whatever is missing or does not fit: {ConfigError} for settings, {DataError} for rows, {CheckpointError} for
 * models, prompts and the folder of the run
 * @example
 * const summary = await run({ train: "rte", steps: 100 }, { store: nodeStore("runs/rte"), listener: terminal() });
 */
export const run = async (input: Recipe | RecipeInput, options: RunOptions): Promise<Outcome> => {
  checkRunOptions(options);
  return runAny(recipeOf(input as RecipeInput), options);
};
