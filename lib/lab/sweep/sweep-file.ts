/** @file Sweeps as files: YAML and JSON that say what varies, and modules that export recipes. */
import { dirname, resolve } from "node:path";
import { closest } from "../../core/closest.js";
import { takesLater } from "../../core/composite.js";
import { ConfigError } from "../../core/errors.js";
import { brief } from "../../edge/decode.js";
import { orThrow } from "../../edge/either.js";
import { readBytes } from "../../store/files.js";
import { hashOf } from "../canonical.js";
import { defaultExport } from "../module.js";
import { type Recipe, recipeOfLayers } from "../recipe.js";
import { layersOfFile, layersOfText, MAX_BYTES } from "../recipe-file.js";
import { isRecord } from "../records.js";
import type { Layer } from "../resolve.js";
import { parseYaml } from "../yaml-text.js";
import { pointLayers } from "./grid.js";
import { gridPoints, type NameOf, type Point, randomPoints, zipPoints } from "./points.js";

/** A recipe of a sweep, and the name that its file gives it. */
export interface SweepRecipe {
  readonly name: string | undefined;
  readonly recipe: Recipe;
}

const WHERE = "sweep";
const KEYS = ["base", "grid", "zip", "random", "runs"];

const fileError = (at: string, what: string, expected: string, got: unknown, hint?: string): ConfigError =>
  new ConfigError({ where: WHERE, what, expected, got: brief(got), at, hint });

/** What messages call places below some keys of a layer. */
const inside =
  ({ nameOf }: Layer, ...keys: readonly string[]): NameOf =>
  (path) =>
    nameOf([...keys, ...path]);

/** The layers of a part of the file that holds settings, perhaps with a preset. */
const settingsAt = (value: unknown, nameOf: NameOf, expected: string): readonly Layer[] => {
  if (!isRecord(value)) throw fileError(nameOf([]), "there are no settings", expected, value);
  const { preset, ...settings } = value;
  return orThrow(layersOfText({ preset, layer: { value: settings, nameOf } }));
};

/** The layers that all recipes begin with: those of a recipe file beside the sweep's, or settings. */
const baseOf = async (layer: Layer, base: unknown, file: string): Promise<readonly Layer[]> => {
  if (base === undefined) return [];
  if (typeof base === "string") return orThrow(layersOfFile(resolve(dirname(file), base)));
  return settingsAt(base, inside(layer, "base"), "settings of a recipe, or the path of a recipe file");
};

/** A line of `runs`: its own settings, which have precedence over what varies. */
interface Listed {
  readonly name: string | undefined;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly layers: readonly Layer[];
}

const listedOf = (layer: Layer, runs: unknown): readonly Listed[] => {
  if (runs === undefined) return [{ name: undefined, settings: {}, layers: [] }];
  const expected = "a list of settings, such as - { name: model tuning, method: full }";
  if (!Array.isArray(runs) || runs.length === 0)
    throw fileError(layer.nameOf(["runs"]), "there is no run in runs", expected, runs);
  return runs.map((run: unknown, i): Listed => {
    const nameOf = inside(layer, "runs", String(i));
    if (!isRecord(run)) throw fileError(nameOf([]), "a run has no settings", expected, run);
    const { name, ...settings } = run;
    if (name !== undefined && typeof name !== "string")
      throw fileError(nameOf(["name"]), "the name of a run is not text", "a text", name);
    return { name, settings, layers: settingsAt(settings, nameOf, expected) };
  });
};

/** Whether a run sets what is at a path itself. */
const sets = (settings: unknown, path: readonly string[]): boolean => {
  const [key, ...rest] = path;
  if (key === undefined) return true;
  return isRecord(settings) && Object.hasOwn(settings, key) && sets(settings[key], rest);
};

/** Whether a path leads to a setting of something that a recipe has not chosen: `method.length` without a prompt. */
const isElsewhere = (recipe: unknown, path: readonly string[]): boolean => {
  const [key, ...rest] = path;
  if (key === undefined || !isRecord(recipe)) return false;
  if (!Object.hasOwn(recipe, key)) return Object.hasOwn(recipe, "name");
  return isElsewhere(recipe[key], rest);
};

/** A point without the settings that a run has itself, or cannot have. */
const pointFor = (point: Point, { settings }: Listed, recipe: Recipe, known: ReadonlySet<string>): Point =>
  point.filter(([axis]) => {
    const path = axis.split(".");
    return !sets(settings, path) && !(known.has(axis) && isElsewhere(recipe, path));
  });

