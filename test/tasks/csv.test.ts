/** @file Rows of CSV: what another program wrote is read as that program reads it, and what cannot be read is refused with its place. */
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { orThrow } from "../../lib/edge/either.js";
import { parseCsv, parseCsvE } from "../../lib/tasks/csv.js";
import { bytes, says } from "./row-texts.js";

const Csv = suite("tasks/csv");

const parsed = (text: string | Uint8Array): unknown[] => parseCsv(text, "f.csv").map(({ value }) => orThrow(value));
const places = (text: string): string[] => parseCsv(text, "f.csv").map(({ at }) => at);
const message = (error: unknown): string => {
  assert.ok(isFluxionError(error, "DataError"), String(error));
  return error.message;
};
/** The error of the whole text. */
const refused = (text: string | Uint8Array, needed: readonly string[] = []): string => {
  const result = parseCsvE(text, "f.csv", needed);
  return E.isLeft(result) ? message(result.left) : "no error";
};
/** The errors of its rows; undefined for a row that is right. */
const rowErrors = (text: string | Uint8Array): (string | undefined)[] =>
  parseCsv(text, "f.csv").map(({ value }) => (E.isLeft(value) ? message(value.left) : undefined));

/** What the `DictReader` of Python 3.11's `csv` reads, `strict`, in a stream without translation of line ends. */
const PYTHON: readonly (readonly [text: string, rows: readonly Readonly<Record<string, string>>[]])[] = [
  ['a,b\n"x,y","z"\n', [{ a: "x,y", b: "z" }]],
  ['a,b\r\n"line\r\nbreak","tab\there"\r\n', [{ a: "line\r\nbreak", b: "tab\there" }]],
  ['a,b\n"say ""hi""",""""\n', [{ a: 'say "hi"', b: '"' }]],
  [
    'a,b\n,\n"",""\n',
    [
      { a: "", b: "" },
      { a: "", b: "" },
    ],
  ],
  ["a,b\n1,2", [{ a: "1", b: "2" }]],
  ["a,b\n1,", [{ a: "1", b: "" }]],
  ["a,b\n  x , y  \n", [{ a: "  x ", b: " y  " }]],
  ["a,b\n\n1,2\n\n", [{ a: "1", b: "2" }]],
  ['a,b\n"\n\n",2\n', [{ a: "\n\n", b: "2" }]],
  ["a,b\n'1','2'\n", [{ a: "'1'", b: "'2'" }]],
  ["a,b\n\u2028,\u0085x\n", [{ a: "\u2028", b: "\u0085x" }]],
  [
    "a,b\r1,2\r3,4\r",
    [
      { a: "1", b: "2" },
      { a: "3", b: "4" },
    ],
  ],
  ['a,b\n"a;b",\\\\\n', [{ a: "a;b", b: "\\\\" }]],
  ['a,b\n",","\u00a0"\n', [{ a: ",", b: "\u00a0" }]],
  ['a,b\r\n"x\ry","u\nv"\r\n', [{ a: "x\ry", b: "u\nv" }]],
  ['a,b\n"\ufeff1",\u{1f600}\n', [{ a: "\ufeff1", b: "\u{1f600}" }]],
  ["a,b\n#1,NULL\n", [{ a: "#1", b: "NULL" }]],
];

Csv("nasty texts are read as Python reads them", () => {
  for (const [text, rows] of PYTHON) {
    assert.equal(parsed(text), rows, JSON.stringify(text));
    assert.equal(parsed(bytes("\ufeff", text)), rows, JSON.stringify(text));
  }
});

/** A writer that puts what needs it into quotes, and anything else at random. */
const written = (value: string, quote: boolean): string =>
  quote || /[",\r\n]/.test(value) ? `"${value.split('"').join('""')}"` : value;

Csv("what is written is read", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom('"', ",", "\r", "\n", "\r\n", " ", ";", "\ufeff", "ä", "a") }),
  );
  const value = text.filter((s) => !s.includes("\0"));
  const table = fc.uniqueArray(
    value.filter((s) => s.trim() !== ""),
    { minLength: 1, maxLength: 4 },
  );
  const rowsOf = (n: number) => fc.array(fc.array(value, { minLength: n, maxLength: n }), { maxLength: 5 });
  const tables = table.chain((names) => fc.tuple(fc.constant(names), rowsOf(names.length)));
  const ends = fc.infiniteStream(fc.constantFrom("\n", "\r\n", "\r"));
  fc.assert(
    fc.property(tables, fc.infiniteStream(fc.boolean()), ends, fc.boolean(), ([names, rows], quotes, ends, last) => {
      // A lone empty value without quotes is an empty line.
      const line = (values: readonly string[]): string =>
        values.map((one) => written(one, values.length === 1 || quotes.next().value)).join(",");
      const lines = [names, ...rows].map((values) => line(values) + ends.next().value).join("");
      const file = `\ufeff${last ? lines : lines.replace(/(\r\n|\r|\n)$/, "")}`;
      const wanted = rows.map((values) => Object.fromEntries(values.map((one, i) => [names[i], one])));
      assert.equal(parsed(file), wanted);
    }),
    { numRuns: 500 },
  );
});

Csv("the name __proto__ is one like others", () => {
  const [row] = parsed("__proto__,b\n1,2\n") as [object];
  assert.equal(Object.entries(row), [
    ["__proto__", "1"],
    ["b", "2"],
  ]);
});

