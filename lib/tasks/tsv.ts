/** @file Rows of tab-separated values, as GLUE has them: a quote is a character like others, and a value has neither tabs nor ends of lines. */
import * as E from "fp-ts/lib/Either.js";
import { type DataError, isFluxionError } from "../core/errors.js";
import { type ColumnOptions, emptyTable, fieldsOfColumns, valueText, wrongCount } from "./columns.js";
import { type ByteLine, linesOf } from "./lines.js";
import type { RawRow } from "./rows.js";

/** How a table is written, besides its columns. */
export interface TsvOptions extends ColumnOptions {
  /** The names of the columns, of a file whose first line is a row. */
  readonly header?: readonly string[];
  /** Whether rows may lack values at their end, or have more of them than there are columns. */
  readonly uneven?: boolean;
  /** Whether a row counts, by its values; one that does not keeps its number. */
  readonly only?: (row: Readonly<Record<string, string>>) => boolean;
}

const byName = (
  values: readonly string[],
  columns: readonly string[],
  uneven: boolean,
  at: string,
): Readonly<Record<string, string>> => {
  if (values.length !== columns.length && !uneven) {
    throw wrongCount(values, columns, at, "a tab stands between two values, and nowhere else");
  }
  const row: Record<string, string> = {};
  const count = Math.min(values.length, columns.length);
  for (let i = 0; i < count; i++) row[columns[i]] = values[i];
  return row;
};

/**
 * The rows of tab-separated values, each an object of texts by column. A byte order mark is dropped, empty lines are skipped and not counted, and
 * values stay as they are. Rows are numbered from 1, below the header where there is one.
 *
 * @param source  what messages call the text: its path
 * @throws {DataError} for a header without names, with a name that stands twice, or without a column that is needed; the value of a row of another
 * length, or that is not text, is such an error
 */
export async function* tsvRows(
  pieces: AsyncIterable<Uint8Array>,
  source: string,
  { header, uneven = false, only, ...named }: TsvOptions = {},
): AsyncGenerator<readonly RawRow[]> {
  let columns = header && fieldsOfColumns(header, named, source, "tabs");
  let number = 0;
  const take = ({ bytes, number: line }: ByteLine): RawRow[] => {
    if (bytes.length === 0) return [];
    if (columns === undefined) {
      const at = `${source}, line ${line}`;
      columns = fieldsOfColumns(valueText(bytes, at).split("\t"), named, at, "tabs");
      return [];
    }
    const at = `${source}, row ${++number} (line ${line})`;
    const value = rowOf(bytes, columns, uneven, at);
    return only === undefined || E.isLeft(value) || only(value.right) ? [{ at, number, value }] : [];
  };
  for await (const lines of linesOf(pieces, source)) yield lines.flatMap(take);
  if (columns !== undefined) return;
  throw emptyTable(source);
}

const rowOf = (
  bytes: Uint8Array,
  columns: readonly string[],
  uneven: boolean,
  at: string,
): E.Either<DataError, Readonly<Record<string, string>>> => {
  try {
    return E.right(byName(valueText(bytes, at).split("\t"), columns, uneven, at));
  } catch (error) {
    if (isFluxionError(error, "DataError")) return E.left(error);
    throw error;
  }
};
