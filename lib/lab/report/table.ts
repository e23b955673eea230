/** @file The tables of a report as values, which every format shows. */

/** A link to the folder of a run, or to a place of the page. */
export type Link = { readonly text: string } & ({ readonly run: string } | { readonly anchor: string });

/** A cell of a table. */
export interface TableCell {
  readonly text: string;
  /** A standard deviation behind the text. */
  readonly deviation?: string | undefined;
  /** How many runs the text is the mean of. */
  readonly n?: number | undefined;
  readonly isBest?: boolean;
  /** The runs that the text comes from. */
  readonly links?: readonly Link[];
}

/** A column of a table. */
export interface Column {
  readonly name: string;
  readonly isNumber: boolean;
}

/** A table with its heading. */
export interface ReportTable {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly TableCell[])[];
}

export const numbers = (...names: readonly string[]): readonly Column[] =>
  names.map((name) => ({ name, isNumber: true }));
export const words = (...names: readonly string[]): readonly Column[] =>
  names.map((name) => ({ name, isNumber: false }));
export const plain = (text: string): TableCell => ({ text });

/** Where there is no number. */
export const MISSING: TableCell = { text: "–" };
