/** @file The members of an ensemble: all adapters of a folder that answer a task. */
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { DataError } from "../core/errors.js";
import { orThrow } from "../edge/either.js";
import { adapterNames, adapterStem, isRun, pathOfTask, runsBelow, TASKS_FOLDER } from "../io/adapter-folder.js";
import { peftFolder } from "../io/peft.js";
import { TUNED_FILE } from "../io/tuned.js";
import { attempt, namesIn } from "../store/files.js";
import { TASK_NAMES } from "../tasks/registry.js";
import { adapterAt, type FoundAdapter } from "./adapter.js";
import { usageError } from "./parse.js";

const OPTION = "--prompts <dir>";
const caller = { where: OPTION, error: DataError };

/** An adapter under the name of its entry in the folder. */
export interface FoundMember extends FoundAdapter {
  readonly name: string;
}

/** Whether a folder holds a single adapter. */
const isAdapter = (dir: string): boolean => existsSync(join(dir, TUNED_FILE)) || peftFolder(dir) !== undefined;

/** Whether the entries of a folder are adapters named after tasks. */
const isByTask = (dir: string, names: readonly string[], task: string): boolean => {
  const path = resolve(dir);
  const ofRun = basename(path) === TASKS_FOLDER && isRun(dirname(path));
  return ofRun || names.map(adapterStem).some((name) => name !== task && TASK_NAMES.includes(name));
};

/** @throws {ConfigError} for adapters of different tasks */
const checkOneTask = (dir: string, names: readonly string[], task: string): void => {
  if (!isByTask(dir, names, task)) return;
  const own = names.find((name) => adapterStem(name) === task);
  const path = join(dir, own ?? task);
  const way = isRun(path) && runsBelow(path).length > 0 ? `--prompts ${path} --vote` : `--adapter ${path}`;
  throw usageError(OPTION, "the adapters of the folder are of different tasks, which cannot vote on one", {
    expected: "a folder with several adapters of one task, such as the seeds of a run",
    got: names.slice(0, 5).join(", "),
    at: dir,
    ...(own !== undefined && { hint: `${task} alone: ${way}` }),
  });
};

/** The names of the adapters of a folder. @throws {ConfigError} when it has none, or is one */
const namesOf = async (dir: string): Promise<readonly string[]> => {
  const all = await orThrow(namesIn(dir, caller));
  if (all !== undefined && isAdapter(dir)) {
    throw usageError(OPTION, "the folder is one adapter, not a folder of several", {
      expected: "a folder with a file or a folder for each",
      got: dir,
      hint: "--adapter PATH asks one",
    });
  }
  const names = all === undefined ? [] : await orThrow(attempt(caller, dir, async () => adapterNames(dir)));
  if (names.length > 0) return names;
  throw usageError(OPTION, "the folder has no adapters to vote", {
    expected: "a file (.npy, .safetensors) or a folder for each, such as seed-0, seed-1, … of a run with --seeds",
    got: all === undefined ? "a file" : all.slice(0, 5).join(", ") || "nothing",
  });
};

/**
 * All adapters of a folder that answer a task, in the order of their names: files, folders, the best of each run below it, and of a run of several tasks
 * that of this one. Hidden files and files of other kinds are left out.
 *
 * @throws {DataError} when there is no such folder; {ConfigError} when it has no adapters, is one, or has those of different tasks; {CheckpointError} for a folder in it without
 * an adapter, as that of a run that has not evaluated yet
 */
export const membersOf = async (dir: string, task: string): Promise<FoundMember[]> => {
  const names = await namesOf(dir);
  checkOneTask(dir, names, task);
  const members: FoundMember[] = [];
  for (const name of names) {
    members.push({ name, ...(await adapterAt(pathOfTask(join(dir, name), task), OPTION, task)) });
  }
  return members;
};
