/** @file The command line, for programs with one like it. Needs Node. */
import { takesLater } from "../core/composite.js";
import { runFluxion } from "./program.js";
import { processTerminal } from "./terminal.js";

export { interruption, runMain } from "./main.js";
export { train } from "./train.js";
export { readArguments, type TrainArguments } from "./train-arguments.js";

/**
 * Runs a command of `fluxion`.
 *
 * @returns what it prints as its result
 * @throws {ConfigError} when it makes no sense, and the typed errors of what it does
 * @example const folder = await fluxion(["fetch", "t5-base-lm-adapt"]);
 */
export const fluxion = takesLater("fluxion(argv)", async (argv: readonly string[]): Promise<string> => {
  let printed = "";
  const write = (text: string): void => {
    printed += text;
  };
  await runFluxion(argv, { ...processTerminal(), write, watched: false });
  return printed;
});
