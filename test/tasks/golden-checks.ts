/**
 * @file What the reference code makes of each task's files, compared with what ours makes: examples in full, counts, digests of all strings
 * and of all token ids. The first check that fails tells the fault: examples, then strings, then tokens.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { tokenize } from "../../lib/data/batch.js";
import { taskOf } from "../../lib/tasks/registry.js";
import { examplesOf, parseRows } from "../../lib/tasks/rows.js";
import type { Example, Split, Task } from "../../lib/tasks/task.js";
import { parseSentencePiece, type Tokenizer } from "../../lib/tokenizer/sentencepiece.js";
import type { GoldenFiles } from "../helpers/golden-file.js";

interface Forms {
  readonly with_prefix: string;
  readonly without_prefix: string;
}
interface Lengths {
  readonly max: number;
  readonly mean: number;
  readonly first_max_at: number;
}
type GoldenExample = Readonly<Record<string, unknown>> & {
  readonly example: number;
  readonly inputs: string;
  readonly targets: string;
};
export interface GoldenSplit {
  readonly source: string;
  readonly records: number;
  readonly examples_count: number;
  readonly sha256: Forms;
  readonly tokens_sha256: Forms;
  readonly tokens: Readonly<Record<"inputs_with_prefix" | "inputs_without_prefix" | "targets", Lengths>>;
  readonly target_counts?: Readonly<Record<string, number>>;
  readonly different_targets?: number;
  readonly examples: readonly GoldenExample[];
  readonly spans_changed_by_fixed?: Readonly<Record<"rows" | "with_label_true" | "span1" | "span2", number>> & {
    readonly idx: readonly number[];
  };
}
export interface Rule {
  readonly pattern: readonly { readonly text?: string; readonly op?: string; readonly tail?: string }[];
  readonly a: number;
  readonly b: number;
}
export interface GoldenEvaluation {
  readonly split: string;
  readonly rule: Rule;
  readonly predictions_sha256: string;
  readonly postprocessed_counts?: Readonly<Record<string, number>>;
  readonly expected: Readonly<Record<string, number>>;
  readonly label_set_stats?: Readonly<Record<string, string>>;
}
export interface GoldenTask {
  readonly task: string;
  readonly reference: { readonly tfds: string };
  readonly prefix: string;
  readonly splits: Readonly<Record<string, GoldenSplit>>;
  readonly synthetic: {
    readonly files: Readonly<Record<string, string>>;
    readonly splits: Readonly<Record<string, GoldenSplit>>;
  };
  readonly evaluation?: readonly GoldenEvaluation[];
}

export const GOLDEN_FILES = [
  "boolq.json",
  "cb.json",
  "copa.json",
  "multirc.json",
  "record.json",
  "rte.json",
  "wic.json",
  "wsc.json",
  "axb.json",
  "axg.json",
] as const;
export type GoldenFile = (typeof GOLDEN_FILES)[number];

/** A golden file, and the task that it is about. */
export const readGolden = (
  files: GoldenFiles,
  root: string,
  file: GoldenFile,
): { readonly golden: GoldenTask; readonly task: Task } => {
  const golden = files.open<GoldenTask>(root, `tasks/${file}`);
  return { golden, task: taskOf(golden.task) };
};

let loaded: Tokenizer | undefined;
const tokenizerOf = (root: string): Tokenizer => {
  loaded ??= parseSentencePiece(readFileSync(join(root, "data/t5/sentencepiece.model")));
  return loaded;
};

export const sha256 = (parts: Iterable<string>): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part, "utf8");
  return hash.digest("hex");
};

/** The examples of a file's bytes. `train_all_labels` sends the training file through the evaluation task. */
export const examplesIn = (task: Task, split: string, bytes: Uint8Array, source: string): readonly Example[] =>
  examplesOf(task, splitOf(split), parseRows(bytes, source), source);

const splitOf = (name: string): Split => {
  if (name === "train_all_labels" || name === "val") return "validation";
  return name.startsWith("AX-") ? "test" : (name as Split);
};

