/** @file The inputs of a run: those of a new one, with their lock, or those of one that goes on, by its lock. */
import { CheckpointError } from "../core/errors.js";
import { namedBy, orThrow } from "../edge/either.js";
import { checkpointKindTE } from "../io/checkpoint-kind.js";
import type { Store } from "../store/store.js";
import type { Task } from "../tasks/task.js";
import { pathOf, tokenizerAt } from "./inputs.js";
import { changedExamples, dataPlaces, examplesLock, findInput, type Lock, makeLock, type Places } from "./lock.js";
import { checkData } from "./prepare.js";
import type { RunData } from "./prepared.js";
import { corporaLock, readCorpora } from "./pretraining/corpora.js";
import { isPretraining } from "./pretraining/recipe.js";
import type { Recipe } from "./recipe.js";
import type { StoredRun } from "./stored-run.js";
import { partsOfData, tasksOf, trainingParts } from "./task-table.js";

/** The settings on which inputs and the bare model depend: all that are not known to be of the training alone, so that a new one costs time and is never missed. */
export const withoutTraining = (recipe: Recipe): object => {
  const { method, optimizer, steps, batch, microbatches, dropout, ema, stop, keep, seeds, seed, executor, ...rest } =
    recipe;
  const { every, ...evaluation } = rest.evaluation;
  return { ...rest, evaluation };
};

/** What finding the inputs of a run needs besides its recipe. */
export interface InputOptions {
  /** Where the files of the run go. */
  readonly store: Store;
  /** Tasks of your own, which recipes may then name. */
  readonly tasks?: readonly Task[];
  /** Whether every byte of model and tokenizer counts in their digests, and not samples alone. Default false. */
  readonly verify?: boolean;
}

/** The inputs of a run, found. */
export interface Inputs {
  readonly places: Places;
  readonly data: RunData;
  readonly lock: Lock;
}

/** Reads what a run trains on, and is evaluated on. */
const dataOf = async (recipe: Recipe, places: Places, tasks: readonly Task[]): Promise<RunData> => {
  if (isPretraining(recipe)) {
    const tokenizer = await tokenizerAt(places.tokenizer, places.model);
    const corpora = await readCorpora(recipe, tokenizer);
    const train = await trainingParts(recipe, await tasksOf(recipe, tasks), places.data);
    return { train, validation: [], corpora };
  }
  const data = await partsOfData(recipe, await tasksOf(recipe, tasks), places.data);
  checkData(recipe, data);
  return data;
};

/** The digests of all that a run reads. */
const dataLock = ({ train, validation, corpora }: RunData): Readonly<Record<string, string>> => ({
  ...examplesLock(train, validation),
  ...(corpora && corporaLock(corpora)),
});

/** Finds the inputs of a new run, and makes their lock. */
const newInputs = async (recipe: Recipe, { store, tasks = [], verify = false }: InputOptions): Promise<Inputs> => {
  const model = pathOf("--model <path>", recipe.model);
  // A folder of something else is refused before all its files are read.
  await orThrow(namedBy("--model <path>", checkpointKindTE(model)));
  const places = { model, tokenizer: recipe.tokenizer || model, data: pathOf("--data <dir>", recipe.data) };
  const data = await dataOf(recipe, places, tasks);
  return {
    places,
    data,
    lock: await makeLock(recipe, places, dataLock(data), { folder: store.name(), whole: verify }),
  };
};

/** Finds the model and the tokenizer of a run again. @throws {CheckpointError} when one is nowhere, or has changed */
export const lockedModel = async (
  recipe: Recipe,
  stored: StoredRun & { readonly lock: Lock },
  { store, verify = false }: InputOptions,
): Promise<Omit<Places, "data">> => {
  const { lock } = stored;
  const folder = store.name();
  const given = (name: "model" | "tokenizer"): string | undefined =>
    recipe[name] === stored.recipe[name] ? undefined : recipe[name];
  const model = await findInput("model", lock.model, { folder, given: given("model"), verify });
  const own = recipe.tokenizer === "" && lock.tokenizer.name === lock.model.name;
  const asked = given("tokenizer") ?? (own ? model : undefined);
  // The model's own tokenizer was found with it.
  const isFound = asked === model && lock.tokenizer.digest === lock.model.digest;
  const tokenizer = isFound ? model : await findInput("tokenizer", lock.tokenizer, { folder, given: asked, verify });
  return { model, tokenizer };
};

/** Finds the inputs of a run that goes on: the first data folder whose examples are those of its lock. */
const lockedInputs = async (
  recipe: Recipe,
  stored: StoredRun & { readonly lock: Lock },
  options: InputOptions,
): Promise<Inputs> => {
  const { lock } = stored;
  const found = await lockedModel(recipe, stored, options);
  const given = recipe.data === stored.recipe.data ? undefined : recipe.data;
  let changed: readonly string[] = [];
  for (const place of dataPlaces(lock, options.store.name(), given)) {
    const places = { ...found, data: place };
    const data = await dataOf(recipe, places, options.tasks ?? []);
    changed = changedExamples(lock, dataLock(data));
    if (changed.length === 0) return { places, data, lock };
  }
  throw new CheckpointError({
    where: "run folder",
    what: "the examples have changed since the run was started",
    got: changed.join(", "),
    at: isPretraining(recipe) ? recipe.objective.corpus.map(({ path }) => path).join(", ") : recipe.data,
    hint: `name the ${isPretraining(recipe) ? "texts that it was started with: --corpus PATHS" : "data that it was started with: --data DIR"}`,
  });
};

/**
 * Finds the inputs of a run, and reads its examples.
 *
 * - `stored`: what the folder of a run that goes on has
 * @throws {ConfigError}, {DataError} or {CheckpointError} for inputs that are missing, do not fit, or have changed
 */
export const inputsOf = (recipe: Recipe, stored: StoredRun | undefined, options: InputOptions): Promise<Inputs> =>
  stored?.lock === undefined
    ? newInputs(recipe, options)
    : lockedInputs(recipe, { ...stored, lock: stored.lock }, options);
