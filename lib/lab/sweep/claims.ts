/** @file What queues share: which runs are left, and claims that are renewed until they are given back or lost. */
import { hostname } from "node:os";
import type { Signal } from "../../edge/signal.js";
import { forgetWriters } from "../../store/node.js";
import type { Store } from "../../store/store.js";
import { FAILED_FILE, json } from "../folder.js";
import { folderOfRun, loadPlan, type PlannedRun } from "./plan.js";
import type { Claim, Queue, QueueOptions } from "./queue.js";
import { endOfRun, failureOf, storeOfRun } from "./status.js";

/** A run as a queue has it for this process. */
export interface Hold {
  readonly run: PlannedRun;
  /** The machine whose process held it before, and was not heard of any more. */
  readonly lostBy: string | undefined;
  /** Renews the hold; false when another process has it now. */
  readonly renew: () => Promise<boolean>;
  readonly release: () => Promise<void>;
}

/** Takes a run that is left, unless others hold them all; `left` finds out which these are. */
export type Take = (left: () => AsyncIterable<PlannedRun>) => Promise<Hold | undefined>;

/** Renewals in the seconds of a hold, of which two may fail. */
const RENEWALS = 4;
const MOST_POLL_MS = 2000;

/** How long to wait before looking again. */
export const pollMs = (leaseSeconds: number): number => Math.min(MOST_POLL_MS, (1000 * leaseSeconds) / RENEWALS);

/** Waits; not longer than until `signal` aborts. */
export const pause = (ms: number, signal: Signal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });

/** Renews a hold until it is stopped; calls `lost` when another has it, or it could not be renewed for so long that another may have it soon. */
const keep = (hold: Hold, seconds: number, lost: () => void): (() => void) => {
  let last = performance.now();
  let busy = false;
  const renew = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    const began = performance.now();
    try {
      if (await hold.renew()) last = began;
      else lost();
    } catch {
      // The file system or the server may answer again before the time is over.
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(
    () => {
      // Before the third renewal that fails; half an interval is for timers that are late.
      if (performance.now() - last > (1000 * seconds * (RENEWALS - 1.5)) / RENEWALS) lost();
      else void renew();
    },
    (1000 * seconds) / RENEWALS,
  );
  return () => clearInterval(timer);
};

/** Whether a run is not left to be worked on: it has come to its end, or has failed. */
export const isSettled = async (sweep: Store, id: string): Promise<boolean> => {
  const store = storeOfRun(sweep, id);
  return (await endOfRun(store)) !== undefined || (await failureOf(store)) !== undefined;
};

/** A claim of a run that is held; `end` is called when it is given back, or lost and its process has ended. */
const claimOf = (sweep: Store, hold: Hold, seconds: number, end: () => void): Claim => {
  const { run } = hold;
  const controller = new AbortController();
  const stop = keep(hold, seconds, () => {
    stop();
    controller.abort();
  });
  const release = async (): Promise<void> => {
    stop();
    try {
      // On another machine the next one waits for the mark of a writer that was killed.
      if (controller.signal.aborted) forgetWriters(sweep.name(folderOfRun(run.id)), hostname());
      else await hold.release();
    } finally {
      end();
    }
  };
  const failed = async (failure: Parameters<Claim["failed"]>[0]): Promise<void> => {
    if (!controller.signal.aborted) await storeOfRun(sweep, run.id).write(FAILED_FILE, json(failure));
    await release();
  };
  return { run, lost: controller.signal, release, failed };
};

/** Claims runs of a sweep that `take` takes, one after another, until none is left. */
export const claiming = (sweep: Store, { leaseSeconds, wait }: QueueOptions, take: Take): Queue["claim"] => {
  const settled = new Set<string>();
  /** Those that this process is at work on. */
  const held = new Set<string>();

  return async (signal) => {
    while (!signal.aborted) {
      let open = 0;
      const hold = await take(async function* () {
        for (const run of await loadPlan(sweep)) {
          if (run.removed || settled.has(run.id) || held.has(run.id)) continue;
          if (await isSettled(sweep, run.id)) {
            settled.add(run.id);
            continue;
          }
          open++;
          yield run;
        }
      });
      if (hold === undefined) {
        if (open === 0 || !wait) return undefined;
        await pause(pollMs(leaseSeconds), signal);
        continue;
      }
      const { id } = hold.run;
      // It may have ended between the two looks.
      if (await isSettled(sweep, id)) {
        await hold.release();
        continue;
      }
      if (hold.lostBy !== undefined) forgetWriters(sweep.name(folderOfRun(id)), hold.lostBy);
      held.add(id);
      return claimOf(sweep, hold, leaseSeconds, () => held.delete(id));
    }
    return undefined;
  };
};
