/** @file Tab-separated values and blocks of lines: what is a value, a row and a number, in pieces of any size. */
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { blockRows } from "../../lib/tasks/blocks.js";
import { csvRows, parseCsv } from "../../lib/tasks/csv.js";
import { jsonlRows, parseRows, type RawRow } from "../../lib/tasks/rows.js";
import { type TsvOptions, tsvRows } from "../../lib/tasks/tsv.js";
import { says } from "./row-texts.js";

const Tsv = suite("tasks/tsv");

/** A text in pieces of `size` bytes. */
async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const allOf = async (batches: AsyncIterable<readonly RawRow[]>): Promise<readonly RawRow[]> => {
  const rows: RawRow[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
};
const read = (text: string, options: TsvOptions = {}, size = 1 << 20): Promise<readonly RawRow[]> =>
  allOf(tsvRows(inPieces(text, size), "FILE", options));
const valuesOf = (rows: readonly RawRow[]): unknown[] =>
  rows.map(({ value }) => (E.isRight(value) ? value.right : value.left.mismatch.what));
const problem = async (text: string, options: TsvOptions = {}): Promise<string> => {
  try {
    const rows = await read(text, options);
    const left = rows.map(({ value }) => value).find(E.isLeft);
    return left?.left.message ?? "no error";
  } catch (error) {
    assert.ok(isFluxionError(error, "DataError"));
    return error.message;
  }
};

Tsv("a quote is a character, and values keep their white space", async () => {
  const rows = await read('a\tb\n"x\t y \n\u2028"\t""\n');
  assert.equal(valuesOf(rows), [
    { a: '"x', b: " y " },
    { a: '\u2028"', b: '""' },
  ]);
});

const TEXT = "\ufeffa\tb\r\nä\tx\r\r\n\r\n中\ty\n\nlast\tz";

Tsv("pieces of any size give the same rows, by each reader", async () => {
  const whole = await read(TEXT);
  assert.equal(valuesOf(whole), [
    { a: "ä", b: "x" },
    { a: "中", b: "y" },
    { a: "last", b: "z" },
  ]);
  assert.equal(
    whole.map(({ at, number }) => [at, number]),
    [
      ["FILE, row 1 (line 2)", 1],
      ["FILE, row 2 (line 5)", 2],
      ["FILE, row 3 (line 7)", 3],
    ],
  );
  const csv = '\ufeffa,b\r\n"ä, ""\r\n",x\n\n中,y\rlast,z';
  const jsonl = '\ufeff{"a":"ä"}\r\n\r\n{"a":"中"}\r{"a":1}\n';
  for (let size = 1; size <= 9; size++) {
    assert.equal(await read(TEXT, {}, size), whole, `${size}`);
    assert.equal(await allOf(csvRows(inPieces(csv, size), "FILE")), parseCsv(csv, "FILE"), `csv, ${size}`);
    assert.equal(await allOf(jsonlRows(inPieces(jsonl, size), "FILE")), parseRows(jsonl, "FILE"), `jsonl, ${size}`);
  }
});

Tsv("rows have as many values as there are columns, unless they may be uneven", async () => {
  const text = "a\tb\n1\n1\t2\t3\n";
  assert.equal(valuesOf(await read(text)), ["the row has too few values", "the row has too many values"]);
  says(await problem("a\tb\n1\n"), 'FILE, row 1 (line 2): column "b"', "expected  2", "got       1");
  assert.equal(valuesOf(await read(text, { uneven: true })), [{ a: "1" }, { a: "1", b: "2" }]);
});

Tsv("a header may be given, columns renamed, and rows chosen without new numbers", async () => {
  assert.equal(valuesOf(await read("1\t2\n", { header: ["a", "b"] })), [{ a: "1", b: "2" }]);
  assert.equal(valuesOf(await read("#1 x\tb\n1\t2\n", { rename: { a: "#1 x" } })), [{ a: "1", b: "2" }]);
  const chosen = await read("a\n1\n2\n3\n", { only: ({ a }) => a !== "2" });
  assert.equal(
    chosen.map(({ number }) => number),
    [1, 3],
  );
});

Tsv("columns that are missing, empty or there twice are refused", async () => {
  says(await problem("a\ta\n"), "two columns have the same name", "FILE, line 1");
  says(await problem("a\t\n"), "a column has no name");
  says(await problem("a,b\n", { columns: ["a"] }), 'there is no column "a"', "tabs must separate");
  says(await problem("a\tb\n", { rename: { x: "c" } }), 'there is no column "c"');
  says(await problem(""), "the file is empty", "FILE");
});

Tsv("a row that is not UTF-8, or has a NUL character, is refused", async () => {
  const bytes = Uint8Array.of(...new TextEncoder().encode("a\n"), 0xff, 0x0a);
  const rows = await allOf(
    tsvRows(
      (async function* () {
        yield bytes;
      })(),
      "FILE",
    ),
  );
  assert.equal(valuesOf(rows), ["the value is not text"]);
  says(await problem("a\nx\0\n"), "NUL", "FILE, row 1 (line 2)");
});

Tsv("blocks have a line for each field, and end at an empty line", async () => {
  const fields = ["a", "b"];
  const text = "1\n2\n\n\n3\n4";
  for (let size = 1; size <= 5; size++) {
    const rows = await allOf(blockRows(inPieces(text, size), "FILE", fields));
    assert.equal(valuesOf(rows), [
      { a: "1", b: "2" },
      { a: "3", b: "4" },
    ]);
    assert.equal(
      rows.map(({ at }) => at),
      ["FILE, row 1 (line 1)", "FILE, row 2 (line 5)"],
    );
  }
  const [bad] = await allOf(blockRows(inPieces("1\n2\n3\n", 9), "FILE", fields));
  assert.ok(E.isLeft(bad.value));
  says(bad.value.left.message, "a record has not one line a field", "got       3", "FILE, row 1 (line 1)");
});

Tsv.run();
