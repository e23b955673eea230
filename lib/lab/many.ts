/** @file Recipes of several runs: one for each seed, one for each task. */
import { takes, takesLater } from "../core/composite.js";
import type { Store } from "../store/store.js";
import { checkNew, FILES, holdsRun, json } from "./folder.js";
import { pathOf } from "./inputs.js";
import { together } from "./listener.js";
import { sameInputs } from "./lock.js";
import { checkData } from "./prepare.js";
import { type Recipe, type RecipeInput, recipe as recipeOf } from "./recipe.js";
import { type Outcome, type SeedsSummary, type Summary, summaryOfSeeds, type TasksSummary } from "./results.js";
import { checkChanges } from "./resume.js";
import { type OneRun, type RunOptions, runSeeds } from "./run.js";
import { checkRunOptions } from "./run-options.js";
import { loadRun, type StoredRun } from "./stored-run.js";
import { partsOfData, tasksOf } from "./task-table.js";

const INTERRUPTED = "interrupted";
const DONE = "done";

/** The recipes that a recipe stands for, by the names of their folders; none where it is one run. */
export const partsOfRecipe = takes("partsOfRecipe(recipe)", (recipe: Recipe): Readonly<Record<string, Recipe>> => {
  if (recipe.each) {
    return Object.fromEntries(recipe.train.map((share) => [share.task, ofTask(recipe, share.task)]));
  }
  if (recipe.seeds === 1) return {};
  const numbers = Array.from({ length: recipe.seeds }, (_, i) => recipe.seed + i);
  return Object.fromEntries(numbers.map((seed) => [`seed-${seed}`, { ...recipe, seed, seeds: 1 }]));
});

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

/** Whether two runs can share their inputs. A run that has not begun takes those of the other. */
const shareInputs = (a: OneRun, b: OneRun): boolean => {
  const [one, other] = [a.stored?.lock, b.stored?.lock];
  return one === undefined || other === undefined || sameInputs(one, other);
};

/** Runs in groups of one load. */
const byInputs = (ones: readonly OneRun[]): readonly OneRun[][] => {
  const groups: OneRun[][] = [];
  for (const one of ones) {
    const known = groups.find((group) => group.every((other) => shareInputs(one, other)));
    if (known === undefined) groups.push([one]);
    else known.push(one);
  }
  return groups;
};

/** Runs the seeds of a recipe, those together that can be, until they are interrupted. */
const runSeedParts = async (parts: Readonly<Record<string, Recipe>>, options: RunOptions, part: string | undefined) => {
  const found = new Map<string | undefined, Summary>();
  const going: OneRun[] = [];
  for (const [name, recipe] of Object.entries(parts)) {
    if (options.signal?.aborted) break;
    const store = options.store.below(name);
    const full = nameIn(part, name);
    const one = await begun(recipe, { ...options, store, resume: await holdsRun(store) }, full);
    if (one.outcome !== undefined) found.set(full, one.outcome as Summary);
    else going.push({ recipe, store, stored: one.stored, part: full });
  }
  for (const group of byInputs(going)) {
    if (options.signal?.aborted) break;
    const summaries = await runSeeds(group, options);
    for (const [i, summary] of summaries.entries()) found.set(group[i].part, summary);
  }
  return Object.fromEntries(
    Object.keys(parts).flatMap((name) => {
      const summary = found.get(nameIn(part, name));
      return summary === undefined ? [] : [[name, summary]];
    }),
  );
};

const nameIn = (part: string | undefined, name: string): string => (part === undefined ? name : `${part}/${name}`);

/** Runs tasks one after another, until one is interrupted. */
const runTasks = async (parts: Readonly<Record<string, Recipe>>, options: RunOptions, part: string | undefined) => {
  const runs: Record<string, PartOutcome> = {};
  for (const [name, one] of Object.entries(parts)) {
    if (options.signal?.aborted) break;
    const store = options.store.below(name);
    const resume = await holdsRun(store);
    const outcome = (await runAny(one, { ...options, store, resume }, nameIn(part, name))) as PartOutcome;
    runs[name] = outcome;
    if (isInterrupted(outcome)) break;
  }
  return runs;
};

const runMany = async (recipe: Recipe, parts: Readonly<Record<string, Recipe>>, options: RunOptions, part?: string) => {
  const { store, listener = [], resume = false } = options;
  await checkParts(recipe, options);
  const unlock = await store.lock(() => false);
  try {
    await claim(store, recipe, resume);
    const runs: Readonly<Record<string, PartOutcome>> = await (recipe.each ? runTasks : runSeedParts)(
      parts,
      options,
      part,
    );
    const complete = Object.keys(runs).length === Object.keys(parts).length && !Object.values(runs).some(isInterrupted);
    const reason = complete ? DONE : INTERRUPTED;
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

/** Whether all runs that a recipe stands for are there. */
const hasAllParts = async (recipe: Recipe, store: Store): Promise<boolean> => {
  for (const name of Object.keys(partsOfRecipe(recipe))) if (!(await holdsRun(store.below(name)))) return false;
  return true;
};

/** What a store has of a run that goes on; its outcome where it has ended, of which the listeners hear. @throws {CheckpointError} for a store that holds another run */
const begun = async (recipe: Recipe, options: RunOptions, part: string | undefined) => {
  const { store, listener = [], resume = false } = options;
  const { stored, changed } = resume ? await goingOn(recipe, store) : { stored: undefined, changed: false };
  if (!resume) await checkNew(store);
  const outcome = stored && (await hasAllParts(recipe, store)) ? finished(stored, recipe, changed) : undefined;
  if (outcome !== undefined)
    await together([listener].flat()).end(outcome, { recipe, place: store.name(), part }, true);
  return { stored, outcome };
};

/** Runs a full recipe. */
const runAny = async (recipe: Recipe, options: RunOptions, part?: string): Promise<Outcome> => {
  const one = await begun(recipe, options, part);
  if (one.outcome !== undefined) return one.outcome;
  const parts = partsOfRecipe(recipe);
  if (Object.keys(parts).length > 0) return runMany(recipe, parts, options, part);
  const [summary] = await runSeeds([{ recipe, store: options.store, stored: one.stored, part }], options);
  return summary;
};

/**
 * Runs a recipe: loads and checks everything, evaluates the bare model, trains, evaluates, and writes the run to a store. With `seeds`, or
 * `each`, these are several runs in folders below: seeds are trained together in one program, up to four, where they can be; tasks one after another.
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
export const run = takesLater(
  "run(input, { listener, resume, signal, store, tasks, verify })",
  async (input: Recipe | RecipeInput, options: RunOptions): Promise<Outcome> => {
    checkRunOptions(options);
    return runAny(recipeOf(input as RecipeInput), options);
  },
);
