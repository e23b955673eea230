/** @file What `fluxion predict` prints. */
import Table from "cli-table3";
import type { SubmissionFile } from "../tasks/submission-files.js";
import type { Plan } from "./predict-submission.js";
import type { Question } from "./questions.js";
import type { Terminal } from "./terminal.js";

/** A task and what came of it. */
export interface Predicted extends Question {
  /** Answers that the task does not allow. */
  readonly invalid: number;
  /** Its file in the archive, where there is one. */
  readonly file: SubmissionFile | undefined;
}

/** Where the answers are. */
export interface Places {
  readonly out: string;
  readonly submission?: string | undefined;
}

export const tableOf = (list: readonly Predicted[], { submission }: Places): string => {
  const inArchive = submission !== undefined;
  const table = new Table({
    head: ["task", "split", "examples", "not allowed", ...(inArchive ? ["in their place"] : []), "file"],
    style: { head: [], border: [] },
    colAligns: ["left", "left", "right", "right", "left", "left"],
  });
  for (const { task, split, examples, invalid, file } of list) {
    const written = inArchive ? [invalid === 0 ? "-" : (file?.standIn ?? "-")] : [];
    table.push([task.name, split, examples.length, invalid, ...written, file?.file ?? `${task.name}.jsonl`]);
  }
  return `${table}\n`;
};

export const jsonOf = (list: readonly Predicted[], { out, submission }: Places, plan: Plan | undefined): string => {
  const tasks = list.map(({ task, split, examples, path, invalid, file }) => {
    const inArchive = file === undefined ? {} : { file: file.file, standIn: file.standIn ?? null };
    return [task.name, { split, examples: examples.length, adapter: path ?? null, invalid, ...inArchive }];
  });
  const archive = plan && { path: submission, benchmark: plan.benchmark, missing: plan.missing };
  return `${JSON.stringify({ tasks: Object.fromEntries(tasks), out, submission: archive ?? null }, null, 2)}\n`;
};

/** Says what an archive lacks for its leaderboard. */
export const noteArchive = (list: readonly Predicted[], { missing }: Plan, terminal: Terminal): void => {
  if (missing.length > 0) terminal.note(`the archive lacks ${missing.join(", ")}; the leaderboard takes all tasks`);
  const other = list.filter(({ split }) => split !== "test").map(({ task, split }) => `${task.name} (${split})`);
  if (other.length > 0) terminal.note(`not of the test split, which the leaderboard takes: ${other.join(", ")}`);
};
