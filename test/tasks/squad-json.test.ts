/** @file SQuAD's JSON as a stream of paragraphs: in pieces of any size, and what is refused. */
import { readFileSync } from "node:fs";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import type { RawRow } from "../../lib/tasks/rows.js";
import { squadRows } from "../../lib/tasks/squad-json.js";
import { says } from "./row-texts.js";

const Squad = suite("tasks/squad-json");

const read = async (text: string | Uint8Array, size = 1 << 20): Promise<readonly RawRow[]> => {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const rows: RawRow[] = [];
  for await (const batch of squadRows(pieces(), "FILE")) rows.push(...batch);
  return rows;
};
const valuesOf = (rows: readonly RawRow[]): unknown[] =>
  rows.map(({ value }) => (E.isRight(value) ? value.right : value.left.message));
const problem = async (text: string | Uint8Array): Promise<string> => {
  try {
    await read(text);
  } catch (error) {
    assert.ok(isFluxionError(error, "DataError"), `${error}`);
    return error.message;
  }
  return "no error";
};

const paragraph = (context: string) => ({ context, qas: [{ id: context, question: "?", answers: [{ text: "]{" }] }] });
const ARTICLES = [
  { title: "Ä", paragraphs: [paragraph("a \u{1f600}"), paragraph('b "\\ \u2028')] },
  { paragraphs: [] },
  { paragraphs: [paragraph("c"), 5] },
  { extra: { paragraphs: [1], title: "no" }, title: "D", paragraphs: [{ ...paragraph("d"), title: "own", n: -1.5e3 }] },
];
const TEXT = JSON.stringify({ version: "1.1", data: ARTICLES, other: [{ title: "x" }] }, undefined, 1);
const ROWS = [
  { title: "Ä", ...paragraph("a \u{1f600}") },
  { title: "Ä", ...paragraph('b "\\ \u2028') },
  paragraph("c"),
  5,
  { ...paragraph("d"), title: "own", n: -1500 },
];

Squad("U+FEFF within a text stays, written out or escaped", async () => {
  const text = '{"data": [{"paragraphs": [{"context": "\ufeffa \ufeff\\ufeff b"}]}]}';
  for (const size of [1, 2, 3, 1 << 20]) {
    assert.equal(valuesOf(await read(text, size)), [{ context: "\ufeffa \ufeff\ufeff b" }], `${size}`);
  }
});

Squad("paragraphs come in their order with the title of their article, in pieces of any size", async () => {
  for (const size of [1, 2, 3, 7, 64, 1 << 20]) {
    const rows = await read(`\ufeff${TEXT}\r\n`, size);
    assert.equal(valuesOf(rows), ROWS, `${size}`);
    assert.equal(
      rows.map(({ at, number }) => [at, number]),
      [1, 2, 3, 4, 5].map((number) => [`FILE, paragraph ${number}`, number]),
    );
  }
});

Squad("texts and numbers are those of JSON.parse", async () => {
  const context = '"\\u00e4\\ud83d\\ude00\\ud800 \\n\\/é中😀"';
  const [row] = valuesOf(
    await read(`{"data":[{"paragraphs":[{"context":${context},"n":0.1e-7,"__proto__":{"a":1}}]}]}`),
  );
  const expected = JSON.parse(`{"context":${context},"n":0.1e-7,"__proto__":{"a":1}}`);
  assert.is(JSON.stringify(row), JSON.stringify(expected));
});

Squad("what is damaged, cut, or of another form is refused with its place", async () => {
  says(await problem(""), "the file is empty", '"paragraphs"', "FILE");
  says(
    await problem(TEXT.slice(0, -9)),
    "the JSON is cut",
    `${new TextEncoder().encode(TEXT).length - 9} bytes`,
    "FILE",
  );
  says(await problem(`${TEXT}{`), "not valid JSON", "after paragraph 5");
  const comma = TEXT.replace('"version": "1.1",', '"version": "1.1"');
  says(await problem(comma), "not valid JSON", "FILE, byte 21, after paragraph 0");
  says(await problem('{"data": [{"paragraphs": [{}, tru]}]}'), "FILE, byte 33, after paragraph 1");
  const bytes = Buffer.from(TEXT.replace("Ä", "\xff\xff\xff\xff"), "latin1");
  says(await problem(bytes), "not valid JSON", "utf-8", "FILE, byte");
  for (const text of [
    "[]",
    '{"data": {"a": {"paragraphs": [1]}}}',
    '{"data": [{"paragraphs": {"a": 1}}]}',
    '{"a":1}',
  ]) {
    says(await problem(text), "the JSON has no paragraphs", '"paragraphs"');
  }
  says(await problem("[".repeat(100_000)), "deeper than 64", "FILE, byte 64");
  says(await problem(readFileSync("package.json")), "the JSON has no paragraphs");
});

Squad.run();
