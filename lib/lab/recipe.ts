/** @file A run as one value: the recipe, from layers of settings that do not contradict each other. */

import * as E from "fp-ts/lib/Either.js";
import { takes } from "../core/composite.js";
import type { ConfigError } from "../core/errors.js";
import { orThrow } from "../edge/either.js";
import { contradictions } from "./contradictions.js";
import { isPretraining } from "./pretraining/recipe.js";
import { RECIPE, type Recipe, type RecipeInput } from "./recipe-settings.js";
import { type Layer, type NamedProblem, resolve } from "./resolve.js";

export { RECIPE, type Recipe, type RecipeInput, type Share } from "./recipe-settings.js";

/** A recipe without tasks trains on its own rows, or else on CB; one of pre-training has none. */
const withTasks = (recipe: Recipe): Recipe => {
  if (recipe.train.length > 0 || isPretraining(recipe)) return recipe;
  return { ...recipe, train: [{ task: recipe.table.train === "" ? "cb" : recipe.table.name }] };
};

/** The full recipe of layers, the last of which wins; `before` are problems that were found with them already. */
export const recipeOfLayers = (
  where: string,
  layers: readonly Layer[],
  before: readonly NamedProblem[] = [],
): E.Either<ConfigError, Recipe> => {
  const checked = resolve<Recipe>(where, RECIPE, layers, (recipe) => contradictions(withTasks(recipe)), before);
  return E.map(withTasks)(checked);
};

/** The settings of a value, which messages call by their paths, such as `method.length`. */
export const valueLayer = (value: unknown): Layer => ({ value, nameOf: (path) => path.join(".") });

/**
 * A recipe with every setting; those that are not given have their defaults, which are the small experiment that comes with the package.
 *
 * @throws {ConfigError} that names all settings which are unknown (with the closest name), of another type, or contradict each other
 * @example const long = recipe({ train: "rte", method: { name: "prompt", length: 100 }, steps: 30_000 })
 */
export const recipe = takes(
  "recipe(input)",
  (input: RecipeInput): Recipe => orThrow(recipeOfLayers("recipe", [valueLayer(input)])),
);
