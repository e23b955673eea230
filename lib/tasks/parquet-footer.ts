/**
 * @file The footer of a Parquet file: what holds in one that is not damaged, and the names of class ids that the library `datasets` writes into it.
 *
 * The reader of Parquet checks little of this, and most writers leave checksums out: one wrong byte would give other rows.
 */
import type { ColumnChunk, FileMetaData, RowGroup, SchemaElement, SchemaTree } from "hyparquet";
import * as t from "io-ts";
import { decodeAs } from "../edge/decode.js";
import { orThrow } from "../edge/either.js";
import { parseJson } from "../edge/json.js";
import { tableProblem } from "./columns.js";
import { READER } from "./fields.js";

/** The bytes before the metadata end with its length and the word `PAR1`; the file begins with the word. */
const [START, END] = [4, 8];

/** A column as it is stored: a part of a row that has no parts. */
export interface Leaf {
  readonly path: readonly string[];
  readonly element: SchemaElement;
  /** How many lists it is in, and how many parts of its path, with these, may be missing. */
  readonly repetition: number;
  readonly definition: number;
}

/** The columns as they are stored, below the root of the schema or a part of it. */
export const leavesOf = (tree: SchemaTree, repetition = 0, definition = 0): readonly Leaf[] =>
  tree.children.flatMap((child) => {
    const { element, path, children } = child;
    const lists = repetition + Number(element.repetition_type === "REPEATED");
    const missing = definition + Number(element.repetition_type !== "REQUIRED");
    if (children.length > 0) return leavesOf(child, lists, missing);
    return [{ path, element, repetition: lists, definition: missing }];
  });

/** What stands beside the newer name of a type in files that have both. */
const OLDER: Readonly<Record<string, RegExp>> = {
  STRING: /^UTF8$/,
  MAP: /^MAP(_KEY_VALUE)?$/,
  LIST: /^LIST$/,
  ENUM: /^ENUM$/,
  DECIMAL: /^DECIMAL$/,
  DATE: /^DATE$/,
  TIME: /^TIME_/,
  TIMESTAMP: /^TIMESTAMP_/,
  INTEGER: /^U?INT_/,
  JSON: /^JSON$/,
  BSON: /^BSON$/,
};

const isOneType = ({ converted_type, logical_type }: SchemaElement): boolean => {
  const older = OLDER[logical_type?.type ?? ""];
  return converted_type === undefined || older === undefined || older.test(converted_type);
};

type Bytes = readonly [start: bigint, end: bigint];

const from = (start: bigint | undefined, length: bigint | number | undefined): readonly Bytes[] =>
  start === undefined || length === undefined ? [] : [[start, start + BigInt(length)]];

/** Where the pages of a column are. */
export const pagesOf = ({ meta_data }: ColumnChunk): readonly Bytes[] =>
  from(meta_data?.dictionary_page_offset || meta_data?.data_page_offset, meta_data?.total_compressed_size);

/** The parts of the file that a column takes. */
const bytesOf = (chunk: ColumnChunk): readonly Bytes[] => [
  ...pagesOf(chunk),
  ...from(chunk.column_index_offset, chunk.column_index_length),
  ...from(chunk.offset_index_offset, chunk.offset_index_length),
];

const sum = (numbers: readonly bigint[]): bigint => numbers.reduce((total, n) => total + n, 0n);

/** What is wrong with a column of a row group. */
const columnFault = (chunk: ColumnChunk, { path, element, repetition }: Leaf, rows: bigint): string | undefined => {
  const { meta_data } = chunk;
  if (typeof meta_data?.data_page_offset !== "bigint" || typeof meta_data.total_compressed_size !== "bigint") {
    return "a column has no place";
  }
  if (`${meta_data.path_in_schema}` !== `${path}` || meta_data.type !== element.type) {
    return "its columns are not those of the schema";
  }
  const { dictionary_page_offset: dictionary, data_page_offset: data, num_values } = meta_data;
  if (dictionary && dictionary >= data) return "a dictionary stands behind its values";
  if (repetition > 0 ? num_values < rows : num_values !== rows)
    return `a column has ${num_values} values for ${rows} rows`;
  return undefined;
};

const groupFault = ({ columns, num_rows }: RowGroup, leaves: readonly Leaf[]): string | undefined => {
  if (columns.length !== leaves.length) return `it has ${columns.length} of ${leaves.length} columns`;
  if (num_rows < 0n || num_rows > BigInt(2 ** 31)) return `it has ${num_rows} rows`;
  // The places in a group without rows are of no use, and some writers leave them open.
  if (num_rows === 0n) return undefined;
  return columns.map((column, i) => columnFault(column, leaves[i], num_rows)).find((fault) => fault !== undefined);
};

/** @throws {DataError} for a footer whose parts contradict each other or the size of the file */
export const checkFooter = (metadata: FileMetaData, leaves: readonly Leaf[], size: number, at: string): void => {
  const fail = (got: string, place = at): never => {
    const [what, hint] = ["the footer of the Parquet file is damaged", "get the file again"];
    throw tableProblem({ what, got, at: place, hint });
  };
  const groups = metadata.row_groups;
  if (!metadata.schema.every(isOneType)) fail("a column has two types");
  groups.forEach((group, i) => {
    const fault = groupFault(group, leaves);
    if (fault !== undefined) fail(fault, `${at}, row group ${i + 1}`);
  });
  const rows = sum(groups.map(({ num_rows }) => num_rows));
  if (rows !== metadata.num_rows) fail(`${rows} rows in row groups, and ${metadata.num_rows} in the file`);
  const used = groups.filter(({ num_rows }) => num_rows > 0n);
  const parts = used.flatMap(({ columns }) => columns.flatMap(bytesOf)).filter(([start, end]) => start !== end);
  parts.sort(([a], [b]) => (a < b ? -1 : 1));
  const last = BigInt(size - END - metadata.metadata_length);
  const isApart = parts.every(([start, end], i) => start >= (parts[i - 1]?.[1] ?? BigInt(START)) && end <= last);
  if (!isApart) fail("columns overlap, or are outside of the file");
};

const Features = t.type({ info: t.type({ features: t.UnknownRecord }) });
const ClassLabel = t.type({ _type: t.literal("ClassLabel"), names: t.array(t.string) });

/** The names of class ids, by column. @throws {DataError} for names that cannot be read */
export const classNames = ({ key_value_metadata = [] }: FileMetaData, source: string) => {
  const text = key_value_metadata.find(({ key }) => key === "huggingface")?.value;
  if (text === undefined) return new Map<string, readonly string[]>();
  const at = `${source}: footer, huggingface`;
  const { features } = orThrow(decodeAs(Features, READER, at)(orThrow(parseJson(text, READER, at)))).info;
  return new Map(Object.entries(features).flatMap(([column, feature]) => namesIn(column, feature, at)));
};

const namesIn = (column: string, feature: unknown, at: string): readonly (readonly [string, readonly string[]])[] => {
  if (typeof feature !== "object" || feature === null) return [];
  // Either of the two may be damaged.
  if (!("names" in feature) && !("_type" in feature && feature._type === "ClassLabel")) return [];
  const { names } = orThrow(decodeAs(ClassLabel, READER, `${at}.${column}`)(feature));
  return [[column, names]];
};
