/** @file `fluxion tasks`: what tasks there are, and what their examples look like to the model. */

import Table from "cli-table3";
import * as E from "fp-ts/lib/Either.js";
import { DataError } from "../core/errors.js";
import { tokenize } from "../data/batch.js";
import { counted } from "../edge/counted.js";
import { orThrow } from "../edge/either.js";
import { printable } from "../edge/printable.js";
import { NANO_MODEL, noteSynthetic } from "../lab/assets.js";
import { dataAt } from "../lab/inputs.js";
import { namesIn } from "../store/files.js";
import { readExamples, readExamplesTE } from "../tasks/reading.js";
import { TASKS, taskOf } from "../tasks/registry.js";
import { filesOf, findRows } from "../tasks/sources.js";
import type { Example, Split, Task } from "../tasks/task.js";
import { loadTokenizer } from "../tokenizer/load-tokenizer.js";
import type { InputPrefix } from "../train/settings.js";
import { checkedFront } from "../train/task-evaluator.js";
import { histogram, type LengthSummary, summaryOf } from "./lengths.js";
import type { Terminal } from "./terminal.js";

export interface TasksFlags {
  readonly data?: string;
  readonly json?: boolean;
}

/** Counts the examples of a split; null where its file is missing, or cannot be used. Notes the error of an unusable file. */
const countOf = async (task: Task, split: Split, data: string, terminal: Terminal): Promise<number | null> => {
  if (findRows(task, split, data) === undefined) return null;
  const read = await readExamplesTE(task, split, data)();
  if (E.isRight(read)) return read.right.length;
  terminal.note(read.left.message);
  return null;
};

const splitsOf = (task: Task): Split[] => Object.keys(task.splits) as Split[];

const describe = async (task: Task, data: string, terminal: Terminal) => ({
  name: task.name,
  title: task.title,
  labels: task.labels ?? null,
  metrics: Object.keys(task.metrics),
  licence: task.licence ?? null,
  files: Object.fromEntries(splitsOf(task).map((split) => [split, filesOf(task, split)[0] ?? null])),
  examples: Object.fromEntries(
    await Promise.all(
      splitsOf(task).map(async (split) => [split, await countOf(task, split, data, terminal)] as const),
    ),
  ) as Partial<Record<Split, number | null>>,
});

/** @throws {DataError} when there is no such folder, or it holds the files of no task */
const checkFolder = async (data: string): Promise<void> => {
  const names = await orThrow(namesIn(data, { where: "--data <dir>", error: DataError }));
  const isThere = TASKS.some((task) => splitsOf(task).some((split) => findRows(task, split, data) !== undefined));
  if (names !== undefined && isThere) return;
  throw new DataError({
    where: "--data <dir>",
    what: names === undefined ? "not a folder" : "the folder holds the files of no task",
    expected: "a folder that holds CB/train.jsonl, glue/CoLA/train.tsv, …",
    got: names?.slice(0, 5).join(", ") || undefined,
    at: data,
  });
};

/** Lists all tasks. @throws {DataError} for a folder without any task */
export const listTasks = async ({ data: name, json }: TasksFlags, terminal: Terminal): Promise<void> => {
  const data = dataAt(name);
  await checkFolder(data);
  const list: Awaited<ReturnType<typeof describe>>[] = [];
  for (const task of TASKS) list.push(await describe(task, data, terminal));
  if (json) {
    terminal.write(`${JSON.stringify({ data, tasks: list }, null, 2)}\n`);
    return;
  }
  const isThere = ({ examples }: (typeof list)[number]): boolean => Object.values(examples).some((n) => n !== null);
  const shown = list.filter(isThere);
  const table = new Table({
    head: ["task", "train", "validation", "test", "answers", "metrics", "licence"],
    style: { head: [], border: [] },
    colAligns: ["left", "right", "right", "right", "left", "left", "left"],
    colWidths: [2 + shown.reduce((n, { name }) => Math.max(n, name.length), 0), 8, 12, 9, 22, 19, 24],
    wordWrap: true,
  });
  for (const { name, examples, labels, metrics, licence } of shown) {
    const count = (split: Split): string => (split in examples ? String(examples[split] ?? "none") : "-");
    const answers = labels === null ? "free text" : labels.join(", ");
    table.push([name, count("train"), count("validation"), count("test"), answers, metrics.join(", "), licence ?? ""]);
  }
  terminal.write(`${table}\n`);
  const others = list.filter((task) => !isThere(task)).map((task) => task.name);
  if (others.length > 0) terminal.note(`without rows in this folder: ${others.join(", ")}`);
  terminal.note(
    `examples in ${data}; licences are those of the official files; \`fluxion tasks show NAME\` prints some`,
  );
  noteSynthetic(data, terminal);
};

