/** @file From text to rows to examples. What cannot be used is reported together, with file, row and field. Runs in browsers too. */

import * as E from "fp-ts/lib/Either.js";
import { takes } from "../core/composite.js";
import { DataError, isFluxionError, type Mismatch } from "../core/errors.js";
import { brief, decodeAs, listing } from "../edge/decode.js";
import { throwing } from "../edge/either.js";
import { parseJson } from "../edge/json.js";
import { READER } from "./fields.js";
import { type ByteLine, LineSplitter, linesOf, UTF8, withoutMark } from "./lines.js";
import type { Example, Split, Task } from "./task.js";

/** A row before a task reads it. */
export interface RawRow {
  /** What messages call it: file and row. */
  readonly at: string;
  /** Its number, from 1. */
  readonly number: number;
  readonly value: E.Either<DataError, unknown>;
}

/** A value, or the error of the caller where bytes are not UTF-8. */
export const decoded = (line: Uint8Array, at: string): E.Either<DataError, string> =>
  E.tryCatch(
    () => UTF8.decode(line),
    (cause) => {
      const [what, expected, hint] = ["the row is not text", "UTF-8", "save the file as UTF-8"];
      return new DataError({ where: READER.where, what, expected, at, hint }, { cause });
    },
  );

const isBlank = (value: E.Either<DataError, string>): boolean => E.isRight(value) && /^[ \t]*$/.test(value.right);

const jsonlRow = ({ bytes, number }: ByteLine, source: string): RawRow[] => {
  const at = `${source}, row ${number}`;
  const value = decoded(bytes, at);
  if (isBlank(value)) return [];
  return [{ at, number, value: E.chain((json: string) => parseJson(json, READER, at))(value) }];
};

/**
 * The rows of JSON lines. A byte order mark is dropped and blank lines are skipped; U+2028, U+2029 and U+0085 are characters like others.
 *
 * @param source  what messages call the text: its path
 */
export const parseRows = takes("parseRows(text, source)", (text: Uint8Array | string, source: string): RawRow[] => {
  const lines = new LineSplitter(source);
  return [...lines.push(withoutMark(text)), lines.end()].flatMap((line) => jsonlRow(line, source));
});

/** As `parseRows`, of pieces. */
export async function* jsonlRows(pieces: AsyncIterable<Uint8Array>, source: string): AsyncGenerator<readonly RawRow[]> {
  for await (const lines of linesOf(pieces, source)) yield lines.flatMap((line) => jsonlRow(line, source));
}

const inside = (at: string, field: string | undefined): string => (field === undefined ? at : `${at}: ${field}`);

/** What is wrong with a row that is a list or a bare value: it says which file this is not, before any field is looked for. */
const notAnObject = (row: unknown, at: string): DataError | undefined => {
  if (typeof row === "object" && row !== null && !Array.isArray(row)) return undefined;
  const [what, expected] = ["the row is not an object", "one JSON object a line"];
  return new DataError({ where: READER.where, what, expected, got: brief(row), at });
};

/** Makes the examples of rows. It runs for every row: plain code, without closures for each. */
export const rowReader = (task: Task, split: Split): ((row: RawRow) => E.Either<DataError, readonly Example[]>) => {
  const examplesOf = (row: unknown, { at, number }: RawRow): E.Either<DataError, readonly Example[]> => {
    try {
      return E.right(task.examples(row, split, number));
    } catch (error) {
      if (!isFluxionError(error, "DataError")) throw error;
      return E.left(new DataError({ ...error.mismatch, at: inside(at, error.mismatch.at) }, { cause: error }));
    }
  };
  return (raw) => {
    if (E.isLeft(raw.value)) return raw.value;
    const wrong = notAnObject(raw.value.right, raw.at);
    if (wrong !== undefined) return E.left(wrong);
    const row = decodeAs(task.row, READER, raw.at)(raw.value.right);
    return E.isLeft(row) ? row : examplesOf(row.right, raw);
  };
};

