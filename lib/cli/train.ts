/** @file `fluxion train`: a run, on the terminal. */
import { run } from "../lab/many.js";
import { terminal } from "../lab/terminal.js";
import { nodeStore } from "../store/node.js";
import { interruption } from "./main.js";
import type { TrainArguments } from "./train-arguments.js";

/** The exit code of a program that was interrupted. */
const INTERRUPTED = 130;

/**
 * Runs what a command line asks for, and shows it on the terminal; Ctrl-C ends it after the step that it is in, with exit code 130.
 *
 * @throws the typed error of whatever is missing or does not fit
 */
export const train = async ({ recipe, out, resume, verify }: TrainArguments): Promise<void> => {
  const store = nodeStore(out);
  const outcome = await run(recipe, { store, resume, verify, listener: terminal(), signal: interruption() });
  if (outcome.reason === "interrupted") process.exitCode = INTERRUPTED;
};