export interface ShowFlags {
  readonly data?: string;
  readonly split?: Split;
  readonly tokenizer?: string;
  readonly prefix: InputPrefix;
  readonly number: number;
  /** Tokens above which an input counts as long. */
  readonly inputLength: number;
  readonly json?: boolean;
}

/** The default split: validation, or the only one there is. */
export const usualSplit = (task: Task): Split => (task.splits.validation === undefined ? "test" : "validation");

interface Shown {
  readonly examples: readonly Example[];
  readonly inputs: LengthSummary;
  readonly targets: LengthSummary;
  /** Inputs longer than `inputLength`. */
  readonly long: number;
}

const write = (task: Task, { examples, inputs, targets, long }: Shown, flags: ShowFlags, terminal: Terminal): void => {
  const { number, inputLength } = flags;
  for (const { id, group, inputs: text, targets: target } of examples.slice(0, number)) {
    terminal.write(`id ${id}${group === undefined ? "" : `, group ${group}`}\n`);
    terminal.write(`  inputs   ${printable(text)}\n  targets  ${printable(target)}\n\n`);
  }
  terminal.write(`${task.name}: ${counted(examples.length, "example")}\n`);
  for (const [name, lengths] of [
    ["inputs", inputs],
    ["targets", targets],
  ] as const) {
    const { min, mean, max } = lengths;
    terminal.write(`\ntokens of ${name}, end of sequence included: ${min} to ${max}, ${mean.toFixed(1)} in the mean\n`);
    terminal.write(histogram(lengths.all));
  }
  const share = ((100 * long) / examples.length).toFixed(1);
  terminal.write(`\n${long} of ${examples.length} inputs (${share} %) are longer than ${inputLength} tokens\n`);
};

/** Shows examples of a task as the model sees them, and how long they are. */
export const showTask = async (name: string, flags: ShowFlags, terminal: Terminal): Promise<void> => {
  const { number, inputLength, json } = flags;
  const data = dataAt(flags.data);
  const task = taskOf(name);
  const split = flags.split ?? usualSplit(task);
  const front = checkedFront(task, flags.prefix);
  const examples = await readExamples(task, split, data);
  const tokenizer = await loadTokenizer(flags.tokenizer ?? NANO_MODEL);
  const tokens = tokenize(examples, tokenizer, front);
  // With a name or a number in front the model sees more than the example's own text.
  const seen =
    flags.prefix === "none"
      ? examples
      : examples.map((e, i) => ({
          ...e,
          inputs: inputText(task, flags.prefix, e, tokens[i].inputs, tokenizer.idToPiece),
        }));
  const shown: Shown = {
    examples: seen,
    inputs: summaryOf(tokens.map(({ inputs }) => inputs.length)),
    targets: summaryOf(tokens.map(({ targets }) => targets.length)),
    long: tokens.filter(({ inputs }) => inputs.length > inputLength).length,
  };
  if (json) {
    const { all: _, ...inputs } = shown.inputs;
    const { all: __, ...targets } = shown.targets;
    const cut = shown.long / examples.length;
    const some = seen.slice(0, number);
    const answer = { task: name, split, count: examples.length, inputs, targets, inputLength, cut, examples: some };
    terminal.write(`${JSON.stringify(answer, null, 2)}\n`);
    return;
  }
  write(task, shown, flags, terminal);
  noteSynthetic(data, terminal);
};

/** The input with what stands in front of it; a number is shown as the piece of its id. */
const inputText = (
  task: Task,
  prefix: InputPrefix,
  { inputs }: Example,
  ids: readonly number[],
  pieceOf: (id: number) => string,
): string => (prefix === "name" ? `${task.prefix} ${inputs}` : `${pieceOf(ids[0]).replace("▁", "")} ${inputs}`);
