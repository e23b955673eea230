/** @file Files of every format that are odd or damaged: each is read as it should be, or refused with file, row and field. */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { strToU8, zipSync } from "fflate";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { labelled } from "../../lib/tasks/labelled.js";
import { task } from "../../lib/tasks/own.js";
import { readExamples } from "../../lib/tasks/reading.js";
import { taskOf } from "../../lib/tasks/registry.js";
import { asTask, type Example, type RowFile, type Task } from "../../lib/tasks/task.js";
import { temporaryFolder } from "../io/folder.js";
import { bytes, says } from "./row-texts.js";

const Hostile = suite("tasks/hostile");
const dir = temporaryFolder(Hostile);
const DATA = "test/tasks/data";

const ROWS = [
  { text: "What a day", label: "yes" },
  { text: 'It "rains"', label: "no" },
  { text: "naïve 中文", label: "no" },
];
const EXAMPLES: readonly Example[] = ROWS.map(({ text, label }, i) => ({
  id: `${i + 1}`,
  inputs: text,
  targets: label,
  truth: label === "yes" ? 1 : 0,
}));
const JSONL = ROWS.map((row) => `${JSON.stringify(row)}\n`).join("");
const TSV = `text\tlabel\n${ROWS.map(({ text, label }) => `${text}\t${label}\n`).join("")}`;
const CSV = 'text,label\nWhat a day,yes\n"It ""rains""",no\nnaïve 中文,no\n';
/** The label is a title, and the text a paragraph. */
const SQUAD = JSON.stringify({
  data: ROWS.map(({ text, label }) => ({ title: label, paragraphs: [{ context: text, qas: [] }] })),
});
const MOODS = new Uint8Array(readFileSync(`${DATA}/moods-none.parquet`));
const crlf = (text: string): string => text.replaceAll("\n", "\r\n");
/** A file with another text in the place of one. */
const changed = (file: Uint8Array, from: string, to: string): Uint8Array =>
  new Uint8Array(Buffer.from(Buffer.from(file).toString("latin1").replaceAll(from, to), "latin1"));
const POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";

/** A task of the rows in a file: by its ending, or as paragraphs. */
const moods = (file: string): Task => {
  const base = { name: "moods", labels: ["no", "yes"] } as const;
  if (!file.includes(".json") || file.includes(".jsonl")) {
    return task({ ...base, train: file, input: "text", target: "label" });
  }
  const rows = { file, format: "squad" } as const;
  return task({ ...base, train: rows, input: (row) => row.context, target: (row) => row.title });
};

/** The examples of a file, or what reading it says. */
const readFrom = async (own: Task, at = dir): Promise<readonly Example[] | string> => {
  try {
    return await readExamples(own, "train", at);
  } catch (error) {
    assert.ok(isFluxionError(error, "DataError"), `${error}`);
    return error.message;
  }
};
const save = (name: string, content: string | Uint8Array): void => writeFileSync(join(dir, name), content);

const zip = zipSync({ "in/a.jsonl": strToU8(JSONL), "b.tsv": [strToU8(TSV), { level: 0 }], "c.json": strToU8(SQUAD) });

/** Files that give the same examples; a path may go on in an archive. */
const SAME: readonly (readonly [path: string, content: string | Uint8Array])[] = [
  ["a.jsonl", JSONL],
  ["a.tsv", TSV],
  ["a.csv", CSV],
  ["a.json", SQUAD],
  ["a.parquet", MOODS],
  ["a.jsonl.gz", gzipSync(JSONL)],
  ["a.tsv.gz", gzipSync(TSV)],
  ["a.csv.gz", gzipSync(CSV)],
  ["a.json.gz", gzipSync(SQUAD)],
  ["a.zip/in/a.jsonl", zip],
  ["a.zip/b.tsv", zip],
  ["a.zip/c.json", zip],
  ["b.zip/a.csv.gz", zipSync({ "a.csv.gz": gzipSync(CSV) })],
  // A byte order mark, and the ends of lines of Windows.
  ["mark.jsonl", `\ufeff${crlf(JSONL)}`],
  ["mark.tsv", `\ufeff${crlf(TSV)}`],
  ["mark.csv", `\ufeff${crlf(CSV)}`],
  ["mark.json", `\ufeff${SQUAD}\r\n`],
  // No end of the last line.
  ["end.jsonl", JSONL.trimEnd()],
  ["end.tsv", TSV.trimEnd()],
  ["end.csv", CSV.trimEnd()],
];

