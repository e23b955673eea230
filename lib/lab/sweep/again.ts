/** @file Runs of a sweep that are done again: those that have failed, and those that are asked for. */
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { ConfigError } from "../../core/errors.js";
import type { Store } from "../../store/store.js";
import { FAILED_FILE } from "../folder.js";
import { folderOfRun, loadPlan, type PlannedRun, SWEEP_FOLDERS } from "./plan.js";
import type { Queue } from "./queue.js";
import { failureOf, storeOfRun } from "./status.js";

/** Lets runs that have failed be worked on again. */
export const retryFailed = async (sweep: Store): Promise<readonly PlannedRun[]> => {
  const again: PlannedRun[] = [];
  for (const run of await loadPlan(sweep)) {
    if (run.removed || (await failureOf(storeOfRun(sweep, run.id))) === undefined) continue;
    await storeOfRun(sweep, run.id).remove(FAILED_FILE);
    again.push(run);
  }
  return again;
};

const redoError = (what: string, expected: string, got: string): ConfigError =>
  new ConfigError({ where: "--redo <id>", what, expected, got, hint: "npx fluxion sweep status lists the ids" });

/** Puts the folder of a run aside. @returns where it is now; undefined where the run had not begun */
const putAside = (sweep: Store, id: string): string | undefined => {
  const from = sweep.name(folderOfRun(id));
  if (!existsSync(from)) return undefined;
  let n = 1;
  const { redone } = SWEEP_FOLDERS;
  while (existsSync(sweep.name(`${redone}/${id}-${n}`))) n++;
  const aside = sweep.name(`${redone}/${id}-${n}`);
  mkdirSync(sweep.name(redone), { recursive: true });
  renameSync(from, aside);
  return aside;
};

/**
 * Puts a run's folder aside, so that the run is done anew.
 *
 * - `id`: its id, or the beginning of it
 * @returns the run, and where its folder is now; none where it had not begun
 * @throws {ConfigError} for an id that no run has, or several have, and for a run that a process is at work on
 */
export const redoRun = async (
  sweep: Store,
  queue: Queue,
  id: string,
): Promise<{ readonly run: PlannedRun; readonly aside: string | undefined }> => {
  const found = (await loadPlan(sweep)).filter((run) => !run.removed && run.id.startsWith(id));
  const [run] = found;
  if (run === undefined) throw redoError("no run of the plan has this id", "the id of a run, or its beginning", id);
  if (found.length > 1) throw redoError("several runs have this id", found.map((one) => one.id).join(", "), id);
  let aside: string | undefined;
  const free = await queue.apart(run.id, async () => {
    aside = putAside(sweep, run.id);
  });
  if (!free) throw redoError("a process is at work on this run", "a run that is not being computed", run.id);
  return { run, aside };
};
