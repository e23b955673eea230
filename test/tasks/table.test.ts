/** @file Tasks from a file and two columns: the examples, the labels that are found, and what is refused. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { findLabels } from "../../lib/tasks/found-labels.js";
import { labelled } from "../../lib/tasks/labelled.js";
import { type OwnTask, task } from "../../lib/tasks/own.js";
import { loadTask, readExamples, readExamplesTE } from "../../lib/tasks/reading.js";
import type { Example } from "../../lib/tasks/task.js";
import { scoreAnswers } from "../../lib/train/evaluate.js";
import { temporaryFolder } from "../io/folder.js";
import { says } from "./row-texts.js";

const Table = suite("tasks/table");
const dir = temporaryFolder(Table);

const COLUMNS = { name: "mood", input: "text", target: "label" } as const;
const LABELS = ["sad", "glad"];
let files = 0;
/** A file of the temporary folder. */
const file = (text: string, ending: string): string => {
  const path = `${files++}${ending}`;
  writeFileSync(join(dir, path), text);
  return path;
};
/** The examples of a training file, or the message of the error. */
const read = async (text: string, ending = ".csv", over: Partial<OwnTask> = {}) => {
  const train = file(text, ending);
  const result = await readExamplesTE(task({ ...COLUMNS, train, validation: train, ...over }), "train", dir)();
  if (E.isRight(result)) return result.right;
  assert.ok(isFluxionError(result.left, "DataError"));
  return result.left.message.replaceAll(join(dir, train), "FILE");
};
const problem = async (...args: Parameters<typeof read>): Promise<string> => {
  const result = await read(...args);
  return typeof result === "string" ? result : "no error";
};
const thrown = (over: Partial<OwnTask>): string => {
  try {
    task({ ...COLUMNS, train: "a.csv", validation: "b.csv", ...over });
  } catch (error) {
    assert.ok(isFluxionError(error, "ArgumentError"));
    return error.message;
  }
  return "no error";
};

const CSV = 'label,note,text\nglad,x,"What a day, ""really"""\nsad,,"It rains\nagain "\n';
const JSONL = [
  { text: 'What a day, "really"', label: "glad" },
  { text: "It rains\nagain ", label: "sad", more: [1] },
]
  .map((row) => JSON.stringify(row))
  .join("\n");

Table("the same rows make the same examples, in either format", async () => {
  const texts = ['What a day, "really"', "It rains\nagain "];
  const byText: Example[] = [
    { id: "1", inputs: texts[0], targets: "glad", truth: ["glad"] },
    { id: "2", inputs: texts[1], targets: "sad", truth: ["sad"] },
  ];
  for (const [text, ending] of [
    [CSV, ".csv"],
    [CSV, ".CSV"],
    [JSONL, ".jsonl"],
  ] as const) {
    assert.equal(await read(text, ending), byText, ending);
    const byLabel = byText.map((example, i) => ({ ...example, truth: 1 - i }));
    assert.equal(await read(text, ending, { labels: LABELS }), byLabel, ending);
  }
});

Table("answers are judged by label, or as texts", async () => {
  const train = file(CSV, ".csv");
  const free = task({ ...COLUMNS, title: "What mood?", train, validation: train });
  assert.equal([free.name, free.title, free.prefix, free.labels], ["mood", "What mood?", "mood", undefined]);
  const texts = await readExamples(free, "validation", dir);
  assert.equal(scoreAnswers(free, texts, ["Glad.", "very sad"]).metrics, { em: 50, f1: (100 * (1 + 2 / 3)) / 2 });
  const ranked = task({ ...COLUMNS, train, validation: train, labels: LABELS });
  assert.equal([ranked.title, ranked.labels], ["mood", LABELS]);
  const labels = await readExamples(ranked, "validation", dir);
  const { metrics, predictions } = scoreAnswers(ranked, labels, ["glad", "Sad"]);
  assert.equal(metrics, { accuracy: 50 });
  assert.equal(
    predictions.map(({ correct, valid }) => [correct, valid]),
    [
      [true, true],
      [false, false],
    ],
  );
});

Table("white space of targets and labels is that of a decoder, and integers become their digits", async () => {
  const targets = async (...args: Parameters<typeof read>): Promise<string[]> => {
    const examples = await read(...args);
    assert.ok(typeof examples !== "string", String(examples));
    return examples.map((example) => example.targets);
  };
  const text = 'text,label\na," very  good\t"\nb,"very\n good"\n';
  assert.equal(await targets(text), ["very good", "very good"]);
  assert.equal(await targets(text, ".csv", { labels: [" very good "] }), ["very good", "very good"]);
  const numbers = '{"text": "a", "label": 3}\n{"text": "b", "label": -0}\n\n{"text": "c", "label": "3"}';
  assert.equal(await targets(numbers, ".jsonl", { labels: ["0", "3"] }), ["3", "0", "3"]);
});

Table("the number of a row is its id; the same row may stand there twice", async () => {
  const ids = async (text: string, ending: string): Promise<string[]> =>
    ((await read(text, ending)) as readonly Example[]).map(({ id }) => id);
  assert.equal(await ids("text,label\n\na,b\na,b\n", ".csv"), ["1", "2"]);
  assert.equal(await ids('{"text":"a","label":"b"}\n\n{"text":"a","label":"b"}\n', ".jsonl"), ["1", "3"]);
});

