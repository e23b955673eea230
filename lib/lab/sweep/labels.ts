/** @file What runs of a sweep are called: the settings in which they differ. */
import { brief } from "../../edge/decode.js";
import { differences } from "../differences.js";
import type { Recipe } from "../recipe.js";
import { isRecord, typedShares } from "../records.js";
import type { Path } from "../resolve.js";
import type { SweepRecipe } from "./sweep-file.js";

const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), value);

/** The paths at which any two of some recipes differ, in the order of a recipe's settings. */
const differing = (recipes: readonly Recipe[]): readonly string[] => {
  const [first, ...others] = recipes;
  return [...new Set(others.flatMap((other) => differences(first, other).map(({ path }) => path.join("."))))];
};

/** Whether recipes that chose the same differ at a path: the rank of LoRA says nothing where its only rival is a prompt. */
const tells = (path: Path, recipes: readonly Recipe[]): boolean => {
  const owned = path.at(-1) === "name" ? path.slice(0, -1) : path;
  const choices = owned
    .map((_, i) => [...owned.slice(0, i), "name"])
    .filter((choice) => choice.length > 1 && recipes.some((recipe) => at(recipe, choice) !== undefined));
  const values = new Map<string, Set<string>>();
  for (const recipe of recipes) {
    const chosen = JSON.stringify(choices.map((choice) => at(recipe, choice)));
    values.set(chosen, (values.get(chosen) ?? new Set<string>()).add(JSON.stringify(at(recipe, path))));
  }
  return [...values.values()].some(({ size }) => size > 1);
};

/** A value as a label has it: `rte`, `0.3`, `[1,2]`. */
const shown = (value: unknown): string =>
  typeof value === "string" ? value : (typedShares(value) ?? brief(value, 40));

const isChoice = (path: string): boolean => path.endsWith(".name");

/** The settings in which recipes differ, by their paths; what is chosen comes first. */
const differingSettings = (recipes: readonly Recipe[]): readonly string[] => {
  const paths = differing(recipes).filter((path) => tells(path.split("."), recipes));
  return [...paths.filter(isChoice), ...paths.filter((path) => !isChoice(path))];
};

/** What each of some runs is called: its name in the file, and the settings in which they differ. */
export const labelsOf = (runs: readonly SweepRecipe[]): readonly string[] => {
  const paths = differingSettings(runs.map(({ recipe }) => recipe)).map((path) => path.split("."));
  return runs.map(({ name, recipe }) => {
    const settings = paths.flatMap((path) => {
      const value = at(recipe, path);
      const key = path.length > 1 && path.at(-1) === "name" ? path.slice(0, -1) : path;
      return value === undefined ? [] : [`${key.join(".")}=${shown(value)}`];
    });
    return [...(name === undefined ? [] : [name]), ...settings].join(" ") || "the only one";
  });
};
