/** @file Which adapter answers which task: `--adapter PATH --task T`, `--adapter cb=PATH` several times, or `--adapters DIR`. */
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { similar } from "../core/closest.js";
import { DataError } from "../core/errors.js";
import { orThrow } from "../edge/either.js";
import { ADAPTER_SUFFIXES, folderOfTasks, pathOfTask } from "../io/adapter-folder.js";
import { namesIn } from "../store/files.js";
import { SUPERGLUE_NAMES, TASK_NAMES, TASKS, taskOfE } from "../tasks/registry.js";
import type { Split, Task } from "../tasks/task.js";
import { usageError } from "./parse.js";

/** `prompt` and `prompts` are other names of `adapter` and `adapters`. */
export interface AssignmentFlags {
  readonly adapter?: readonly string[];
  readonly prompt?: readonly string[];
  readonly adapters?: string;
  readonly prompts?: string;
  readonly task?: readonly string[];
  readonly split?: Split;
}

/** A task, and the path of its adapter; without one the bare model answers. */
export interface Assignment {
  readonly task: Task;
  readonly path?: string;
}

/** The tasks of a benchmark that adapters are trained on, and others that are answered by the adapter of one of them. */
interface Benchmark {
  readonly tasks: readonly string[];
  readonly also: Readonly<Record<string, string>>;
}
const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  superglue: { tasks: SUPERGLUE_NAMES, also: { axb: "rte", axg: "rte" } },
  glue: {
    tasks: ["cola", "sst2", "mrpc", "qqp", "stsb", "mnli", "qnli", "glue_rte"],
    also: { mnli_matched: "mnli", mnli_mismatched: "mnli", ax: "mnli" },
  },
};
/** `all` is SuperGLUE, which came first. */
const tasksNamed = (name: string): readonly string[] =>
  BENCHMARKS[name === "all" ? "superglue" : name]?.tasks ?? [name];

/** Adapters that lie in one folder under the names of their tasks: folders, or files. */
const inFolder = async (given: string): Promise<Assignment[]> => {
  const dir = folderOfTasks(given);
  const names = await orThrow(namesIn(dir, { where: "--adapters <dir>", error: DataError }));
  const found = TASKS.flatMap((task): Assignment[] => {
    const name = ADAPTER_SUFFIXES.map((suffix) => task.name + suffix).find((name) => names?.includes(name));
    return name === undefined ? [] : [{ task, path: join(dir, name) }];
  });
  if (found.length > 0) return found;
  throw usageError("--adapters <dir>", "the folder holds no adapter under the name of a task", {
    expected: `a folder or a file for each task: ${TASK_NAMES.slice(0, 3).join(", ")}, …`,
    got: names?.slice(0, 5).join(", ") ?? "no folder",
    hint: "`--adapter cb=PATH` names one by one",
  });
};

/** The task of a name. @throws {DataError} for another, which may be a task of the user's own */
const knownTask = (name: string): Task => {
  const found = taskOfE(name);
  if (E.isRight(found)) return found.right;
  const { hint, ...parts } = found.left.mismatch;
  const own = "a task of your own is evaluated with its run: fluxion evaluate RUN";
  throw new DataError({ ...parts, hint: similar(name, TASK_NAMES) === undefined ? own : `${hint} Or, ${own}` });
};

const PAIR = /^([^=/\\]+)=(.+)$/;

/** `cb=PATH`, or the only path, for all tasks. */
const named = (where: string, texts: readonly string[], tasks: readonly string[]): readonly Assignment[] =>
  texts.flatMap((text) => {
    const [, name, path] = PAIR.exec(text) ?? [];
    if (name !== undefined) return { task: knownTask(name), path: pathOfTask(path, name) };
    if (tasks.length > 0 && texts.length === 1)
      return tasks.map((task) => ({ task: knownTask(task), path: pathOfTask(text, task) }));
    throw usageError(where, "it is not said which task this adapter is for", {
      expected: "--adapter cb=PATH, or one --adapter PATH with each --task that it answers",
      got: text,
    });
  });

/** The tasks of a split: MNLI has a test split in its two parts alone. */
const ofSplit = (list: readonly Assignment[], parts: readonly Assignment[], split: Split | undefined): Assignment[] => {
  const whole = (task: Task): boolean => parts.some((part) => part.task.prefix === task.prefix);
  return list.filter(({ task }) => split === undefined || task.splits[split] !== undefined || !whole(task));
};

/** With adapters for all tasks of a benchmark the others are answered, too, unless a split is asked for that they do not have. */
const withOthers = (list: readonly Assignment[], split: Split | undefined): Assignment[] => {
  const byName = new Map(list.map((assignment) => [assignment.task.name, assignment]));
  const complete = Object.values(BENCHMARKS).filter(({ tasks }) => tasks.every((name) => byName.has(name)));
  const more = complete.flatMap(({ also }) =>
    Object.entries(also).flatMap(([name, source]): Assignment[] => {
      const { path } = byName.get(source) as Assignment;
      const task = knownTask(name);
      if (byName.has(name) || (split !== undefined && task.splits[split] === undefined)) return [];
      return [{ task, ...(path !== undefined && { path }) }];
    }),
  );
  return [...ofSplit(list, more, split), ...more];
};

/**
 * The tasks to ask and their adapters. Where all eight tasks of SuperGLUE are there, RTE's adapter answers AX-b and AX-g; where those of GLUE are, MNLI's
 * answers its two parts and AX.
 *
 * - `where`: the command, for messages
 *
 * @throws {ConfigError} when the options contradict each other or name nothing; {DataError} for an unknown task
 */
export const assignmentsOf = async (where: string, flags: AssignmentFlags): Promise<Assignment[]> => {
  const { task = [], split } = flags;
  const [texts, dir] = [flags.adapter ?? flags.prompt ?? [], flags.adapters ?? flags.prompts];
  const tasks = [...new Set(task.flatMap((list) => list.split(",")).flatMap((name) => tasksNamed(name.trim())))];
  const given = dir === undefined ? named(where, texts, tasks) : await inFolder(dir);
  const twice = given.find(({ task }, i) => given.findIndex((other) => other.task === task) < i);
  if (twice !== undefined) throw usageError(where, `there are two adapters for ${twice.task.name}`);
  if (given.length === 0 && tasks.length === 0) {
    throw usageError(where, "there is nothing to answer", {
      expected: "--task NAME, --adapter NAME=PATH or --adapters DIR",
    });
  }
  const wanted = tasks.map((name) => knownTask(name));
  const without = wanted.filter((one) => !given.some(({ task }) => task === one));
  if (given.length > 0 && without.length > 0) {
    throw usageError(where, `there is no adapter for ${without.map(({ name }) => name).join(", ")}`, {
      expected: "an adapter for each --task, or none at all",
    });
  }
  const chosen = wanted.length === 0 ? given : given.filter(({ task }) => wanted.includes(task));
  return withOthers(given.length === 0 ? wanted.map((task) => ({ task })) : chosen, split);
};
