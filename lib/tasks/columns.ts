/** @file Columns by the names in the first line of a table. */
import { DataError, type Mismatch } from "../core/errors.js";
import { brief } from "../edge/decode.js";
import { noColumn, READER } from "./fields.js";
import { UTF8 } from "./lines.js";

type Problem = Omit<Mismatch, "where">;
/** The error of a table. */
export const tableProblem = (parts: Problem, cause?: unknown): DataError =>
  new DataError({ where: READER.where, ...parts }, { cause });

/** How the columns of a table are read. */
export interface ColumnOptions {
  /** Columns that must be there. */
  readonly columns?: readonly string[];
  /** The names that fields have in the file, where these differ. */
  readonly rename?: Readonly<Record<string, string>>;
}

/** How the columns of a table are read that is not of a task. */
export interface TableOptions extends ColumnOptions {
  /** Whether the other columns of a Parquet file are left out, and not read. Default false. */
  readonly alone?: boolean;
  /** What to do where a column is missing. */
  readonly remedy?: string;
}

/** The text of a value. @throws {DataError} for bytes that are not UTF-8, and for a NUL character */
export const valueText = (bytes: Uint8Array, at: string): string => {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch (cause) {
    const [expected, hint] = ["UTF-8", "save the file as UTF-8"];
    throw tableProblem({ what: "the value is not text", expected, at, hint }, cause);
  }
  if (!text.includes("\0")) return text;
  throw tableProblem({ what: "the value has a NUL character", expected: "text", got: brief(text), at });
};

/** The error of a file without a line. */
export const emptyTable = (source: string): DataError =>
  tableProblem({ what: "the file is empty", expected: "a first line that names the columns", at: source });

/** What messages call a column. */
export const columnAt = (columns: readonly string[] | undefined, i: number): string => {
  const name = columns?.[i];
  return `column ${name === undefined ? i + 1 : brief(name)}`;
};

/** The error of a row that has more values than columns, or fewer. */
export const wrongCount = (
  values: readonly string[],
  columns: readonly string[],
  at: string,
  hint?: string,
): DataError => {
  const what = values.length < columns.length ? "the row has too few values" : "the row has too many values";
  const place = columnAt(columns, Math.min(values.length, columns.length));
  return tableProblem({ what, expected: `${columns.length}`, got: `${values.length}`, at: `${at}: ${place}`, hint });
};

/**
 * Checks the names of columns, and gives them as fields.
 *
 * @param separator  what separates names in a text
 * @throws {DataError} for names that are empty or stand twice, and where one that is needed is missing
 */
export const fieldsOfColumns = (
  names: readonly string[],
  { columns = [], rename = {}, remedy }: TableOptions,
  at: string,
  separator?: string,
): readonly string[] => {
  const empty = names.findIndex((name) => name.trim() === "");
  if (empty >= 0) {
    const hint = "name each column; pandas leaves its index out with index=False";
    throw tableProblem({ what: "a column has no name", expected: "a name", at: `${at}: column ${empty + 1}`, hint });
  }
  const first = new Map(names.map((name, i) => [name, i] as const).reverse());
  const twice = names.findIndex((name, i) => first.get(name) !== i);
  if (twice >= 0) {
    const places = `${(first.get(names[twice]) ?? 0) + 1} and ${twice + 1}`;
    const [what, got] = ["two columns have the same name", `${brief(names[twice])} for the columns ${places}`];
    throw tableProblem({ what, expected: "each name once", got, at, hint: "rename or remove one of them" });
  }
  const missing = [...columns, ...Object.values(rename)].find((name) => !first.has(name));
  if (missing !== undefined) {
    const hint = separator ? `${separator} must separate the names in the first line` : remedy;
    throw tableProblem({ ...noColumn(missing, names), at, hint });
  }
  const fields = new Map(Object.entries(rename).map(([field, column]) => [column, field]));
  return names.map((name) => fields.get(name) ?? name);
};
