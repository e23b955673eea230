/**
 * @file The folder of a sweep as its queue: the plan says what there is to do, summaries what is done, leases who is at work.
 *
 * It serves processes on one machine, and machines that share a file system.
 */
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { ConfigError } from "../../core/errors.js";
import type { Signal } from "../../edge/signal.js";
import { type Lease, type Leases, leasesIn } from "../../store/lease.js";
import { forgetWriters } from "../../store/node.js";
import type { Store } from "../../store/store.js";
import { FAILED_FILE, json } from "../folder.js";
import { folderOfRun, loadPlan, type PlannedRun } from "./plan.js";
import type { Claim, Queue } from "./queue.js";
import { endOfRun, failureOf, storeOfRun } from "./status.js";

/** How leases are held. */
export interface FolderQueueOptions {
  /** Seconds after which a lease that was not renewed may be taken over. */
  readonly leaseSeconds: number;
  /** Whether to wait for runs that others are at work on, which they may lose. */
  readonly wait: boolean;
}

/** Renewals in the seconds of a lease, of which three may fail. */
const RENEWALS = 4;
const MOST_POLL_MS = 2000;

/** The leases of a sweep. */
export const leasesOf = (sweep: Store, seconds: number): Leases => leasesIn(sweep.name("leases"), seconds);

const pause = (ms: number, signal: Signal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });

/** Renews a lease until it is stopped; calls `lost` when it is not held any more, or could not be renewed for too long. */
const keep = (lease: Lease, seconds: number, lost: () => void): (() => void) => {
  let last = performance.now();
  let busy = false;
  const renew = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    const began = performance.now();
    try {
      if (await lease.renew()) last = began;
      else lost();
    } catch {
      // The file system may answer again before the time is over.
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(
    () => {
      if (performance.now() - last > 1000 * seconds * (1 - 1 / RENEWALS)) lost();
      void renew();
    },
    (1000 * seconds) / RENEWALS,
  );
  return () => clearInterval(timer);
};

/** A claim by a lease. */
const claimOf = (sweep: Store, run: PlannedRun, lease: Lease, seconds: number): Claim => {
  const controller = new AbortController();
  const stop = keep(lease, seconds, () => {
    stop();
    controller.abort();
  });
  const release = async (): Promise<void> => {
    stop();
    if (!controller.signal.aborted) await lease.release();
  };
  return {
    run,
    lost: controller.signal,
    release,
    failed: async (failure) => {
      if (!controller.signal.aborted) await storeOfRun(sweep, run.id).write(FAILED_FILE, json(failure));
      await release();
    },
  };
};

/** Whether a run is not left to be worked on: it has come to its end, or has failed. */
const isSettled = async (sweep: Store, id: string): Promise<boolean> => {
  const store = storeOfRun(sweep, id);
  return (await endOfRun(store)) !== undefined || (await failureOf(store)) !== undefined;
};

/** The runs of a sweep's folder as a queue. */
export const folderQueue = (sweep: Store, { leaseSeconds, wait }: FolderQueueOptions): Queue => {
  const leases = leasesOf(sweep, leaseSeconds);
  const settled = new Set<string>();
  /** Those that this process is at work on. */
  const held = new Set<string>();

  const take = async (run: PlannedRun): Promise<Claim | undefined> => {
    const lease = await leases.claim(run.id);
    if (lease === undefined) return undefined;
    // It may have ended between the two looks.
    if (await isSettled(sweep, run.id)) {
      await lease.release();
      return undefined;
    }
    if (lease.before !== undefined) forgetWriters(sweep.name(folderOfRun(run.id)), lease.before.host);
    held.add(run.id);
    const claim = claimOf(sweep, run, lease, leaseSeconds);
    const end =
      <A extends readonly unknown[]>(work: (...args: A) => Promise<void>) =>
      async (...args: A) => {
        try {
          await work(...args);
        } finally {
          held.delete(run.id);
        }
      };
    return { ...claim, release: end(claim.release), failed: end(claim.failed) };
  };

  const claim = async (signal: Signal): Promise<Claim | undefined> => {
    while (!signal.aborted) {
      let open = 0;
      for (const run of await loadPlan(sweep)) {
        if (run.removed || settled.has(run.id) || held.has(run.id)) continue;
        if (await isSettled(sweep, run.id)) {
          settled.add(run.id);
          continue;
        }
        const claimed = await take(run);
        if (claimed !== undefined) return claimed;
        open++;
        if (signal.aborted) return undefined;
      }
      if (open === 0 || !wait) return undefined;
      await pause(Math.min(MOST_POLL_MS, (1000 * leaseSeconds) / RENEWALS), signal);
    }
    return undefined;
  };
  return { claim };
};

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

/**
 * Puts a run's folder aside, so that the run is done anew.
 *
 * - `id`: its id, or the beginning of it
 * @returns the run, and where its folder is now; none where it had not begun
 * @throws {ConfigError} for an id that no run has, or several have, and for a run that a process is at work on
 */
export const redoRun = async (
  sweep: Store,
  id: string,
  leaseSeconds: number,
): Promise<{ readonly run: PlannedRun; readonly aside: string | undefined }> => {
  const found = (await loadPlan(sweep)).filter((run) => !run.removed && run.id.startsWith(id));
  const [run] = found;
  if (run === undefined) throw redoError("no run of the plan has this id", "the id of a run, or its beginning", id);
  if (found.length > 1) throw redoError("several runs have this id", found.map((one) => one.id).join(", "), id);
  const lease = await leasesOf(sweep, leaseSeconds).claim(run.id);
  if (lease === undefined)
    throw redoError("a process is at work on this run", "a run that is not being computed", run.id);
  try {
    const from = sweep.name(folderOfRun(run.id));
    if (!existsSync(from)) return { run, aside: undefined };
    let n = 1;
    while (existsSync(sweep.name(`redone/${run.id}-${n}`))) n++;
    const aside = sweep.name(`redone/${run.id}-${n}`);
    mkdirSync(sweep.name("redone"), { recursive: true });
    renameSync(from, aside);
    return { run, aside };
  } finally {
    await lease.release();
  }
};
