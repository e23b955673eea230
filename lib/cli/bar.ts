/** @file A progress bar on the error stream. */
import { SingleBar } from "cli-progress";
import type { Progress } from "../io/huggingface.js";
import { SIGNALS } from "../store/undo.js";
import { printBytes, type Terminal } from "./terminal.js";

/**
 * Has `stop` called when the process ends before the returned function was, also by a signal, which then goes on to whatever else
 * listens to it, or ends the process.
 */
const untilExit = (stop: () => void): (() => void) => {
  const off = (): void => {
    process.off("exit", stop);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    stop();
    process.kill(process.pid, signal);
  };
  process.on("exit", stop);
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);
  return off;
};

/** A progress bar of bytes; it shows nothing without a terminal. It hides the cursor, and shows it again when it ends, also on Ctrl-C. */
export class Bar {
  readonly #bar: SingleBar | undefined;
  #label: string | undefined;
  #off = (): void => undefined;

  /** @param format  of cli-progress, with `{label}` and `{size}` */
  constructor(terminal: Terminal, format: string) {
    if (!terminal.watched) return;
    this.#bar = new SingleBar({ format, hideCursor: true, clearOnComplete: true, stream: process.stderr });
  }

  /** Begins anew with another label. */
  show(label: string, done: number, total = done): void {
    if (this.#bar === undefined) return;
    const payload = { label, size: printBytes(total) };
    if (label !== this.#label) {
      this.stop();
      this.#bar.start(total, done, payload);
      this.#off = untilExit(() => this.stop());
      this.#label = label;
    }
    this.#bar.setTotal(total);
    this.#bar.update(done, payload);
  }

  stop(): void {
    if (this.#label === undefined) return;
    this.#label = undefined;
    this.#off();
    this.#bar?.stop();
  }
}

/** Runs `work` with a bar for what it reads or writes. */
export const withProgress = async <A>(
  terminal: Terminal,
  label: string,
  work: (onProgress: (progress: Progress) => void) => Promise<A>,
): Promise<A> => {
  const bar = new Bar(terminal, "{label} {bar} {percentage} % of {size} | {eta_formatted} left");
  try {
    return await work(({ done, total }) => bar.show(label, done, total));
  } finally {
    bar.stop();
  }
};
