/** @file Who may work on which run of a sweep: one interface for all queues. */
import type { Signal } from "../../edge/signal.js";
import type { PlannedRun } from "./plan.js";
import type { Failure } from "./status.js";

/** A run that this process holds. */
export interface Claim {
  readonly run: PlannedRun;
  /** Aborts when another process may have taken the run over: the process that computes it has to end at once. */
  readonly lost: AbortSignal;
  /** Gives the run back: it has written what it has come to, or goes on elsewhere. */
  readonly release: () => Promise<void>;
  /** Writes that the run has failed, and gives it back. */
  readonly failed: (failure: Failure) => Promise<void>;
}

/** The runs of a sweep, for supervisors. A run itself writes that it is done; a queue only says who may work on it. */
export interface Queue {
  /** The next run; undefined when nothing is left, or `signal` aborts. */
  readonly claim: (signal: Signal) => Promise<Claim | undefined>;
  /** Works on the folder of a run while no process may claim it. @returns false where one is at work on it */
  readonly apart: (id: string, work: () => Promise<void>) => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** How runs are held. */
export interface QueueOptions {
  /** Seconds after which a run whose holder was not heard of may be taken over. */
  readonly leaseSeconds: number;
  /** Whether to wait for runs that others are at work on, which they may lose. */
  readonly wait: boolean;
}
