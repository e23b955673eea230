/** @file The files of leaderboards, held to lines that are written here by hand from the tables of the benchmarks' own toolkits. */
import { strFromU8, unzipSync } from "fflate";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import {
  type Example,
  examplesOf,
  labelled,
  parseRows,
  type Submission,
  submissionArchive,
  submissionFile,
  type Task,
  task,
  taskOf,
  tsvClasses,
  tsvNumbers,
  tsvWords,
} from "../../lib/tasks/index.js";

const SubmissionFiles = suite("tasks/submission");

const examplesIn = (task: Task, rows: readonly object[]): readonly Example[] =>
  examplesOf(task, "test", parseRows(rows.map((row) => JSON.stringify(row)).join("\n"), "rows"), "rows");

const entails = (idx: number | string, a: string, b: string) => ({ idx, [a]: "A", [b]: "B" });
const pronoun = (idx: number) => ({
  idx,
  text: "The man saw that he won .",
  target: { span1_text: "The man", span1_index: 0, span2_text: "he", span2_index: 4 },
});
const paragraph = (idx: number, questions: readonly (readonly [number, readonly number[]])[]) => ({
  idx,
  passage: {
    text: "P",
    questions: questions.map(([idx, answers]) => ({
      question: "Q",
      idx,
      answers: answers.map((idx) => ({ text: `a${idx}`, idx })),
    })),
  },
});
const news = {
  idx: 4,
  passage: { text: "Ann met Zoë.", entities: [{ start: 0, end: 2 }] },
  qas: [
    { query: "@placeholder met", idx: 9, answers: [{ text: "Ann" }, { text: "Zoë" }] },
    { query: "met @placeholder", idx: 3 },
  ],
};

type Case = readonly [
  name: string,
  file: string,
  rows: readonly object[],
  texts: readonly string[],
  lines: readonly string[],
];
/** Rows of each task, texts of a model, and the lines of its file. The first text that the task does not allow has its first label. */
const CASES: readonly Case[] = [
  [
    "boolq",
    "BoolQ.jsonl",
    [0, 1, 2].map((idx) => ({ idx, passage: "P", question: "Q" })),
    ["True", "False", "true"],
    ['{"idx": 0, "label": "true"}', '{"idx": 1, "label": "false"}', '{"idx": 2, "label": "false"}'],
  ],
  [
    "cb",
    "CB.jsonl",
    [7, 5, 6, 8].map((idx) => entails(idx, "premise", "hypothesis")),
    ["neutral", "contradiction", "entailment", "Neutral"],
    [
      '{"idx": 7, "label": "neutral"}',
      '{"idx": 5, "label": "contradiction"}',
      '{"idx": 6, "label": "entailment"}',
      '{"idx": 8, "label": "entailment"}',
    ],
  ],
  [
    "copa",
    "COPA.jsonl",
    [0, 1, 2].map((idx) => ({ idx, premise: "P", choice1: "a", choice2: "b", question: "cause" })),
    ["choice2", "choice1", "b"],
    ['{"idx": 0, "label": 1}', '{"idx": 1, "label": 0}', '{"idx": 2, "label": 0}'],
  ],
  [
    "multirc",
    "MultiRC.jsonl",
    [
      paragraph(0, [
        [0, [0, 1]],
        [1, [2]],
      ]),
      paragraph(1, [[2, [3, 4]]]),
    ],
    ["True", "False", "maybe", "False", "True"],
    [
      '{"idx": 0, "passage": {"questions": [{"idx": 0, "answers": [{"idx": 0, "label": 1}, {"idx": 1, "label": 0}]}, {"idx": 1, "answers": [{"idx": 2, "label": 0}]}]}}',
      '{"idx": 1, "passage": {"questions": [{"idx": 2, "answers": [{"idx": 3, "label": 0}, {"idx": 4, "label": 1}]}]}}',
    ],
  ],
  [
    "record",
    "ReCoRD.jsonl",
    [news],
    ['Zoë "Z" \\ Ann', "the second one of its query", "Ann"],
    ['{"idx": 9, "label": "Zoë \\"Z\\" \\\\ Ann"}', '{"idx": 3, "label": "Ann"}'],
  ],
  [
    "rte",
    "RTE.jsonl",
    [0, 1, 2].map((idx) => entails(idx, "premise", "hypothesis")),
    ["not_entailment", "entailment", ""],
    ['{"idx": 0, "label": "not_entailment"}', '{"idx": 1, "label": "entailment"}', '{"idx": 2, "label": "entailment"}'],
  ],
  [
    "wic",
    "WiC.jsonl",
    [0, 1, 2].map((idx) => ({ idx, word: "w", sentence1: "A", sentence2: "B" })),
    ["False", "True", "no"],
    ['{"idx": 0, "label": "false"}', '{"idx": 1, "label": "true"}', '{"idx": 2, "label": "false"}'],
  ],
  [
    "wsc",
    "WSC.jsonl",
    [0, 1, 2].map(pronoun),
    ["The man", "somebody else", ""],
    ['{"idx": 0, "label": "True"}', '{"idx": 1, "label": "False"}', '{"idx": 2, "label": "False"}'],
  ],
  [
    "axb",
    "AX-b.jsonl",
    ["0", "1", "2"].map((idx) => entails(idx, "sentence1", "sentence2")),
    ["not_entailment", "entailment", "?"],
    ['{"idx": 0, "label": "not_entailment"}', '{"idx": 1, "label": "entailment"}', '{"idx": 2, "label": "entailment"}'],
  ],
  [
    "axg",
    "AX-g.jsonl",
    [0, 1, 2].map((idx) => entails(idx, "premise", "hypothesis")),
    ["entailment", "not_entailment", "?"],
    ['{"idx": 0, "label": "entailment"}', '{"idx": 1, "label": "not_entailment"}', '{"idx": 2, "label": "entailment"}'],
  ],
];

