/** @file The tasks of a run: those with names, those of modules and tables, and the user's own. */
import { dirname, resolve } from "node:path";
import { closest } from "../core/closest.js";
import { ConfigError } from "../core/errors.js";
import { brief } from "../edge/decode.js";
import { findLabels } from "../tasks/found-labels.js";
import { task as ownTask } from "../tasks/own.js";
import { readExamples } from "../tasks/reading.js";
import { TASKS } from "../tasks/registry.js";
import type { Example, Task } from "../tasks/task.js";
import { defaultExport } from "./module.js";
import type { Recipe } from "./recipe.js";

/** @throws {ConfigError} when two tasks have one name */
const joined = (own: readonly Task[]): readonly Task[] => {
  const all = [...TASKS, ...own];
  const twice = all.find(({ name }, i) => all.findIndex((other) => other.name === name) < i);
  if (twice === undefined) return all;
  const [what, hint] = ["two tasks have one name", "give yours another name"];
  throw new ConfigError({ where: "tasks", what, got: twice.name, hint });
};

const isTask = (value: unknown): value is Task =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Task).name === "string" &&
  typeof (value as Task).examples === "function" &&
  typeof (value as Task).splits === "object";

/** The tasks that a module exports; their files may be in its folder, too. @throws {ConfigError} when it cannot be loaded, or its default export is something else */
const tasksIn = async (file: string): Promise<readonly Task[]> => {
  const where = "--task-file <files>";
  const found = await defaultExport(where, file);
  const list: readonly unknown[] = Array.isArray(found) ? found : [found];
  if (list.length > 0 && list.every(isTask)) return list.map((task) => ({ folder: dirname(resolve(file)), ...task }));
  const [what, expected] = ["the module exports no task", "a task, or a list of tasks, as the default export"];
  throw new ConfigError({ where, what, expected, got: brief(found), at: file });
};

/** The task of own rows; its labels are those that are given, or those of the training rows where they are few. */
const tableOf = async ({ name, input, target, labels, ...files }: Recipe["table"]): Promise<Task> => {
  // Relative paths start at the working directory, wherever the data folder is.
  const options = { name, input, target, train: resolve(files.train), validation: resolve(files.validation) };
  if (labels.length > 0) return ownTask({ ...options, labels });
  const free = ownTask(options);
  const found = findLabels(await readExamples(free, "train"));
  return found.labels === undefined ? free : ownTask({ ...options, labels: found.labels });
};

/** All tasks that a recipe may name. */
export const tasksOf = async (recipe: Recipe, own: readonly Task[]): Promise<readonly Task[]> => {
  const { table, taskFiles } = recipe;
  const modules: Task[] = [];
  for (const file of taskFiles) modules.push(...(await tasksIn(file)));
  const tables = table.train === "" ? [] : [await tableOf(table)];
  return joined([...own, ...modules, ...tables]);
};

/** The task of a name. @throws {ConfigError} that lists those there are, and names the closest */
export const namedTask = (setting: string, tasks: readonly Task[], name: string): Task => {
  const task = tasks.find((known) => known.name === name);
  if (task !== undefined) return task;
  const names = tasks.map((known) => known.name);
  throw new ConfigError({
    where: setting,
    what: "there is no task of this name",
    expected: names.join(", "),
    got: name,
    hint: `did you mean ${closest(name, names)}?`,
  });
};

/** A task with its examples. */
export interface Part {
  readonly task: Task;
  readonly examples: readonly Example[];
}

const partsOf = async (tasks: readonly Task[], split: "train" | "validation", data: string): Promise<Part[]> => {
  const parts: Part[] = [];
  for (const task of tasks) parts.push({ task, examples: await readExamples(task, split, data) });
  return parts;
};

/** The tasks that a recipe trains on. @throws {ConfigError} for a name that no task has */
const trainedOf = ({ train }: Recipe, tasks: readonly Task[]): readonly Task[] =>
  train.map(({ task }) => namedTask("--task <names>", tasks, task));

/** The tasks that a recipe trains on, with their examples. */
export const trainingParts = (recipe: Recipe, tasks: readonly Task[], data: string): Promise<readonly Part[]> =>
  partsOf(trainedOf(recipe, tasks), "train", data);

/** The tasks that a recipe trains on and evaluates on, with their examples. */
export const partsOfData = async (
  recipe: Recipe,
  tasks: readonly Task[],
  data: string,
): Promise<{ readonly train: readonly Part[]; readonly validation: readonly Part[] }> => {
  const { evaluate } = recipe;
  const evaluated =
    evaluate.length === 0 ? trainedOf(recipe, tasks) : evaluate.map((name) => namedTask("evaluate", tasks, name));
  return { train: await trainingParts(recipe, tasks, data), validation: await partsOf(evaluated, "validation", data) };
};
