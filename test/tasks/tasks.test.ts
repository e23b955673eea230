/** @file Tasks by name and by number, labelled tasks, and the single steps of the tasks that are not labelled. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { tokenize } from "../../lib/data/batch.js";
import { type LabelledOptions, labelled } from "../../lib/tasks/labelled.js";
import { withoutMarkup } from "../../lib/tasks/multirc.js";
import { withoutHighlights } from "../../lib/tasks/record.js";
import { TASK_NAMES, TASKS, taskIndices, taskOf, taskOfE } from "../../lib/tasks/registry.js";
import { examplesOf, parseRows } from "../../lib/tasks/rows.js";
import { SUPERGLUE } from "../../lib/tasks/superglue.js";
import type { Example, Split, Task } from "../../lib/tasks/task.js";
import { byCodePoint, fieldsText } from "../../lib/tasks/text.js";
import { fixSpans, type WscSpans } from "../../lib/tasks/wsc.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { withShared } from "../helpers/shared.js";
import { readGolden } from "./golden-checks.js";

const Tasks = suite("tasks/tasks");
const files = goldenFiles(Tasks, "tasks/tasks.test.ts");

Tasks("a task is found by its name", () => {
  const others = "mrpc_from_qqp qqp_from_mrpc squad dpr".split(" ");
  const superglue = "boolq cb copa multirc record rte wic wsc axb axg".split(" ");
  const glue = "cola sst2 mrpc qqp stsb mnli mnli_matched mnli_mismatched qnli glue_rte wnli ax".split(" ");
  const mrqa = TASK_NAMES.filter((name) => name.startsWith("mrqa_"));
  assert.equal([...TASK_NAMES].sort(), [...superglue, ...glue, ...mrqa, ...others].sort());
  assert.is(new Set(TASK_NAMES).size, TASK_NAMES.length);
  assert.is(mrqa.length, 12);
  for (const known of TASKS) assert.is(taskOf(known.name), known);
});

Tasks("an unknown name is refused with the closest one", () => {
  const messages = {
    cbb: "cb",
    BoolQ: "boolq",
    "AX-g": "axg",
    multi: "multirc",
    recrod: "record",
    wscc: "wsc",
    "": "cb",
  };
  for (const [name, meant] of Object.entries(messages)) {
    const task = taskOfE(name);
    if (E.isRight(task)) throw new Error(name);
    const { expected, got, hint } = task.left.mismatch;
    assert.equal([expected, got, hint], [TASK_NAMES.join(", "), name, `did you mean ${meant}?`]);
  }
});

Tasks("tasks are numbered by the sorted names of those that are no aliases", () => {
  const names = ["a", "alias_a", "alias_b", "b", "c", "alias_b2"];
  const aliases = { alias_a: "a", alias_b: "b", alias_b2: "b" };
  const wanted = { a: 0, b: 1, c: 2, alias_a: 0, alias_b: 1, alias_b2: 1 };
  assert.equal(Object.fromEntries(taskIndices(names, aliases)), wanted);
  assert.equal(
    [...taskIndices(["b", "a", "b"])],
    [
      ["a", 0],
      ["b", 1],
    ],
  );
  for (const target of ["d", "alias_a"])
    assert.throws(
      () => taskIndices(names, { ...aliases, alias_c: target }),
      /an alias stands for a task that is not there[\s\S]*a, b, c[\s\S]*alias_c/,
    );
});

Tasks("a row without a label has no truth", () => {
  for (const { name, labels, metrics, hasTruth } of TASKS) {
    // Every row of DPR has an answer.
    if (name === "dpr") continue;
    const isText = labels === undefined && "em" in metrics;
    const known = (isText ? [[], ["a"]] : [-1, 0]).map((truth) =>
      hasTruth?.({ id: "0", inputs: "", targets: "", truth }),
    );
    assert.equal(known, [false, true], name);
  }
});

Tasks("SuperGLUE's tasks have the numbers of their names; the diagnostics have RTE's", () => {
  const names = SUPERGLUE.map(({ name }) => name);
  const indices = taskIndices(names, { axb: "rte", axg: "rte" });
  for (const { name, index } of TASKS) assert.is(index, indices.get(name), name);
});

Tasks("a labelled task is one line", () => {
  const task = labelled("rte", ["entailment", "not_entailment"], ["premise", "hypothesis"]);
  assert.equal(
    [task.name, task.title, task.prefix, task.index, task.licence],
    ["rte", "rte", "rte", undefined, undefined],
  );
  assert.equal(task.labels, ["entailment", "not_entailment"]);
  assert.equal(Object.keys(task.metrics), ["accuracy"]);
  assert.equal(task.splits, {
    train: { file: "RTE/train.jsonl", format: "jsonl" },
    validation: { file: "RTE/val.jsonl", format: "jsonl" },
    test: { file: "RTE/test.jsonl", format: "jsonl" },
  });
});

const read = (task: Task, row: object, split: Split = "train"): readonly Example[] =>
  examplesOf(task, split, parseRows(JSON.stringify(row), "f"), "f");

Tasks("a labelled task says what its file writes for labels and fields", () => {
  const task = labelled("mood", ["sad", "glad"], ["b", "a"], {
    written: [-1, 1],
    columns: { a: "text" },
    prefix: "sst2",
    index: 3,
    title: "t",
    licence: "l",
  });
  assert.equal([task.prefix, task.index, task.title, task.licence], ["sst2", 3, "t", "l"]);
  assert.equal(read(task, { idx: 0, text: "x  y ", b: " $&", label: -1, more: 1 }), [
    { id: "0", inputs: "a: x  y  b:  $&", targets: "sad", truth: 0 },
  ]);
});

Tasks("a labelled task whose lists do not fit together is refused", () => {
  const refused = (labels: string[], fields: string[], options: LabelledOptions = {}): readonly unknown[] => {
    try {
      labelled("mood", labels, fields, options);
      return [];
    } catch (error) {
      assert.ok(isFluxionError(error, "ArgumentError"), String(error));
      return [error.mismatch.at, error.mismatch.got, error.mismatch.what.includes("empty")];
    }
  };
  assert.equal(refused([], ["a"]), ["labels", "[]", true]);
  assert.equal(refused(["x", "y", "x"], ["a"]), ["labels", '"x"', false]);
  assert.equal(refused(["x"], []), ["fields", "[]", true]);
  assert.equal(refused(["x", "y"], ["a", "b", "a"]), ["fields", '"a"', false]);
  assert.equal(refused(["x", "y"], ["a"], { written: [1, 1] }), ["written", "1", false]);
  assert.equal(refused(["x", "y"], ["a"], { written: [0, 1, 2] }), [undefined, "3", false]);
  assert.equal(refused(["x", "y"], ["a"], { columns: { b: "a" } }), ["columns", "b", false]);
  assert.equal(refused(["x"], ["a"], { columns: { a: "b" }, written: [0] }), []);
});

Tasks("fields stand in a line, as they are", () => {
  assert.is(
    fieldsText([
      ["q3", " Who?"],
      ["q1", "How  so?"],
    ]),
    "q3:  Who? q1: How  so?",
  );
});

Tasks("AX-b's fields have other names and its ids are digits", () => {
  const axb = taskOf("axb");
  assert.equal(
    read(axb, { idx: "012", sentence1: "s1", sentence2: "s2", label: "not_entailment", logic: "" }, "test"),
    [{ id: "12", inputs: "hypothesis: s2 premise: s1", targets: "not_entailment", truth: 1 }],
  );
});

Tasks("MultiRC's marks go: the three that are written so", () => {
  const text = "<b>Sent 1: </b>a<br>b<br><br/><B>c</B> <br >";
  assert.is(withoutMarkup(text), "Sent 1: a b <br/><B>c</B> <br >");
});

Tasks("ReCoRD's highlights become sentences", () => {
  const h = "\n@highlight\n";
  for (const end of [".", "?", "!", '"', "'"]) assert.is(withoutHighlights(`a${end}${h}b`), `a${end} b`);
  assert.is(withoutHighlights(`a${h}b${h}`), "a. b. ");
  assert.is(withoutHighlights(`a.\n${h}b`), "a.\n. b");
  assert.is(withoutHighlights("a\n@highlight"), "a\n@highlight");
  assert.is(withoutHighlights(`a.\n@highlight${h}`), "a. @highlight\n");
});

Tasks("strings are ordered by code point", () => {
  const text = fc.string({ unit: "binary", maxLength: 4 });
  fc.assert(
    fc.property(
      text,
      text,
      (a, b) => Math.sign(byCodePoint(a, b)) === Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))),
    ),
  );
  assert.equal(["\u{1f600}", "\u{10000}", "\uff21", "\ue000", "z", "za", "", "\ud7ff"].sort(byCodePoint), [
    "",
    "z",
    "za",
    "\ud7ff",
    "\ue000",
    "\uff21",
    "\u{10000}",
    "\u{1f600}",
  ]);
});

const news = (text: string, entities: object[], answers?: string[]): readonly Example[] =>
  read(
    taskOf("record"),
    { idx: 4, passage: { text, entities }, qas: [{ idx: 9, query: "q", answers: answers?.map((text) => ({ text })) }] },
    answers === undefined ? "test" : "train",
  );

Tasks("ReCoRD has an example for each different answer, all of which know all answers", () => {
  const entities = [
    [8, 8],
    [0, 0],
    [2, 3],
    [0, 0],
  ].map(([start, end]) => ({ start, end }));
  const inputs = "query: q entities: \uff21, \u{1f600}, \u{1f600}x passage: \u{1f600} \u{1f600}x    \uff21";
  assert.equal(news("\u{1f600} \u{1f600}x    \uff21", entities, ["b", "a", "b"]), [
    { id: "4/9", inputs, targets: "a", truth: ["a", "b"], group: "4/9" },
    { id: "4/9", inputs, targets: "b", truth: ["a", "b"], group: "4/9" },
  ]);
  assert.equal(
    news("ab", []).map(({ targets }) => targets),
    ["<unk>"],
  );
});

const spans = (over: Partial<WscSpans>): WscSpans => ({
  span1_text: "I",
  span1_index: 0,
  span2_text: "it",
  span2_index: 2,
  ...over,
});

Tasks("a span that is no part of the text takes the case of its word, and loses stops and line ends", () => {
  const text = "I told\u00a0 the\told man \u00c9va's it ǆ 'quoted' word";
  const cases: readonly (readonly [string, number, string])[] = [
    ["the", 2, "the"],
    ["The", 2, "the"],
    ["Old man..", 3, "old man"],
    ["old\nman", 3, "old man"],
    ["éva's", 5, "Éva's"],
    ["Kamenev and Zinoviev", 0, "Kamenev and Zinoviev"],
    ["Kamenev, Zinoviev, and Stalin", 99, "Kamenev, Zinoviev, and Stalin"],
  ];
  for (const [span, index, fixed] of cases) {
    const found = fixSpans(text, spans({ span1_text: span, span1_index: index }));
    assert.equal(found, spans({ span1_text: fixed, span1_index: index }), span);
  }
  assert.is(fixSpans(text, spans({ span2_text: "It.", span2_index: 6 })).span2_text, "it");
});

const wsc = (text: string, target: WscSpans, over: object = {}): readonly Example[] =>
  read(taskOf("wsc"), { idx: 1, text, target, label: true, ...over });

Tasks("the pronoun is marked; what it holds is data", () => {
  assert.is(wsc("I saw it", spans({}))[0].inputs, "I saw *it* ");
  assert.is(wsc("I saw $& now", spans({ span2_text: "$&" }))[0].inputs, "I saw *$&* now");
  assert.is(wsc("I  it, X X y", spans({ span2_text: "it," }))[0].inputs, "I  *it,* X *it,* y");
});

Tasks("training keeps true labels alone; evaluation keeps all", () => {
  const task = taskOf("wsc");
  const row = { idx: 1, text: "I saw it", target: spans({}), label: false };
  const wanted = { id: "1", inputs: "I saw *it* ", targets: "I", truth: 0 };
  for (const split of ["validation", "test"] as const) assert.equal(read(task, row, split), [wanted], split);
  const both = `${JSON.stringify(row)}\n${JSON.stringify({ ...row, idx: 2, label: true })}`;
  assert.equal(examplesOf(task, "train", parseRows(both, "f"), "f"), [{ ...wanted, id: "2", truth: 1 }]);
});

const rowsIn = (root: string, source: string): { idx: number; text: string; target: WscSpans; label?: boolean }[] =>
  readFileSync(join(root, "data", source), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

withShared(Tasks, "wsc.json: spans_changed_by_fixed and fixed_spans are what the repair changes", (root) => {
  const { golden } = readGolden(files, root, "wsc.json");
  for (const [split, { source, spans_changed_by_fixed }] of Object.entries(golden.splits)) {
    if (spans_changed_by_fixed === undefined) continue;
    const changes = rowsIn(root, source).map((row) => ({ ...row, fixed: fixSpans(row.text, row.target) }));
    const [one, two] = (["span1_text", "span2_text"] as const).map((k) =>
      changes.filter((r) => r.fixed[k] !== r.target[k]),
    );
    const changed = changes.filter((r) => one.includes(r) || two.includes(r));
    const found = {
      rows: changed.length,
      with_label_true: changed.filter(({ label }) => label).length,
      span1: one.length,
      span2: two.length,
      idx: changed.map(({ idx }) => idx),
    };
    assert.equal(found, { ...spans_changed_by_fixed }, split);
  }
  const { splits, files: texts } = golden.synthetic as NonNullable<typeof golden.synthetic>;
  for (const [split, { source, examples }] of Object.entries(splits)) {
    const rows = texts[source]
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    for (const { idx, fixed_spans } of examples) {
      const row = rows.find((row) => row.idx === idx);
      assert.equal(fixSpans(row.text, row.target), fixed_spans, `${split}, ${idx}`);
    }
  }
});

Tasks("inputs have the name or the number of the task in front, before they are cut", () => {
  const tokenizer = { encode: (text: string) => [...text].map((c) => c.charCodeAt(0)), eosId: 1, vocabSize: 32100 };
  const example = { id: "0", inputs: "ab", targets: "c", truth: 0 };
  const inputs = (options: object): readonly number[] => tokenize([example], tokenizer, options)[0].inputs;
  assert.equal(inputs({}), [97, 98, 1]);
  assert.equal(inputs({ name: "x:" }), [120, 58, 32, 97, 98, 1]);
  assert.equal(inputs({ index: 0 }), [32099, 97, 98, 1]);
  assert.equal(inputs({ index: 7, inputLength: 3 }), [32092, 97, 1]);
  assert.equal(tokenize([example], tokenizer, { name: "x:", index: 0 })[0].targets, [99, 1]);
});

Tasks.run();