const PARTS = ["idx", "idx/paragraph", "idx/passage", "idx/question", "idx/query", "idx/answer"];
/** A golden example in our shape; the group is checked apart. */
const expectedOf = ({ labels = [] }: Task, wanted: GoldenExample): Omit<Example, "group"> => {
  const { inputs, targets, answers, label } = wanted;
  const id = PARTS.flatMap((part) => (part in wanted ? [wanted[part]] : [])).join("/");
  return { id, inputs, targets, truth: answers ?? label ?? labels.indexOf(targets) };
};

const GROUPS: Readonly<Record<string, (wanted: GoldenExample) => string>> = {
  multirc: (wanted) => `${wanted["idx/question"]}`,
  record: (wanted) => `${wanted["idx/passage"]}/${wanted["idx/query"]}`,
};

/** Strings: the examples that the golden file shows, counts, and digests of all. */
export const checkStrings = (
  what: string,
  task: Task,
  examples: readonly Example[],
  rows: number,
  golden: GoldenSplit,
): void => {
  for (const wanted of golden.examples) {
    const { group, ...found } = examples[wanted.example] ?? {};
    assert.equal(found, expectedOf(task, wanted), `${what}: example ${wanted.example} (${wanted.why ?? "invented"})`);
    assert.is(group, GROUPS[task.name]?.(wanted), `${what}: group of example ${wanted.example}`);
  }
  assert.is(examples.length, golden.examples_count, `${what}: number of examples`);
  const records = task.name in GROUPS ? new Set(examples.map(({ id }) => id)).size : rows;
  assert.is(records, golden.records, `${what}: records`);
  const counts: Record<string, number> = {};
  for (const { targets } of examples) counts[targets] = (counts[targets] ?? 0) + 1;
  if (golden.target_counts !== undefined) assert.equal(counts, { ...golden.target_counts }, `${what}: targets`);
  const different = golden.different_targets ?? Object.keys(counts).length;
  assert.is(Object.keys(counts).length, different, `${what}: different targets`);
  const digest = (before: string): string =>
    sha256(examples.map(({ inputs, targets }) => `${before}${inputs}\u0000${targets}\u0001`));
  assert.is(digest(""), golden.sha256.without_prefix, `${what}: digest of the strings`);
  assert.is(
    digest(`${task.prefix} `),
    golden.sha256.with_prefix,
    `${what}: digest of the strings with the name in front`,
  );
};

const lengthsOf = (rows: readonly (readonly number[])[]): Lengths => {
  // Without the end of sequence.
  const lengths = rows.map((ids) => ids.length - 1);
  const max = lengths.reduce((a, b) => Math.max(a, b), 0);
  return { max, mean: lengths.reduce((a, b) => a + b, 0) / lengths.length, first_max_at: lengths.indexOf(max) };
};

/** Token ids, when the strings are right: lengths and digests, with and without the name in front. */
export const checkTokens = (
  root: string,
  what: string,
  task: Task,
  examples: readonly Example[],
  golden: GoldenSplit,
): void => {
  for (const form of ["without_prefix", "with_prefix"] as const) {
    const name = form === "with_prefix" ? { name: task.prefix as string } : {};
    const tokens = tokenize(examples, tokenizerOf(root), name);
    const sameLengths = (part: string, rows: readonly (readonly number[])[], wanted: Lengths): void => {
      const { mean, ...found } = lengthsOf(rows);
      assert.ok(
        Math.abs(mean - wanted.mean) < 1e-9,
        `${what}, ${form}: mean length of ${part} is ${mean}, not ${wanted.mean}`,
      );
      assert.equal(
        found,
        { max: wanted.max, first_max_at: wanted.first_max_at },
        `${what}, ${form}: lengths of ${part}`,
      );
    };
    sameLengths(
      "inputs",
      tokens.map(({ inputs }) => inputs),
      golden.tokens[`inputs_${form}`],
    );
    sameLengths(
      "targets",
      tokens.map(({ targets }) => targets),
      golden.tokens.targets,
    );
    const digest = sha256(tokens.map(({ inputs, targets }) => `${inputs.join(" ")}\u0000${targets.join(" ")}\u0001`));
    assert.is(digest, golden.tokens_sha256[form], `${what}, ${form}: digest of the token ids`);
  }
};
