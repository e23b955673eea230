/** @file What `fluxion predict` checks of the archive for a leaderboard before anything is asked. */
import { TASKS } from "../tasks/registry.js";
import { onlyBenchmark, standInsOf, submissionOf } from "../tasks/submission-files.js";
import type { Benchmark, Task } from "../tasks/task.js";
import { usageError } from "./parse.js";

const ILLEGAL = "--illegal <task=label>";
const PAIR = /^([^=]+)=(.*)$/s;

/** What an archive holds, and which labels replace answers that a task does not allow. */
export interface Plan {
  readonly benchmark: Benchmark;
  /** Labels by the names of tasks; other tasks have their first one. */
  readonly standIns: Readonly<Record<string, string>>;
  /** Tasks of the benchmark whose files are not there. */
  readonly missing: readonly string[];
}

const illegalOf = (text: string, tasks: readonly Task[]): readonly [string, string] => {
  const [, name, label] = PAIR.exec(text) ?? [];
  if (name === undefined) throw usageError(ILLEGAL, "not a task and its label", { expected: "cb=neutral", got: text });
  const task = tasks.find((one) => one.name === name);
  if (task === undefined) {
    throw usageError(ILLEGAL, `${name} is not asked`, { expected: tasks.map((one) => one.name).join(", "), got: text });
  }
  const labels = standInsOf(task);
  if (labels.includes(label)) return [name, label];
  const expected = labels.map((label) => `${name}=${label}`).join(" or ") || "a task with labels";
  throw usageError(ILLEGAL, `${name} has no such label`, { expected, got: text });
};

/** The names of the files of tasks. @throws {ConfigError} when two tasks have one */
const filesOf = (tasks: readonly Task[]): readonly string[] => {
  const files = tasks.map((task) => submissionOf(task).file);
  const again = files.findIndex((file, i) => files.indexOf(file) < i);
  if (again < 0) return files;
  const both = [tasks[files.indexOf(files[again])], tasks[again]].map(({ name }) => name);
  throw usageError("--submission <file>", `${both.join(" and ")} are both written as ${files[again]}`, {
    expected: "the file of each task once",
    hint: "make an archive for each",
  });
};

/**
 * Plans the archive of tasks.
 *
 * @throws {ArgumentError} for tasks of two benchmarks or of none, {ConfigError} for labels that a task does not have, and two tasks of one file
 */
export const planOf = (tasks: readonly Task[], illegal: readonly string[] = []): Plan => {
  const benchmark = onlyBenchmark(tasks.map(submissionOf));
  const pairs = illegal.map((text) => illegalOf(text, tasks));
  const twice = pairs.find(([name], i) => pairs.findIndex(([other]) => other === name) < i);
  if (twice !== undefined) throw usageError(ILLEGAL, `${twice[0]} has two labels`, { expected: "one for each task" });
  const files = filesOf(tasks);
  // The first task of a file is its own; others answer it by the prompt of another task.
  const others = TASKS.filter(({ submission: own }) => own?.benchmark === benchmark && !files.includes(own.file));
  const missing = others.filter(
    ({ submission: own }, i) => others.findIndex((o) => o.submission?.file === own?.file) === i,
  );
  return { benchmark, standIns: Object.fromEntries(pairs), missing: missing.map(({ name }) => name) };
};
