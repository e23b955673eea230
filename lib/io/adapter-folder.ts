/** @file Folders with adapters in them: what their entries are called, which of them a task has, and what a run has that has none itself. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CheckpointError, type Mismatch } from "../core/errors.js";

/** Ends of the names of files and folders that hold an adapter of a task, whose name stands before. */
export const ADAPTER_SUFFIXES: readonly string[] = ["", ".npy", ".safetensors"];

/** The folder of a run of several tasks where each task has a folder with its adapter, by its name. */
export const TASKS_FOLDER = "tasks";

/** The file by which the folder of a run is known. */
export const RECIPE_FILE = "recipe.json";

/** Whether a path is the folder of a run. */
export const isRun = (path: string): boolean => existsSync(join(path, RECIPE_FILE));

/** The adapter of a task at a path: of a run of several tasks that of this one, else the path itself. */
export const pathOfTask = (path: string, task: string): string => {
  const own = join(path, TASKS_FOLDER, task);
  return existsSync(own) ? own : path;
};

/** The folder that holds adapters by the names of tasks: of a run of several tasks a folder below, else the path itself. */
export const folderOfTasks = (path: string): string => {
  const below = join(path, TASKS_FOLDER);
  return existsSync(below) ? below : path;
};

/** The name of an adapter without the end that says how it is stored. */
export const adapterStem = (name: string): string => {
  const suffix = ADAPTER_SUFFIXES.find((end) => end !== "" && name.endsWith(end)) ?? "";
  return name.slice(0, name.length - suffix.length);
};

/** By names, in which numbers count as such: `seed-2` before `seed-10`. */
const { compare } = new Intl.Collator("en", { numeric: true });

/** Whether an entry may hold an adapter: a folder, or a file with the suffix of one. A link is what it leads to. */
const mayHold = (dir: string, { name, ...entry }: EntryOf): boolean => {
  if (name.startsWith(".")) return false;
  const kind = entry.isLink ? statSync(join(dir, name), { throwIfNoEntry: false }) : undefined;
  return (kind?.isDirectory() ?? entry.isFolder) || adapterStem(name) !== name;
};

interface EntryOf {
  readonly name: string;
  readonly isFolder: boolean;
  readonly isLink: boolean;
}

/**
 * The names of the entries of a folder that may hold an adapter, in their order; hidden ones and files of other kinds are none.
 *
 * @throws what Node throws where the folder cannot be read
 */
export const adapterNames = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true })
    .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory(), isLink: entry.isSymbolicLink() }))
    .filter((entry) => mayHold(dir, entry))
    .map(({ name }) => name)
    .sort(compare);

/** The runs in the folder of a run of several seeds or tasks, by their names. */
export const runsBelow = (dir: string): string[] => adapterNames(dir).filter((name) => isRun(join(dir, name)));

/** The folder of the whole run that a folder is a part of. */
const wholeRun = (dir: string): string => (isRun(dirname(resolve(dir))) ? wholeRun(dirname(resolve(dir))) : dir);

/** Whether a folder is that of a model in Hugging Face's layout. */
const isModel = (dir: string): boolean => existsSync(join(dir, "config.json"));

/** The whole models that a run has left, by their paths, as pre-training leaves them: the best, the last, and those of steps; none of a run that trained an adapter. */
export const modelsOfRun = (dir: string): string[] => {
  if (!isRun(dir)) return [];
  const saved = join(dir, "saved");
  const steps = existsSync(saved) ? readdirSync(saved).sort(compare) : [];
  const paths = [...["best", "last"].map((name) => join(dir, name)), ...steps.map((name) => join(saved, name))];
  return [...paths, ...runsBelow(dir).flatMap((name) => modelsOfRun(join(dir, name)))].filter(isModel);
};

/** What an error says of the folder of a run given in place of a model; undefined for any other path. */
export const runInPlaceOfModel = (path: string): Omit<Mismatch, "where"> | undefined => {
  if (!isRun(path) || isModel(path)) return undefined;
  const [what, models] = ["this is the folder of a run, not a model", modelsOfRun(path)];
  if (models.length > 0) return { what, expected: models.join(", "), at: path, hint: `name one, such as ${models[0]}` };
  const hint = `the adapter of a run goes beside its model: --model MODEL --adapter ${path}`;
  return { what, expected: "the folder of a model", at: path, hint };
};

/** The error of a folder of a run that has no adapter: it trained whole models, is that of several runs, or has not come to an evaluation yet. */
export const withoutAdapter = (where: string, dir: string): CheckpointError => {
  const models = modelsOfRun(dir);
  if (models.length > 0) {
    const what = "the run has no adapter: it trained whole models";
    const expected = "the folder of a run that trained an adapter";
    const hint = `its models, which --model and fluxion inspect take: ${models.join(", ")}`;
    return new CheckpointError({ where, what, expected, at: dir, hint });
  }
  const runs = runsBelow(dir);
  return runs.length > 0
    ? new CheckpointError({
        where,
        what: "this is the folder of several runs, each with its own adapter",
        expected: `one of ${runs.join(", ")}`,
        at: dir,
        hint: `name one, such as ${join(dir, runs[0])}; evaluate --prompts ${dir} --vote asks the seeds of a task together`,
      })
    : new CheckpointError({
        where,
        what: "the run has no adapter yet: it was ended before its first evaluation",
        at: dir,
        hint: `go on with it: npx fluxion train --resume ${wholeRun(dir)}`,
      });
};
