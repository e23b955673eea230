/**
 * @file The folder of a sweep as its queue: the plan says what there is to do, summaries what is done, leases who is at work.
 *
 * It serves processes on one machine, and machines that share a file system.
 */
import { type Leases, leasesIn } from "../../store/lease.js";
import type { Store } from "../../store/store.js";
import { claiming, type Take } from "./claims.js";
import { SWEEP_FOLDERS } from "./plan.js";
import type { Queue, QueueOptions } from "./queue.js";

/** The leases of a sweep. */
export const leasesOf = (sweep: Store, seconds: number): Leases => leasesIn(sweep.name(SWEEP_FOLDERS.leases), seconds);

/** The runs of a sweep's folder as a queue. */
export const folderQueue = (sweep: Store, options: QueueOptions): Queue => {
  const leases = leasesOf(sweep, options.leaseSeconds);
  const take: Take = async (left) => {
    for await (const run of left()) {
      const lease = await leases.claim(run.id);
      if (lease !== undefined) return { ...lease, run, lostBy: lease.before?.host };
    }
    return undefined;
  };
  const apart: Queue["apart"] = async (id, work) => {
    const lease = await leases.claim(id);
    if (lease === undefined) return false;
    try {
      await work();
      return true;
    } finally {
      await lease.release();
    }
  };
  return { claim: claiming(sweep, options, take), apart, close: () => Promise.resolve() };
};
