/** @file Records of lines, one a field, with an empty line behind each, as the pronouns of DPR have them. */
import * as E from "fp-ts/lib/Either.js";
import type { DataError } from "../core/errors.js";
import { tableProblem, valueText } from "./columns.js";
import { type ByteLine, linesOf } from "./lines.js";
import type { RawRow } from "./rows.js";

const recordOf = (
  lines: readonly ByteLine[],
  fields: readonly string[],
  at: string,
): E.Either<DataError, Readonly<Record<string, string>>> => {
  if (lines.length !== fields.length) {
    const what = "a record has not one line a field";
    const expected = `${fields.length} lines (${fields.join(", ")}), then an empty one`;
    return E.left(tableProblem({ what, expected, got: `${lines.length}`, at }));
  }
  return E.tryCatch(
    () => Object.fromEntries(lines.map(({ bytes }, i) => [fields[i], valueText(bytes, `${at}: ${fields[i]}`)])),
    (error) => error as DataError,
  );
};

/**
 * The records of a text, each an object of texts by field, numbered from 1. A byte order mark is dropped; several empty lines are one.
 *
 * @param source  what messages call the text: its path
 */
export async function* blockRows(
  pieces: AsyncIterable<Uint8Array>,
  source: string,
  fields: readonly string[],
): AsyncGenerator<readonly RawRow[]> {
  let open: ByteLine[] = [];
  let number = 0;
  const close = (): RawRow[] => {
    if (open.length === 0) return [];
    const at = `${source}, row ${++number} (line ${open[0].number})`;
    const value = recordOf(open, fields, at);
    open = [];
    return [{ at, number, value }];
  };
  for await (const lines of linesOf(pieces, source)) {
    yield lines.flatMap((line) => {
      if (line.bytes.length === 0) return close();
      open.push(line);
      return [];
    });
  }
  yield close();
}
