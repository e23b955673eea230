/** @file The edge of a program: errors become one readable message and an exit code, Ctrl-C a wish to stop. */
import { isFluxionError } from "../core/errors.js";

/**
 * Runs a program. An error of the library is shown as its message alone, anything else with its stack; the exit code is 1.
 */
export const runMain = async (program: () => Promise<void>): Promise<void> => {
  try {
    await program();
  } catch (error) {
    console.error(isFluxionError(error) ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
};

/** Tells whether Ctrl-C was pressed; pressed twice it ends the process at once. */
export const onInterrupt = (say: () => void): (() => boolean) => {
  let asked = false;
  process.on("SIGINT", () => {
    if (asked) process.exit(130);
    asked = true;
    say();
  });
  return () => asked;
};
