/** @file The eight tasks of SuperGLUE, one run after another, and one table at the end. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Table from "cli-table3";
import { CheckpointError } from "../core/errors.js";
import { orThrow } from "../edge/either.js";
import { parseJson } from "../edge/json.js";
import { type Scores as BenchmarkScores, superglueAverage, superglueScores } from "../metrics/average.js";
import { nodeStore } from "../store/node.js";
import { loadTask } from "../tasks/reading.js";
import { SUPERGLUE_NAMES, taskOf } from "../tasks/registry.js";
import type { RunConfig } from "../train/config.js";
import type { Summary } from "../train/results.js";
import { claimFolder } from "../train/run-folder.js";
import { checkDecoding, checkedFront } from "../train/task-evaluator.js";
import type { Invocation } from "./options.js";
import { wordsOf } from "./report.js";
import { type Interrupted, tune } from "./tune.js";

/** The summary of a run that came to its end. */
const ended = (dir: string): Summary | undefined => {
  const path = join(dir, "summary.json");
  if (!existsSync(path)) return undefined;
  const caller = { where: "run folder", error: CheckpointError };
  const summary = orThrow(parseJson(readFileSync(path, "utf8"), caller, path)) as Summary;
  return summary.reason === "interrupted" ? undefined : summary;
};

const CONTESTANTS = ["tuned", "untuned", "majority"] as const;
type Contestant = (typeof CONTESTANTS)[number];

const print = (value: number | undefined): string => (value === undefined ? "" : value.toFixed(1));

/**
 * A row a task and a column a contestant, each the mean of the task's metrics, and the average where all tasks are there.
 *
 * - `names`: of the tuned model and the bare one
 */
export const benchmarkTable = (
  summaries: Readonly<Record<string, Summary>>,
  names: readonly [tuned: string, untuned: string],
): string => {
  const scoresOf = (who: Contestant): BenchmarkScores =>
    Object.fromEntries(Object.entries(summaries).map(([task, summary]) => [task, summary[who]]));
  const table = new Table({
    head: ["dev set", "metrics", ...names, "majority class"],
    style: { head: [], border: [] },
    colAligns: ["left", "left", "right", "right", "right"],
  });
  const columns = CONTESTANTS.map((name) => superglueScores(scoresOf(name)));
  for (const [task, { tuned }] of Object.entries(summaries)) {
    table.push([task, Object.keys(tuned).join(", "), ...columns.map((column) => print(column[task]))]);
  }
  const averages = CONTESTANTS.map((name) => superglueAverage(scoresOf(name)));
  if (averages.every((average) => average !== undefined))
    table.push(["SuperGLUE", "mean of the eight", ...averages.map(print)]);
  return table.toString();
};

/** Reads the data of all tasks, so that a fault of the last one shows before the first is trained. @throws as a single run does */
const checkAll = async ({ evaluation, prefix, data }: RunConfig): Promise<void> => {
  for (const name of SUPERGLUE_NAMES) {
    const task = orThrow(taskOf(name));
    checkDecoding(task, evaluation);
    checkedFront(task, prefix);
    await orThrow(loadTask(task, data));
  }
};

/**
 * Trains the tasks one after another, each in a folder of its name; going on, it leaves out those that have ended.
 *
 * @throws {CheckpointError} when the folder already holds runs, and they are not to go on
 */
export const tuneAll = async ({ config, out, resume }: Invocation, interrupted: Interrupted): Promise<void> => {
  await checkAll(config);
  await claimFolder(nodeStore(out), config, resume);
  const summaries: Record<string, Summary> = {};
  for (const task of SUPERGLUE_NAMES) {
    if (interrupted.asked()) break;
    const dir = join(out, task);
    const before = ended(dir);
    if (before === undefined) console.log(`${Object.keys(summaries).length === 0 ? "" : "\n"}--- ${task}`);
    const going = existsSync(join(dir, "config.json"));
    summaries[task] = before ?? (await tune({ config: { ...config, task }, out: dir, resume: going }, interrupted));
  }
  console.log(`\n${benchmarkTable(summaries, wordsOf(config).contestants)}`);
};
