/** @file The stored synthetic sets of assets/transfer-mini, as tests read them: without the library's own readers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { filesBelow, type Row } from "./superglue-mini.js";

const folder = fileURLToPath(new URL("../../assets/transfer-mini", import.meta.url));

export const storedFiles: readonly string[] = filesBelow(folder);

/** The bytes of a file, by its path below the folder. */
export const stored = (path: string): Buffer => readFileSync(join(folder, path));

/** The header and the rows of a file of tab-separated values. */
export const tsv = (path: string): { readonly header: string; readonly rows: string[][] } => {
  const [header, ...lines] = stored(path).toString().trimEnd().split("\n");
  return { header, rows: lines.map((line) => line.split("\t")) };
};

/** The two sentences and the label of each row. */
export interface PairRow {
  readonly texts: readonly [string, string];
  readonly label: string;
}

export const PAIR_SETS = ["MRPC", "QQP"] as const;

export const pairRows = (set: (typeof PAIR_SETS)[number], split: "train" | "dev"): PairRow[] =>
  tsv(`glue/${set}/${split}.tsv`).rows.map((row) => ({
    texts: [row[3], row[4]],
    label: row[set === "MRPC" ? 0 : 5],
  }));

/** The articles of a split of SQuAD. */
export const articles = (split: "train" | "dev"): Row[] =>
  JSON.parse(stored(`squad/${split}-v1.1.json`).toString()).data;

/** The paragraphs of a split of SQuAD. */
export const paragraphs = (split: "train" | "dev"): Row[] => articles(split).flatMap((article) => article.paragraphs);

export const MRQA_SETS = ["RACE", "RelationExtraction"] as const;

/** The lines of a set of MRQA, the header first. */
export const mrqaLines = (set: (typeof MRQA_SETS)[number]): Row[] =>
  gunzipSync(stored(`mrqa/dev/${set}.jsonl.gz`))
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
