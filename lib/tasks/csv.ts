/**
 * @file Rows of comma-separated values, as RFC 4180 and Python's `csv` write them. Nothing is guessed: what two programs may read differently is
 * refused. Needs the `Buffer` of Node.
 */
import { type CsvError, type InfoRecord, type Options, parse } from "csv-parse/sync";
import * as E from "fp-ts/lib/Either.js";
import { DataError, isFluxionError, type Mismatch } from "../core/errors.js";
import { brief } from "../edge/decode.js";
import { throwing } from "../edge/either.js";
import { noColumn, READER } from "./fields.js";
import { CR, LF, type RawRow, UTF8, withoutMark } from "./rows.js";

type Problem = Omit<Mismatch, "where">;
const problem = (parts: Problem, cause?: unknown): DataError =>
  new DataError({ where: READER.where, ...parts }, { cause });

/** Tells the lines of places in bytes, the first of which is 1. Places are asked for in their order. */
const lineCounter = (bytes: Uint8Array): ((place: number) => number) => {
  let [at, line] = [0, 1];
  return (place) => {
    for (; at < place; at++) if (bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] !== LF)) line++;
    return line;
  };
};

/** The first place from `place` on that is not an end of a line: empty lines are skipped. */
const pastEmptyLines = (bytes: Uint8Array, place: number): number => {
  let at = place;
  while (bytes[at] === LF || bytes[at] === CR) at++;
  return at;
};

/** A value as text, from a string that has one character a byte. */
const textOf = (value: string, at: string): string => {
  let text: string;
  try {
    text = UTF8.decode(Buffer.from(value, "latin1"));
  } catch (cause) {
    const [expected, hint] = ["UTF-8", "save the file as UTF-8"];
    throw problem({ what: "the value is not text", expected, at, hint }, cause);
  }
  if (!text.includes("\0")) return text;
  throw problem({ what: "the value has a NUL character", expected: "text", got: brief(text), at });
};

/** What messages call a column. */
const columnAt = (columns: readonly string[] | undefined, i: number): string => {
  const name = columns?.[i];
  return `column ${name === undefined ? i + 1 : brief(name)}`;
};

/** The names of the columns. @throws {DataError} for names that are empty or stand twice, and where one of `needed` is missing */
const columnsOf = (header: readonly string[], needed: readonly string[], at: string): readonly string[] => {
  const names = header.map((name, i) => textOf(name, `${at}: ${columnAt(undefined, i)}`));
  const empty = names.findIndex((name) => name.trim() === "");
  if (empty >= 0) {
    const hint = "name each column in the first line; pandas leaves its index out with to_csv(..., index=False)";
    throw problem({ what: "a column has no name", expected: "a name", at: `${at}: column ${empty + 1}`, hint });
  }
  const first = new Map(names.map((name, i) => [name, i] as const).reverse());
  const twice = names.findIndex((name, i) => first.get(name) !== i);
  if (twice >= 0) {
    const columns = `${(first.get(names[twice]) ?? 0) + 1} and ${twice + 1}`;
    const [what, got] = ["two columns have the same name", `${brief(names[twice])} for the columns ${columns}`];
    throw problem({ what, expected: "each name once", got, at, hint: "rename or remove one of them" });
  }
  const missing = needed.find((name) => !first.has(name));
  if (missing === undefined) return names;
  throw problem({ ...noColumn(missing, names), at, hint: "commas must separate the names in the first line" });
};

const valuesByName = (values: readonly string[], columns: readonly string[], at: string): Record<string, string> => {
  if (values.length !== columns.length) {
    const what = values.length < columns.length ? "the row has too few values" : "the row has too many values";
    const place = columnAt(columns, Math.min(values.length, columns.length));
    throw problem({ what, expected: `${columns.length}`, got: `${values.length}`, at: `${at}: ${place}` });
  }
  return Object.fromEntries(columns.map((name, i) => [name, textOf(values[i], `${at}: ${columnAt(columns, i)}`)]));
};

/** A row as an object; Left for a row of another length, and for values that are not text. */
const rowOf = (
  values: readonly string[],
  columns: readonly string[],
  at: string,
): E.Either<DataError, Readonly<Record<string, string>>> =>
  E.tryCatch(
    () => valuesByName(values, columns, at),
    (error) => {
      if (isFluxionError(error, "DataError")) return error;
      throw error;
    },
  );

/** What is wrong with quotes, by the code of the parser's error. */
const QUOTES: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: "a quote is not closed",
  CSV_INVALID_CLOSING_QUOTE: "text follows the closing quote of a value",
  INVALID_OPENING_QUOTE: "a quote stands inside of a value that does not begin with one",
};

/** @throws the cause, when it is a fault */
const unreadable = (cause: unknown, place: (column: number) => string): DataError => {
  if (isFluxionError(cause, "DataError")) return cause;
  const { code, index } = cause as CsvError;
  const what = QUOTES[code];
  if (what === undefined) throw cause;
  const hint = 'a value with quotes, commas or line ends stands in quotes, and its own quotes are doubled: "5"" disk"';
  return problem({ what, at: place(index as number), hint }, cause);
};

const OPTIONS: Options = {
  // Any end of a line ends a row; the parser's own choice would be the first one that it sees.
  record_delimiter: ["\r\n", "\n", "\r"],
  // One character a byte, so that a value that is not UTF-8 is reported with its row.
  encoding: "latin1",
  relax_column_count: true,
  skip_empty_lines: true,
};

/** As `parseCsv`, as an Either of fp-ts. */
export const parseCsvE = (
  text: Uint8Array | string,
  source: string,
  needed: readonly string[] = [],
): E.Either<DataError, readonly RawRow[]> => {
  const bytes = withoutMark(text);
  const lineOf = lineCounter(bytes);
  const rows: RawRow[] = [];
  let columns: readonly string[] | undefined;
  let end = 0;
  /** What messages call the record that begins behind the last one. */
  const nextAt = (): string => {
    const line = `line ${lineOf(pastEmptyLines(bytes, end))}`;
    return columns === undefined ? `${source}, ${line}` : `${source}, row ${rows.length + 1} (${line})`;
  };
  const take = (record: string[], info: InfoRecord): null => {
    const at = nextAt();
    if (columns === undefined) columns = columnsOf(record, needed, at);
    else rows.push({ at, number: rows.length + 1, value: rowOf(record, columns, at) });
    end = info.bytes;
    return null; // The parser need not keep it.
  };
  try {
    parse(bytes, { ...OPTIONS, on_record: take });
  } catch (cause) {
    return E.left(unreadable(cause, (i) => `${nextAt()}: ${columnAt(columns, i)}`));
  }
  if (columns !== undefined) return E.right(rows);
  return E.left(problem({ what: "the file is empty", expected: "a first line that names the columns", at: source }));
};

/**
 * The rows of comma-separated values, each an object of texts by column. The first line names the columns. A byte order mark is dropped and
 * empty lines are skipped; values stay as they are, with their white space. Rows are numbered from the one below the header, which is row 1.
 *
 * - `source`: what messages call the text: its path
 * - `needed`: columns that must be there
 *
 * @throws {DataError} for a header without names, with a name that stands twice or without a needed column, and for quotes that are
 * not closed or not doubled. A row that has too few or too many values, or one that is not UTF-8 or has a NUL character, has such an error as its value, on the left
 * @see RFC 4180
 * @example parseCsv('text,label\n"Well, yes",glad\n', "train.csv")[0].value // right({ text: "Well, yes", label: "glad" })
 */
export const parseCsv = throwing(parseCsvE);
