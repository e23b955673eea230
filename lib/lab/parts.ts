/** @file The parts of a recipe of several runs: their recipes, and what they have come to, as their own folders say. */

import { takes } from "../core/composite.js";
import { CheckpointError, isFluxionError } from "../core/errors.js";
import type { Store } from "../store/store.js";
import { differences } from "./differences.js";
import { FILES, holdsRun, json } from "./folder.js";
import type { Recipe } from "./recipe.js";
import { type Outcome, type SeedsSummary, type Summary, summaryOfSeeds, type TasksSummary } from "./results.js";
import { loadRun, type StoredRun } from "./stored-run.js";

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

/** The name of a part of a part. */
export const nameIn = (part: string | undefined, name: string): string =>
  part === undefined ? name : `${part}/${name}`;

/** Whether an outcome is of a run that can go on. */
export const isInterrupted = ({ reason }: Outcome): boolean => reason === INTERRUPTED;

/** Whether steps are left, of a run that was to go on beyond its end and was killed. */
const hasStepsLeft = (outcome: Outcome, { steps }: Recipe): boolean =>
  outcome.kind === "run" && outcome.reason === "steps done" && outcome.steps < steps;

/** Whether a run has come to its end. */
const hasEnded = (outcome: Outcome, recipe: Recipe): boolean =>
  !isInterrupted(outcome) && !hasStepsLeft(outcome, recipe);

/** What several runs come to, of which some may be missing. */
export const outcomeOfParts = (
  recipe: Recipe,
  runs: Readonly<Record<string, Summary | SeedsSummary>>,
): SeedsSummary | TasksSummary => {
  const all = Object.values(runs);
  const complete = all.length === Object.keys(partsOfRecipe(recipe)).length && !all.some(isInterrupted);
  const reason = complete ? DONE : INTERRUPTED;
  return recipe.each
    ? { kind: "tasks", reason, runs }
    : summaryOfSeeds(runs as Readonly<Record<string, Summary>>, reason);
};

/** What the runs of a folder have come to; undefined for a run that has come to nothing. What a folder of several says of them itself is not asked. */
const recorded = async (store: Store, { recipe, outcome }: StoredRun): Promise<Outcome | undefined> => {
  const names = Object.keys(partsOfRecipe(recipe));
  if (names.length === 0) {
    return outcome === undefined || hasEnded(outcome, recipe) ? outcome : { ...outcome, reason: INTERRUPTED };
  }
  const runs: Record<string, Summary | SeedsSummary> = {};
  for (const name of names) {
    const part = store.below(name);
    const known = (await holdsRun(part)) ? await recorded(part, await loadRun(part)) : undefined;
    if (known !== undefined) runs[name] = known as Summary | SeedsSummary;
  }
  return outcomeOfParts(recipe, runs);
};

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What a run has come to, if it has ended: of several also all of their parts, with what the folder says of them. */
export const endOf = async (store: Store, stored: StoredRun): Promise<Outcome | undefined> => {
  const { outcome, recipe } = stored;
  if (outcome === undefined || !hasEnded(outcome, recipe)) return undefined;
  return isSame(await recorded(store, stored), outcome) ? outcome : undefined;
};

/**
 * The recipe with which a part goes on: it keeps steps that it was given more of by itself, and its own `stop`, unless that of the whole has changed.
 *
 * - `before`: the recipe of the whole so far
 */
export const partGoingOn = (asked: Recipe, own: Recipe, before: Recipe): Recipe => ({
  ...asked,
  steps: Math.max(asked.steps, own.steps),
  stop: differences(before.stop, asked.stop).length === 0 ? own.stop : asked.stop,
});

/** How often a folder is tried to be taken, and the milliseconds in between: another part writes its summary in less than these. */
const [TRIES, PAUSE] = [20, 50];

/** Takes the store of several runs. @throws {CheckpointError} where another process keeps it */
const takeWhole = async (whole: Store, tries = TRIES): Promise<() => Promise<void>> => {
  try {
    return await whole.lock(() => false);
  } catch (error) {
    if (!isFluxionError(error, "CheckpointError")) throw error;
    if (tries === 1) {
      const what = `the summary of the runs is not up to date: ${error.mismatch.what}`;
      const hint = `when that has ended, npx fluxion train --resume ${whole.name()} brings it up to date`;
      throw new CheckpointError({ ...error.mismatch, where: "run folder", what, at: whole.name(), hint });
    }
  }
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
  return takeWhole(whole, tries - 1);
};

/**
 * Brings the summary of a folder of several runs up to date when one of them has gone on by itself.
 *
 * @returns whether the folder is one of several runs, and has a part of this name
 * @throws {CheckpointError} where another process keeps the folder
 */
export const updateWhole = async (whole: Store, part: string): Promise<boolean> => {
  if (!(await holdsRun(whole)) || !(part in partsOfRecipe((await loadRun(whole)).recipe))) return false;
  const unlock = await takeWhole(whole);
  try {
    const stored = await loadRun(whole);
    const now = await recorded(whole, stored);
    if (!isSame(now, stored.outcome)) await whole.write(FILES.summary, json(now));
  } finally {
    await unlock();
  }
  return true;
};