/** All points of what varies, and what messages call their axes. */
const pointsOf = (layer: Layer, given: Readonly<Record<string, unknown>>) => {
  const { trials, seed, space, ...others } = isRecord(given.random) ? given.random : { space: given.random };
  const [other] = Object.keys(others);
  if (other !== undefined) {
    const known = ["trials", "seed", "space"];
    const hint = `did you mean ${closest(other, known)}?`;
    throw fileError(layer.nameOf(["random", other]), "there is no such key", known.join(", "), other, hint);
  }
  const none: readonly Point[] = [[]];
  const spaceAt = inside(layer, "random", "space");
  const lists = [
    given.random === undefined
      ? none
      : randomPoints(WHERE, space, { trials, ...(seed !== undefined && { seed }) }, spaceAt),
    given.zip === undefined ? none : zipPoints(WHERE, given.zip, inside(layer, "zip")),
    given.grid === undefined ? none : gridPoints(WHERE, given.grid, inside(layer, "grid")),
  ];
  const points = lists.reduce((all, more) => all.flatMap((a) => more.map((b): Point => [...a, ...b])));
  const partOf = (axis: string): readonly string[] => {
    if (isRecord(given.grid) && Object.hasOwn(given.grid, axis)) return ["grid"];
    return isRecord(given.zip) && Object.hasOwn(given.zip, axis) ? ["zip"] : ["random", "space"];
  };
  const nameOf: NameOf = (path) => layer.nameOf([...partOf(path[0]), ...path]);
  return { points, nameOf };
};

/** Recipes, each once. */
const distinct = (recipes: readonly SweepRecipe[]): readonly SweepRecipe[] =>
  [...new Map(recipes.map((one) => [hashOf(one.recipe), one] as const).reverse()).values()].reverse();

/** The recipes that a file's value stands for. */
const recipesOf = async (layer: Layer, file: string): Promise<readonly SweepRecipe[]> => {
  const { value } = layer;
  if (!isRecord(value)) throw fileError(layer.nameOf([]), "the file is not a sweep", KEYS.join(", "), value);
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    const hint =
      unknown === "where"
        ? "leave recipes out in a .js file that exports a list of them: grid(…).filter(…)"
        : `did you mean ${closest(unknown, KEYS)}? Settings of all runs stand below base`;
    throw fileError(layer.nameOf([unknown]), "there is no such key", KEYS.join(", "), unknown, hint);
  }
  const base = await baseOf(layer, value.base, file);
  const { points, nameOf } = pointsOf(layer, value);
  const listed = listedOf(layer, value.runs);
  const own = listed.map((run) => orThrow(recipeOfLayers(WHERE, [...base, ...run.layers])));
  // An axis that no run can have is a mistake, which its layer names.
  const axes = [...new Set(points.flatMap((point) => point.map(([axis]) => axis)))];
  const known = new Set(axes.filter((axis) => own.some((recipe) => !isElsewhere(recipe, axis.split(".")))));
  return listed.flatMap((run, i) =>
    points.map((point) => {
      const layers = pointLayers(pointFor(point, run, own[i], known), nameOf);
      return { name: run.name, recipe: orThrow(recipeOfLayers(WHERE, [...base, ...run.layers, ...layers])) };
    }),
  );
};

/** The recipes that a module exports: a list of them, or what stands in a file of YAML. */
const recipesOfModule = async (file: string): Promise<readonly SweepRecipe[]> => {
  const value = await defaultExport(WHERE, file);
  const nameOf: NameOf = (path) => [file, ...(path.length > 0 ? [path.join(".")] : [])].join(": ");
  if (!Array.isArray(value)) return recipesOf({ value, nameOf }, file);
  if (value.length === 0) throw fileError(file, "the module exports no recipe", "a list of recipes", value);
  return value.map((recipe: unknown, i) => {
    const at: NameOf = (path) => nameOf([String(i), ...path]);
    return { name: undefined, recipe: orThrow(recipeOfLayers(WHERE, [{ value: recipe, nameOf: at }])) };
  });
};

/**
 * Loads the recipes of a sweep, each once: from YAML or JSON with `base` (settings, or the path of a recipe file), `grid`, `zip`, `random` and `runs`, or from a
 * module (.js, and .ts where Node reads it) whose default export is a list of recipes or such a value.
 *
 * @throws {ConfigError} that names the file, the line and the setting which cannot be used, with the closest name
 * @example const recipes = (await loadSweep("lengths.yaml")).map(({ recipe }) => recipe);
 */
export const loadSweep = takesLater("loadSweep(path)", async (path: string): Promise<readonly SweepRecipe[]> => {
  if (/\.[cm]?[jt]s$/.test(path)) return distinct(await recipesOfModule(path));
  const bytes = await orThrow(readBytes(path, { where: WHERE, error: ConfigError }, MAX_BYTES));
  return distinct(await recipesOf(orThrow(parseYaml(new TextDecoder().decode(bytes), path, "a sweep")), path));
});
