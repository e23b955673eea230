/** @file Where a command reads and writes: results to the one stream, what is only for people to the other. */
import { createInterface } from "node:readline";
import { printableLines } from "../edge/printable.js";

/** The outside of a command; tests give a fake one. */
export interface Terminal {
  /** Writes a part of the result. */
  readonly write: (text: string) => void;
  /** Shows a line that is not part of the result. */
  readonly note: (line: string) => void;
  /** Whether a user sees the progress. */
  readonly watched: boolean;
  /** The lines that are given to the program; undefined when nothing is. */
  readonly lines: () => AsyncIterable<string>;
  /** Whether these lines are typed, one after the other. */
  readonly typed: boolean;
}

/** The lines of the standard input, without the byte order mark that some programs write first. */
async function* inputLines(): AsyncGenerator<string> {
  let first = true;
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    yield first ? line.replace(/^\ufeff/, "") : line;
    first = false;
  }
}

/** The streams of this process. */
export const processTerminal = (): Terminal => {
  // The reader may stop early (`| head`); that is not an error. Without a reader of notes the results still matter.
  const onClosed = (then: () => void) => (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    then();
  };
  process.stdout.on(
    "error",
    onClosed(() => process.exit(0)),
  );
  process.stderr.on(
    "error",
    onClosed(() => undefined),
  );
  return {
    // In a file or a pipe results are what they are; JSON is the same JSON with or without these escapes.
    write: (text) => process.stdout.write(process.stdout.isTTY === true ? printableLines(text) : text),
    note: (line) => process.stderr.write(`${printableLines(line)}\n`),
    watched: process.stderr.isTTY === true,
    lines: inputLines,
    typed: process.stdin.isTTY === true,
  };
};

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** Bytes with three digits and a unit of a thousand. */
export const printBytes = (bytes: number): string => {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toPrecision(3)} ${UNITS[power]}`;
};
