/** @file The adapter that an option names: `--adapter PATH`, or `--prompt PATH`, which is the same. */
import { join } from "node:path";
import { namedBy, orThrow } from "../edge/either.js";
import { checkFinite, checkFits, otherBase } from "../io/adapter-fit.js";
import { type Adapter, folderOfTasks, loadAdapterTE } from "../io/adapters.js";
import type { T5Config } from "../t5/config.js";
import { usageError } from "./parse.js";
import type { Terminal } from "./terminal.js";

/** A note for adapters that PEFT's own `generate` treats differently; undefined for the others. */
export const generateNoteOf = ({ settings: { name, submodules } }: Pick<Adapter, "settings">): string | undefined => {
  const what = "in generate with transformers 5.24; here it is used, so that answers may differ";
  if (name === "peft-prefix") return `PEFT 0.21 ignores this prefix ${what}`;
  return name === "mpt" && submodules === 2
    ? `PEFT 0.21 ignores the second prompt, of the decoder, ${what}`
    : undefined;
};

/** The two names of one option. */
export interface AdapterFlags {
  readonly adapter?: string;
  readonly prompt?: string;
}

/** An adapter, and where it is from. */
export interface FoundAdapter extends Adapter {
  readonly path: string;
}

/** @throws {ConfigError} for an adapter that holds parts for several tasks */
const checkOneTask = ({ method: { tasks = 1 } }: Adapter, option: string, path: string): void => {
  if (tasks === 1) return;
  const [what, folder] = [`the adapter is of ${tasks} tasks`, folderOfTasks(path)];
  const hint =
    folder === path
      ? "in a program, methods.forUse(config, params, method, tuned, task) gives the adapter of one"
      : `name one: ${join(folder, "TASK")}`;
  throw usageError(option, what, { expected: "an adapter of one task", got: path, hint });
};

/** Reads an adapter that can be computed with. */
export const adapterAt = async (path: string, option = "--adapter <path>"): Promise<FoundAdapter> => {
  const adapter = { ...(await orThrow(namedBy(option, loadAdapterTE(path)))), path };
  checkFinite(adapter, option, path);
  checkOneTask(adapter, option, path);
  return adapter;
};

/** The adapter that the flags name, if they do. */
export const adapterOf = async ({ adapter, prompt }: AdapterFlags): Promise<FoundAdapter | undefined> => {
  const path = adapter ?? prompt;
  return path === undefined ? undefined : adapterAt(path, adapter === undefined ? "--prompt <path>" : undefined);
};

/**
 * Checks that an adapter fits a model, and notes where its base model has another name.
 *
 * @throws {CheckpointError} with all tensors that do not fit
 */
export const checkAdapter = (adapter: FoundAdapter, config: T5Config, model: string, terminal: Terminal): void => {
  const { path, baseModel } = adapter;
  checkFits(adapter, config, path);
  const note = generateNoteOf(adapter);
  if (note !== undefined) terminal.note(note);
  if (otherBase(baseModel, model)) terminal.note(`${path} says it was trained for ${baseModel}; this is ${model}`);
};
