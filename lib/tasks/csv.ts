/**
 * @file Rows of comma-separated values, as RFC 4180 and Python's `csv` write them. Nothing is guessed: what two programs may read differently is
 * refused. Needs the `Buffer` of Node.
 */

import { type CsvError, type InfoRecord, type Options, Parser } from "csv-parse";
import { parse } from "csv-parse/sync";
import * as E from "fp-ts/lib/Either.js";
import { takes } from "../core/composite.js";
import { type DataError, isFluxionError } from "../core/errors.js";
import { throwing } from "../edge/either.js";
import {
  type ColumnOptions,
  columnAt,
  emptyTable,
  fieldsOfColumns,
  tableProblem,
  valueText,
  wrongCount,
} from "./columns.js";
import { CR, LF, unmarked, withoutMark } from "./lines.js";
import type { RawRow } from "./rows.js";

/** Tells the lines of places in bytes that come in pieces. Places are asked for in their order. */
class LineCounter {
  private readonly pieces: Uint8Array[] = [];
  /** Where the first piece begins. */
  private start = 0;
  private at = 0;
  private line = 1;
  private afterReturn = false;

  add(piece: Uint8Array): void {
    if (piece.length > 0) this.pieces.push(piece);
  }

  /** The byte at the place; undefined behind the last one. */
  private byte(place: number): number | undefined {
    let base = this.start;
    for (const piece of this.pieces) {
      if (place < base + piece.length) return piece[place - base];
      base += piece.length;
    }
    return undefined;
  }

  /** The line of a place, from 1. */
  lineAt(place: number): number {
    for (; this.at < place; this.at++) {
      const byte = this.byte(this.at);
      if (byte === CR || (byte === LF && !this.afterReturn)) this.line++;
      this.afterReturn = byte === CR;
      while (this.pieces.length > 1 && this.at >= this.start + this.pieces[0].length) {
        this.start += (this.pieces.shift() as Uint8Array).length;
      }
    }
    return this.line;
  }

  /** The line of the first place from `place` on that is not an end of a line: empty lines are skipped. */
  lineOfText(place: number): number {
    let at = place;
    while (this.byte(at) === LF || this.byte(at) === CR) at++;
    return this.lineAt(at);
  }
}

/** A value as text, from a string that has one character a byte. */
const textOf = (value: string, at: string): string => valueText(Buffer.from(value, "latin1"), at);

const valuesByName = (values: readonly string[], columns: readonly string[], at: string): Record<string, string> => {
  if (values.length !== columns.length) throw wrongCount(values, columns, at);
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
  return tableProblem({ what, at: place(index as number), hint }, cause);
};

const OPTIONS: Options = {
  // Any end of a line ends a row; the parser's own choice would be the first one that it sees.
  record_delimiter: ["\r\n", "\n", "\r"],
  // One character a byte, so that a value that is not UTF-8 is reported with its row.
  encoding: "latin1",
  relax_column_count: true,
  skip_empty_lines: true,
};

/** What is taken from the records of a table. */
class CsvRows {
  readonly lines = new LineCounter();
  private readonly source: string;
  private readonly options: ColumnOptions;
  private columns: readonly string[] | undefined;
  private count = 0;
  private end = 0;
  private rows: RawRow[] = [];

  constructor(source: string, options: ColumnOptions) {
    this.source = source;
    this.options = options;
  }

  /** What messages call the record that begins behind the last one. */
  private nextAt(): string {
    const line = `line ${this.lines.lineOfText(this.end)}`;
    return this.columns === undefined ? `${this.source}, ${line}` : `${this.source}, row ${this.count + 1} (${line})`;
  }

  /** Takes a record; the parser need not keep it. */
  readonly take = (record: string[], info: InfoRecord): null => {
    const at = this.nextAt();
    if (this.columns === undefined) {
      const names = record.map((name, i) => textOf(name, `${at}: ${columnAt(undefined, i)}`));
      this.columns = fieldsOfColumns(names, this.options, at, "commas");
    } else this.rows.push({ at, number: ++this.count, value: rowOf(record, this.columns, at) });
    this.end = info.bytes;
    return null;
  };

  /** The rows since the last call. */
  taken(): readonly RawRow[] {
    const { rows } = this;
    this.rows = [];
    return rows;
  }

  /** What a parser threw, with its place. @throws the cause, when it is a fault */
  error(cause: unknown): DataError {
    return unreadable(cause, (i) => `${this.nextAt()}: ${columnAt(this.columns, i)}`);
  }

  /** @throws {DataError} where there was no header */
  checkHeader(): void {
    if (this.columns === undefined) throw emptyTable(this.source);
  }
}

/** As `parseCsv`, of pieces. @throws {DataError} as `parseCsv` */
export async function* csvRows(
  pieces: AsyncIterable<Uint8Array>,
  source: string,
  options: ColumnOptions = {},
): AsyncGenerator<readonly RawRow[]> {
  const rows = new CsvRows(source, options);
  const parser = new Parser({ ...OPTIONS, on_record: rows.take });
  // Failures reach the callbacks too.
  parser.on("error", () => {});
  parser.resume();
  const run = (step: (done: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      step((error) => (error ? reject(rows.error(error)) : resolve()));
    });
  for await (const piece of unmarked(pieces)) {
    rows.lines.add(piece);
    await run((done) => parser.write(piece, done));
    yield rows.taken();
  }
  await run((done) => parser.end(done));
  rows.checkHeader();
  yield rows.taken();
}

/** As `parseCsv`, as an Either of fp-ts. */
export const parseCsvE = takes(
  "parseCsvE(text, source, needed)",
  (
    text: Uint8Array | string,
    source: string,
    needed: readonly string[] = [],
  ): E.Either<DataError, readonly RawRow[]> => {
    const bytes = withoutMark(text);
    const rows = new CsvRows(source, { columns: needed });
    rows.lines.add(bytes);
    try {
      parse(bytes, { ...OPTIONS, on_record: rows.take });
      rows.checkHeader();
      return E.right(rows.taken());
    } catch (cause) {
      return E.left(rows.error(cause));
    }
  },
);

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
export const parseCsv = throwing("parseCsv(text, source, needed)", parseCsvE);
