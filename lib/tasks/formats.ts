/** @file The formats of files of rows: one table, by the names that tasks give them. */
import type { OpenFile } from "../store/store.js";
import { blockRows } from "./blocks.js";
import { csvRows } from "./csv.js";
import { linesOf, UTF8 } from "./lines.js";
import { parquetRows } from "./parquet.js";
import { jsonlRows, type RawRow } from "./rows.js";
import { squadRows } from "./squad-json.js";
import type { RowFile } from "./task.js";
import { tsvRows } from "./tsv.js";

/** A file of rows, wherever it is. */
export interface RowSource {
  /** What messages call it. */
  readonly name: string;
  /** Its bytes, unpacked. */
  pieces(): AsyncIterable<Uint8Array>;
  /** The file itself, for a format that is read from several places of it. */
  open(): Promise<OpenFile>;
  /** Another file of the same data folder. */
  other(file: string): RowSource;
}

type OfFormat<Format> = RowFile & { readonly format: Format };

/** Batches of rows, numbered from 1. It throws a DataError for a file that cannot be used; a row that cannot has one as its value. */
type Reader<Format> = (source: RowSource, rows: OfFormat<Format>) => AsyncIterable<readonly RawRow[]>;

const linesIn = async (source: RowSource): Promise<ReadonlySet<string>> => {
  const all = new Set<string>();
  for await (const lines of linesOf(source.pieces(), source.name)) {
    for (const { bytes } of lines) all.add(UTF8.decode(bytes));
  }
  return all;
};

/** The condition of a table whose rows another file lists. */
const onlyOf = async (source: RowSource, { only }: OfFormat<"tsv">) => {
  if (only === undefined) return undefined;
  const listed = await linesIn(source.other(only.file));
  return (row: Readonly<Record<string, string>>): boolean =>
    listed.has(only.by.map((column) => row[column]).join("\t")) === only.listed;
};

async function* tsv(source: RowSource, rows: OfFormat<"tsv">): AsyncGenerator<readonly RawRow[]> {
  const { only: _, ...options } = rows;
  const only = await onlyOf(source, rows);
  yield* tsvRows(source.pieces(), source.name, { ...options, ...(only && { only }) });
}

/** How each format is read. */
export const FORMATS: { readonly [Format in RowFile["format"]]: Reader<Format> } = {
  parquet: (source, rows) => parquetRows(() => source.open(), source.name, rows),
  jsonl: (source) => jsonlRows(source.pieces(), source.name),
  csv: (source, rows) => csvRows(source.pieces(), source.name, rows),
  tsv,
  squad: (source) => squadRows(source.pieces(), source.name),
  blocks: (source, { fields }) => blockRows(source.pieces(), source.name, fields),
};

/** The rows of a file. */
export const rowsOf = (source: RowSource, rows: RowFile): AsyncIterable<readonly RawRow[]> =>
  (FORMATS[rows.format] as Reader<RowFile["format"]>)(source, rows as never);
