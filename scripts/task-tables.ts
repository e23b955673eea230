/**
 * Writes the tables of docs/tasks.md from the tasks, the catalogue of data sets and `task-counts.json`:
 *
 *     node --conditions=fluxion-source --import tsx scripts/task-tables.ts [FOLDER]
 *
 * With a folder (`superglue/CB/train.jsonl`, `glue/…`, `t5/sentencepiece.model`) it first measures the inputs of all tasks that have rows there.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { tableOf, withTables } from "../bench/tables.js";
import { DATA_SOURCES, type DataSource } from "../lib/io/fetch/data-sets.js";
import { dpr } from "../lib/tasks/dpr.js";
import { GLUE } from "../lib/tasks/glue.js";
import { MRQA } from "../lib/tasks/mrqa.js";
import { TASKS } from "../lib/tasks/registry.js";
import { filesOf } from "../lib/tasks/sources.js";
import { squadTask } from "../lib/tasks/squad.js";
import { SUPERGLUE } from "../lib/tasks/superglue.js";
import type { Split, Task } from "../lib/tasks/task.js";
import { transferTasks } from "../lib/tasks/transfer.js";
import { type Counts, checkFolder, readCounts, updateCounts } from "./task-lengths.js";

const PAGE = "docs/tasks.md";
const NONE = "–";

/** What the model reads, by task. */
const INPUTS: Readonly<Record<string, string>> = {
  boolq: "passage, question",
  cb: "hypothesis, premise",
  copa: "choice1, choice2, premise, question",
  multirc: "question, answer, paragraph",
  record: "query, entities, passage",
  rte: "hypothesis, premise",
  wic: "sentence1, sentence2, word",
  wsc: "a text with a marked `*pronoun*`",
  axb: "as `rte`",
  axg: "as `rte`",
  cola: "sentence",
  sst2: "sentence",
  qqp: "question1, question2",
  mnli: "hypothesis, premise",
  mnli_matched: "as `mnli`",
  mnli_mismatched: "as `mnli`",
  ax: "as `mnli`",
  qnli: "question, sentence",
  mrpc_from_qqp: "as `mrpc`",
  qqp_from_mrpc: "as `qqp`",
  dpr: "as `wsc`",
};
/** Answers of the tasks without labels. */
const ANSWERS: Readonly<Record<string, string>> = {
  record: "an entity of the passage",
  wsc: "what the pronoun means, in words",
  stsb: "`0.0`, `0.2`, … `5.0`",
  dpr: "as `wsc`",
};

const grouped = new Intl.NumberFormat("en");
const code = (text: string): string => `\`${text}\``;

const inputOf = ({ name, folder }: Task): string =>
  INPUTS[name] ?? (folder === "glue" ? "sentence1, sentence2" : "question, context");

const answersOf = ({ name, labels }: Task): string =>
  labels?.map(code).join(", ") ?? ANSWERS[name] ?? "words of the context";

/** The data set that holds a file of the task. */
const sourceOf = (task: Task): DataSource | undefined => {
  const files = (["train", "validation", "test"] as const).flatMap((split) => filesOf(task, split));
  const holds = ({ folder, files: own, members }: DataSource): boolean =>
    members === undefined &&
    folder === `data/${task.folder}` &&
    own.some(({ name, unpack }) =>
      (unpack?.files.map((file) => `${unpack.folder}/${file}`) ?? [name]).some((file) => files.includes(file)),
    );
  return DATA_SOURCES.find(holds);
};

/** The terms that the catalogue has for the set, or those of the task where it has none. */
const licenceOf = (task: Task, source: DataSource | undefined): string => {
  const known = source?.licence;
  return known === undefined || known === "see the original release" ? (task.licence ?? NONE) : known;
};

const rowsOf = ({ name, splits }: Task, split: Split, { official }: Counts): string => {
  const rows = official[name]?.[split];
  return splits[split] === undefined || rows === undefined ? NONE : grouped.format(rows);
};

/** Mean and longest length, and of how many rows: of the split that a run reads first. */
const tokensOf = ({ name }: Task, { official, lengths }: Counts): readonly [lengths: string, rows: string] => {
  const found = lengths[name];
  if (found === undefined) return [NONE, NONE];
  const { split, rows, mean, longest } = found;
  const all = official[name]?.[split] === rows;
  return [
    `${grouped.format(Math.round(mean))} / ${grouped.format(longest)}`,
    `${all ? "all" : grouped.format(rows)} of ${split}`,
  ];
};

const HEAD = ["task", "input", "answers", "metrics", "train", "validation", "tokens", "counted in", "fetch", "licence"];

const row = (task: Task, counts: Counts): readonly string[] => {
  const source = sourceOf(task);
  return [
    code(task.name),
    inputOf(task),
    answersOf(task),
    Object.keys(task.metrics).join(", "),
    rowsOf(task, "train", counts),
    rowsOf(task, "validation", counts),
    ...tokensOf(task, counts),
    source === undefined ? NONE : code(source.name),
    licenceOf(task, source),
  ];
};

/** The tables and their tasks. */
const GROUPS: readonly (readonly [name: string, tasks: readonly Task[]])[] = [
  ["superglue", SUPERGLUE],
  ["glue", GLUE],
  ["questions", [squadTask, ...MRQA]],
  ["pronouns", [dpr]],
  ["transfer", transferTasks(GLUE)],
];

/** The tasks that no table has. */
export const unlisted: readonly string[] = TASKS.map(({ name }) => name).filter(
  (name) => !GROUPS.some(([, tasks]) => tasks.some((task) => task.name === name)),
);

/** The page with its tables made anew. */
export const withTaskTables = (page: string): string => {
  const counts = readCounts();
  const table = (tasks: readonly Task[]): string => tableOf([HEAD, ...tasks.map((task) => row(task, counts))]);
  return withTables(page, new Map(GROUPS.map(([name, tasks]) => [`${name} tasks`, table(tasks)])));
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder] = process.argv.slice(2);
  if (folder !== undefined) {
    checkFolder(folder);
    await updateCounts(folder);
  }
  writeFileSync(PAGE, withTaskTables(readFileSync(PAGE, "utf8")));
}
