/** @file Rows that cannot be used are refused, with file, row and field. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Split } from "../../lib/tasks/task.js";
import { bytes, cbRow, newsRow, problem, questionRow, read, row, says, schemaRow } from "./row-texts.js";

const BadRows = suite("tasks/bad-rows");

const without = (field: string): string => JSON.stringify({ ...cbRow, [field]: undefined });
const entity = (text: string, start: number, end: number): string =>
  newsRow({ passage: { text, entities: [{ start, end }] } });
const [copaRow, boolqRow] = [
  { premise: "", choice1: "", choice2: "", question: "cause", idx: 0 },
  { passage: "", question: "", idx: 0 },
];

BadRows("the rows that the table spoils are read", () => {
  const rows = {
    cb: row(),
    multirc: questionRow([{ text: "a", idx: 0, label: 1 }]),
    record: newsRow(),
    wsc: schemaRow(),
  };
  for (const [name, text] of Object.entries(rows)) assert.is(read(text, name).length, 1, name);
});

/** What is wrong, the text of a file, and parts of the message; then the task, and the split. */
type Case = readonly [what: string, text: string | Uint8Array, parts: readonly string[], task?: string, split?: Split];
const TEXT: readonly Case[] = [
  [
    "bytes that are no UTF-8",
    bytes(`${row()}\n`, [0x22, 0xff], "\n"),
    ["1 of 2", "row 2: the row is not text", "UTF-8"],
  ],
  ["a character cut in two", bytes('{"a": "\u00e9').subarray(0, 8), ["row 1: the row is not text"]],
  ["a row cut in the middle", row().slice(0, 40), ["row 1: not valid JSON", '{\\"premise\\"']],
  ["a key twice", `{"idx":1,${row().slice(1)}`, ["row 1: a key stands twice", '"idx"']],
  ["no rows", "", ["there are no rows", "f.jsonl"]],
  ["blank lines alone", "\n \r\n", ["there are no rows"]],
  ["a row that is a list", "[1]", ["row 1: the row is not an object", "one JSON object a line, got [1]"]],
  ["a row that is a number", "5", ["row 1: the row is not an object", "got 5"]],
  ["a row that is nothing", "null", ["row 1: the row is not an object", "got null"]],
  ["a missing field", without("premise"), ["row 1: premise: not a valid cb row", "expected string", "got nothing"]],
  ["a field of a wrong type", row({ premise: 3 }), ["row 1: premise:", "expected string, got 3"]],
];
const IDS: readonly Case[] = [
  ["a missing id", without("idx"), ["row 1: idx:", "integer from 0", "got nothing"]],
  ["an id that is no integer", row({ idx: 1.5 }), ["row 1: idx:", "integer from 0", "got 1.5"]],
  ["a negative id", row({ idx: -1 }), ["row 1: idx:", "got -1"]],
  ["an id that is a word", row({ idx: "x1" }), ["row 1: idx:", 'got "x1"']],
  ["an id that is a number with an end", row({ idx: "1x" }), ["row 1: idx:", 'got "1x"']],
  ["an id too large to be exact", row({ idx: "1234567890123456" }), ["row 1: idx:"]],
  [
    "a repeated id",
    [row(), row({ idx: 8 }), row()].join("\n"),
    ["1 of 3", "row 3: idx: another row has this id", "got 7, as f.jsonl, row 1"],
  ],
  ["a repeated id, written as digits", `${row()}\n${row({ idx: "7" })}`, ["row 2: idx: another row has this id"]],
];
const LABELS: readonly Case[] = [
  [
    "no label",
    without("label"),
    ["row 1: label: a row of train has no label", '"entailment" or "contradiction" or "neutral"'],
  ],
  ["null", row({ label: null }), ["row 1: label: a row of validation has no label"], "cb", "validation"],
  ["an unknown label", row({ label: "maybe" }), ["row 1: label:", '"entailment" or', 'got "maybe"']],
  ["an unknown label where there may be none", row({ label: "maybe" }), ["row 1: label:"], "cb", "test"],
  ["a number for a word", row({ label: 0 }), ["row 1: label:", "got 0"]],
  ["a boolean for a number", JSON.stringify({ ...copaRow, label: true }), ["label", "0 or 1"], "copa"],
  ["a number for a boolean", JSON.stringify({ ...boolqRow, label: 1 }), ["label", "false or true"], "boolq"],
];
const MULTIRC: readonly Case[] = [
  [
    "no label",
    questionRow([{ text: "a", idx: 0 }]),
    ["passage.questions[0].answers[0].label: a row of train has no label", "0 or 1"],
  ],
  ["another label", questionRow([{ text: "a", idx: 0, label: 2 }]), ["passage.questions[0].answers[0].label", "got 2"]],
  [
    "an id twice in a question",
    questionRow([0, 1].map((label) => ({ text: "a", idx: 0, label }))),
    ["passage.questions: an id stands twice in one row", '"3/4/0"'],
  ],
  ["no answers", questionRow([]), ["none of 1 rows makes an example of train"]],
];
const RECORD: readonly Case[] = [
  [
    "an entity past the end",
    entity("Anna \u{1f600}", 5, 6),
    ["passage.entities[0]: an entity lies outside of the text", "start <= end < 6", '{"start":5,"end":6}'],
  ],
  ["an entity that ends before it starts", entity("Anna", 2, 1), ["passage.entities[0]: an entity lies outside"]],
  ["an entity before the text", entity("Anna", -1, 1), ["passage.entities[0].start", "integer from 0"]],
  ["no answers", newsRow({}, { answers: undefined }), ["qas[0].answers: a query of train has no answer"]],
  [
    "an empty list of answers",
    newsRow({}, { answers: [] }),
    ["qas[0].answers: a query of validation has no answer"],
    "record",
    "validation",
  ],
  [
    "an id twice in a text",
    newsRow({ qas: [0, 1].map(() => ({ query: "", idx: 2, answers: [{ text: "a" }] })) }),
    ["qas: an id stands twice in one row", '"2"'],
  ],
];
const WSC: readonly Case[] = [
  [
    "a pronoun at another place",
    schemaRow({ span2_index: 1 }),
    ["target.span2_index: another word stands there", 'the place of "he"', 'got "said"'],
  ],
  [
    "a pronoun in the first place",
    schemaRow({ span2_index: 0, span2_text: "Tom" }),
    ["target.span2_index: no pronoun can stand there", "from 1 to 3", "got 0"],
  ],
  [
    "a pronoun past the end",
    schemaRow({ span2_index: 4 }),
    ["target.span2_index: no pronoun can stand there", "got 4"],
  ],
  [
    "a span that is not in the text",
    schemaRow({ span1_text: "Ann" }),
    ["target.span1_text: the span does not stand in the text", '"Ann"'],
  ],
  [
    "a span whose word is not in the text",
    schemaRow({ span1_text: "Ann", span1_index: 4 }),
    ["target.span1_index: the text has no such word", "got 4"],
  ],
  [
    "a pronoun that is not in the text",
    schemaRow({ span2_text: "Ann" }),
    ["target.span2_text: the span does not stand in the text"],
  ],
  ["no label", schemaRow({}, { label: undefined }), ["label: a row of train has no label", "false or true"]],
  ["nothing to learn", schemaRow({}, { label: false }), ["none of 1 rows makes an example of train"]],
];

const TABLE = { text: TEXT, ids: IDS, labels: LABELS, multirc: MULTIRC, record: RECORD, wsc: WSC };
for (const [part, cases] of Object.entries(TABLE)) {
  for (const [what, text, parts, name = ["multirc", "record", "wsc"].find((n) => n === part), split] of cases) {
    BadRows(`${part}: ${what}`, () => says(problem(text, name, split), ...parts));
  }
}

BadRows("several rows are told together: all are counted, three are shown", () => {
  const text = [row(), without("label"), "{", row({ idx: 9, label: "x" }), row(), row({ idx: 10 })].join("\n");
  const message = problem(text);
  says(message, "readExamples: 4 of 6 rows cannot be used", "row 2: label", "row 3: not valid JSON", "row 4: label");
  says(message, "and 1 more");
  assert.not.ok(message.includes("row 5"));
});

BadRows.run();
