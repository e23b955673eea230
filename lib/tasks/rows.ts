/** @file From text to rows to examples. What cannot be used is reported together, with file, row and field. Runs in browsers too. */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { DataError, isFluxionError, type Mismatch } from "../core/errors.js";
import { brief, decodeAs, listing } from "../edge/decode.js";
import { throwing } from "../edge/either.js";
import { parseJson } from "../edge/json.js";
import { READER } from "./fields.js";
import type { Example, Split, Task } from "./task.js";

/** A row before a task reads it. */
export interface RawRow {
  /** What messages call it: file and row. */
  readonly at: string;
  /** Its number, from 1. */
  readonly number: number;
  readonly value: E.Either<DataError, unknown>;
}

export const [LF, CR] = [0x0a, 0x0d];

/** Bytes split at `\n`, `\r\n` and `\r`, in one pass: in UTF-8 these bytes are part of no other character. */
const byteLines = (bytes: Uint8Array): Uint8Array[] => {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== LF && bytes[i] !== CR) continue;
    lines.push(bytes.subarray(start, i));
    if (bytes[i] === CR && bytes[i + 1] === LF) i++;
    start = i + 1;
  }
  lines.push(bytes.subarray(start));
  return lines;
};

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
/** The bytes of a text in UTF-8, without a byte order mark. */
export const withoutMark = (text: Uint8Array | string): Uint8Array => {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte) ? bytes.subarray(3) : bytes;
};

export const UTF8: { decode(bytes: Uint8Array): string } = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const decoded = (line: Uint8Array, at: string): E.Either<DataError, string> =>
  E.tryCatch(
    () => UTF8.decode(line),
    (cause) => new DataError({ where: READER.where, what: "the row is not text", expected: "UTF-8", at }, { cause }),
  );

const isBlank = (value: E.Either<DataError, string>): boolean => E.isRight(value) && /^[ \t]*$/.test(value.right);

/**
 * The rows of JSON lines. A byte order mark is dropped and blank lines are skipped; U+2028, U+2029 and U+0085 are characters like others.
 *
 * @param source  what messages call the text: its path
 */
export const parseRows = (text: Uint8Array | string, source: string): RawRow[] =>
  byteLines(withoutMark(text)).flatMap((line, i) => {
    const number = i + 1;
    const at = `${source}, row ${number}`;
    const value = decoded(line, at);
    if (isBlank(value)) return [];
    return [{ at, number, value: E.chain((json: string) => parseJson(json, READER, at))(value) }];
  });

const inside = (at: string, field: string | undefined): string => (field === undefined ? at : `${at}: ${field}`);

/** A list or a bare value says which file this is not, before any field is looked for. */
const asObject =
  (at: string) =>
  (row: unknown): E.Either<DataError, unknown> => {
    if (typeof row === "object" && row !== null && !Array.isArray(row)) return E.right(row);
    const [what, expected] = ["the row is not an object", "one JSON object a line"];
    return E.left(new DataError({ where: READER.where, what, expected, got: brief(row), at }));
  };

/** Reads rows one after the other; an id that an earlier row had is refused. */
const rowReader = (task: Task, split: Split): ((row: RawRow) => E.Either<DataError, readonly Example[]>) => {
  const rowOfId = new Map<string, string>();
  const withNewIds =
    (at: string) =>
    (examples: readonly Example[]): E.Either<DataError, readonly Example[]> => {
      const taken = examples.find(({ id }) => rowOfId.has(id));
      if (taken === undefined) {
        for (const { id } of examples) rowOfId.set(id, at);
        return E.right(examples);
      }
      const [what, got] = ["another row has this id", `${taken.id}, as ${rowOfId.get(taken.id)}`];
      return E.left(new DataError({ where: READER.where, what, got, at: `${at}: idx` }));
    };
  const examplesOf =
    ({ at, number }: RawRow) =>
    (row: unknown): E.Either<DataError, readonly Example[]> =>
      E.tryCatch(
        () => task.examples(row, split, number),
        (error) => {
          if (!isFluxionError(error, "DataError")) throw error;
          return new DataError({ ...error.mismatch, at: inside(at, error.mismatch.at) }, { cause: error });
        },
      );
  return (raw) =>
    pipe(
      raw.value,
      E.chain(asObject(raw.at)),
      E.chain(decodeAs(task.row, READER, raw.at)),
      E.chain(examplesOf(raw)),
      E.chain(withNewIds(raw.at)),
    );
};

const told = ({ at, what, expected, got }: Mismatch): string => {
  const detail = [expected && `expected ${expected}`, got && `got ${got}`].filter(Boolean).join(", ");
  return `${at}: ${what}${detail === "" ? "" : ` (${detail})`}`;
};

/** As `examplesOf`, as an Either of fp-ts. */
export const examplesOfE = (
  task: Task,
  split: Split,
  rows: readonly RawRow[],
  source: string,
): E.Either<DataError, readonly Example[]> => {
  const read = rowReader(task, split);
  const results = rows.map(read);
  const problems = results.filter(E.isLeft).map(({ left }) => told(left.mismatch));
  if (problems.length > 0) {
    const what = `${problems.length} of ${rows.length} rows cannot be used`;
    const [got, hint] = [listing(problems), "mend or remove these rows"];
    return E.left(new DataError({ where: READER.where, what, got, hint }));
  }
  const examples = results.filter(E.isRight).flatMap(({ right }) => right);
  if (examples.length > 0) return E.right(examples);
  const what = rows.length === 0 ? "there are no rows" : `none of ${rows.length} rows makes an example of ${split}`;
  return E.left(
    new DataError({ where: READER.where, what, expected: "at least one that makes an example", at: source }),
  );
};

/**
 * Makes the examples of a task from the rows of a split.
 *
 * - `source`: what messages call the rows as a whole
 *
 * @throws {DataError} that counts the rows that cannot be used and shows the first three; also when there is no example at all
 * @example examplesOf(task, "train", parseRows(text, "train.jsonl"), "train.jsonl")
 */
export const examplesOf = throwing(examplesOfE);
