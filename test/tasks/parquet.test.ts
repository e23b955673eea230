/** @file Parquet files: values, row groups, codecs, names of class ids, and what is refused. */
import { gzipSync } from "node:zlib";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import type { TableOptions } from "../../lib/tasks/columns.js";
import { readExamples } from "../../lib/tasks/reading.js";
import { taskOf } from "../../lib/tasks/registry.js";
import { asTask } from "../../lib/tasks/task.js";
import { bytesOf, DATA, damageFooter, read, valuesOf } from "./parquet-files.js";
import { says } from "./row-texts.js";

const Parquet = suite("tasks/parquet");

const MOODS = bytesOf("moods-snappy");
const HUB = bytesOf("train-00000-of-00001");

const problem = async (bytes: Uint8Array, options: TableOptions = {}): Promise<string> => {
  try {
    return valuesOf(await read(bytes, options)).find((value) => typeof value === "string") as string;
  } catch (error) {
    assert.ok(isFluxionError(error, "DataError"), `${error}`);
    return error.message;
  }
};
/** A file with another text in the place of one, which is as long. */
const changed = (bytes: Uint8Array, from: string, to: string): Uint8Array =>
  new Uint8Array(Buffer.from(Buffer.from(bytes).toString("latin1").replaceAll(from, to), "latin1"));

Parquet("columns that are not needed can be left out, with what is wrong in them", async () => {
  const values = bytesOf("values");
  assert.ok((await problem(values)).includes("an integer is too large"));
  const words = ["a", null, "a", "b"].map((word) => ({ word }));
  assert.equal(valuesOf(await read(values, { columns: ["word"], alone: true })), words);
  says(await problem(values, { columns: ["words"], alone: true }), 'there is no column "words"');
});

Parquet("each codec gives the same rows, in several row groups", async () => {
  const expected = [
    { text: "What a day", label: "yes" },
    { text: 'It "rains"', label: "no" },
    { text: "naïve 中文", label: "no" },
  ];
  for (const codec of ["snappy", "zstd", "gzip", "brotli", "lz4", "none"]) {
    const rows = await read(bytesOf(`moods-${codec}`));
    assert.equal(valuesOf(rows), expected, codec);
    assert.equal(
      rows.map(({ at, number }) => [at, number]),
      [1, 2, 3].map((number) => [`FILE, row ${number}`, number]),
    );
  }
});

Parquet("integers are numbers, and lists, structs, dictionaries and nulls plain values", async () => {
  for (const name of ["values", "values-v2"]) {
    const rows = valuesOf(await read(bytesOf(name)));
    assert.equal(rows.slice(0, 3), [
      {
        big: 1,
        word: "a",
        list: ["x", "y"],
        idx: { paragraph: 1, spans: [2, 3] },
        pairs: [{ a: 1.5 }],
        flag: true,
        bytes: Uint8Array.of(0xff),
      },
      {
        big: -(2 ** 53) + 1,
        word: null,
        list: [],
        idx: { paragraph: 2, spans: null },
        pairs: null,
        flag: false,
        bytes: new Uint8Array(0),
      },
      { big: null, word: "a", list: null, idx: null, pairs: [], flag: null, bytes: null },
    ]);
    if (name === "values")
      says(rows[3] as string, "an integer is too large", "9007199254740992", 'FILE, row 4: column "big"');
  }
});

Parquet("class ids become the names that the footer has, and -1 no label", async () => {
  const rows = (await read(HUB)).map(({ value }) => (E.isRight(value) ? (value.right as { label: string }).label : ""));
  assert.equal(rows, ["True", "False", "True", "True", "False"]);
  const [open] = valuesOf(await read(bytesOf("test-00000-of-00001")));
  assert.equal(open, { question: "is it 0", passage: "It is 0.", idx: 0 });
  const one = changed(HUB, '["False", "True"]', '["False"        ]');
  says(await problem(one), "a class id without a name", "-1 to 0", "got       1", 'FILE, row 1: column "label"');
  says(await problem(changed(HUB, '["False", "True"]', '["False", 4     ]')), "FILE: footer, huggingface.label");
  says(await problem(changed(HUB, '"names":', '"nomes":')), "FILE: footer, huggingface.label: names");
  says(await problem(changed(HUB, '{"info": ', '{"info"; ')), "not valid JSON", "FILE: footer, huggingface");
});

Parquet("the files of the Hub are rows of the tasks", async () => {
  const boolq = taskOf("boolq");
  const inHub = (split: string) => ({ file: `${split}-*.parquet`, format: "parquet" }) as const;
  const hub = asTask({ ...boolq, splits: { train: inHub("train"), test: inHub("test") } });
  const examples = await readExamples(hub, "train", DATA);
  assert.equal(examples[1], {
    id: "1",
    inputs: "passage: It is 1. question: is it 1",
    targets: "False",
    truth: 0,
  });
  assert.equal(
    (await readExamples(hub, "test", DATA)).map(({ truth }) => truth),
    [-1, -1, -1, -1, -1],
  );
});

Parquet("a file may have no rows", async () => {
  assert.equal(await read(bytesOf("no-rows")), []);
});

Parquet("columns are renamed, and one that is missing is refused", async () => {
  const [first] = valuesOf(await read(MOODS, { columns: ["text"], rename: { answer: "label" } }));
  assert.equal(first, { text: "What a day", answer: "yes" });
  says(await problem(MOODS, { columns: ["txt"] }), 'there is no column "txt"', 'the closest is "text"', "FILE");
  says(await problem(changed(MOODS, "label", "text\0"), { columns: ["label"] }), 'there is no column "label"');
});

Parquet("what is not Parquet, or is cut, is refused with what it is", async () => {
  says(await problem(new Uint8Array(0)), "not a Parquet file", "an empty file", "FILE");
  says(await problem(Buffer.from('{"a":1}\n')), "not a Parquet file", 'begins "{\\"a\\":1}');
  says(
    await problem(Buffer.from("version https://git-lfs.github.com/spec/v1\n")),
    "a pointer of Git LFS",
    "git lfs pull",
  );
  says(await problem(gzipSync(MOODS)), "packed by gzip", "unpack it");
  says(await problem(MOODS.subarray(0, -1)), "the Parquet file is cut", "FILE");
  says(await problem(Buffer.from("PAR1PAR1")), "the Parquet file is cut");
  says(await problem(Buffer.from("PAR1\xff\xff\xff\x00PAR1", "latin1")), "the Parquet file is damaged");
});

Parquet("a text that is not UTF-8, and a damaged page, are refused with their place", async () => {
  says(
    await problem(changed(bytesOf("moods-none"), "na\xc3\xafve", "na\xffave")),
    "the value is not text",
    'FILE, row 3: column "text"',
  );
  // The length of definition levels, which the reader of Parquet would look for in other bytes then.
  const levels = bytesOf("values-v2").map((byte, i) => (i === 48 ? 0 : byte));
  says(await problem(levels), "levels of less than 2 values", 'FILE, row group 1, column "big"');
  const page = MOODS.map((byte, i) => (i === 5 ? byte ^ 0x40 : byte));
  says(await problem(page), "the Parquet file is damaged", 'FILE, row group 1, column "text"');
});

Parquet("a footer with one byte changed is refused, or gives the same rows", async () => {
  assert.ok((await damageFooter(MOODS, (at) => [at % 8])) > 1 / 3);
});

Parquet.run();
