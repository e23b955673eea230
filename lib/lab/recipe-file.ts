/** @file Recipes as files: YAML, of which JSON is a part, with the line of every setting for messages. */

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { takes } from "../core/composite.js";
import { ConfigError } from "../core/errors.js";
import type { Caller } from "../edge/decode.js";
import { promised } from "../edge/either.js";
import { readBytes } from "../store/files.js";
import { presetLayer } from "./presets.js";
import { type Recipe, recipeOfLayers } from "./recipe.js";
import { isRecord } from "./records.js";
import type { Layer } from "./resolve.js";
import { parseYaml } from "./yaml-text.js";

const caller: Caller<ConfigError> = { where: "recipe", error: ConfigError };

/** The settings of a file, and the preset that it begins with. */
export interface RecipeText {
  readonly preset: unknown;
  readonly layer: Layer;
}

/**
 * The settings in a text.
 *
 * @param source  what messages call the text: its path
 * @returns a ConfigError that names the line, for text that is not YAML, a key that stands twice, an unknown tag
 */
export const parseRecipe = (text: string, source: string): E.Either<ConfigError, RecipeText> =>
  pipe(
    parseYaml(text, source, "a recipe"),
    E.map((layer) => {
      if (!isRecord(layer.value)) return { preset: undefined, layer };
      const { preset, ...settings } = layer.value;
      return { preset, layer: { ...layer, value: settings } };
    }),
  );

/** The layers of a recipe file: its preset, if it names one, and its settings. */
export const layersOfText = ({ preset, layer }: RecipeText): E.Either<ConfigError, readonly Layer[]> =>
  pipe(
    presetLayer(preset, layer.nameOf(["preset"])),
    E.map((below) => [...below, layer]),
  );

/** Largest file of a recipe or a sweep, in bytes; all settings of a recipe with comments are 20,000. */
export const MAX_BYTES = 2 ** 20;

/** The layers of the recipe in a file. */
export const layersOfFile = (path: string): TE.TaskEither<ConfigError, readonly Layer[]> =>
  pipe(
    readBytes(path, caller, MAX_BYTES),
    TE.chainEitherK((bytes) => parseRecipe(new TextDecoder().decode(bytes), path)),
    TE.chainEitherK(layersOfText),
  );

/** As `loadRecipe`, as a TaskEither of fp-ts. */
export const loadRecipeTE = takes(
  "loadRecipeTE(path)",
  (path: string): TE.TaskEither<ConfigError, Recipe> =>
    pipe(
      layersOfFile(path),
      TE.chainEitherK((layers) => recipeOfLayers("recipe", layers)),
    ),
);

/**
 * Loads a recipe from a YAML or JSON file, whose `preset` names what it begins with.
 *
 * @throws {ConfigError} when the file cannot be read, or names all settings that cannot be used, with their lines
 * @example const recipe = await loadRecipe("recipe.yaml")
 */
export const loadRecipe = promised("loadRecipe(path)", loadRecipeTE);

/**
 * The old name of `loadRecipe`, for this minor version.
 *
 * @deprecated
 */
export const readRecipe = loadRecipe;
