/**
 * @file The supervisor of a sweep: it claims runs, has each computed in a child process, and ends the child when the claim is lost.
 *
 * It never trains itself: a step that blocks its process for longer than a lease would lose the lease.
 */
import type { ChildProcess } from "node:child_process";
import { CheckpointError } from "../../core/errors.js";
import type { Signal } from "../../edge/signal.js";
import { type FromChild, STOPPED, type ToChild } from "./child.js";
import type { PlannedRun } from "./plan.js";
import type { Claim, Queue } from "./queue.js";
import type { Failure } from "./status.js";

/** What happens in a sweep. */
export type SweepEvent =
  | { readonly kind: "started" | "done" | "released" | "lost"; readonly run: PlannedRun; readonly slot: number }
  | {
      readonly kind: "step";
      readonly run: PlannedRun;
      readonly slot: number;
      readonly step: number;
      readonly loss: number;
    }
  | { readonly kind: "score"; readonly run: PlannedRun; readonly slot: number; readonly score: number }
  | { readonly kind: "killed"; readonly run: PlannedRun; readonly slot: number; readonly exit: number | string }
  | { readonly kind: "failed"; readonly run: PlannedRun; readonly slot: number; readonly failure: Failure };

/** What a supervisor needs. */
export interface Supervision {
  readonly queue: Queue;
  /** Starts the process of a run, with a channel for messages. */
  readonly start: (run: PlannedRun) => ChildProcess;
  /** How many runs at once. */
  readonly jobs: number;
  /** Whether the first failure ends the work. */
  readonly failFast: boolean;
  /** Runs end after the step that they are in, and are given back. */
  readonly stop: Signal;
  readonly tell: (event: SweepEvent) => void;
}

/** What the work has come to. */
export interface Supervised {
  readonly done: number;
  readonly failed: number;
  /** Whether it ended before nothing was left. */
  readonly stopped: boolean;
}

/** So often in a row a run's process may be killed without a further step; then the run counts as failed. */
const MOST_DEATHS = 10;
/** Characters of what a process writes to its error stream that are kept. */
const KEPT_ERRORS = 4000;

/** How a child has ended. */
interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error: string;
  readonly full: boolean;
  readonly steps: number;
}

/** How a child ends, and what it tells on the way. */
const waitFor = (child: ChildProcess, onMessage: (message: FromChild) => void): Promise<End> =>
  new Promise((resolve) => {
    let [error, said, full, steps] = ["", "", false, 0];
    child.stderr?.on("data", (chunk) => {
      error = (error + String(chunk)).slice(-KEPT_ERRORS);
    });
    child.on("message", (message: FromChild) => {
      if ("error" in message) [said, full] = [message.error, message.full];
      if ("step" in message) steps++;
      onMessage(message);
    });
    // "exit" and not "close": a process that the child started may keep the stream open.
    child.on("error", (cause) => resolve({ code: 1, signal: null, error: cause.message, full: false, steps }));
    child.on("exit", (code, signal) => resolve({ code, signal, error: said || error.trim(), full, steps }));
  });

/** The signals on which a child is asked to stop, or killed. */
const watch = (child: ChildProcess, stop: Signal, lost: AbortSignal): (() => void) => {
  const ask = (): void => {
    if (child.connected) child.send({ stop: true } satisfies ToChild, () => undefined);
  };
  const kill = (): void => void child.kill("SIGKILL");
  stop.addEventListener("abort", ask);
  lost.addEventListener("abort", kill);
  if (stop.aborted) ask();
  if (lost.aborted) kill();
  return () => {
    stop.removeEventListener("abort", ask);
    lost.removeEventListener("abort", kill);
  };
};

const fullDisk = (error: string): CheckpointError =>
  new CheckpointError({
    where: "sweep",
    what: "the disk is full",
    got: error,
    hint: "free some space, and start the same command again: the runs go on from their last checkpoints",
  });

/** Runs one run that is claimed, and gives it back. @returns whether it is done, failed, or something else */
const complete = async (
  claim: Claim,
  slot: number,
  { start, stop, tell }: Supervision,
): Promise<"done" | "failed" | "open"> => {
  const { run, lost } = claim;
  const at = { run, slot };
  tell({ kind: "started", ...at });
  for (let deaths = 0; ; ) {
    const child = start(run);
    const unwatch = watch(child, stop, lost);
    const end = await waitFor(child, (message) => {
      if ("step" in message) tell({ kind: "step", ...at, ...message });
      if ("score" in message) tell({ kind: "score", ...at, ...message });
    });
    unwatch();
    if (lost.aborted) {
      await claim.release();
      tell({ kind: "lost", ...at });
      return "open";
    }
    if (end.code === 0 || end.code === STOPPED || end.full || (stop.aborted && end.signal !== null)) {
      await claim.release();
      if (end.full) throw fullDisk(end.error);
      tell({ kind: end.code === 0 ? "done" : "released", ...at });
      return end.code === 0 ? "done" : "open";
    }
    deaths = end.steps > 0 ? 1 : deaths + 1;
    const exit = end.signal ?? end.code ?? 1;
    if (end.signal !== null && deaths < MOST_DEATHS) {
      tell({ kind: "killed", ...at, exit });
      continue;
    }
    const failure = { exit, error: end.error || `the process was ended by ${exit}` };
    await claim.failed(failure);
    tell({ kind: "failed", ...at, failure });
    return "failed";
  }
};

/** A signal that follows another one, and can be aborted by itself. */
const following = (signal: Signal) => {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  return { signal: controller.signal as Signal, abort, off: () => signal.removeEventListener("abort", abort) };
};

/**
 * Works on a queue until nothing is left.
 *
 * @throws {CheckpointError} when the disk is full; the runs are given back
 */
export const supervise = async (supervision: Supervision): Promise<Supervised> => {
  const { queue, jobs, failFast } = supervision;
  const { signal: stop, abort, off } = following(supervision.stop);
  let [done, failed] = [0, 0];
  const slot = async (number: number): Promise<void> => {
    for (;;) {
      const claim = await queue.claim(stop);
      if (claim === undefined) return;
      if (stop.aborted) return claim.release();
      const how = await complete(claim, number, { ...supervision, stop });
      if (how === "done") done++;
      if (how === "failed") failed++;
      if (how === "failed" && failFast) abort();
    }
  };
  const slots = Array.from({ length: jobs }, (_, number) =>
    slot(number).catch((error: unknown) => {
      abort();
      throw error;
    }),
  );
  try {
    for (const result of await Promise.allSettled(slots)) if (result.status === "rejected") throw result.reason;
  } finally {
    off();
  }
  return { done, failed, stopped: stop.aborted };
};
