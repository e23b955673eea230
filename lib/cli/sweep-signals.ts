/** @file Signals that end the work on a sweep: runs are saved and given back; a second Ctrl-C ends everything at once. */
import type { Signal } from "../edge/signal.js";

const INTERRUPTED = 130;

/** Listens to Ctrl-C, and to SIGTERM and SIGUSR1, by which clusters tell that the time is over. */
export const sweepSignals = (note: (line: string) => void) => {
  const controller = new AbortController();
  let code: number | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    // The processes of the runs end with this one.
    if (signal === "SIGINT" && controller.signal.aborted) process.exit(INTERRUPTED);
    code = signal === "SIGINT" ? INTERRUPTED : 0;
    note("stopping after the steps that the runs are in; press Ctrl-C again to stop at once");
    controller.abort();
  };
  const names = ["SIGINT", "SIGTERM", "SIGUSR1"] as const;
  for (const name of names) process.on(name, stop);
  return {
    stop: controller.signal as Signal,
    /** The exit code of a program that was asked to stop; undefined otherwise. */
    exitCode: () => code,
    off: (): void => {
      for (const name of names) process.off(name, stop);
    },
  };
};