Hostile("one data set gives the same examples in every format, packed or not", async () => {
  for (const [path, content] of SAME) {
    save(path.replace(/(?<=\.zip)\/.*/, ""), content);
    assert.equal(await readFrom(moods(path)), EXAMPLES, path);
  }
});

const cut = (file: Uint8Array): Uint8Array => file.subarray(0, file.length - 12);
const INVALID = { text: [0x61, 0xff, 0x62], label: "no" };
const zipCut = zipSync({ "a.tsv": strToU8(TSV) });

/** Files that are refused, and what is said. */
const REFUSED: readonly (readonly [path: string, content: string | Uint8Array, ...says: readonly string[]])[] = [
  ["quote.csv", 'text,label\n"a,no\n', "quote", "quote.csv, row 1 (line 2)"],
  ["quote.jsonl", '{"text":"a,"label":"no"}\n', "not valid JSON", "quote.jsonl, row 1"],
  ["quote.json", `${SQUAD.slice(0, -6)}"`, "the JSON is cut", "quote.json, byte"],
  ["twice.csv", "text,label,label\na,no,no\n", "two columns have the same name", "twice.csv, line 1"],
  ["twice.tsv", "text\tlabel\tlabel\na\tno\tno\n", "two columns have the same name", "twice.tsv, line 1"],
  ["twice.jsonl", '{"text":"a","label":"no","label":"yes"}\n', "a key stands twice", "twice.jsonl, row 1"],
  [
    "utf.csv",
    bytes("text,label\n", INVALID.text, ",no\n"),
    "the value is not text",
    "utf.csv, row 1 (line 2)",
    '"text"',
  ],
  ["utf.tsv", bytes("text\tlabel\n", INVALID.text, "\tno\n"), "the value is not text", "utf.tsv, row 1 (line 2)"],
  ["utf.jsonl", bytes('{"text":"', INVALID.text, '","label":"no"}\n'), "the row is not text", "utf.jsonl, row 1"],
  ["utf.json", changed(strToU8(SQUAD), "na\xc3\xafve", "na\xffave"), "not valid JSON", "utf.json, byte"],
  [
    "utf.parquet",
    changed(MOODS, "na\xc3\xafve", "na\xffave"),
    "the value is not text",
    'utf.parquet, row 3: column "text"',
  ],
  ["label.csv", "text,label\na,\n", 'label.csv, row 1 (line 2): column "label": not a target'],
  ["label.tsv", "text\tlabel\na\t\n", 'label.tsv, row 1 (line 2): column "label": not a target'],
  ["label.jsonl", '{"text":"a","label":null}\n', 'label.jsonl, row 1: column "label": not a target'],
  ["label.json", '{"data":[{"paragraphs":[{"context":"a"}]}]}', "label.json, paragraph 1: target: not a target"],
  ["other.csv", "text,lable\na,no\n", 'there is no column "label"', 'the closest is "lable"', "other.csv"],
  ["other.tsv", "text\tlable\na\tno\n", 'there is no column "label"', 'the closest is "lable"', "other.tsv"],
  ["other.jsonl", '{"text":"a","lable":"no"}\n', 'other.jsonl, row 1: column "label": there is no column'],
  ["other.json", '{"version":1,"data":[]}', "the JSON has no paragraphs", "other.json"],
  ["other.parquet", changed(MOODS, "label", "lable"), 'there is no column "label"', "other.parquet"],
  ["schema.parquet", readFileSync(`${DATA}/values.parquet`), 'there is no column "text"', "schema.parquet"],
  ["nul.csv", "text,label\na\0,no\n", "NUL", "nul.csv, row 1 (line 2)"],
  ["nul.tsv", "text\tlabel\na\0\tno\n", "NUL", "nul.tsv, row 1 (line 2)"],
  ["cut.csv.gz", cut(gzipSync(CSV)), "the gzip file is damaged or cut", "cut.csv.gz"],
  ["cut.tsv.gz", cut(gzipSync(TSV)), "the gzip file is damaged or cut", "cut.tsv.gz"],
  ["cut.jsonl.gz", cut(gzipSync(JSONL)), "the gzip file is damaged or cut", "cut.jsonl.gz"],
  ["cut.json.gz", cut(gzipSync(SQUAD)), "the gzip file is damaged or cut", "cut.json.gz"],
  ["cut.parquet", cut(MOODS), "the Parquet file is cut", "cut.parquet"],
  ["gzip.parquet.gz", gzipSync(MOODS), "packed by gzip", "gzip.parquet.gz"],
  ["cut.zip/a.tsv", cut(zipCut), "the archive is damaged", "no directory at its end", "cut.zip"],
  [
    "crc.zip/a.tsv",
    changed(zipSync({ "a.tsv": [strToU8(TSV), { level: 0 }] }), "rains", "pours"),
    "the checksum of a.tsv is wrong",
  ],
  ["names.zip/b.tsv", zipCut, "the archive has no such file", "such as a.tsv", "names.zip"],
  ["parquet.zip/a.parquet", zipSync({ "a.parquet": MOODS }), "in an archive", "unpack the archive", "a.parquet"],
  ["pointer.zip/a.tsv", zipSync({ "a.tsv": strToU8(POINTER) }), "a pointer of Git LFS", "a.tsv"],
  ...["jsonl", "tsv", "csv", "json", "parquet"].map(
    (ending) => [`pointer.${ending}`, POINTER, "a pointer of Git LFS", "git lfs pull", `pointer.${ending}`] as const,
  ),
];