const told = ({ at, what, expected, got }: Mismatch): string => {
  const detail = [expected && `expected ${expected}`, got && `got ${got}`].filter(Boolean).join(", ");
  return `${at}: ${what}${detail === "" ? "" : ` (${detail})`}`;
};

/** Problems that are shown; the others are counted. */
const MOST_SHOWN = 3;

/** Collects the examples of rows, and what is wrong with those that cannot be used. */
export class ExampleCollector {
  private readonly examples: Example[] = [];
  /** The row of each id. */
  private readonly rowOfId = new Map<string, string>();
  /** The place of the example of each id, of a task that joins examples. */
  private readonly placeOfId = new Map<string, number>();
  private readonly problems: string[] = [];
  private unusable = 0;
  private rows = 0;
  private readonly read: ReturnType<typeof rowReader>;
  private readonly task: Task;
  private readonly split: Split;

  constructor(task: Task, split: Split) {
    this.read = rowReader(task, split);
    this.task = task;
    this.split = split;
  }

  add(rows: readonly RawRow[]): void {
    this.rows += rows.length;
    for (const row of rows) {
      const found = this.read(row);
      const wrong = E.isLeft(found) ? found.left : this.keep(row.at, found.right);
      if (wrong !== undefined && this.unusable++ < MOST_SHOWN) this.problems.push(told(wrong.mismatch));
    }
  }

  /** Keeps the examples of a row, or gives what is wrong: an id that an earlier row had, unless the task joins such examples. */
  private keep(at: string, examples: readonly Example[]): DataError | undefined {
    const { again } = this.task;
    if (again !== undefined) return this.join(examples, again);
    const taken = examples.find(({ id }) => this.rowOfId.has(id));
    if (taken !== undefined) {
      const [what, got] = ["another row has this id", `${taken.id}, as ${this.rowOfId.get(taken.id)}`];
      return new DataError({ where: READER.where, what, got, at: `${at}: idx` });
    }
    // A row may make several examples of one id.
    for (const example of examples) {
      this.rowOfId.set(example.id, at);
      this.examples.push(example);
    }
    return undefined;
  }

  private join(examples: readonly Example[], again: NonNullable<Task["again"]>): undefined {
    for (const example of examples) {
      const place = this.placeOfId.get(example.id);
      if (place !== undefined) this.examples[place] = again(this.examples[place], example);
      else this.placeOfId.set(example.id, this.examples.push(example) - 1);
    }
  }

  /** All examples. @param source  what messages call the rows as a whole */
  end(source: string): E.Either<DataError, readonly Example[]> {
    const { where } = READER;
    if (this.unusable > 0) {
      const what = `${this.unusable} of ${this.rows} rows cannot be used`;
      const [got, hint] = [listing(this.problems, MOST_SHOWN, this.unusable), "mend or remove these rows"];
      return E.left(new DataError({ where, what, got, hint }));
    }
    if (this.examples.length > 0) return E.right(this.examples);
    const none = `none of ${this.rows} rows makes an example of ${this.split}`;
    const [what, expected] = [this.rows === 0 ? "there are no rows" : none, "at least one that makes an example"];
    return E.left(new DataError({ where, what, expected, at: source }));
  }
}

/** As `examplesOf`, as an Either of fp-ts. */
export const examplesOfE = takes(
  "examplesOfE(task, split, rows, source)",
  (task: Task, split: Split, rows: readonly RawRow[], source: string): E.Either<DataError, readonly Example[]> => {
    const collector = new ExampleCollector(task, split);
    collector.add(rows);
    return collector.end(source);
  },
);

/**
 * Makes the examples of a task from the rows of a split.
 *
 * - `source`: what messages call the rows as a whole
 *
 * @throws {DataError} that counts the rows that cannot be used and shows the first three; also when there is no example at all
 * @example examplesOf(task, "train", parseRows(text, "train.jsonl"), "train.jsonl")
 */
export const examplesOf = throwing("examplesOf(task, split, rows, source)", examplesOfE);
