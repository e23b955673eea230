/** @file The plan of a sweep, `plan.json`: its runs by their ids. A changed plan adds and keeps. */
import * as t from "io-ts";
import { CheckpointError } from "../../core/errors.js";
import { decodeAs, optional } from "../../edge/decode.js";
import { orThrow } from "../../edge/either.js";
import { parseJson } from "../../edge/json.js";
import { memoryStore } from "../../store/memory.js";
import { readFrom, type Store } from "../../store/store.js";
import type { Task } from "../../tasks/task.js";
import { canonicalJson } from "../canonical.js";
import { json } from "../folder.js";
import type { Lock } from "../lock.js";
import { recipeOfLayers } from "../recipe.js";
import { runIdOf } from "../run-id.js";
import { inputsOf, withoutTraining } from "../run-inputs.js";
import type { SweepRecipe } from "./sweep-file.js";

/** A run of a sweep. */
export interface PlannedRun extends SweepRecipe {
  readonly id: string;
  /** Whether a later plan has left it out: it is kept, and not worked on any more. */
  readonly removed: boolean;
}

/** The file of the plan in the folder of a sweep. */
export const PLAN_FILE = "plan.json";

const PLAN_SCHEMA = 1;

const Planned = t.type({
  id: t.string,
  name: optional(t.string),
  removed: optional(t.boolean),
  recipe: t.unknown,
});
const Plan = t.type({ schema: t.literal(PLAN_SCHEMA), runs: t.array(Planned) }, "plan of a sweep");

const caller = { where: "sweep", error: CheckpointError };

/** The folders of a sweep. Reports read `runs` and pass over the others. */
export const SWEEP_FOLDERS = {
  runs: "runs",
  leases: "leases",
  queue: "queue",
  shared: "shared",
  redone: "redone",
} as const;

/** The folder of a run, from that of its sweep. */
export const folderOfRun = (id: string): string => `${SWEEP_FOLDERS.runs}/${id}`;

/**
 * Finds the inputs of recipes, and gives each its id; those with one id are one run.
 *
 * @throws {ConfigError}, {DataError} or {CheckpointError} for inputs that are missing or do not fit
 */
export const planOf = async (
  recipes: readonly SweepRecipe[],
  options: { readonly tasks?: readonly Task[] } = {},
): Promise<readonly PlannedRun[]> => {
  const locks = new Map<string, Lock>();
  const runs = new Map<string, PlannedRun>();
  for (const { name, recipe } of recipes) {
    const key = canonicalJson(withoutTraining(recipe));
    const lock = locks.get(key) ?? (await inputsOf(recipe, undefined, { ...options, store: memoryStore() })).lock;
    locks.set(key, lock);
    const id = runIdOf(recipe, lock);
    if (!runs.has(id)) runs.set(id, { id, name, recipe, removed: false });
  }
  return [...runs.values()];
};

/**
 * Reads the plan of a sweep; undefined where there is none.
 *
 * @throws {CheckpointError} for a file that is something else
 */
export const readPlan = async (store: Store): Promise<readonly PlannedRun[] | undefined> => {
  const bytes = await readFrom(store, PLAN_FILE);
  if (bytes === undefined) return undefined;
  const source = store.name(PLAN_FILE);
  const { runs } = orThrow(
    decodeAs(Plan, caller, source)(orThrow(parseJson(new TextDecoder().decode(bytes), caller, source))),
  );
  return runs.map(({ id, name, removed = false, recipe }) => {
    const layer = { value: recipe, nameOf: (path: readonly string[]) => `${source}: ${id}: ${path.join(".")}` };
    return { id, name, removed, recipe: orThrow(recipeOfLayers("sweep", [layer])) };
  });
};

/** Reads the plan of a sweep. @throws {CheckpointError} where there is none */
export const loadPlan = async (store: Store): Promise<readonly PlannedRun[]> => {
  const runs = await readPlan(store);
  if (runs !== undefined) return runs;
  const hint = "name the folder of a sweep; npx fluxion sweep run FILE makes one";
  throw new CheckpointError({ ...caller, what: "there is no sweep here", expected: PLAN_FILE, at: store.name(), hint });
};

/** What a plan changes in a folder. */
export interface PlanChange {
  /** All runs: those of the plan, then those that it has left out. */
  readonly runs: readonly PlannedRun[];
  readonly added: readonly PlannedRun[];
  /** Those that it leaves out, now or before. */
  readonly removed: readonly PlannedRun[];
}

/** What a plan would change in a folder. */
export const changeOf = async (store: Store, planned: readonly PlannedRun[]): Promise<PlanChange> => {
  const before = (await readPlan(store)) ?? [];
  const ids = new Set(planned.map(({ id }) => id));
  const known = new Set(before.map(({ id }) => id));
  const removed = before.filter(({ id }) => !ids.has(id)).map((run) => ({ ...run, removed: true }));
  return { runs: [...planned, ...removed], added: planned.filter(({ id }) => !known.has(id)), removed };
};

/** Writes a plan into the folder of its sweep. What it leaves out stays there, and comes back with a plan that has it again. */
export const writePlan = async (store: Store, planned: readonly PlannedRun[]): Promise<PlanChange> => {
  const change = await changeOf(store, planned);
  await store.write(PLAN_FILE, json({ schema: PLAN_SCHEMA, runs: change.runs }));
  return change;
};
