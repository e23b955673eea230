/** @file The tasks that have names, and their numbers. */

import * as E from "fp-ts/lib/Either.js";
import { closest } from "../core/closest.js";
import { takes } from "../core/composite.js";
import { ArgumentError, DataError } from "../core/errors.js";
import { throwing } from "../edge/either.js";
import { dpr } from "./dpr.js";
import { GLUE } from "./glue.js";
import { MRQA } from "./mrqa.js";
import { squadTask } from "./squad.js";
import { SUPERGLUE } from "./superglue.js";
import type { Task } from "./task.js";
import { byCodePoint } from "./text.js";
import { transferTasks } from "./transfer.js";

/** Every task that commands and recipes know by name. */
export const TASKS: readonly Task[] = [...SUPERGLUE, ...GLUE, ...transferTasks(GLUE), squadTask, ...MRQA, dpr];

/** Their names. */
export const TASK_NAMES: readonly string[] = TASKS.map(({ name }) => name);

/** The names of SuperGLUE's eight tasks, without its diagnostics, which have no training split. */
export const SUPERGLUE_NAMES: readonly string[] = SUPERGLUE.filter(({ splits }) => splits.train !== undefined).map(
  ({ name }) => name,
);

/** The names of GLUE's tasks, MNLI as its two validation sets: those of its average, WNLI and the diagnostic set. */
export const GLUE_NAMES: readonly string[] = GLUE.map(({ name }) => name).filter((name) => name !== "mnli");

/** As `taskOf`, as an Either of fp-ts. */
export const taskOfE = takes("taskOfE(name)", (name: string): E.Either<DataError, Task> => {
  const task = TASKS.find((known) => known.name === name);
  if (task !== undefined) return E.right(task);
  return E.left(
    new DataError({
      where: "taskOf",
      what: "there is no task of this name",
      expected: TASK_NAMES.join(", "),
      got: name,
      hint: `did you mean ${closest(name, TASK_NAMES)}?`,
    }),
  );
});

/**
 * Finds the task of a name.
 *
 * @throws {DataError} for an unknown name, with those there are and the closest
 * @example const rte = taskOf("rte")
 */
export const taskOf = throwing("taskOf(name)", taskOfE);

/**
 * The numbers of tasks for inputs with an index in front: the place of a name in the sorted list of those that are not aliases; an alias has the number of
 * what it stands for.
 *
 * @param aliases  from an alias to a name of the list
 * @throws {ArgumentError} when an alias stands for a name that is not there
 * @see prompt-tuning's `task_mapping`
 * @example taskIndices(["rte", "cb", "axb"], { axb: "rte" }) // cb 0, rte 1, axb 1
 */
export const taskIndices = takes(
  "taskIndices(names, aliases)",
  (names: readonly string[], aliases: Readonly<Record<string, string>> = {}): ReadonlyMap<string, number> => {
    const own = [...new Set(names)].filter((name) => !Object.hasOwn(aliases, name)).sort(byCodePoint);
    const indices = new Map(own.map((name, i) => [name, i]));
    const targets = Object.entries(aliases).map(([alias, name]): [string, number] => {
      const index = indices.get(name);
      if (index !== undefined) return [alias, index];
      const [what, expected] = ["an alias stands for a task that is not there", own.join(", ")];
      throw new ArgumentError({ where: "taskIndices", what, expected, got: name, at: alias });
    });
    return new Map([...indices, ...targets]);
  },
);
