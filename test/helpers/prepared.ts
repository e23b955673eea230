/** @file Runs without a folder: the places and the data of a recipe, and what is prepared with them. */
import { isFluxionError } from "../../lib/core/errors.js";
import { pathOf } from "../../lib/lab/inputs.js";
import type { Places } from "../../lib/lab/lock.js";
import { prepare } from "../../lib/lab/prepare.js";
import { freeRun, type Prepared, type RunData } from "../../lib/lab/prepared.js";
import { type Recipe, type RecipeInput, recipe } from "../../lib/lab/recipe.js";
import { partsOfData, tasksOf } from "../../lib/lab/task-table.js";

/** Where the inputs of a recipe are, and its examples. */
export const inputsOf = async (full: Recipe): Promise<{ readonly places: Places; readonly data: RunData }> => {
  const model = pathOf("model", full.model);
  const places = { model, tokenizer: full.tokenizer || model, data: pathOf("data", full.data) };
  return { places, data: await partsOfData(full, await tasksOf(full, []), places.data) };
};

/** Prepares the run of a recipe. */
export const prepared = async (input: RecipeInput): Promise<Prepared> => {
  const full = recipe(input);
  const { places, data } = await inputsOf(full);
  return prepare(full, places, data);
};

/** The message of the typed error with which a recipe cannot be prepared. */
export const preparationFailure = async (input: RecipeInput): Promise<string> => {
  try {
    const run = await prepared(input);
    freeRun(run, run.state);
  } catch (error) {
    if (isFluxionError(error)) return error.message;
    throw error;
  }
  return "no error";
};
