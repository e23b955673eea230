/** @file The command line of a run: a recipe file, flags, and settings by their paths. */

import { existsSync } from "node:fs";
import { Command, Option } from "commander";
import { takesLater } from "../core/composite.js";
import { orThrow } from "../edge/either.js";
import { PRESET_NAMES, presetLayer } from "../lab/presets.js";
import { subjectOf } from "../lab/pretraining/recipe.js";
import { type Recipe, recipeOfLayers, valueLayer } from "../lab/recipe.js";
import { layersOfFile } from "../lab/recipe-file.js";
import { type Layer, nameOf } from "../lab/resolve.js";
import { checkChanges } from "../lab/resume.js";
import { loadRun } from "../lab/stored-run.js";
import { nodeStore } from "../store/node.js";
import { parseArguments, quiet, usageError, withoutDots } from "./parse.js";
import { recipeOptions, typedLayers } from "./recipe-flags.js";

/** A run that a command line asks for. */
export interface TrainArguments {
  readonly recipe: Recipe;
  /** The folder of the run. */
  readonly out: string;
  readonly resume: boolean;
  /** Whether to show the recipe and an estimate, and to run nothing. */
  readonly print: boolean;
  readonly verify: boolean;
  /** Whether to write event files of TensorBoard. */
  readonly tensorboard: boolean;
}

const OVERRIDE = /^[A-Za-z][A-Za-z0-9]*(?:\.[\w-]+)*=/;

const FOLDERS = [
  new Option("--out <dir>", "folder for the results (default: runs/<task>-<time>)"),
  new Option("--resume <dir>", "go on with the run in this folder, with the settings that it was started with"),
  new Option("--preset <name>", `settings to begin with: ${PRESET_NAMES.join(", ")}`),
  new Option("--print", "show the recipe, and what it would cost, and do not run it"),
  new Option("--verify", "compare every byte of the model with that of the start, and not samples alone"),
  new Option("--tensorboard", "write event files for TensorBoard, too"),
];

/** Adds the arguments of a run to a command, which begins with a preset unless another one is named. */
export const addTrainArguments = (command: Command, preset?: string): Command => {
  command
    .argument("[recipe]", "a recipe in a YAML or JSON file")
    .argument("[settings...]", "settings by their paths, such as method.length=50")
    .addHelpText(
      "after",
      "\nEvery setting can be given by its path, too: method.length=50, or --stop.patience 0. docs/recipes.md lists them.",
    );
  if (preset !== undefined) {
    command.addHelpText(
      "after",
      `\nIt begins with the preset ${preset}, whose settings go before the defaults above; --print shows them all.`,
    );
  }
  for (const option of [...recipeOptions(), ...FOLDERS]) command.addOption(option);
  return command;
};

interface Given {
  readonly flags: Readonly<Record<string, string | boolean>>;
  readonly files: readonly string[];
  readonly overrides: readonly string[];
}

const isOverride = (text: string): boolean => OVERRIDE.test(text) && !existsSync(text);

/** `--task all` trains each task alone. */
const withEach = ({ flags, ...rest }: Given): Given =>
  flags.task === "all" ? { ...rest, flags: { each: true, ...flags } } : { ...rest, flags };

/** The layers under what was typed: of the run that goes on, or of preset, environment and file. */
const lowerLayers = async (where: string, { flags, files }: Given, preset: string | undefined) => {
  const [file] = files;
  const named = [
    ...orThrow(presetLayer(flags.preset ?? preset, "--preset <name>")),
    ...(file === undefined ? [] : await orThrow(layersOfFile(file))),
  ];
  if (files.length > 1) throw usageError(where, "there is more than one recipe file", { got: files.join(", ") });
  if (flags.resume === undefined) return { stored: undefined, layers: [...environment(), ...named] };
  if (flags.out !== undefined) {
    const what = "--out cannot be given with --resume";
    throw usageError(where, what, { got: `--out ${flags.out}`, hint: "a run goes on in its folder; leave out --out" });
  }
  const stored = await loadRun(nodeStore(flags.resume as string));
  return {
    stored,
    layers: [valueLayer(stored.recipe), ...(flags.preset === undefined && file === undefined ? [] : named)],
  };
};

/** The settings of a new run in environment variables. */
const environment = (): readonly Layer[] => {
  const executor = process.env.FLUXION_EXECUTOR;
  return executor ? [{ value: { executor }, nameOf: () => "FLUXION_EXECUTOR" }] : [];
};

const timeOf = (now: Date): string => now.toISOString().slice(0, 19).replaceAll(":", "-");

const folderOf = (recipe: Recipe, now: Date): string =>
  `runs/${recipe.each ? "each" : subjectOf(recipe).join("-")}-${timeOf(now)}`;

/** The run that options and arguments ask for. @throws {ConfigError} that names all settings which cannot be used */
const argumentsOf = async (where: string, given: Given, preset: string | undefined): Promise<TrainArguments> => {
  const { flags } = given;
  const { stored, layers: below } = await lowerLayers(where, given, preset);
  const { layers: above, problems } = typedLayers(given, below);
  const layers = [...below, ...above];
  const recipe = orThrow(recipeOfLayers(where, layers, problems));
  if (stored !== undefined) checkChanges(stored.recipe, recipe, (path) => nameOf(layers.slice(1), path));
  const folder = (flags.resume ?? flags.out ?? folderOf(recipe, new Date())) as string;
  return {
    recipe,
    out: folder,
    resume: stored !== undefined,
    print: flags.print === true,
    verify: flags.verify === true,
    tensorboard: flags.tensorboard === true,
  };
};

/** What commander has read. */
const givenOf = (command: Command, positional: readonly string[]): Given =>
  withEach({
    flags: command.opts(),
    files: positional.filter((text) => !isOverride(text)),
    overrides: positional.filter(isOverride),
  });

/** The run that a parsed command asks for; see `readArguments`. */
export const trainArguments = (
  command: Command,
  positional: readonly string[],
  preset?: string,
): Promise<TrainArguments> => argumentsOf(`fluxion ${command.name()}`, givenOf(command, positional), preset);

/**
 * Reads the command line of a run: `[recipe.yaml] [method.length=50 …] [flags]`, as `fluxion train` has it.
 *
 * - `preset`: what it begins with, unless `--preset` names another
 * @returns undefined when only help was asked for
 * @throws {ConfigError} for unknown options and for settings that cannot be used, all of them together
 * @example const asked = await readArguments(process.argv.slice(2), { preset: "nano" });
 */
export const readArguments = takesLater(
  "readArguments(argv, { name, preset })",
  async (
    argv: readonly string[],
    { name = "train", preset }: { readonly name?: string; readonly preset?: string } = {},
  ): Promise<TrainArguments | undefined> => {
    const command = addTrainArguments(quiet(new Command(name))).description(
      "Tunes a soft prompt for a frozen T5 on a task, or trains it by another method, and evaluates it. Without options: a small model and data set that come along.",
    );
    if (!(await parseArguments(command, "options", withoutDots(argv)))) return undefined;
    return argumentsOf("options", givenOf(command, command.args), preset);
  },
);
