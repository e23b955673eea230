/** @file Where a command reads and writes: results to the one stream, what is only for people to the other. */
import { createInterface } from "node:readline";
import { SingleBar } from "cli-progress";
import type { Progress } from "../io/huggingface.js";

/** The outside of a command; tests give one of their own. */
export interface Terminal {
  /** Writes a part of the result. */
  readonly write: (text: string) => void;
  /** Shows a line that is not part of the result. */
  readonly note: (line: string) => void;
  /** Whether somebody watches the progress. */
  readonly watched: boolean;
  /** The lines that are given to the program; undefined when nothing is. */
  readonly lines: () => AsyncIterable<string>;
  /** Whether these lines are typed, one after the other. */
  readonly typed: boolean;
}

/** The streams of this process. */
export const processTerminal = (): Terminal => {
  // Whoever reads may stop early (`| head`); that is not an error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return {
    write: (text) => process.stdout.write(text),
    note: (line) => process.stderr.write(`${line}\n`),
    watched: process.stderr.isTTY === true,
    lines: () => createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY }),
    typed: process.stdin.isTTY === true,
  };
};

/** A bar for bytes that are read or written; nothing where nobody watches. */
export const withProgress = async <A>(
  terminal: Terminal,
  label: string,
  work: (onProgress: (progress: Progress) => void) => Promise<A>,
): Promise<A> => {
  if (!terminal.watched) return work(() => undefined);
  const bar = new SingleBar({
    format: `${label} {bar} {percentage} % of {size} | {eta_formatted} left`,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  let started = false;
  try {
    return await work(({ done, total }) => {
      if (!started) bar.start(total, done, { size: printBytes(total) });
      started = true;
      bar.update(done);
    });
  } finally {
    if (started) bar.stop();
  }
};

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** Bytes with three digits and a unit of a thousand. */
export const printBytes = (bytes: number): string => {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toPrecision(3)} ${UNITS[power]}`;
};
