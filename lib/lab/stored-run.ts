/** @file What a run folder says about its run. */

import * as TE from "fp-ts/lib/TaskEither.js";
import { takes } from "../core/composite.js";
import { CheckpointError, type ConfigError, isFluxionError } from "../core/errors.js";
import { orThrow, promised } from "../edge/either.js";
import { parseJson } from "../edge/json.js";
import { readFrom, type Store } from "../store/store.js";
import { FILES } from "./folder.js";
import { decodeLock, type Lock } from "./lock.js";
import { type Recipe, recipeOfLayers } from "./recipe.js";
import type { Outcome } from "./results.js";

const caller = { where: "run folder", error: CheckpointError };

/** A run as its folder has it. */
export interface StoredRun {
  readonly recipe: Recipe;
  /** None in the folder of several runs. */
  readonly lock: Lock | undefined;
  /** What it has come to, if it was ended or interrupted. */
  readonly outcome: Outcome | undefined;
}

const jsonIn = async (store: Store, path: string): Promise<unknown> => {
  const bytes = await readFrom(store, path);
  return bytes && orThrow(parseJson(new TextDecoder().decode(bytes), caller, store.name(path)));
};

/** Whether a store holds the settings of a run of 0.1; models have a `config.json`, too. */
export const isOldRun = async (store: Store): Promise<boolean> => {
  const bytes = await readFrom(store, "config.json");
  return bytes !== undefined && new TextDecoder().decode(bytes).includes('"promptLength"');
};

/** @throws {CheckpointError} that tells a run of 0.1 from a folder without a run */
const noRecipe = async (store: Store): Promise<never> => {
  const hint = "finish it with the version that began it, or begin a new run; its trained files can be read";
  if (await isOldRun(store)) {
    throw new CheckpointError({
      where: caller.where,
      what: "this run is of fluxion 0.1, which this version cannot go on with",
      at: store.name(),
      hint,
    });
  }
  const [what, expected] = ["there is no run here", FILES.recipe];
  throw new CheckpointError({
    where: caller.where,
    what,
    expected,
    at: store.name(FILES.recipe),
    hint: "name the folder of a run",
  });
};

const read = async (store: Store): Promise<StoredRun> => {
  const raw = await jsonIn(store, FILES.recipe);
  if (raw === undefined) return noRecipe(store);
  const at = store.name(FILES.recipe);
  const layer = { value: raw, nameOf: (path: readonly string[]) => `${at}: ${path.join(".")}` };
  const recipe = orThrow(recipeOfLayers("run folder", [layer]));
  const lock = await jsonIn(store, FILES.lock);
  return {
    recipe,
    lock: lock === undefined ? undefined : orThrow(decodeLock(lock, store.name(FILES.lock))),
    outcome: (await jsonIn(store, FILES.summary)) as Outcome | undefined,
  };
};

/** As `loadRun`, as a TaskEither of fp-ts. */
export const loadRunTE = takes(
  "loadRunTE(store)",
  (store: Store): TE.TaskEither<CheckpointError | ConfigError, StoredRun> =>
    TE.tryCatch(
      () => read(store),
      (error) => {
        if (isFluxionError(error, "CheckpointError") || isFluxionError(error, "ConfigError")) return error;
        throw error;
      },
    ),
);

/**
 * Loads the recipe, the lock and the outcome of a run.
 *
 * @throws {CheckpointError} when there is no run, or one of 0.1; {ConfigError} for a recipe that does not decode
 * @example const { recipe, outcome } = await loadRun(nodeStore("runs/cb"))
 */
export const loadRun = promised("loadRun(store)", loadRunTE);

/**
 * The old name of `loadRun`, for this minor version.
 *
 * @deprecated
 */
export const readRun = loadRun;
