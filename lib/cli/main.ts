/** @file The edge of a program: errors become one readable message and an exit code, Ctrl-C a wish to stop. */

import { inspect } from "node:util";
import { takes, takesLater } from "../core/composite.js";
import { isFluxionError } from "../core/errors.js";
import { printableLines } from "../edge/printable.js";
import type { Signal } from "../edge/signal.js";

/**
 * Runs a program. An error of the library is shown as its message alone, anything else with its stack; the exit code is 1. Names in messages come
 * from files, so whatever a terminal would obey is escaped.
 */
export const runMain = takesLater("runMain(program)", async (program: () => Promise<void>): Promise<void> => {
  try {
    await program();
  } catch (error) {
    const said = isFluxionError(error) ? `\n${error.message}` : inspect(error);
    process.stderr.write(`${printableLines(said)}\n`);
    process.exitCode = 1;
  }
});

/** A signal that Ctrl-C (SIGINT) or SIGTERM aborts; asked twice, the process ends at once. */
export const interruption = takes("interruption()", (): Signal => {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return controller.signal;
});
