/** @file Rows of Parquet files, a row group at a time, so that memory does not grow with the file. */
import * as E from "fp-ts/lib/Either.js";
import type { AsyncBuffer, Compressors, FileMetaData, ParquetScan, RowGroup } from "hyparquet";
import { type DataError, isFluxionError } from "../core/errors.js";
import { brief } from "../edge/decode.js";
import type { OpenFile } from "../store/store.js";
import { columnAt, fieldsOfColumns, type TableOptions, tableProblem } from "./columns.js";
import { UTF8 } from "./lines.js";
import { isGzip, isPointer, POINTER_PROBLEM } from "./packed.js";
import { checkFooter, classNames, type Leaf, leavesOf, pagesOf } from "./parquet-footer.js";
import { checkPages, type PageParts } from "./parquet-pages.js";
import type { RawRow } from "./rows.js";

const MAGIC = "PAR1";
/** The rows that are objects at once. */
const BATCH = 1024;

/** What the reader gives for a text that is not UTF-8. */
const NOT_TEXT = Symbol("not text");
/** What a class id becomes that stands for no label. */
const NO_NAME = Symbol("no label");

const PARSERS = {
  stringFromBytes: (bytes: Uint8Array | undefined): unknown => {
    try {
      return bytes && UTF8.decode(bytes);
    } catch {
      return NOT_TEXT;
    }
  },
};

const bytesIn = async (file: OpenFile, start: number, end: number): Promise<ArrayBuffer> => {
  const isInside = start >= 0 && start <= end && end <= file.size;
  const bytes = isInside ? await file.read(start, end - start) : new Uint8Array(0);
  if (isInside && bytes.length === end - start) return bytes.slice().buffer as ArrayBuffer;
  throw new RangeError(`the bytes from ${start} to ${end} are not there`);
};

const bufferOf = (file: OpenFile): AsyncBuffer => ({
  byteLength: file.size,
  slice: (start, end = file.size) => {
    const bytes = bytesIn(file, start, end);
    // The reader of Parquet leaves some of its reads when another fails.
    bytes.catch(() => undefined);
    return bytes;
  },
});

/** Runs what reads a Parquet file; what it throws becomes an error that names the place. */
const reading = async <A>(at: string, read: () => Promise<A>): Promise<A> => {
  try {
    return await read();
  } catch (cause) {
    if (isFluxionError(cause)) throw cause;
    const [what, hint] = ["the Parquet file is damaged", "get the file again"];
    throw tableProblem({ what, got: (cause as Error).message, at, hint }, cause);
  }
};

/** @throws {DataError} for a file that does not begin and end as Parquet does, and says what it is instead */
const checkMagic = async (file: OpenFile, source: string): Promise<void> => {
  const start = await file.read(0, Math.min(file.size, 64));
  if (isPointer(start)) throw tableProblem({ ...POINTER_PROBLEM, at: source });
  if (isGzip(start)) {
    const hint = "unpack it: parts of it are read from places all over the file";
    throw tableProblem({ what: "a Parquet file cannot be read while it is packed by gzip", at: source, hint });
  }
  const text = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes);
  const got = file.size === 0 ? "an empty file" : `a file that begins ${brief(text(start.subarray(0, 20)))}`;
  if (text(start.subarray(0, 4)) !== MAGIC) {
    const [expected, hint] = [`a file that begins with ${MAGIC}`, "get the file again, or name one of this format"];
    throw tableProblem({ what: "not a Parquet file", expected, got, at: source, hint });
  }
  if (text(await file.read(file.size - 4, 4)) === MAGIC && file.size >= 12) return;
  const [what, expected] = ["the Parquet file is cut", `a file that ends with ${MAGIC}`];
  throw tableProblem({ what, expected, at: source, hint: "get the file again" });
};

/** Decompressors that take nothing for nothing; that of LZ4 refuses the empty dictionary of a column of nulls. */
const withoutNothing = (compressors: Compressors): Compressors =>
  Object.fromEntries(
    Object.entries(compressors).map(([codec, unpack]) => [
      codec,
      (bytes: Uint8Array, size: number) => (size === 0 ? new Uint8Array(0) : unpack(bytes, size)),
    ]),
  );

/** @throws {DataError} for a codec without a decompressor */
const checkCodecs = ({ row_groups }: FileMetaData, compressors: Compressors, source: string): void => {
  const known = ["UNCOMPRESSED", ...Object.keys(compressors)];
  row_groups.forEach(({ columns }, i) => {
    const codecs = columns.map(({ meta_data }) => `${meta_data?.codec ?? "an unknown one"}`);
    const got = codecs.find((codec) => !known.includes(codec));
    if (got === undefined) return;
    const [what, hint] = ["a codec is not known", "write the file again with another one, such as snappy"];
    throw tableProblem({ what, expected: known.join(", "), got, at: `${source}, row group ${i + 1}`, hint });
  });
};

/** How the values of a column become fields. */
interface Column {
  /** Its name in the file. */
  readonly name: string;
  readonly field: string;
  /** The names of its class ids. */
  readonly names: readonly string[] | undefined;
}

/** A Parquet file whose footer has been read. */
interface Parquet {
  readonly file: OpenFile;
  readonly metadata: FileMetaData;
  readonly leaves: readonly Leaf[];
  readonly parts: PageParts;
  readonly scan: ParquetScan;
  readonly columns: readonly Column[];
}

