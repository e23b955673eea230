/** @file Files of text that are odd or damaged: each is read as it should be, or refused with file, row or line, and what to do. */
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type CorpusOptions, readCorpus, readTexts } from "../../../lib/data/streams/read-corpus.js";
import { LineSplitter } from "../../../lib/tasks/lines.js";
import { temporaryFolder } from "../../io/folder.js";
import { refusal, refused } from "../../lab/refused.js";

const Hostile = suite("data/streams/hostile-corpora");
const folder = temporaryFolder(Hostile);

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const read = async (path: string, options?: CorpusOptions): Promise<string[]> => {
  const texts: string[] = [];
  for await (const { text } of readTexts([path], options)) texts.push(text);
  return texts;
};
const tokenizer = { encode: (text: string): number[] => Array.from(text, (c) => c.charCodeAt(0)) };
const parquet = (name: string): Buffer => readFileSync(`test/tasks/data/${name}.parquet`);
const MANY = Array.from({ length: 20_000 }, (_, i) => `${i} ${"line ".repeat(24)}\n`).join("");

Hostile("a byte order mark, ends of lines of every kind and an open last line are not part of a text", async () => {
  const rows = (end: string): string => ["one", "two", "three"].map((text) => JSON.stringify({ text })).join(end);
  for (const end of ["\n", "\r\n", "\r"]) {
    const forms = [["txt", `one${end}two${end}three`] as const, ["jsonl", rows(end)] as const];
    for (const [format, text] of forms) {
      for (const whole of [text, `\ufeff${text}`, `\ufeff${text}${end}`]) {
        assert.equal(await read(file(`ends.${format}`, whole)), ["one", "two", "three"]);
        assert.equal(await read(file(`ends.${format}.gz`, gzipSync(whole))), ["one", "two", "three"]);
      }
    }
  }
});

Hostile("a file packed in several parts is read to its end, and names in upper case are known", async () => {
  const parts = Buffer.concat([gzipSync("one\n"), gzipSync("two\n")]);
  assert.equal(await read(file("PARTS.TXT.GZ", parts)), ["one", "two"]);
  assert.equal(await read(file("none.txt.gz", gzipSync(""))), []);
});

/** Names, contents, and what is said: what is wrong, what is there, the place behind the name, and the remedy. */
type Case = readonly [
  name: string,
  content: string | Uint8Array,
  what: string,
  got: RegExp | undefined,
  at: string,
  hint: RegExp,
];
const packed = gzipSync(MANY);
const damaged = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 0xff : byte));
const DAMAGED = "the gzip file is damaged or cut";
const NOT_PACKED = "the file is not packed by gzip, as its name says";
const NO_TEXT = "the row has no text in text";
const bad = (start: string, end: string): Buffer =>
  Buffer.concat([Buffer.from(start), Buffer.of(0xc3, 0x28), Buffer.from(end)]);

