/** @file Data sets in the layout of the Hugging Face Hub: which files stand for a split, and what their rows become. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readExamples } from "../../lib/tasks/reading.js";
import { taskOf } from "../../lib/tasks/registry.js";
import { findRows } from "../../lib/tasks/sources.js";
import type { Split } from "../../lib/tasks/task.js";
import { temporaryFolder } from "../io/folder.js";

const Hub = suite("tasks/hub");
const dir = temporaryFolder(Hub);
const FIXTURES = new URL("data/", import.meta.url).pathname;

Hub("BoolQ's files are read where the official ones are not there", async () => {
  mkdirSync(join(dir, "boolq"), { recursive: true });
  for (const split of ["train", "test"]) {
    copyFileSync(
      join(FIXTURES, `${split}-00000-of-00001.parquet`),
      join(dir, "boolq", `${split}-00000-of-00001.parquet`),
    );
  }
  const boolq = taskOf("boolq");
  const train = await readExamples(boolq, "train", dir);
  assert.equal(
    train.map(({ id, targets, truth }) => [id, targets, truth]),
    [1, 0, 1, 1, 0].map((label, i) => [`${i}`, label === 1 ? "True" : "False", label]),
  );
  assert.is(train[1].inputs, "passage: It is 1. question: is it 1");
  assert.equal(
    (await readExamples(boolq, "test", dir)).map(({ targets }) => targets),
    new Array(5).fill("<unk>"),
  );
  mkdirSync(join(dir, "BoolQ"));
  writeFileSync(join(dir, "BoolQ/train.jsonl"), '{"question": "q", "passage": "p", "idx": 9, "label": true}\n');
  assert.equal(
    (await readExamples(boolq, "train", dir)).map(({ id }) => id),
    ["9"],
    "the official file comes first",
  );
});

Hub("each task finds its files under the names of the Hub", () => {
  const files: readonly (readonly [name: string, split: Split, path: string])[] = [
    ["mrpc", "train", "mrpc/train"],
    ["glue_rte", "train", "rte/train"],
    ["mnli", "validation", "mnli/validation_matched"],
    ["mnli_mismatched", "validation", "mnli_mismatched/validation"],
    ["ax", "test", "ax/test"],
    ["cb", "validation", "cb/validation"],
    ["squad", "train", "plain_text/train"],
  ];
  for (const [name, split, path] of files) {
    const root = join(dir, name);
    assert.is(findRows(taskOf(name), split, root), undefined, name);
    mkdirSync(join(root, path, ".."), { recursive: true });
    for (const part of [0, 1]) writeFileSync(join(root, `${path}-0000${part}-of-00002.parquet`), "");
    assert.is(findRows(taskOf(name), split, root)?.paths.length, 2, name);
  }
});

const examplesOf = (name: string, rows: readonly unknown[], split: Split = "train") =>
  readExamples({ ...taskOf(name), splits: { [split]: { rows } } }, split);

Hub("rows of the Hub have indices, names of labels, and answers in lists", async () => {
  const pair = { sentence1: "a", sentence2: "b" };
  const [mrpc] = await examplesOf("mrpc", [{ ...pair, label: "not_equivalent", idx: 4075 }]);
  assert.equal(mrpc, { id: "4075", inputs: "sentence1: a sentence2: b", targets: "not_equivalent", truth: 0 });
  const [stsb] = await examplesOf("stsb", [{ ...pair, label: 2.5, idx: 3 }]);
  assert.equal([stsb.id, stsb.targets, stsb.truth], ["3", "2.4", 2.4]);
  const [open] = await examplesOf("stsb", [{ ...pair, label: -1, idx: 3 }], "test");
  assert.equal([open.targets, open.truth], ["-1.0", -1]);
  const question = { id: "5a", title: "t", context: "It is so.", question: "Is it?" };
  const [squad] = await examplesOf("squad", [{ ...question, answers: { text: ["so."], answer_start: [6] } }]);
  assert.equal(squad, {
    id: "5a",
    inputs: "question: Is it ? context: It is so . ",
    targets: "so . ",
    truth: ["so . "],
  });
});

Hub.run();
