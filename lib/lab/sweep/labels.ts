/** @file What runs of a sweep are called: the settings in which they differ. */
import { brief } from "../../edge/decode.js";
import { differences } from "../differences.js";
import type { Recipe } from "../recipe.js";
import { isRecord } from "../records.js";
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
  const choice = path.findIndex(
    (_, i) => i > 0 && recipes.some((recipe) => at(recipe, [...path.slice(0, i), "name"]) !== undefined),
  );
  if (choice < 0 || path.at(-1) === "name") return true;
  const chosen = [...path.slice(0, choice), "name"];
  const names = [...new Set(recipes.map((recipe) => at(recipe, chosen)))];
  return names.some((name) => {
    const same = recipes
      .filter((recipe) => at(recipe, chosen) === name)
      .map((recipe) => JSON.stringify(at(recipe, path)));
    return new Set(same).size > 1;
  });
};

/** A value as a label has it: `rte`, `0.3`, `[1,2]`. */
const shown = (value: unknown): string => {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((item) => isRecord(item) && typeof item.task === "string"))
    return value.map(({ task, weight }) => (weight === undefined ? task : `${task}:${weight}`)).join(",");
  return brief(value, 40);
};

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
