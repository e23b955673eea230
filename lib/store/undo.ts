/**
 * @file What has to be undone when the process ends in the middle of it: by `process.exit`, or by a signal such as Ctrl-C's.
 *
 * Signals are listened to only as long as there is something to undo, since a listener makes them wait for the event loop. A program that
 * listens to them itself decides what they do. `SIGKILL` cannot be caught.
 */
/** Those that end a process which does not listen to them, and can be listened to. */
export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const pending = new Set<() => void>();

/** Undoes the last first. What cannot be undone must not keep the process from its end. */
const undoAll = (): void => {
  for (const undo of [...pending].reverse()) {
    try {
      undo();
    } catch {}
  }
  unlisten();
};

const onSignal = (signal: NodeJS.Signals): void => {
  if (process.listenerCount(signal) > 1) return;
  undoAll();
  process.kill(process.pid, signal); // without a listener it ends the process, whose parent sees by what
};

const listen = (): void => {
  process.on("exit", undoAll);
  for (const signal of SIGNALS) process.on(signal, onSignal);
};

const unlisten = (): void => {
  pending.clear();
  process.off("exit", undoAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
};

/**
 * Has `undo`, which has to be synchronous, called when the process ends before `undone` was.
 *
 * @returns `undone`: there is nothing to undo any more
 */
export const undoAtExit = (undo: () => void): (() => void) => {
  if (pending.size === 0) listen();
  pending.add(undo);
  return () => {
    if (pending.delete(undo) && pending.size === 0) unlisten();
  };
};
