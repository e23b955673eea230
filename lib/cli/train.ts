/** @file `fluxion train`: a run, on the terminal. */
import { basename, dirname, resolve } from "node:path";
import { stringify } from "yaml";
import { takesLater } from "../core/composite.js";
import { isFluxionError } from "../core/errors.js";
import { printableLines } from "../edge/printable.js";
import { type Estimate, estimate } from "../lab/estimate.js";
import { FILES } from "../lab/folder.js";
import { run } from "../lab/many.js";
import { updateWhole } from "../lab/parts.js";
import { tensorBoard } from "../lab/tensorboard-listener.js";
import { terminal } from "../lab/terminal.js";
import { nodeStore } from "../store/node.js";
import { interruption } from "./main.js";
import { printBytes } from "./terminal.js";
import type { TrainArguments } from "./train-arguments.js";

/** The exit code of a program that was interrupted. */
const INTERRUPTED = 130;

const SECONDS = { minute: 60, hour: 3600, day: 86_400 };

/** `95 s`, `12 minutes`, `3.5 hours`. */
export const printSeconds = (seconds: number): string => {
  if (seconds < 2 * SECONDS.minute) return `${seconds.toPrecision(2)} s`;
  if (seconds < 2 * SECONDS.hour) return `${Math.round(seconds / SECONDS.minute)} minutes`;
  if (seconds < 2 * SECONDS.day) return `${(seconds / SECONDS.hour).toFixed(1)} hours`;
  return `${(seconds / SECONDS.day).toFixed(1)} days`;
};

const estimateLines = (found: Estimate): string[] => {
  const {
    trained,
    model,
    tokensPerStep,
    secondsPerStep,
    secondsPerEvaluation,
    seconds,
    peakBytes,
    runs,
    together,
    executor,
  } = found;
  const joined = together === 1 ? "" : `, ${together} in one program`;
  const several = runs === 1 ? "" : ` for ${runs} runs${joined}`;
  return [
    `# trained    ${trained.toLocaleString("en")} of ${model.toLocaleString("en")} numbers`,
    `# step       ${tokensPerStep.toLocaleString("en")} tokens, ${printSeconds(secondsPerStep)} (${executor})`,
    `# evaluation ${printSeconds(secondsPerEvaluation)}`,
    `# in all     ${printSeconds(seconds)}${several}, ${printBytes(peakBytes)} of memory; from two steps and two evaluations of a few examples`,
  ];
};

/** Prints a recipe as YAML, and what it would cost. */
const print = async ({ recipe }: TrainArguments): Promise<void> => {
  console.log(printableLines(stringify(recipe)));
  console.log(printableLines(estimateLines(await estimate(recipe)).join("\n")));
};

/** Brings the summaries of the folders up to date in which a run is one of several, and names them; the run is done also where another process keeps one. */
const updateAbove = async (dir: string): Promise<void> => {
  const above = nodeStore(dirname(resolve(dir)));
  try {
    if (!(await updateWhole(above, basename(resolve(dir))))) return;
  } catch (error) {
    if (!isFluxionError(error, "CheckpointError")) throw error;
    console.log(printableLines(error.message));
    return;
  }
  console.log(printableLines(`with this run among several: ${above.name(FILES.summary)}`));
  await updateAbove(dirname(resolve(dir)));
};

/**
 * Runs what a command line asks for, and shows it on the terminal; Ctrl-C ends it after the step that it is in, with exit code 130.
 *
 * @throws the typed error of whatever is missing or does not fit
 */
export const train = takesLater("train(asked)", async (asked: TrainArguments): Promise<void> => {
  if (asked.print) return print(asked);
  const { recipe, out, resume, verify } = asked;
  const store = nodeStore(out);
  const listener = [terminal(), ...(asked.tensorboard ? [tensorBoard(store)] : [])];
  const outcome = await run(recipe, { store, resume, verify, listener, signal: interruption() });
  await updateAbove(out);
  if (outcome.reason === "interrupted") process.exitCode = INTERRUPTED;
});
