/** @file The texts of one file: lines, or a field of the rows of JSON lines and Parquet, by the end of its name. */
import { DataError, isFluxionError } from "../../core/errors.js";
import { brief } from "../../edge/decode.js";
import { orThrow } from "../../edge/either.js";
import { failure } from "../../store/files.js";
import { readStart } from "../../store/open.js";
import type { RowSource } from "../../tasks/formats.js";
import { linesOf } from "../../tasks/lines.js";
import { isGzip, isPointer, LFS_POINTER } from "../../tasks/packed.js";
import { parquetRows } from "../../tasks/parquet.js";
import { decoded, jsonlRows, type RawRow } from "../../tasks/rows.js";
import { isInArchive, sourceAt } from "../../tasks/sources.js";

/** A text, and what messages call it: file and row. */
export interface CorpusText {
  readonly text: string;
  readonly at: string;
}

export const READER = { where: "readCorpus", error: DataError } as const;
const { where } = READER;

/** The ends of the names of files that are read. */
export const TEXT_FILES = ".txt, .jsonl (both also packed, .gz), or .parquet";

const OTHER_FIELD = "set `field` to the name of the one that has it";

/** What messages call a value that is not a text, and what to do about it. */
const notText = (row: object, value: unknown): { readonly got: string; readonly hint: string } => {
  if (value === undefined) {
    const names = Object.keys(row).slice(0, 20).join(", ");
    return { got: names === "" ? "no fields" : `the fields ${names}`, hint: OTHER_FIELD };
  }
  const isBytes = value instanceof Uint8Array;
  const hint = isBytes ? "write the column as strings" : "write it as a text, or remove the row";
  return { got: isBytes ? `${value.length} bytes` : brief(value), hint };
};

const ONE_OBJECT = "each line has to be one JSON object";

/** The value of a row. @throws {DataError} where it cannot be read, with what to do */
const readRow = ({ value }: RawRow): unknown => {
  try {
    return orThrow(value);
  } catch (error) {
    if (!isFluxionError(error, "DataError")) throw error;
    throw new DataError({ ...error.mismatch, hint: error.mismatch.hint ?? ONE_OBJECT }, { cause: error });
  }
};

/** The row itself. @throws {DataError} where it is not an object */
const rowOf = (raw: RawRow): Readonly<Record<string, unknown>> => {
  const row = readRow(raw) as Readonly<Record<string, unknown>> | null;
  if (typeof row === "object" && row !== null && !Array.isArray(row)) return row;
  throw new DataError({
    where,
    what: "the row is not an object",
    expected: "fields",
    got: brief(row),
    at: raw.at,
    hint: ONE_OBJECT,
  });
};

/** The text of a row. @throws {DataError} where there is none */
const textOf = (raw: RawRow, field: string): CorpusText => {
  const { at } = raw;
  const row = rowOf(raw);
  const text = Object.hasOwn(row, field) ? row[field] : undefined;
  if (typeof text === "string") return { text, at };
  const what = `the row has no text in ${field}`;
  throw new DataError({ where, what, expected: `a text in ${field}`, ...notText(row, text), at });
};

async function* linesAsTexts(source: RowSource): AsyncGenerator<CorpusText> {
  for await (const lines of linesOf(source.pieces(), source.name)) {
    for (const { bytes, number } of lines) {
      const at = `${source.name}, line ${number}`;
      // UTF-16 without its mark is valid UTF-8 with NUL characters, and a file that was not downloaded to its end may have only these.
      if (bytes.includes(0)) {
        const [what, hint] = ["the line has a NUL character", "save the file as UTF-8, or get it again"];
        throw new DataError({ where, what, expected: "text in UTF-8", at, hint });
      }
      yield { text: orThrow(decoded(bytes, at)), at };
    }
  }
}

async function* rowsAsTexts(batches: AsyncIterable<readonly RawRow[]>, field: string): AsyncGenerator<CorpusText> {
  for await (const rows of batches) for (const row of rows) yield textOf(row, field);
}

type Reader = (source: RowSource, field: string) => AsyncGenerator<CorpusText>;

const READERS: readonly (readonly [end: RegExp, read: Reader])[] = [
  [/\.(txt|text)(\.gz)?$/i, linesAsTexts],
  [/\.jsonl?(\.gz)?$/i, (source, field) => rowsAsTexts(jsonlRows(source.pieces(), source.name), field)],
  [
    /\.parquet$/i,
    (source, field) => {
      const columns = { columns: [field], alone: true, remedy: OTHER_FIELD };
      return rowsAsTexts(
        parquetRows(() => source.open(), source.name, columns),
        field,
      );
    },
  ],
];

const readerOf = (path: string): Reader | undefined => READERS.find(([end]) => end.test(path))?.[1];

/** Whether a file of this name is read. */
export const isTextFile = (path: string): boolean => readerOf(path) !== undefined;

/** @throws {DataError} for a file of a format that is not read, which is not there, or is a folder */
export const checkFormat = async (path: string): Promise<void> => {
  if (isTextFile(path)) return;
  await readStart(path, READER, 0).catch((cause: unknown) => {
    throw failure(READER, path)(cause);
  });
  const [what, hint] = ["the format of a file is not known", "write it as one of these, or unpack it"];
  throw new DataError({ where, what, expected: TEXT_FILES, at: path, hint });
};

/** @throws {DataError} for a file that is named as packed and is not: one that was cut at its beginning would be read as an empty text */
const checkPacked = async (path: string): Promise<void> => {
  const start = await readStart(path, READER, LFS_POINTER.length);
  if (isGzip(start) || isPointer(start)) return;
  const begins = brief(new TextDecoder("latin1").decode(start.subarray(0, 20)));
  throw new DataError({
    where,
    what: "the file is not packed by gzip, as its name says",
    got: start.length === 0 ? "an empty file" : `a file that begins ${begins}`,
    at: path,
    hint: "get the file again, or take .gz from its name where it is unpacked",
  });
};

/** The texts of a file. @throws {DataError} for one that cannot be read, with row or line */
export async function* textsOf(path: string, field: string): AsyncGenerator<CorpusText> {
  await checkFormat(path);
  if (/\.gz$/i.test(path) && !isInArchive(path)) {
    await checkPacked(path).catch((cause: unknown) => {
      throw failure(READER, path)(cause);
    });
  }
  yield* (readerOf(path) as Reader)(sourceAt(path, "", undefined), field);
}
