/** @file JSONL files as decoded rows. Rows that do not decode are reported together, with file and row. */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type * as t from "io-ts";
import { DataError } from "../core/errors.js";
import { decodeAs, listing } from "../edge/decode.js";
import { parseJson } from "../edge/json.js";
import { readText } from "../store/files.js";

const caller = { where: "data", error: DataError };

/**
 * The rows of a JSONL text.
 *
 * @param source  what messages call the text: its path
 * @returns Left with a DataError that counts the bad rows and shows the first ones; also when there is no row at all
 */
export const parseRows = <A>(
  text: string,
  codec: t.Decoder<unknown, A>,
  source: string,
): E.Either<DataError, readonly A[]> => {
  const rows: A[] = [];
  const problems: string[] = [];
  text.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === "") return;
    const at = `${source}, row ${i + 1}`;
    pipe(
      parseJson(line, caller, at),
      E.chain(decodeAs(codec, caller, at)),
      E.match(
        ({ mismatch: m }) => {
          const detail = [m.expected && `expected ${m.expected}`, m.got && `got ${m.got}`].filter(Boolean).join(", ");
          problems.push(`${m.at ?? at}: ${m.what}${detail === "" ? "" : ` (${detail})`}`);
        },
        (row) => {
          rows.push(row);
        },
      ),
    );
  });
  if (problems.length > 0) {
    const n = problems.length;
    return E.left(
      new DataError({
        where: "data",
        what: `${n} of ${n + rows.length} rows cannot be used`,
        got: listing(problems),
        hint: "mend or remove these rows",
      }),
    );
  }
  if (rows.length > 0) return E.right(rows);
  return E.left(
    new DataError({ where: "data", what: "the file has no rows", expected: "one JSON object a line", got: source }),
  );
};

/** Reads and decodes a JSONL file. */
export const readRows = <A>(path: string, codec: t.Decoder<unknown, A>): TE.TaskEither<DataError, readonly A[]> =>
  pipe(
    readText(path, caller),
    TE.chainEitherK((text) => parseRows(text, codec, path)),
  );
