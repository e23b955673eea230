/**
 * @file What the reference code makes of each task's files, compared with what ours makes: examples in full, counts, digests of all strings
 * and of all token ids. The first check that fails tells the fault: examples, then strings, then tokens.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as assert from "uvu/assert";
import { tokenize } from "../../lib/data/batch.js";
import { type RowSource, rowsOf } from "../../lib/tasks/formats.js";
import { plainPieces } from "../../lib/tasks/packed.js";
import { taskOf } from "../../lib/tasks/registry.js";
import { examplesOf, type RawRow } from "../../lib/tasks/rows.js";
import type { Example, RowFile, Rows, Split, Task } from "../../lib/tasks/task.js";
import { parseSentencePiece, type Tokenizer } from "../../lib/tokenizer/sentencepiece.js";
import type { GoldenFiles } from "../helpers/golden-file.js";

interface Forms {
  /** Not of tasks without a prefix. */
  readonly with_prefix?: string;
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
  readonly synthetic?: {
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
  "glue-ax.json",
  "glue-cola.json",
  "glue-mnli.json",
  "glue-mnli_matched.json",
  "glue-mnli_mismatched.json",
  "glue-mrpc.json",
  "glue-qnli.json",
  "glue-qqp.json",
  "glue-rte.json",
  "glue-sst2.json",
  "glue-stsb.json",
  "glue-wnli.json",
  "mrqa-DuoRC.json",
  "mrqa-NewsQA.json",
  "mrqa-RACE.json",
  "mrqa-RelationExtraction.json",
  "squad.json",
] as const;
export type GoldenFile = (typeof GOLDEN_FILES)[number];

/** A golden file, and the task that it is about. */
export const readGolden = (
  files: GoldenFiles,
  root: string,
  file: GoldenFile,
): { readonly golden: GoldenTask; readonly task: Task } => {
  const golden = files.open<GoldenTask>(root, `tasks/${file}`);
  return { golden, task: taskOf(ourName(golden)) };
};

/** Our name of the task of a golden file. */
const ourName = ({ task, reference }: GoldenTask): string => {
  if (task === "glue-rte") return "glue_rte";
  if (task.startsWith("mrqa-")) return `mrqa_${/^mrqa\/(\w+):/.exec(reference.tfds)?.[1]}`;
  return task.replace(/^glue-/, "");
};

/** The predictions of a rule for all examples. */
export const predictionsOf = ({ pattern, a, b }: Rule, examples: readonly Example[]): string[] => {
  const answers = pattern.map(({ text, op, tail }) => (target: string): string => {
    if (op === "target") return target;
    if (op === "target_plus") return `${target}${tail}`;
    if (op === "first_word") return target.split(" ")[0];
    assert.is(op, undefined);
    return text as string;
  });
  return examples.map(({ targets }, i) => answers[(a * i + b) % answers.length](targets));
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

/** Files in memory, by their names. */
export const memoryFile = (files: (name: string) => Uint8Array, name: string): RowSource => ({
  name,
  pieces: () => plainPieces(piecesOf(files(name)), name),
  open: async () => {
    const bytes = files(name);
    return { size: bytes.length, read: async (at, n) => bytes.subarray(at, at + n), close: async () => {} };
  },
  other: (file) => memoryFile(files, basename(file)),
});
async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const filesOf = (rows: Rows | undefined): readonly RowFile[] => {
  if (rows === undefined || "rows" in rows) return [];
  return "firstOf" in rows ? rows.firstOf : [rows];
};

/** How the task reads a file of this name: as its own of that name, else as the first of the split. */
const formatOf = (task: Task, split: Split, name: string): RowFile => {
  const files = filesOf(task.splits[split] as Rows);
  return files.find(({ file }) => basename(file) === name) ?? (files[0] as RowFile);
};

/** The rows of a file, and the examples that they make. `train_all_labels` sends the training file through the evaluation task. */
export const examplesIn = async (
  task: Task,
  split: string,
  source: string,
  files: (name: string) => Uint8Array,
): Promise<{ readonly rows: readonly RawRow[]; readonly examples: readonly Example[] }> => {
  const name = basename(source.replace(/ and .*/, ""));
  const rows: RawRow[] = [];
  for await (const batch of rowsOf(memoryFile(files, name), formatOf(task, splitOf(task, split), name)))
    rows.push(...batch);
  return { rows, examples: examplesOf(task, splitOf(task, split), rows, source) };
};

const splitOf = ({ splits }: Task, name: string): Split => {
  if (["train_all_labels", "val", "dev"].includes(name)) return "validation";
  // The reference evaluates on the test split of a set that has no other.
  if (name === "test" && splits.test === undefined) return "validation";
  return name.startsWith("AX-") ? "test" : (name as Split);
};

const PARTS = ["id", "idx", "idx/paragraph", "idx/passage", "idx/question", "idx/query", "idx/answer"];
/** A golden example in our shape; the group is checked apart. */
const expectedOf = ({ name, labels = [] }: Task, wanted: GoldenExample): Omit<Example, "group"> => {
  const { inputs, targets, answers, label } = wanted;
  if (name === "dpr") return { id: `${wanted.example}`, inputs, targets, truth: targets };
  const number = labels.length === 0 ? Number(targets) : labels.indexOf(targets);
  const id = PARTS.flatMap((part) => (part in wanted ? [wanted[part]] : [])).join("/");
  return { id, inputs, targets, truth: answers ?? label ?? number };
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
  // Elsewhere the reader of the reference counts what makes an example.
  const records =
    task.name in GROUPS || task.folder !== "superglue" ? new Set(examples.map(({ id }) => id)).size : rows;
  assert.is(records, golden.records, `${what}: records`);
  const counts: Record<string, number> = {};
  for (const { targets } of examples) counts[targets] = (counts[targets] ?? 0) + 1;
  if (golden.target_counts !== undefined) assert.equal(counts, { ...golden.target_counts }, `${what}: targets`);
  const different = golden.different_targets ?? Object.keys(counts).length;
  assert.is(Object.keys(counts).length, different, `${what}: different targets`);
  const digest = (before: string): string =>
    sha256(examples.map(({ inputs, targets }) => `${before}${inputs}\u0000${targets}\u0001`));
  assert.is(digest(""), golden.sha256.without_prefix, `${what}: digest of the strings`);
  if (golden.sha256.with_prefix === undefined) return;
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
    if (golden.tokens_sha256[form] === undefined) continue;
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