const linesOf = (text: string): string[] => {
  assert.ok(text.endsWith("\n"));
  return text.slice(0, -1).split("\n");
};

SubmissionFiles(
  "the archive of SuperGLUE has a file for each task, line by line as the benchmark's toolkit writes it",
  () => {
    const files = CASES.map(([name, , rows, texts]) =>
      submissionFile(taskOf(name), examplesIn(taskOf(name), rows), texts),
    );
    const archive = unzipSync(submissionArchive(files));
    assert.equal(Object.keys(archive).sort(), CASES.map(([, file]) => file).sort());
    for (const [name, file, , , lines] of CASES) assert.equal(linesOf(strFromU8(archive[file])), lines, name);
    const counted = Object.fromEntries(files.map(({ file, invalid }) => [file.split(".")[0], invalid]));
    // Of WSC's answers the empty one names nothing.
    const expected = { BoolQ: 1, CB: 1, COPA: 1, MultiRC: 1, ReCoRD: 0, RTE: 1, WiC: 1, WSC: 1 };
    assert.equal(counted, { ...expected, "AX-b": 1, "AX-g": 1 });
  },
);

SubmissionFiles("the same files give the same bytes, in any order and time zone", () => {
  const [a, b] = ["cb", "rte"].map((name) => {
    const rows = [entails(0, "premise", "hypothesis")];
    return submissionFile(taskOf(name), examplesIn(taskOf(name), rows), ["entailment"]);
  });
  const zone = process.env.TZ;
  const bytes = submissionArchive([a, b]);
  process.env.TZ = "Pacific/Auckland";
  try {
    assert.equal(submissionArchive([b, a]), bytes);
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
});

SubmissionFiles("another label may stand in place of answers that are not allowed", () => {
  const cb = taskOf("cb");
  const examples = examplesIn(
    cb,
    [0, 1].map((idx) => entails(idx, "premise", "hypothesis")),
  );
  const file = submissionFile(cb, examples, ["no", "entailment"], { standIn: "neutral" });
  assert.equal([file.invalid, file.standIn], [1, "neutral"]);
  assert.equal(linesOf(file.text), ['{"idx": 0, "label": "neutral"}', '{"idx": 1, "label": "entailment"}']);
  const wsc = submissionFile(taskOf("wsc"), examplesIn(taskOf("wsc"), [pronoun(0)]), [""], { standIn: "True" });
  assert.equal(linesOf(wsc.text), ['{"idx": 0, "label": "True"}']);
});

/** A small task of GLUE: the ids of its examples are the numbers of its rows. */
const classTask = (labels: readonly string[], submission: Submission<number>): Task =>
  labelled("small", labels, ["sentence"], { submission });
const sentences = (...numbers: readonly number[]) => numbers.map((idx) => ({ idx, sentence: "S" }));

SubmissionFiles("GLUE takes class ids, words and numbers, separated by tabs below a header", () => {
  const classes = classTask(["unacceptable", "acceptable"], tsvClasses("CoLA.tsv"));
  const cola = submissionFile(classes, examplesIn(classes, sentences(0, 2, 1)), ["acceptable", "x", "unacceptable"]);
  assert.equal([cola.file, cola.invalid], ["CoLA.tsv", 1]);
  assert.equal(linesOf(cola.text), ["index\tprediction", "0\t1", "2\t0", "1\t0"]);
  const words = ["entailment", "neutral", "contradiction"];
  const wordTask = classTask(words, tsvWords("MNLI-m.tsv", words));
  const mnli = submissionFile(wordTask, examplesIn(wordTask, sentences(0, 1)), ["contradiction", "neutral"]);
  assert.equal(linesOf(mnli.text), ["index\tprediction", "0\tcontradiction", "1\tneutral"]);
  const { row, examples } = classes;
  const numbers = task<unknown, unknown, number>({
    ...{ name: "stsb", title: "stsb", splits: {}, row, examples, metrics: {} },
    read: (text) => (text === "" ? -1 : Number(text)),
    correct: () => false,
    submission: tsvNumbers("STS-B.tsv"),
  });
  const texts = ["3.8", "-0.2", "7", "2.00049", "nothing", ""];
  const stsb = submissionFile(numbers, examplesIn(classes, sentences(0, 1, 2, 3, 4, 5)), texts);
  const expected = ["0\t3.800", "1\t0.000", "2\t5.000", "3\t2.000", "4\t0.000", "5\t0.000"];
  assert.equal(linesOf(stsb.text), ["index\tprediction", ...expected]);
  const archive = unzipSync(submissionArchive([cola, mnli, stsb]));
  assert.equal(Object.keys(archive).sort(), ["CoLA.tsv", "MNLI-m.tsv", "STS-B.tsv"]);
});

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (isFluxionError(error, "ArgumentError")) return error.message;
    throw error;
  }
  throw new Error("nothing was thrown");
};

