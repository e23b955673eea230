/** @file Recipes as files: YAML, of which JSON is a part, with the line of every setting for messages. */

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Document, isMap, isScalar, LineCounter, parseDocument } from "yaml";
import { takes } from "../core/composite.js";
import { ConfigError } from "../core/errors.js";
import type { Caller } from "../edge/decode.js";
import { promised } from "../edge/either.js";
import { readBytes } from "../store/files.js";
import { presetLayer } from "./presets.js";
import { type Recipe, recipeOfLayers } from "./recipe.js";
import type { Layer, Path } from "./resolve.js";

const caller: Caller<ConfigError> = { where: "recipe", error: ConfigError };

/** The line of a setting; of one that is not there, of the last group on its way. */
const lineOf = (doc: Document, lines: LineCounter, path: Path): number | undefined => {
  let node: unknown = doc.contents;
  let offset: number | undefined;
  for (const key of path) {
    const pair = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    if (pair === undefined) break;
    offset = (pair.key as { readonly range?: readonly [number, number, number] }).range?.[0];
    node = pair.value;
  }
  return offset === undefined ? undefined : lines.linePos(offset).line;
};

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
export const parseRecipe = (text: string, source: string): E.Either<ConfigError, RecipeText> => {
  const lines = new LineCounter();
  const doc = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // Else a key that is a list or a map would be a warning of Node with the key's text; as a setting it is refused anyway.
    logLevel: "error",
  });
  const [fault] = [...doc.errors, ...doc.warnings];
  if (fault !== undefined) {
    const at = `${source}, line ${lines.linePos(fault.pos[0]).line}`;
    return E.left(
      new ConfigError({
        where: caller.where,
        what: "the file is not a recipe",
        expected: "YAML or JSON",
        got: fault.message,
        at,
      }),
    );
  }
  const nameOf = (path: Path): string => {
    const line = lineOf(doc, lines, path);
    return [
      ...(line === undefined ? [source] : [`${source}, line ${line}`]),
      ...(path.length > 0 ? [path.join(".")] : []),
    ].join(": ");
  };
  return pipe(
    E.tryCatch(
      () => (doc.toJS() ?? {}) as unknown,
      (cause) =>
        new ConfigError(
          { where: caller.where, what: "the file is not a recipe", got: (cause as Error).message, at: source },
          { cause },
        ),
    ),
    E.map((value) => {
      if (typeof value !== "object" || Array.isArray(value)) return { preset: undefined, layer: { value, nameOf } };
      const { preset, ...settings } = value as Readonly<Record<string, unknown>>;
      return { preset, layer: { value: settings, nameOf } };
    }),
  );
};

/** The layers of a recipe file: its preset, if it names one, and its settings. */
export const layersOfText = ({ preset, layer }: RecipeText): E.Either<ConfigError, readonly Layer[]> =>
  pipe(
    presetLayer(preset, layer.nameOf(["preset"])),
    E.map((below) => [...below, layer]),
  );

/** Largest file of a recipe, in bytes; all settings with comments are 20,000. */
const MAX_BYTES = 2 ** 20;

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
