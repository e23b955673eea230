/** @file Small Parquet files, made by `make-parquet.py`, and what reading them gives. */
import { readFileSync } from "node:fs";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import type { TableOptions } from "../../lib/tasks/columns.js";
import { parquetRows } from "../../lib/tasks/parquet.js";
import type { RawRow } from "../../lib/tasks/rows.js";
import { says } from "./row-texts.js";

export const DATA = "test/tasks/data";
export const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(`${DATA}/${name}.parquet`));

/** The rows of a file in memory, which messages call FILE. */
export const read = async (bytes: Uint8Array, options: TableOptions = {}): Promise<readonly RawRow[]> => {
  const rows: RawRow[] = [];
  const open = async () => ({
    size: bytes.length,
    read: async (at: number, length: number) => bytes.subarray(at, at + length),
    close: async () => undefined,
  });
  for await (const batch of parquetRows(open, "FILE", options)) rows.push(...batch);
  return rows;
};

/** The rows, and the messages of those that cannot be used. */
export const valuesOf = (rows: readonly RawRow[]): unknown[] =>
  rows.map(({ value }) => (E.isRight(value) ? value.right : value.left.message));

/** Whether a text became its bytes, as it does where the footer does not say any more that they are text. No task takes them for text. */
const hasBytes = (row: unknown): boolean => Object.values(row as object).some((value) => value instanceof Uint8Array);

/** Changes bits of each byte of a footer; each change is refused, or gives the same rows. The part that is refused. */
export const damageFooter = async (file: Uint8Array, bitsOf: (at: number) => readonly number[]): Promise<number> => {
  const rows = valuesOf(await read(file));
  const start = file.length - 8 - Buffer.from(file).readUInt32LE(file.length - 8);
  let [tried, refused] = [0, 0];
  for (let at = start; at < file.length; at++) {
    for (const bit of bitsOf(at)) {
      tried++;
      const place = `bit ${bit} of byte ${at - start}`;
      try {
        const found = valuesOf(await read(file.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte))));
        if (!found.every(hasBytes)) assert.equal(found, rows, place);
      } catch (error) {
        assert.ok(isFluxionError(error, "DataError"), `${place}: ${error}`);
        says(error.message, "FILE");
        refused++;
      }
    }
  }
  return refused / tried;
};
