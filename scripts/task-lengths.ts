/** @file How many rows the official files of tasks have, and how long their inputs are. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { tokenize } from "../lib/data/batch.js";
import { readExamples } from "../lib/tasks/reading.js";
import { TASKS } from "../lib/tasks/registry.js";
import { findRows } from "../lib/tasks/sources.js";
import type { RowFile, Split, Task } from "../lib/tasks/task.js";
import { loadTokenizer } from "../lib/tokenizer/load-tokenizer.js";
import type { Tokenizer } from "../lib/tokenizer/sentencepiece.js";

/** The rows that the official files have, and where the numbers are from. */
export interface Official {
  readonly train?: number;
  readonly validation?: number;
  readonly test?: number;
  readonly source: string;
}
/** Tokens of inputs, end of sequence included, in T5's vocabulary. */
export interface Lengths {
  readonly split: Split;
  readonly rows: number;
  readonly mean: number;
  readonly longest: number;
}
export interface Counts {
  readonly official: Readonly<Record<string, Official>>;
  readonly lengths: Readonly<Record<string, Lengths>>;
}

const FILE = fileURLToPath(new URL("task-counts.json", import.meta.url));

export const readCounts = (): Counts => JSON.parse(readFileSync(FILE, "utf8")) as Counts;

/** Other names under which a part of an official file may lie. */
const PARTS: Readonly<Record<string, readonly [Split, RowFile]>> = {
  squad: ["train", { file: "train-v1.1.subset.json", format: "squad" }],
  mrqa_duo_rc: ["validation", { file: "DuoRC.jsonl.gz", format: "jsonl" }],
  mrqa_race: ["validation", { file: "RACE.jsonl.gz", format: "jsonl" }],
  mrqa_relation_extraction: ["validation", { file: "RelationExtraction.jsonl.gz", format: "jsonl" }],
};

/** The task with every row of its training file: WSC trains on some of them. */
const withAllRows = (task: Task): Task => ({
  ...task,
  examples: (row, split, number) => task.examples(row, split === "train" ? "validation" : split, number),
});

/** The task with a part of its rows, where the folder has no more. */
const withParts = (task: Task, dir: string): Task => {
  const [split, rows] = PARTS[task.name] ?? [];
  if (split === undefined || rows === undefined || findRows(task, split, dir) !== undefined) return task;
  return { ...task, splits: { ...task.splits, [split]: rows } };
};

const measured = async (plain: Task, dir: string, tokenizer: Tokenizer): Promise<Lengths | undefined> => {
  const task = withAllRows(withParts(plain, dir));
  const splits: readonly Split[] = ["train", "validation", "test"];
  const split = splits.find((name) => findRows(task, name, dir) !== undefined);
  if (split === undefined) return undefined;
  const read = await readExamples(task, split, dir);
  // A query of ReCoRD is an example for each of its answers, all with the same input.
  const examples = task.name === "record" ? [...new Map(read.map((one) => [one.group, one])).values()] : read;
  const all = tokenize(examples, tokenizer).map(({ inputs }) => inputs.length);
  const sum = all.reduce((total, n) => total + n, 0);
  const longest = all.reduce((most, n) => Math.max(most, n), 0);
  return { split, rows: all.length, mean: Number((sum / all.length).toFixed(1)), longest };
};

/** Measures the tasks that a folder has rows of, and keeps what is known of the others. */
export const updateCounts = async (dir: string): Promise<void> => {
  const tokenizer = await loadTokenizer(`${dir}/t5/sentencepiece.model`);
  const { official, lengths } = readCounts();
  const found: Record<string, Lengths> = { ...lengths };
  // The inputs of transfer are those of its target.
  for (const task of TASKS.filter(({ name }) => !name.includes("_from_"))) {
    const one = await measured(task, dir, tokenizer);
    if (one !== undefined) found[task.name] = one;
  }
  writeFileSync(FILE, `${JSON.stringify({ official, lengths: found }, null, 2)}\n`);
};

/** @throws where the folder lacks the vocabulary */
export const checkFolder = (dir: string): void => {
  if (existsSync(`${dir}/t5/sentencepiece.model`)) return;
  throw new Error(`${dir} holds no t5/sentencepiece.model, in which lengths are counted`);
};
