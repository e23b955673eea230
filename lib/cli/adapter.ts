/** @file The adapter that an option names: `--adapter PATH`, or `--prompt PATH`, which is the same. */
import { join } from "node:path";
import { namedBy, orThrow } from "../edge/either.js";
import { checkFinite, checkFits, otherBase } from "../io/adapter-fit.js";
import { adapterNames, folderOfTasks, pathOfTask, TASKS_FOLDER } from "../io/adapter-folder.js";
import { type Adapter, loadAdapterTE } from "../io/adapters.js";
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
  /** Of an adapter of several tasks, which one. */
  readonly task?: string;
}

/** An adapter, and where it is from. */
export interface FoundAdapter extends Adapter {
  readonly path: string;
}

/** The tasks that have their own adapters in the folder of a run; none elsewhere. */
export const tasksAt = (path: string): readonly string[] =>
  folderOfTasks(path) === path ? [] : adapterNames(folderOfTasks(path));

/** The remedy for an adapter of several tasks that has no folder to choose one from. */
const ONE_OF_SEVERAL = `the folder ${TASKS_FOLDER} of its run has an adapter for each task; in a program, methods.forUse(config, params, method, tuned, task) gives one`;

/**
 * @throws {ConfigError} for an adapter that holds parts for several tasks, with those that there are
 *
 * - `path`: where it is, if one of its tasks can be named
 * - `task`: the one that is named
 */
export const checkOneTask = (
  { method: { tasks = 1 } }: Adapter,
  where: string,
  { path: at, task }: { readonly path?: string; readonly task?: string } = {},
): void => {
  if (tasks === 1) return;
  const names = at === undefined ? [] : tasksAt(at);
  const several = `the adapter is of ${tasks} tasks`;
  if (at === undefined || names.length === 0) {
    throw usageError(where, several, { expected: "an adapter of one task", at, hint: ONE_OF_SEVERAL });
  }
  const what = task === undefined ? several : "the adapter is not of this task";
  const hint = `name one: --task ${names[0]}, or its own adapter ${join(folderOfTasks(at), names[0])}`;
  throw usageError(where, what, { expected: `one of ${names.join(", ")}`, got: task, at, hint });
};

/**
 * Reads an adapter that can be computed with.
 *
 * - `task`: what it is to answer, where that is known
 */
export const adapterAt = async (path: string, option = "--adapter <path>", task?: string): Promise<FoundAdapter> => {
  const adapter = { ...(await orThrow(namedBy(option, loadAdapterTE(path)))), path };
  checkFinite(adapter, option, path);
  checkOneTask(adapter, option, { path, ...(task !== undefined && { task }) });
  return adapter;
};

/** The adapter that the flags name, if they do. */
export const adapterOf = async ({ adapter, prompt, task }: AdapterFlags): Promise<FoundAdapter | undefined> => {
  const path = adapter ?? prompt;
  if (path === undefined) return undefined;
  const own = task === undefined ? path : pathOfTask(path, task);
  return adapterAt(own, adapter === undefined ? "--prompt <path>" : undefined, task);
};

/** The adapter of one task in the folder of a run. @throws {ConfigError} where it has none for this task, or for any */
export const adapterOfTask = (path: string, task: string): string => {
  const [own, names] = [pathOfTask(path, task), tasksAt(path)];
  if (own !== path) return own;
  const what =
    names.length === 0
      ? "the path is not a run with an adapter for each of several tasks"
      : "the run has no adapter for this task";
  const more = names.length === 0 ? { hint: "leave --task out" } : { expected: `one of ${names.join(", ")}` };
  throw usageError("--task <name>", what, { got: task, at: path, ...more });
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
