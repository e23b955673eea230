/** @file The folders of runs below a folder, at any depth. */
import { type Dirent, existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { CheckpointError } from "../../core/errors.js";
import { FAILED_FILE, FILES } from "../folder.js";
import { PLAN_FILE, SWEEP_FOLDERS } from "../sweep/plan.js";

/** The folder of a run, or an empty one. */
export interface RunFolderAt {
  readonly path: string;
  readonly isEmpty: boolean;
}

/** Files of which one shows that a run was begun here. */
const OF_RUNS: readonly string[] = [FILES.recipe, FILES.metrics, FILES.summary, FILES.lock, FAILED_FILE];

/** The settings of runs of 0.1; models have a file of this name, too. */
export const OLD_FILE = "config.json";

/** Folders in a sweep besides that of runs: what its workers share, and what was put aside. */
const OF_SWEEPS: readonly string[] = Object.values(SWEEP_FOLDERS).filter((name) => name !== SWEEP_FOLDERS.runs);

/** Folders in a run that hold trained trees and models, and no runs. */
const OF_TREES: readonly string[] = ["adapter", "best", "kept", "last", "saved"];

const isOfRun = (names: readonly string[]): boolean =>
  names.some((name) => OF_RUNS.includes(name)) || (names.length > 0 && names.includes(OLD_FILE));

const walk = async (path: string, inRun: boolean, found: RunFolderAt[]): Promise<void> => {
  const entries: readonly Dirent[] = await readdir(path, { withFileTypes: true });
  const names = entries.map(({ name }) => name);
  const isRun = isOfRun(names);
  const passedOver = [...(isRun ? OF_TREES : []), ...(names.includes(PLAN_FILE) ? OF_SWEEPS : [])];
  if (isRun || (entries.length === 0 && !inRun)) found.push({ path, isEmpty: entries.length === 0 });
  // Links are not followed: they may lead back.
  const folders = entries.filter((entry) => entry.isDirectory() && !passedOver.includes(entry.name));
  for (const { name } of folders.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    await walk(join(path, name), isRun || inRun, found);
  }
};

/**
 * Finds the folders in which runs were begun, and those that are empty.
 *
 * @throws {CheckpointError} for a folder that is not there
 */
export const runFolders = async (dir: string): Promise<readonly RunFolderAt[]> => {
  if (!existsSync(dir)) {
    throw new CheckpointError({
      where: "report",
      what: "there is no such folder",
      expected: "a folder of runs",
      at: dir,
    });
  }
  const found: RunFolderAt[] = [];
  await walk(dir, false, found);
  return found;
};
