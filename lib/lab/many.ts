/** @file Recipes of several runs: one for each seed, one for each task. */
import { takesLater } from "../core/composite.js";
import type { Store } from "../store/store.js";
import { differences } from "./differences.js";
import { checkNew, FILES, holdsRun, json } from "./folder.js";
import { pathOf } from "./inputs.js";
import { together } from "./listener.js";
import { sameInputs } from "./lock.js";
import { endOf, isInterrupted, nameIn, outcomeOfParts, partGoingOn, partsOfRecipe } from "./parts.js";
import { checkData } from "./prepare.js";
import { type Recipe, type RecipeInput, recipe as recipeOf } from "./recipe.js";
import type { Path } from "./resolve.js";
import type { Outcome, SeedsSummary, Summary } from "./results.js";
import { checkChanges } from "./resume.js";
import { type OneRun, type RunOptions, runSeeds } from "./run.js";
import { checkRunOptions } from "./run-options.js";
import { loadRun } from "./stored-run.js";
import { partsOfData, tasksOf } from "./task-table.js";

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

/** Several runs that a recipe stands for. */
interface Whole {
  readonly parts: Readonly<Record<string, Recipe>>;
  /** Its name, where it is a part itself. */
  readonly part: string | undefined;
  /** Its recipe so far, where it goes on. */
  readonly before: Recipe | undefined;
}

/** Whether two runs can share their load: they differ in the seed alone. A run that has not begun takes the inputs of the other. */
const shareLoad = (a: OneRun, b: OneRun): boolean => {
  const [one, other] = [a.stored?.lock, b.stored?.lock];
  if (one !== undefined && other !== undefined && !sameInputs(one, other)) return false;
  return differences(a.recipe, b.recipe).every(({ path }) => path.join(".") === "seed");
};

/** Runs in groups of one load. */
const byLoad = (ones: readonly OneRun[]): readonly OneRun[][] => {
  const groups: OneRun[][] = [];
  for (const one of ones) {
    const known = groups.find((group) => group.every((other) => shareLoad(one, other)));
    if (known === undefined) groups.push([one]);
    else known.push(one);
  }
  return groups;
};

/** Runs the seeds of a recipe, those together that can be, until they are interrupted. */
const runSeedParts = async ({ parts, part, before }: Whole, options: RunOptions) => {
  const found = new Map<string | undefined, Summary>();
  const going: OneRun[] = [];
  for (const [name, recipe] of Object.entries(parts)) {
    if (options.signal?.aborted) break;
    const store = options.store.below(name);
    const full = nameIn(part, name);
    const one = await begun(recipe, { ...options, store, resume: await holdsRun(store) }, { part: full, before });
    if (one.outcome !== undefined) found.set(full, one.outcome as Summary);
    else going.push({ recipe: one.recipe, store, stored: one.stored, part: full });
  }
  for (const group of byLoad(going)) {
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

/** Runs tasks one after another, until one is interrupted. */
const runTasks = async ({ parts, part, before }: Whole, options: RunOptions) => {
  const runs: Record<string, PartOutcome> = {};
  for (const [name, one] of Object.entries(parts)) {
    if (options.signal?.aborted) break;
    const store = options.store.below(name);
    const resume = await holdsRun(store);
    const place = { part: nameIn(part, name), before };
    const outcome = (await runAny(one, { ...options, store, resume }, place)) as PartOutcome;
    runs[name] = outcome;
    if (isInterrupted(outcome)) break;
  }
  return runs;
};

const runMany = async (recipe: Recipe, whole: Whole, options: RunOptions) => {
  const { store, listener = [], resume = false } = options;
  await checkParts(recipe, options);
  const unlock = await store.lock(() => false);
  try {
    await claim(store, recipe, resume);
    const runs: Readonly<Record<string, PartOutcome>> = await (recipe.each ? runTasks : runSeedParts)(whole, options);
    const outcome = outcomeOfParts(recipe, runs);
    await store.write(FILES.summary, json(outcome));
    await together([listener].flat()).end(outcome, { recipe, place: store.name(), part: whole.part }, false);
    return outcome;
  } finally {
    await unlock();
  }
};

/** Where a run stands among several. */
type PlaceInWhole = Pick<Whole, "part" | "before">;

/** The recipe and the stored run of what goes on. @throws {ConfigError} for settings that may not change */
const goingOn = async (asked: Recipe, store: Store, { part, before }: PlaceInWhole) => {
  const stored = await loadRun(store);
  const recipe = before === undefined ? asked : partGoingOn(asked, stored.recipe, before);
  const nameOf = (path: Path): string => (part === undefined ? path.join(".") : `${path.join(".")} of ${store.name()}`);
  return { recipe, stored, changed: checkChanges(stored.recipe, recipe, nameOf) };
};

/** What a store has of a run that goes on; its outcome where it has ended, of which the listeners hear. @throws {CheckpointError} for a store that holds another run */
const begun = async (asked: Recipe, options: RunOptions, place: PlaceInWhole) => {
  const { store, listener = [], resume = false } = options;
  if (!resume) {
    await checkNew(store);
    return { recipe: asked, stored: undefined, outcome: undefined };
  }
  const { recipe, stored, changed } = await goingOn(asked, store, place);
  const outcome = changed ? undefined : await endOf(store, stored);
  if (outcome !== undefined) {
    await together([listener].flat()).end(outcome, { recipe, place: store.name(), part: place.part }, true);
  }
  return { recipe, stored, outcome };
};

/** Runs a full recipe. */
const runAny = async (asked: Recipe, options: RunOptions, place: PlaceInWhole): Promise<Outcome> => {
  const { recipe, stored, outcome } = await begun(asked, options, place);
  if (outcome !== undefined) return outcome;
  const { part } = place;
  const parts = partsOfRecipe(recipe);
  if (Object.keys(parts).length > 0) return runMany(recipe, { parts, part, before: stored?.recipe }, options);
  const [summary] = await runSeeds([{ recipe, store: options.store, stored, part }], options);
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
  "run(input, given)",
  async (input: Recipe | RecipeInput, given: RunOptions): Promise<Outcome> => {
    checkRunOptions(given);
    return runAny(recipeOf(input as RecipeInput), given, { part: undefined, before: undefined });
  },
);