Table("paths start at the folder that is given; absolute ones and ones outside of it are read too", async () => {
  const [train, inside] = [file(CSV, ".csv"), join(dir, "inside")];
  mkdirSync(inside);
  const count = async (path: string, from?: string): Promise<number> => {
    const { validation } = await loadTask(task({ ...COLUMNS, train: path, validation: path }), from);
    return validation.length;
  };
  assert.is(await count(train, dir), 2);
  assert.is(await count(join("..", train), inside), 2);
  assert.is(await count(resolve(dir, train), inside), 2);
  assert.is(await count(resolve(dir, train)), 2);
  assert.is(await count(relative(process.cwd(), join(dir, train))), 2);
  const missing = await readExamplesTE(task({ ...COLUMNS, train: "/no/such.csv", validation: train }), "train", dir)();
  says(E.isLeft(missing) ? missing.left.message : "", "at        /no/such.csv", "no such file");
});

Table("a labelled task reads CSV too", async () => {
  const task = labelled("mood", LABELS, ["text"], {
    splits: { test: { file: file("idx,label,text\n7,sad,It rains.\n", ".csv"), format: "csv" } },
  });
  const wanted = [{ id: "7", inputs: "text: It rains.", targets: "sad", truth: 0 }];
  assert.equal(await readExamples(task, "test", dir), wanted);
});

Table("a row that cannot be used is refused with file, row and column", async () => {
  const rows: readonly (readonly [row: string, part: string])[] = [
    ["{}", 'row 1: column "text": there is no column "text" (expected columns with names)'],
    [
      '{"texts": "a", "label": "sad"}',
      'row 1: column "text": there is no column "text" (expected one of "texts", "label"; the closest is "texts")',
    ],
    [
      '{"text": "a"}',
      'row 1: column "label": there is no column "label" (expected one of "text"; the closest is "text")',
    ],
    ['{"text": 5, "label": "sad"}', 'row 1: column "text": not an input (expected a text that is not empty, got 5)'],
    ['{"text": " \\n", "label": "sad"}', 'row 1: column "text": not an input'],
    ...["null", "true", '""', '" \\t"', '["sad"]'].map(
      (label) => [`{"text": "a", "label": ${label}}`, 'row 1: column "label": not a target'] as const,
    ),
    ["[]", "row 1: the row is not an object"],
  ];
  for (const labels of [undefined, LABELS]) {
    for (const [row, part] of rows) says(await problem(row, ".jsonl", { labels }), "1 of 1 rows", `FILE, ${part}`);
  }
  says(
    await problem("text,label\na,sad\nb,\n\n,sad\nc,Glad\nd,glad\n", ".csv", { labels: LABELS }),
    "3 of 5 rows cannot be used",
    'FILE, row 2 (line 3): column "label": not a target (expected a text that is not empty, or a number, got "")',
    'FILE, row 3 (line 5): column "text": not an input (expected a text that is not empty, got "")',
    'FILE, row 4 (line 6): column "label": not a label (expected "sad" or "glad", got "Glad")',
  );
  says(await problem("text,label\na,sad,\n"), "FILE, row 1 (line 2): column 3: the row has too many values");
});

Table("a file that cannot be used is refused as a whole", async () => {
  says(
    await problem("text,lable\na,sad\nb,sad\n"),
    'there is no column "label"',
    'the closest is "lable"',
    "FILE, line 1",
  );
  says(await problem("text,label\n"), "there are no rows", "FILE");
  says(await problem(""), "the file is empty", "FILE");
  says(await problem("", ".jsonl"), "there are no rows", "FILE");
  says(await problem('text,label\n"a,sad\n'), "a quote is not closed", "FILE, row 1 (line 2)");
});

Table("files of other formats, and lists that are no labels, are refused", () => {
  const endings = "ends in .parquet, .jsonl, .csv, .tsv, or one of the last three with .gz";
  says(thrown({ train: "a.txt" }), "task:", endings, "got       a.txt", "at        train");
  says(thrown({ validation: "csv" }), "got       csv", "at        validation");
  says(thrown({ labels: [] }), "labels are missing or empty");
  says(thrown({ labels: ["a", " "] }), "labels are missing or empty", 'got       ["a"," "]');
  says(thrown({ labels: ["a", "b", " a"] }), "a label stands twice", "at        labels");
  assert.is(thrown({ labels: ["a"] }), "no error");
});

const examplesOf = (targets: readonly string[]): Example[] =>
  targets.map((text, i) => ({ id: `${i}`, inputs: "x", targets: text, truth: [text] }));

Table("few targets are labels, in the order in which they first stand there", () => {
  const found = findLabels(examplesOf(["no", "yes", "no", "no", "yes"]));
  assert.equal(found, { labels: ["no", "yes"], distinct: 2, examples: 5 });
  assert.equal(findLabels(examplesOf(["no", "yes", "no", "no"])).labels, undefined, "half as many as examples");
  const targets = (distinct: number, n: number): string[] => Array.from({ length: n }, (_, i) => `t${i % distinct}`);
  assert.is(findLabels(examplesOf(targets(20, 41))).labels?.length, 20);
  assert.equal(findLabels(examplesOf(targets(21, 1000))), { labels: undefined, distinct: 21, examples: 1000 });
  assert.equal(findLabels([]), { labels: undefined, distinct: 0, examples: 0 });
});

Table("labels that are found make a task that refuses another target in validation", async () => {
  const options = {
    ...COLUMNS,
    train: file("text,label\na,no\nb,yes\nc,no\nd,no\ne,no \n", ".csv"),
    validation: file('{"text": "f", "label": "maybe"}', ".jsonl"),
  };
  const { labels } = findLabels(await readExamples(task(options), "train", dir));
  assert.equal(labels, ["no", "yes"]);
  const result = await readExamplesTE(task({ ...options, labels }), "validation", dir)();
  const said = E.isLeft(result) ? result.left.message : "";
  says(said, `${join(dir, options.validation)}, row 1`, "not a label", '"no" or "yes"', '"maybe"');
});

Table.run();
