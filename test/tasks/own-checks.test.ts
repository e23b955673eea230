/** @file What is refused of own tasks: keys that there are not, values of another kind, functions that fail, shares without examples. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { task } from "../../lib/tasks/own.js";
import { readExamples } from "../../lib/tasks/reading.js";
import { temporaryFolder } from "../io/folder.js";
import { says } from "./row-texts.js";

const Checks = suite("tasks/own-checks");
const dir = temporaryFolder(Checks);
const ROWS = [
  { text: "a", label: "no" },
  { text: "b", label: "yes" },
];
const BASE = { name: "tox", labels: ["no", "yes"], train: ROWS, input: "text", target: "label" };

/** The message of the ArgumentError of a task as plain JavaScript may give it. */
const refused = (own: unknown): string => {
  try {
    task(own as never);
  } catch (error) {
    assert.ok(isFluxionError(error, "ArgumentError"), `${error}`);
    return error.message;
  }
  return "no error";
};
const unread = async (own: object, split: "train" | "validation" | "test" = "train"): Promise<string> => {
  try {
    await readExamples(task({ ...BASE, ...own } as never), split, dir);
  } catch (error) {
    assert.ok(isFluxionError(error, "DataError"), `${error}`);
    return error.message;
  }
  return "no error";
};

Checks("keys that there are not are refused, with the one that was meant", () => {
  const { input: _, ...rest } = BASE;
  for (const [own, key, meant] of [
    [{ ...BASE, dev: "dev.csv" }, "dev", "validation"],
    [{ ...BASE, valid: "dev.csv" }, "valid", "validation"],
    [{ ...BASE, val: "dev.csv" }, "val", "validation"],
    [{ ...rest, inputs: "text" }, "inputs", "input"],
    [{ ...BASE, lables: [] }, "lables", "labels"],
    [{ ...BASE, validation: { share: 0.5, sede: 1 } }, "sede", "seed"],
  ] as const) {
    says(refused(own), "there is no such key", `got       ${key}`, `did you mean ${meant}?`);
  }
});

Checks("values of another kind are refused, with their key", () => {
  for (const [key, value, expected] of [
    ["name", undefined, "a text that is not empty"],
    ["name", " ", "a text that is not empty"],
    ["title", 5, "a text"],
    ["labels", "no", "texts in an array"],
    ["labels", [0, 1], "texts in an array"],
    ["row", { text: "string" }, "a decoder of io-ts"],
    ["metrics", { accuracy: "x" }, "functions by name"],
    ["input", undefined, "the name of a column, or a function"],
    ["target", ["label"], "the name of a column, or a function"],
    ["validation", { share: "0.5" }, "a number between 0 and 1"],
    ["validation", { share: 0.5, seed: 0.5 }, "an integer"],
    ["train", "https://a.b/train.csv", "a path"],
    ["train", { file: "a.csv", format: "cvs" }, "parquet, jsonl, csv, tsv"],
    ["train", { file: 5, format: "csv" }, "a path"],
    ["train", { firstOf: [] }, "one file or more"],
    ["train", { rows: 5 }, "an array"],
  ] as const) {
    says(refused({ ...BASE, [key]: value }), `expected  ${expected}`, `at        ${key}`);
  }
  for (const none of [undefined, null, 5, [BASE]]) says(refused(none), "not a task", "expected  an object");
  says(refused({ name: "x", examples: () => [] }), "expected  rows by split", "at        splits");
});

Checks("a function that fails, or gives a promise, is named with the row and what the row has", async () => {
  writeFileSync(join(dir, "a.csv"), "text,label\na,no\nb,yes\n");
  const fails = (row: { missing: string }) => row.missing.trim();
  says(
    await unread({ train: "a.csv", input: fails }),
    `${join(dir, "a.csv")}, row 1 (line 2): input: the function failed: TypeError`,
    'the row has "text", "label"',
  );
  says(await unread({ target: async () => "no" }), "tox, train, row 2: target: the function gives a promise");
  says(await unread({ input: (row: { txt: string }) => row.txt }), "row 1: input: not an input", '"text", "label"');
});

Checks("a share that leaves one side without examples is refused", async () => {
  for (const split of ["train", "validation"] as const) {
    says(await unread({ validation: { share: 0.1 } }, split), "leaves validation without", "0 of 2");
    says(await unread({ validation: { share: 0.9 } }, split), "leaves training without", "2 of 2");
  }
});

Checks("a folder in place of a file is named", async () => {
  mkdirSync(join(dir, "folder.csv"));
  says(await unread({ train: "folder.csv" }), "this is a folder, not a file", `at        ${join(dir, "folder.csv")}`);
});

Checks.run();
