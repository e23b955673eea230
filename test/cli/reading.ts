/** @file Command lines of runs, read. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { readArguments } from "../../lib/cli/train-arguments.js";
import type { Recipe } from "../../lib/lab/recipe.js";
import { refusal } from "../lab/refused.js";

/** What a command line asks for. */
export const read = async (...argv: readonly string[]) => {
  const asked = await readArguments(argv);
  assert.ok(asked !== undefined);
  return asked;
};

/** The recipe that a command line asks for. */
export const recipeOf = async (...argv: readonly string[]): Promise<Recipe> => (await read(...argv)).recipe;

/** The parts of the error of a command line. */
export const problem = (...argv: readonly string[]) => refusal(readArguments(argv));

/** Writes a recipe file of these lines. */
export const recipeFile = (folder: string, lines: readonly string[]): string => {
  const path = join(folder, "recipe.yaml");
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
};