Hostile("what is damaged, or lacks something, is refused with file, row and field", async () => {
  for (const [path, content, ...parts] of REFUSED) {
    save(path.replace(/(?<=\.zip)\/.*/, ""), content);
    const message = await readFrom(moods(path));
    assert.type(message, "string", `${path} was read`);
    says(message as string, ...parts);
  }
});

Hostile("a quote is a character of tab-separated values", async () => {
  save("quote.tsv", 'text\tlabel\n"a\tno\n');
  const [first] = await readExamples(moods("quote.tsv"), "train", dir);
  assert.is(first.inputs, '"a');
});

Hostile("an id that stands twice is refused with both rows, also through several files", async () => {
  const own = (file: string, format: "csv" | "tsv" | "jsonl"): Task =>
    labelled("mood", ["no", "yes"], ["text"], { splits: { train: { file, format } as RowFile } });
  save("ids.csv", "idx,text,label\n4,a,no\n4,b,no\n");
  save("ids.tsv", "idx\ttext\tlabel\n4\ta\tno\n4\tb\tno\n");
  save("ids.jsonl", '{"idx":4,"text":"a","label":"no"}\n{"idx":"04","text":"b","label":"no"}\n');
  for (const format of ["csv", "tsv", "jsonl"] as const) {
    const message = await readFrom(own(`ids.${format}`, format));
    says(message as string, `ids.${format}, row 2`, "idx: another row has this id", `4, as`, `ids.${format}, row 1`);
  }
  for (const i of [0, 1]) copyFileSync(`${DATA}/train-00000-of-00001.parquet`, join(dir, `ids-${i}.parquet`));
  const train = { file: "ids-*.parquet", format: "parquet" } as const;
  const message = await readFrom(asTask({ ...taskOf("boolq"), splits: { train } }));
  says(message as string, "5 of 10 rows", "ids-1.parquet, row 1: idx", "0, as", "ids-0.parquet, row 1");
});

Hostile("a row of Parquet without a label is refused where it needs one", async () => {
  const train = { file: "test-*.parquet", format: "parquet" } as const;
  const message = await readFrom(asTask({ ...taskOf("boolq"), splits: { train } }), DATA);
  says(message as string, "5 of 5 rows", "row 1: label: a row of train has no label");
});

Hostile.run();
