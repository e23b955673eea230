/** @file A run of a sweep in a process of its supervisor: it trains, tells how far it is, and ends with its supervisor. */
import { isFluxionError } from "../../core/errors.js";
import { nodeStore, writersIn } from "../../store/node.js";
import { holdsRun } from "../folder.js";
import type { Listener } from "../listener.js";
import { run } from "../many.js";
import { isInterrupted } from "../parts.js";
import type { Recipe } from "../recipe.js";
import { loadRun } from "../stored-run.js";
import { folderOfRun, loadPlan, SWEEP_FOLDERS } from "./plan.js";

/** What a run tells its supervisor. */
export type FromChild =
  | { readonly step: number; readonly loss: number }
  | { readonly score: number }
  | { readonly error: string; readonly full: boolean };

/** What a supervisor tells a run: to end after the step that it is in. */
export interface ToChild {
  readonly stop: true;
}

/** The exit code of a run that was asked to stop, and can go on. */
export const STOPPED = 130;

const WAIT_MS = 100;

/** Waits until no other process writes into a folder: the run of a supervisor that was killed ends after its step. */
const untilFree = async (dir: string, signal: AbortSignal): Promise<void> => {
  while (writersIn(dir).length > 0 && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
};

/** What a run of a plan goes on with: as it was started, with its inputs where the plan says now. */
const goingOn = ({ backend, executor }: Recipe, planned: Recipe): Recipe => ({ ...planned, backend, executor });

const tell = (message: FromChild): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, () => resolve());
  });

const listener: Listener = {
  step: ({ step, loss }) => tell({ step, loss }),
  evaluation: (_, { score }) => tell({ score }),
};

const work = async (folder: string, id: string, signal: AbortSignal): Promise<number> => {
  const sweep = nodeStore(folder);
  const planned = (await loadPlan(sweep)).find((one) => one.id === id);
  if (planned === undefined) throw new Error(`the plan of ${folder} has no run ${id}`);
  const store = sweep.below(folderOfRun(id));
  await untilFree(store.name(), signal);
  const resume = await holdsRun(store);
  const recipe = resume ? goingOn((await loadRun(store)).recipe, planned.recipe) : planned.recipe;
  const outcome = await run(recipe, { store, shared: sweep.below(SWEEP_FOLDERS.shared), resume, listener, signal });
  return isInterrupted(outcome) ? STOPPED : 0;
};

/** Runs one run of a sweep in this process, which a supervisor has forked with the folder and the id, and ends the process. */
export const runChild = async ([folder, id]: readonly string[]): Promise<void> => {
  const controller = new AbortController();
  // Only the supervisor renews the lease.
  process.on("disconnect", () => process.exit(1));
  // It may have died while this program was loaded.
  if (!process.connected) process.exit(1);
  process.on("message", () => controller.abort());
  for (const signal of ["SIGINT", "SIGTERM", "SIGUSR1"] as const) process.on(signal, () => controller.abort());
  let code = 1;
  try {
    code = await work(folder, id, controller.signal);
  } catch (error) {
    const full = isFluxionError(error) && error.mismatch.what === "the disk is full";
    await tell({ error: isFluxionError(error) ? error.message : String((error as Error).stack ?? error), full });
  }
  process.exit(code);
};
