/** @file Which prompt answers which task: `--prompt PATH --task T`, `--prompt cb=PATH` several times, or `--prompts DIR`. */
import { join } from "node:path";
import { DataError } from "../core/errors.js";
import { orThrow } from "../edge/either.js";
import { namesIn } from "../store/files.js";
import { SUPERGLUE_NAMES, TASK_NAMES, TASKS, taskOf } from "../tasks/registry.js";
import type { Split, Task } from "../tasks/task.js";
import { usageError } from "./parse.js";

const WHERE = "fluxion evaluate";

export interface PromptFlags {
  readonly prompt?: readonly string[];
  readonly prompts?: string;
  readonly task?: readonly string[];
  readonly split?: Split;
}

/** A task, and the path of its prompt; without one the bare model answers. */
export interface Assignment {
  readonly task: Task;
  readonly path?: string;
}

/** The diagnostics, and the task whose prompt answers them. */
const DIAGNOSTICS: Readonly<Record<string, string>> = { axb: "rte", axg: "rte" };

const SUFFIXES = ["", ".npy", ".safetensors"];

/** Prompts that lie in one folder under the names of their tasks: folders of runs, or files. */
const inFolder = async (dir: string): Promise<Assignment[]> => {
  const names = await orThrow(namesIn(dir, { where: "--prompts <dir>", error: DataError }));
  const found = TASKS.flatMap((task): Assignment[] => {
    const name = SUFFIXES.map((suffix) => task.name + suffix).find((name) => names?.includes(name));
    return name === undefined ? [] : [{ task, path: join(dir, name) }];
  });
  if (found.length > 0) return found;
  throw usageError("--prompts <dir>", "the folder holds no prompt under the name of a task", {
    expected: `a run's folder or a file for each task: ${TASK_NAMES.slice(0, 3).join(", ")}, …`,
    got: names?.slice(0, 5).join(", ") ?? "no folder",
    hint: "`--prompt cb=FILE` names one by one",
  });
};

const PAIR = /^([^=/\\]+)=(.+)$/;

/** `cb=PATH`, or a path for the only task. */
const named = (text: string, tasks: readonly string[]): Assignment => {
  const [, name, path] = PAIR.exec(text) ?? [];
  if (name !== undefined) return { task: orThrow(taskOf(name)), path };
  const [only] = tasks;
  if (only !== undefined && tasks.length === 1) return { task: orThrow(taskOf(only)), path: text };
  throw usageError(WHERE, "it is not said which task this prompt is for", {
    expected: "--prompt cb=FILE, or --prompt FILE with one --task",
    got: `--prompt ${text}`,
  });
};

/** With RTE's prompt and all other tasks the diagnostics are answered, too, unless a split is asked for that they do not have. */
const withDiagnostics = (list: readonly Assignment[], split: Split | undefined): Assignment[] => {
  const byName = new Map(list.map((assignment) => [assignment.task.name, assignment]));
  if (!SUPERGLUE_NAMES.every((name) => byName.has(name))) return [...list];
  const more = Object.entries(DIAGNOSTICS).flatMap(([name, source]): Assignment[] => {
    const { path } = byName.get(source) as Assignment;
    const task = orThrow(taskOf(name));
    if (byName.has(name) || (split !== undefined && task.splits[split] === undefined)) return [];
    return [{ task, ...(path !== undefined && { path }) }];
  });
  return [...list, ...more];
};

/**
 * The tasks to evaluate and their prompts, the diagnostics AX-b and AX-g with RTE's prompt where all eight tasks are there.
 *
 * @throws {ConfigError} when the options contradict each other or name nothing; {DataError} for an unknown task
 */
export const assignmentsOf = async ({ prompt = [], prompts, task = [], split }: PromptFlags): Promise<Assignment[]> => {
  if (prompts !== undefined && prompt.length > 0) throw usageError(WHERE, "--prompts and --prompt exclude each other");
  const tasks = task.includes("all") ? SUPERGLUE_NAMES : task;
  const given = prompts === undefined ? prompt.map((text) => named(text, tasks)) : await inFolder(prompts);
  const twice = given.find(({ task }, i) => given.findIndex((other) => other.task === task) < i);
  if (twice !== undefined) throw usageError(WHERE, `there are two prompts for ${twice.task.name}`);
  if (given.length === 0 && tasks.length === 0) {
    throw usageError(WHERE, "there is nothing to evaluate", {
      expected: "--task NAME, --prompt NAME=FILE or --prompts DIR",
    });
  }
  const wanted = tasks.map((name) => orThrow(taskOf(name)));
  const without = wanted.filter((one) => !given.some(({ task }) => task === one));
  if (given.length > 0 && without.length > 0) {
    throw usageError(WHERE, `there is no prompt for ${without.map(({ name }) => name).join(", ")}`, {
      expected: "a prompt for each --task, or none at all",
    });
  }
  const chosen = wanted.length === 0 ? given : given.filter(({ task }) => wanted.includes(task));
  return withDiagnostics(given.length === 0 ? wanted.map((task) => ({ task })) : chosen, split);
};
