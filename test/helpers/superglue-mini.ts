/** @file The stored synthetic sets of assets/superglue-mini, as tests read them: without the library's own decoders. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { DIAGNOSTIC, HALVED } from "../../scripts/superglue-mini/sets.js";

const folder = fileURLToPath(new URL("../../assets/superglue-mini", import.meta.url));

/** A row of any task; the tests say by path what they read. */
// biome-ignore lint/suspicious/noExplicitAny: rows of ten layouts, whose shape is itself what is tested
export type Row = any;

/** Paths of all files below a folder, sorted. */
export const filesBelow = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();

export const storedFiles: readonly string[] = filesBelow(folder);

/** The text of a file, by its path below the folder. */
export const stored = (path: string): string => readFileSync(join(folder, path), "utf8");

/** The rows of a JSONL file. */
export const storedRows = (path: string): Row[] =>
  stored(path)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

export const HALVED_NAMES = Object.keys(HALVED) as (keyof typeof HALVED)[];
export const DIAGNOSTIC_NAMES = Object.keys(DIAGNOSTIC) as (keyof typeof DIAGNOSTIC)[];

/** Both splits of a set. */
export const splitsOf = (name: string): { readonly train: Row[]; readonly validation: Row[] } => ({
  train: storedRows(`${name}/train.jsonl`),
  validation: storedRows(`${name}/val.jsonl`),
});

/** What a model reads of a row: one text for each example, in nearly the words of T5's preprocessors. */
export const inputsOf = (row: Row): string[] => {
  if (row.qas) {
    const points = [...row.passage.text];
    const entities = row.passage.entities.map(({ start, end }: Row) => points.slice(start, end + 1).join(""));
    const listed = [...new Set(entities)].sort().join(", ");
    const passage = row.passage.text.replaceAll("\n@highlight\n", ". ");
    return row.qas.map(({ query }: Row) => `query: ${query} entities: ${listed} passage: ${passage}`);
  }
  if (row.passage?.questions)
    return row.passage.questions.flatMap(({ question, answers }: Row) =>
      answers.map(({ text }: Row) => `question: ${question} answer: ${text} paragraph: ${row.passage.text}`),
    );
  if (row.target) return [row.text];
  const keys = "choice1 choice2 hypothesis passage premise question sentence1 sentence2 word".split(" ");
  return [
    keys
      .filter((key) => key in row)
      .map((key) => `${key}: ${row[key]}`)
      .join(" "),
  ];
};

/** Words in lower case. */
export const wordsOf = (text: string): string[] => text.toLowerCase().match(/[a-z]+/g) ?? [];

/** The items of `a` that are in `b`. */
export const common = <T>(a: Iterable<T>, b: Iterable<T>): T[] => {
  const other = new Set(b);
  return [...new Set(a)].filter((x) => other.has(x));
};

/** The items that occur more than once. */
export const repeated = <T>(items: readonly T[]): T[] => items.filter((item, i) => items.indexOf(item) !== i);

/** How often each item occurs. */
export const tally = (items: readonly unknown[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const item of items) counts[String(item)] = (counts[String(item)] ?? 0) + 1;
  return counts;
};