Csv("a row is told by its number and its line, whatever ends the lines", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const text = ["", "a,b", '"x', 'y",1', "", "2,3", '4,"', '"', "5,6"].join(end);
    const wanted = ["row 1 (line 3)", "row 2 (line 6)", "row 3 (line 7)", "row 4 (line 9)"];
    assert.equal(
      places(text),
      wanted.map((at) => `f.csv, ${at}`),
    );
  }
  assert.equal(
    parseCsv("a\n1\n\n2\n", "f.csv").map(({ number }) => number),
    [1, 2],
  );
});

Csv("a header without rows is a table without rows", () => assert.equal(parsed("a,b\n"), []));

/** What is wrong, the text, and parts of the message. */
type Case = readonly [what: string, text: string | Uint8Array, parts: readonly string[]];
const WHOLE: readonly Case[] = [
  ["nothing", "", ["the file is empty", "a first line that names the columns", "f.csv"]],
  ["empty lines alone", "\r\n\n", ["the file is empty"]],
  ["a name twice", "a,b,a\n", ["two columns have the same name", '"a" for the columns 1 and 3', "f.csv, line 1"]],
  ["an empty name", "a,,b\n", ["a column has no name", "f.csv, line 1: column 2", "index=False"]],
  ["a name of white space", "a, \n", ["a column has no name", "column 2"]],
  ["a header in UTF-16", bytes([0xff, 0xfe, 0x61, 0, 0x0a, 0]), ["the value is not text", "line 1: column 1", "UTF-8"]],
  ["NUL in the header", "a,b\0\n", ["the value has a NUL character", "line 1: column 2"]],
  ["an open quote", 'a,b\n1,2\n3,"4\n5,6\n', ["a quote is not closed", 'f.csv, row 2 (line 3): column "b"']],
  ["an open quote in the header", 'a,"b\n', ["a quote is not closed", "f.csv, line 1: column 2"]],
  ["an open quote at the end", 'a,b\n1,"', ["a quote is not closed", 'row 1 (line 2): column "b"']],
  [
    "an open quote that another one closes",
    'a,b\n1,"2\n3,"4"\n',
    ["text follows the closing quote", 'row 1 (line 2): column "b"'],
  ],
  ["a quote in a value", 'a,b\n1,5" disk\n', ["a quote stands inside", 'row 1 (line 2): column "b"', "doubled"]],
  ["a space before a quote", 'a,b\n1, "2"\n', ["a quote stands inside", 'row 1 (line 2): column "b"']],
  ["a value behind a quote", 'a,b\n1,2\n"3"4,5\n', ["text follows the closing quote", 'row 2 (line 3): column "a"']],
  ["a quote in a value too many", 'a,b\n1,2,"3\n', ["a quote is not closed", "row 1 (line 2): column 3"]],
];

Csv("what spoils the whole file is refused with row, line and column", () => {
  for (const [what, text, parts] of WHOLE) says(`${what}: ${refused(text)}`, ...parts);
});

Csv("a needed column that is missing is refused, with the columns that there are and the closest", () => {
  assert.is(refused("text,label\n", ["label", "text"]), "no error");
  says(
    refused("text,lable\n", ["text", "label"]),
    'no column "label"',
    'one of "text", "lable"; the closest is "lable"',
  );
  says(refused("text;label\n1;2\n", ["text"]), 'one of "text;label"', "commas", "f.csv, line 1");
  const wide = Array.from({ length: 25 }, (_, i) => `c${i}`).join(",");
  says(refused(wide, ["c24x"]), '"c0", "c1"', '"c19", 5 more; the closest is "c24"');
});

const ROWS: readonly Case[] = [
  ["too few values", "a,b,c\n1\n", ["too few values", "expected  3", "got       1", 'row 1 (line 2): column "b"']],
  ["too many values", "a,b\n1,2,3,4\n", ["too many values", "expected  2", "got       4", "row 1 (line 2): column 3"]],
  [
    "bytes that are no UTF-8",
    bytes("a,b\n1,", [0xe9], "\n"),
    ["not text", "expected  UTF-8", 'row 1 (line 2): column "b"'],
  ],
  ["half a character", bytes("a,b\n", [0xc3], ",2\n"), ["not text", 'row 1 (line 2): column "a"']],
  ["half of a surrogate pair", bytes("a,b\n", [0xed, 0xa0, 0x80], ",2\n"), ["not text"]],
  ["NUL", "a,b\n1\0,2\n", ["NUL", 'got       "1\\u0000"', 'row 1 (line 2): column "a"']],
  ["NUL behind a quote", 'a,b\n1,"2"\0\n', ["NUL", 'column "b"']],
];

Csv("what spoils a row leaves the others", () => {
  for (const [what, text, parts] of ROWS) {
    const whole = bytes(
      [...(typeof text === "string" ? bytes(text) : text)],
      what.startsWith("too few") ? "1,2,3" : "1,2",
    );
    const [error, other] = rowErrors(whole);
    says(`${what}: ${error}`, ...parts);
    assert.is(other, undefined, what);
  }
});

Csv(
  "a value of ten megabytes, and a hundred thousand rows, are read in a time that grows with their size alone",
  () => {
    const long = 'ä ""\r\n'.repeat(1_500_000);
    const [row] = parsed(`a,b\n"${long}",2\n`) as [{ a: string }];
    assert.is(row.a, long.replaceAll('""', '"'));
    assert.is(parsed(`a,b\n${'"x ""y""",2\r\n'.repeat(100_000)}`).length, 100_000);
  },
);

Csv.run();
