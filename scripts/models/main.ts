/**
 * @file Trains the models of models/: `node --conditions=fluxion-source --import tsx scripts/models/main.ts 0.6m CORPUS [--runs FOLDER] [--out FOLDER] [--part SHARE]`.
 *
 * CORPUS is a file or a folder of text. Each phase is a run of `fluxion pretrain` in FOLDER/SIZE/PHASE (default runs/models). The script can be cut at any time: it
 * goes on where the last checkpoint is, and passes over what has ended.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { convert } from "../../lib/cli/convert.js";
import { interruption, runMain } from "../../lib/cli/main.js";
import { processTerminal } from "../../lib/cli/terminal.js";
import { NANO_MODEL } from "../../lib/lab/assets.js";
import { holdsRun } from "../../lib/lab/folder.js";
import { type RecipeInput, recipe, run, terminal } from "../../lib/lab/index.js";
import { nodeStore } from "../../lib/store/node.js";
import type { Task } from "../../lib/tasks/index.js";
import { isCommitted, type Phase, phasesOf, SIZES, type Size } from "./phases.js";
import { familyTasks } from "./tasks.js";

/** The exit code of a script that was interrupted. */
const INTERRUPTED = 130;

const isSize = (name: string | undefined): name is Size => name !== undefined && Object.hasOwn(SIZES, name);

/** The recipe of a phase, with the weights and the vocabulary that it starts from. */
const started = ({ recipe: asked, from }: Phase, runs: string): RecipeInput => ({
  ...asked,
  model: from === undefined ? NANO_MODEL : join(runs, ...from),
});

/** Runs a phase, or what is left of it; gives whether it has come to its end. */
const trained = async (phase: Phase, runs: string, tasks: readonly Task[]): Promise<boolean> => {
  const store = nodeStore(join(runs, phase.name));
  const options = { store, tasks, listener: [terminal()], resume: await holdsRun(store), signal: interruption() };
  console.log(`\nphase ${phase.name}: ${store.name()}`);
  return (await run(recipe(started(phase, runs)), options)).reason !== "interrupted";
};

/** Writes the models of a phase that are committed, in bfloat16. */
const keep = async ({ name, keeps }: Phase, size: Size, runs: string, out: string): Promise<void> => {
  for (const [model, folder] of Object.entries(keeps)) {
    const target = join(out, size, model);
    if (!isCommitted(size, model) || existsSync(target)) continue;
    await convert(join(runs, name, folder), target, { to: "hf", dtype: "bfloat16" }, processTerminal());
  }
};

await runMain(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: "string", default: "runs/models" },
      out: { type: "string", default: "models" },
      part: { type: "string", default: "1" },
    },
  });
  const [size, corpus] = positionals;
  if (!isSize(size) || corpus === undefined)
    throw new Error(`expected a size (${Object.keys(SIZES).join(", ")}) and a corpus`);
  const runs = join(values.runs, size);
  const tasks = familyTasks();
  for (const phase of phasesOf(size, corpus, Number(values.part))) {
    if (!(await trained(phase, runs, tasks))) {
      process.exitCode = INTERRUPTED;
      return;
    }
    await keep(phase, size, runs, values.out);
  }
});