const CASES: readonly Case[] = [
  ["half.txt.gz", packed.subarray(0, packed.length >> 1), DAMAGED, /unexpected end/, "", /get the file again/],
  ["tail.txt.gz", packed.subarray(0, packed.length - 1), DAMAGED, /unexpected end/, "", /get the file again/],
  ["sum.txt.gz", damaged(packed, packed.length - 8), DAMAGED, /data check/, "", /get the file again/],
  ["junk.txt.gz", Buffer.concat([packed, Buffer.from("junk")]), DAMAGED, /header/, "", /get the file again/],
  ["zero.txt.gz", "", NOT_PACKED, /^an empty file$/, "", /get the file again/],
  ["byte.jsonl.gz", packed.subarray(0, 1), NOT_PACKED, /begins "\\u001f"/, "", /get the file again/],
  ["plain.jsonl.gz", '{"text":"a"}\n', NOT_PACKED, /begins "\{/, "", /take \.gz from its name/],
  ["null.jsonl", '{"text":"a"}\n{"text":null}\n', NO_TEXT, /^null$/, ", row 2", /or remove the row/],
  ["number.jsonl", '{"text":5}\n', NO_TEXT, /^5$/, ", row 1", /write it as a text/],
  ["list.jsonl", '{"text":["a"]}\n', NO_TEXT, /^\["a"\]$/, ", row 1", /write it as a text/],
  ["other.jsonl", '{"txt":"a","id":1}\n', NO_TEXT, /^the fields txt, id$/, ", row 1", /set `field`/],
  ["nothing.jsonl", "{}\n", NO_TEXT, /^no fields$/, ", row 1", /set `field`/],
  ["rows.jsonl", '[{"text":"a"}]\n', "the row is not an object", /text/, ", row 1", /one JSON object/],
  ["none.jsonl", "\nnull\n", "the row is not an object", /^null$/, ", row 2", /one JSON object/],
  ["pretty.json", '{\n  "text": "a"\n}\n', "not valid JSON", /begins/, ", row 1", /each line .* one JSON object/],
  ["utf8.jsonl", bad('{"text":"a"}\n{"text":"', '"}'), "the row is not text", undefined, ", row 2", /as UTF-8/],
  ["utf8.txt", bad("a\n\n", "\nb"), "the row is not text", undefined, ", line 3", /as UTF-8/],
  ["nul.txt", "a\nb\0c\n", "the line has a NUL character", undefined, ", line 2", /as UTF-8, or get it again/],
  ["utf16.txt", Buffer.from("a\nb", "utf16le"), "the line has a NUL character", undefined, ", line 1", /as UTF-8/],
  ["hole.txt", new Uint8Array(100), "the line has a NUL character", undefined, ", line 1", /get it again/],
  ["a.csv", "text\na\n", "the format of a file is not known", undefined, "", /or unpack it/],
  ["a.jsonl.zst", "a", "the format of a file is not known", undefined, "", /or unpack it/],
  ["noend", "a", "the format of a file is not known", undefined, "", /or unpack it/],
  ["cut.parquet", parquet("moods-snappy").subarray(0, -20), "the Parquet file is cut", undefined, "", /again/],
  ["empty.parquet", "", "not a Parquet file", /^an empty file$/, "", /get the file again/],
];

Hostile("what cannot be read is refused with file and row or line, what is there and what to do", async () => {
  for (const [name, content, what, got, at, hint] of CASES) {
    const path = file(name, content);
    const problem = await refusal(readCorpus([path], tokenizer), "DataError");
    assert.equal([problem.where, problem.what, problem.at], ["readCorpus", what, `${path}${at}`], name);
    if (got !== undefined) assert.match(`${problem.got}`, got, name);
    assert.match(`${problem.hint}`, hint, name);
  }
});

Hostile(
  "a Parquet file that is cut anywhere, or has a wrong byte, is refused with its path or read to its end",
  async () => {
    const whole = parquet("moods-gzip");
    const outcome = async (bytes: Uint8Array): Promise<string | number> => {
      const path = file("damaged.parquet", bytes);
      try {
        return (await read(path)).length;
      } catch (error) {
        const { where, what, at } = await refusal(Promise.reject(error), "DataError");
        assert.ok(where === "readCorpus" && at?.startsWith(path), `${error}`);
        return what;
      }
    };
    for (let size = 12; size < whole.length; size += 40) {
      assert.is(await outcome(whole.subarray(0, size)), "the Parquet file is cut", `${size} bytes`);
    }
    // A byte of a text may be another one: most writers leave checksums out.
    const outcomes = [];
    for (let at = 0; at < whole.length; at += 17) outcomes.push(await outcome(damaged(whole, at)));
    assert.ok(
      outcomes.every((one) => one === 3 || typeof one === "string"),
      outcomes.join(),
    );
    assert.ok(outcomes.filter((one) => one === "the Parquet file is damaged").length > 5, outcomes.join());
  },
);

Hostile("a column of Parquet that is missing or does not hold texts is refused with those there are", async () => {
  const path = "test/tasks/data/values.parquet";
  const problem = async (field: string) => refusal(readCorpus([path], tokenizer, { field }), "DataError");
  const missing = await problem("text");
  assert.is(missing.what, 'there is no column "text"');
  assert.match(`${missing.expected}`, /one of "big", "word", "list", .*"bytes"; the closest is "list"/);
  assert.match(`${missing.hint}`, /set `field`/);
  const nothing = await problem("word");
  assert.equal([nothing.what, nothing.got, nothing.at], ["the row has no text in word", "null", `${path}, row 2`]);
  const number = await problem("big");
  assert.equal([number.what, number.got, number.at], ["the row has no text in big", "1", `${path}, row 1`]);
  const bytes = await problem("bytes");
  assert.equal([bytes.got, bytes.hint], ["1 bytes", "write the column as strings"]);
});

Hostile("paths that are not files are refused with what they are", async () => {
  const inside = join(folder, "shards.txt");
  mkdirSync(inside);
  symlinkSync("nowhere.txt", join(folder, "broken.txt"));
  symlinkSync("loop.txt", join(folder, "loop.txt"));
  symlinkSync(file("target.txt", "one\n"), join(folder, "link.txt"));
  const problem = async (path: string) => {
    const { what, at, hint } = await refusal(readCorpus([path], tokenizer), "DataError");
    assert.is(at, path);
    return [what, hint];
  };
  const asFolder = ["this is a folder, not a file", "name the file inside the folder"];
  const gone = ["there is no such file or folder", "check the path; relative paths start at the working directory"];
  assert.equal(await problem(folder), asFolder);
  assert.equal(await problem(inside), asFolder);
  for (const name of ["broken.txt", "gone.jsonl.gz", "gone"]) assert.equal(await problem(join(folder, name)), gone);
  assert.is((await problem(join(folder, "loop.txt")))[0], "the link leads back to itself");
  assert.equal(await read(join(folder, "link.txt")), ["one"]);
});

Hostile("a line that does not end is refused before memory does", () => {
  const splitter = new LineSplitter("endless.txt");
  const piece = new Uint8Array(2 ** 26).fill(97);
  assert.equal(splitter.push(new TextEncoder().encode("one\nt")).length, 1);
  for (let i = 0; i < 3; i++) assert.equal(splitter.push(piece), []);
  const { what, expected, at } = refused(() => splitter.push(piece), "DataError");
  assert.equal([what, expected, at], ["a line is too long", `at most ${2 ** 28} bytes`, "endless.txt, line 2"]);
});

Hostile("a file without permission is refused", async () => {
  const path = file("secret.txt", "a\n");
  chmodSync(path, 0);
  chmodSync(folder, 0o755);
  // Root reads everything; for this call the process is another user.
  const isRoot = process.geteuid?.() === 0;
  if (process.geteuid === undefined) return console.log("  (skipped: the system has no permissions of this kind)");
  if (isRoot) process.seteuid?.(65534);
  try {
    const { what, at, hint } = await refusal(readCorpus([path], tokenizer), "DataError");
    assert.equal([what, at], ["no permission", path]);
    assert.match(`${hint}`, /change the permissions/);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

Hostile("a file of an unknown format is refused before the first one is read", async () => {
  const paths = [file("first.txt", "one\n"), file("last.csv", "one\n")];
  let texts = 0;
  const reading = (async () => {
    for await (const _ of readTexts(paths)) texts++;
  })();
  assert.is((await refusal(reading, "DataError")).at, paths[1]);
  assert.is(texts, 0);
});

/** What reading a file says while something is done to it. */
const meanwhile = async (name: string, change: (path: string) => void): Promise<number> => {
  const path = file(name, MANY);
  utimesSync(path, 1e9, 1e9);
  let texts = 0;
  for await (const _ of readTexts([path])) if (texts++ === 0) change(path);
  return texts;
};

Hostile("a file that is written to while it is read is refused", async () => {
  const problem = async (change: (path: string) => void) => {
    const { what, expected, got, at, hint } = await refusal(meanwhile("growing.txt", change), "DataError");
    assert.equal([what, at], ["the file changed while it was read", join(folder, "growing.txt")]);
    assert.is(expected, `${MANY.length} bytes`);
    assert.match(`${hint}`, /when it is complete/);
    return got;
  };
  assert.is(await problem((path) => appendFileSync(path, "more\n")), `${MANY.length + 5} bytes`);
  assert.is(await problem((path) => truncateSync(path, 10)), "10 bytes");
  assert.is(await problem((path) => writeFileSync(path, MANY.replaceAll("l", "L"))), "as many, written anew");
});

Hostile("a file that is removed or replaced while it is read is read to its end", async () => {
  if (process.platform === "win32") return console.log("  (skipped: an open file cannot be removed here)");
  assert.is(await meanwhile("removed.txt", (path) => rmSync(path)), 20_000);
  const other = file("other-version.txt", "short\n");
  assert.is(await meanwhile("replaced.txt", (path) => renameSync(other, path)), 20_000);
});

Hostile("a corpus without a text names its files, the first of many", async () => {
  const paths = [1, 2, 3, 4].map((i) => file(`blank-${i}.txt`, " \n\t\n"));
  const { what, at, hint } = await refusal(readCorpus(paths, tokenizer), "DataError");
  assert.is(what, "there is no text");
  assert.ok(at?.includes("blank-3.txt") && at.includes("and 1 more") && !at.includes("blank-4"), at);
  assert.match(`${hint}`, /white space/);
  assert.is((await refusal(readCorpus([], tokenizer), "DataError")).at, "an empty list of files");
});

Hostile.run();