SubmissionFiles("what no leaderboard takes is refused", () => {
  const cb = taskOf("cb");
  const examples = examplesIn(cb, [entails(0, "premise", "hypothesis")]);
  const glue = classTask(["a", "b"], tsvClasses("CoLA.tsv"));
  const file = submissionFile(cb, examples, ["neutral"]);
  const other = submissionFile(glue, examplesIn(glue, sentences(0)), ["a"]);
  const record = taskOf("record");
  const cases: readonly (readonly [() => unknown, ...string[]])[] = [
    [() => submissionFile(cb, examples, []), "not one answer per example", "1 texts", "0"],
    [() => submissionFile(cb, examples, ["x"], { standIn: "Neutral" }), "not a label of cb", "neutral", "Neutral"],
    [
      () => submissionFile(record, examplesIn(record, [news]), ["", "", ""], { standIn: "A" }),
      "none: it has no labels",
    ],
    [() => submissionFile(labelled("own", ["a"], ["b"]), [], []), "no leaderboard takes answers to own", "submission"],
    [() => submissionFile(cb, [{ ...examples[0], id: "a" }], ["neutral"]), "does not tell the number", "integer", "a"],
    [() => submissionArchive([file, other]), "files of one benchmark", "superglue and glue", "for each"],
    [() => submissionArchive([]), "nothing to submit"],
    [() => submissionArchive([file, file]), "two files have one name", "CB.jsonl"],
  ];
  for (const [run, ...parts] of cases) {
    const message = messageOf(run);
    for (const part of parts) assert.ok(message.includes(part), `"${part}" is not in ${message}`);
  }
});

SubmissionFiles.run();