const parquetOf = async (file: OpenFile, source: string, options: TableOptions): Promise<Parquet> => {
  await checkMagic(file, source);
  const { parquetMetadataAsync, parquetScan, parquetSchema } = await import("hyparquet");
  const { parquetHeader } = await import("hyparquet/src/column.js");
  const compressors = withoutNothing((await import("hyparquet-compressors")).compressors);
  const buffer = bufferOf(file);
  const metadata = await parquetMetadataAsync(buffer, { geoparquet: false });
  const tree = parquetSchema(metadata);
  const leaves = leavesOf(tree);
  checkFooter(metadata, leaves, file.size, source);
  checkCodecs(metadata, compressors, source);
  const names = tree.children.map(({ element }) => element.name);
  const fields = fieldsOfColumns(names, options, source);
  const classes = classNames(metadata, source);
  const { alone = false, columns: needed = [] } = options;
  const columns = names
    .map((name, i) => ({ name, field: fields[i], names: classes.get(name) }))
    .filter(({ name }) => !alone || needed.includes(name));
  const how = { compressors, utf8: false, useOffsetIndex: false, geoparquet: false, parsers: PARSERS };
  const scan = await parquetScan({ file: buffer, metadata, ...how });
  return { file, metadata, leaves, parts: { header: parquetHeader, compressors }, scan, columns };
};

const asNumber = (value: bigint, at: string): number => {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  const [what, expected] = ["an integer is too large", "one from -(2 ** 53 - 1) to 2 ** 53 - 1"];
  throw tableProblem({ what, expected, got: `${value}`, at, hint: "write it as a text" });
};

/** A value without what only Parquet has. */
const plain = (value: unknown, at: string): unknown => {
  if (typeof value === "bigint") return asNumber(value, at);
  if (value === NOT_TEXT) {
    throw tableProblem({ what: "the value is not text", expected: "UTF-8", at, hint: "save the file as UTF-8" });
  }
  if (Array.isArray(value)) return value.map((item) => plain(item, at));
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, at)]));
};

/** The name of a class id. */
const named = (value: unknown, names: readonly string[] | undefined, at: string): unknown => {
  if (names === undefined || value === null) return value;
  if (value === -1) return NO_NAME;
  const name = names[value as number];
  if (name !== undefined) return name;
  throw tableProblem({
    what: "a class id without a name",
    expected: `-1 to ${names.length - 1}`,
    got: brief(value),
    at,
  });
};

/** @throws {Error} for pages of a column that do not hold what they state */
const checkColumn = async ({ file, leaves, parts }: Parquet, group: RowGroup, name: string): Promise<void> => {
  for (const [i, leaf] of leaves.entries()) {
    const { meta_data } = group.columns[i];
    if (leaf.path[0] !== name || meta_data === undefined) continue;
    for (const [start, end] of pagesOf(group.columns[i])) {
      checkPages(new Uint8Array(await bytesIn(file, Number(start), Number(end))), meta_data, leaf, parts);
    }
  }
};

/** The values of the columns of a row group. */
const groupOf = (parquet: Parquet, group: RowGroup, rowStart: number, at: string) =>
  Promise.all(
    parquet.columns.map((column) =>
      reading(`${at}, ${columnAt([column.name], 0)}`, async () => {
        const rows = Number(group.num_rows);
        if (rows === 0) return { ...column, values: [] };
        await checkColumn(parquet, group, column.name);
        const values = await parquet.scan.readColumn({ column: column.name, rowStart, rowEnd: rowStart + rows });
        if (values.length === rows) return { ...column, values };
        throw new Error(`${values.length} values for ${rows} rows`);
      }),
    ),
  );

const rowOf = (
  group: Awaited<ReturnType<typeof groupOf>>,
  i: number,
  at: string,
): E.Either<DataError, Readonly<Record<string, unknown>>> => {
  try {
    const fields = group.map(({ name, field, names, values }) => {
      const place = `${at}: ${columnAt([name], 0)}`;
      return [field, named(plain(values[i], place), names, place)] as const;
    });
    return E.right(Object.fromEntries(fields.filter(([, value]) => value !== NO_NAME)));
  } catch (error) {
    if (isFluxionError(error, "DataError")) return E.left(error);
    throw error;
  }
};

async function* rowsIn(parquet: Parquet, source: string): AsyncGenerator<readonly RawRow[]> {
  let before = 0;
  for (const [i, rowGroup] of parquet.metadata.row_groups.entries()) {
    const rows = Number(rowGroup.num_rows);
    const group = await groupOf(parquet, rowGroup, before, `${source}, row group ${i + 1}`);
    for (let start = 0; start < rows; start += BATCH) {
      yield Array.from({ length: Math.min(BATCH, rows - start) }, (_, k) => {
        const number = before + start + k + 1;
        const at = `${source}, row ${number}`;
        return { at, number, value: rowOf(group, start + k, at) };
      });
    }
    before += rows;
  }
}

/**
 * The rows of a Parquet file, each an object by column, numbered from 1. Integers of 64 bits are numbers, lists and structs plain values, and a class id is
 * its name where the footer has the names of `datasets`; a class id of -1 leaves its field out.
 *
 * @param source  what messages call the file: its path
 * @throws {DataError} for a file that is damaged, cut or not Parquet, and without a column that is needed; the value of a row with an integer that is not
 * a number in JavaScript, with text that is not UTF-8, or with a class id that has no name, is such an error
 */
export async function* parquetRows(
  open: () => Promise<OpenFile>,
  source: string,
  options: TableOptions = {},
): AsyncGenerator<readonly RawRow[]> {
  const file = await open();
  try {
    yield* rowsIn(await reading(source, () => parquetOf(file, source, options)), source);
  } finally {
    await file.close();
  }
}
