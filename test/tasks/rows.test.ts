/** @file Reading rows: what counts as a line, and how rows that cannot be used are told. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadTask, loadTaskTE, readExamples, readExamplesTE } from "../../lib/tasks/reading.js";
import { taskOf } from "../../lib/tasks/registry.js";
import { examplesOfE, parseRows } from "../../lib/tasks/rows.js";
import { asTask, type Task } from "../../lib/tasks/task.js";

import { bytes, cbRow, newsRow, problem, questionRow, read, row, says, schemaRow } from "./row-texts.js";

const Rows = suite("tasks/rows");

const cb = taskOf("cb");
const ids = (text: string | Uint8Array): string[] => read(text).map(({ id }) => id);

Rows("any line end, a byte order mark, blank lines and a missing last line end are fine", () => {
  const [a, b] = [row(), row({ idx: 8 })];
  for (const end of ["\n", "\r\n", "\r"]) {
    for (const text of [`${a}${end}${b}`, `${a}${end}${b}${end}`, `${a}${end}${end}${b}${end} \t${end}`]) {
      for (const mark of ["", "\ufeff"]) {
        assert.equal(ids(mark + text), ["7", "8"], JSON.stringify([end, mark]));
        assert.equal(ids(bytes(mark + text)), ["7", "8"], JSON.stringify([end, mark]));
      }
    }
  }
});

Rows("a row is counted by its line, whatever ends the lines", () => {
  for (const end of ["\n", "\r\n", "\r"])
    says(problem([row(), "", row({ idx: 8 }), "{}"].join(end)), "f.jsonl, row 4:");
});

Rows("U+2028, U+2029 and U+0085 are characters", () => {
  const premise = "a\u2028b\u2029c\u0085d\u000be";
  // JSON.stringify does not escape the first three.
  const [{ inputs }] = read(row({ premise }).replace("\\u000b", "\\u000b"));
  assert.is(inputs, `hypothesis: it rains premise: ${premise}`);
});

Rows("a byte order mark is dropped at the start alone", () => {
  says(problem(`${row()}\n\ufeff${row({ idx: 8 })}`), "row 2", "not valid JSON");
  assert.is(read(row({ hypothesis: "\ufeffx" }))[0].inputs, "hypothesis: \ufeffx premise: It rains. He said so.");
});

Rows("test rows need no label; one that has a label keeps it", () => {
  const [bare, labelled] = read(`${row({ label: undefined })}\n${row({ idx: 8 })}`, "cb", "test");
  assert.equal([bare.targets, bare.truth, labelled.targets, labelled.truth], ["<unk>", -1, "entailment", 0]);
  const [answer] = read(questionRow([{ text: "a", idx: 0 }]), "multirc", "test");
  assert.equal([answer.targets, answer.truth], ["<unk>", -1]);
  const [query] = read(newsRow({}, { answers: undefined }), "record", "test");
  assert.equal([query.targets, query.truth], ["<unk>", []]);
  const [span] = read(schemaRow({}, { label: undefined }), "wsc", "test");
  assert.equal([span.targets, span.truth], ["Tom", -1]);
});

Rows("a line of ten megabytes is read, in a time that grows with its length alone", () => {
  const long = "a \u{1f600} b\\ ".repeat(1_000_000);
  const [first, second] = read(`${row({ premise: long })}\n${row({ idx: 8 })}`);
  assert.is(first.inputs.length, long.length + "hypothesis: it rains premise: ".length);
  assert.is(second.id, "8");
  const passage = { text: long, entities: Array.from({ length: 1000 }, (_, i) => ({ start: i, end: i + 4 })) };
  assert.is(read(newsRow({ passage }), "record").length, 1);
  const many = `${row()}\n`.repeat(20_000).split("\n").slice(0, -1);
  assert.is(read(many.map((_, i) => row({ idx: i })).join("\n")).length, 20_000);
});

Rows("what a task throws that is no DataError is a fault, and passes", () => {
  const broken: Task = asTask({
    ...cb,
    examples: () => {
      throw new TypeError("a bug");
    },
  });
  assert.throws(() => examplesOfE(broken, "train", parseRows(row(), "f"), "f"), /a bug/);
});

const folder = mkdtempSync(join(tmpdir(), "fluxion-tasks-"));
Rows.after(() => rmSync(folder, { recursive: true, force: true }));

Rows("a folder's files are read by split, and errors name the file", async () => {
  mkdirSync(join(folder, "CB"));
  writeFileSync(join(folder, "CB", "train.jsonl"), `${row()}\n`);
  writeFileSync(join(folder, "CB", "val.jsonl"), `${row({ idx: 1 })}\n${row({ idx: 2 })}`);
  const { train, validation } = await loadTask(cb, folder);
  assert.equal([train.length, validation.length], [1, 2]);
  const test = await readExamplesTE(cb, "test", folder)();
  says(E.isLeft(test) ? test.left.message : "", join(folder, "CB", "test.jsonl"), "no such file");
  writeFileSync(join(folder, "CB", "val.jsonl"), "{}");
  const bad = await loadTaskTE(cb, folder)();
  says(E.isLeft(bad) ? bad.left.message : "", `${join(folder, "CB", "val.jsonl")}, row 1`);
});

Rows("a split that a task does not have is refused by name", async () => {
  const read = await readExamplesTE(taskOf("axb"), "train", folder)();
  says(E.isLeft(read) ? read.left.message : "", "axb has no split train", "expected  test", "got       train");
});

Rows("rows in memory need no folder", async () => {
  const inMemory: Task = {
    ...cb,
    splits: { train: { rows: [cbRow, { ...cbRow, idx: 8 }] }, test: { rows: [{ idx: 0 }] } },
  };
  const examples = await readExamples(inMemory, "train");
  assert.equal(
    examples.map(({ id }) => id),
    ["7", "8"],
  );
  const bad = await readExamplesTE(inMemory, "test")();
  says(E.isLeft(bad) ? bad.left.message : "", "cb, test, row 1", "premise");
});

Rows.run();
