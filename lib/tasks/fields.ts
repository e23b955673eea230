/** @file Codecs of the fields that rows share, and the errors of a field. */
import * as t from "io-ts";
import { closest } from "../core/closest.js";
import { DataError, type Mismatch } from "../core/errors.js";
import { brief, withDefault } from "../edge/decode.js";

/** The reader of rows. */
export const READER = { where: "readExamples", error: DataError } as const;

const DIGITS = /^\d{1,15}$/;
const isId = (x: unknown): boolean =>
  typeof x === "number" ? Number.isSafeInteger(x) && x >= 0 : typeof x === "string" && DIGITS.test(x);

/** A row's id: an integer from 0, which AX-b writes as a string of digits. */
export const rowId: t.Type<string, unknown, unknown> = new t.Type(
  "integer from 0",
  t.string.is,
  (raw, context) => (isId(raw) ? t.success(String(Number(raw))) : t.failure(raw, context)),
  t.identity,
);

/** What a file may write for a label. */
export type Written = string | number | boolean;

/** The class id of a row without a label. */
export const NO_LABEL = -1;

/** Class ids, from what stands for them in the file, in their order, or from their names; NO_LABEL where the field is missing. */
export const labelId = (written: readonly Written[], names: readonly string[] = []): t.Type<number, unknown, unknown> =>
  withDefault(
    new t.Type<number, unknown, unknown>(
      written.map((label) => JSON.stringify(label)).join(" or "),
      t.number.is,
      (raw, context) => {
        const place = written.indexOf(raw as Written);
        const id = place < 0 ? names.indexOf(raw as string) : place;
        return id < 0 ? t.failure(raw, context) : t.success(id);
      },
      t.identity,
    ),
    NO_LABEL,
  );

/** The error of a field that makes its row unusable; the reader of the file adds file and row. */
export const badField = (at: string, what: string, expected: string, got?: unknown): DataError =>
  new DataError({ where: READER.where, what, expected, got: got === undefined ? undefined : brief(got), at });

/** The most columns that a message lists. */
const MOST_COLUMNS = 20;

/** What is wrong with columns among which one is missing. */
export const noColumn = (name: string, columns: readonly string[]): Pick<Mismatch, "what"> & { expected: string } => {
  const what = `there is no column ${brief(name)}`;
  if (columns.length === 0) return { what, expected: "columns with names" };
  const there = columns.slice(0, MOST_COLUMNS).map((column) => brief(column));
  const more = columns.length > MOST_COLUMNS ? [`${columns.length - MOST_COLUMNS} more`] : [];
  return {
    what,
    expected: `one of ${[...there, ...more].join(", ")}; the closest is ${brief(closest(name, columns))}`,
  };
};

/** @throws {DataError} when ids within one row repeat */
export const checkDistinct = (at: string, ids: readonly string[]): void => {
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) throw badField(at, "an id stands twice in one row", "each id once", id);
    seen.add(id);
  }
};

/** @throws {DataError} when a row of a split with labels has none */
export const checkLabel = (at: string, label: number, split: string, expected: string): void => {
  if (label === NO_LABEL && split !== "test") throw badField(at, `a row of ${split} has no label`, expected);
};
