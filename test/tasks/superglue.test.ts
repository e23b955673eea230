import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadTask } from "../../lib/tasks/load-task.js";
import { parseRows } from "../../lib/tasks/rows.js";
import { glueText, taskOf } from "../../lib/tasks/superglue.js";
import { dropFirstWord } from "../../lib/tasks/text.js";
import { withShared } from "../helpers/shared.js";

const SuperGlue = suite("tasks/superglue");

const cb = (() => {
  const task = taskOf("cb");
  if (E.isLeft(task)) throw task.left;
  return task.right;
})();
const row = (over: object = {}): string =>
  JSON.stringify({ premise: "It rains. He said so.", hypothesis: "it rains", label: "entailment", idx: 7, ...over });

const problem = (text: string): string => {
  const rows = parseRows(text, cb.row, "val.jsonl");
  if (E.isRight(rows)) return "no error";
  return rows.left.message;
};

SuperGlue("CB becomes T5's text without the task name", () => {
  const rows = parseRows(`${row()}\n`, cb.row, "val.jsonl");
  if (E.isLeft(rows)) throw rows.left;
  assert.equal(cb.toExample(rows.right[0]), {
    idx: 7,
    inputs: "hypothesis: it rains premise: It rains. He said so.",
    targets: "entailment",
    label: 0,
  });
});

SuperGlue("the generic preprocessor sorts the keys and leaves values as they are", () => {
  assert.is(glueText("qqp", { q3: " Who?", q1: "How  so?" }), "qqp q1: How  so? q3:  Who?");
  assert.is(dropFirstWord("qqp q1: a b"), "q1: a b");
});

SuperGlue("an answer counts only when it is exactly a label", () => {
  assert.equal(
    ["entailment", "contradiction", "neutral", "Neutral", "neutral ", ""].map(cb.postprocess),
    [0, 1, 2, -1, -1, -1],
  );
});

SuperGlue("windows line ends and a missing last line end are fine", () => {
  const rows = parseRows(`${row()}\r\n${row({ idx: 8 })}`, cb.row, "val.jsonl");
  assert.ok(E.isRight(rows) && rows.right.length === 2);
});

SuperGlue("bad rows are counted together, with file, row and reason", () => {
  const { premise: _, ...rest } = JSON.parse(row()) as Record<string, unknown>;
  const text = problem(`${row()}\n${JSON.stringify(rest)}\n${row({ label: "maybe" })}\nnot json\n`);
  for (const part of [
    "3 of 4 rows",
    "val.jsonl, row 2",
    "premise",
    "val.jsonl, row 3",
    "label",
    "maybe",
    "entailment",
    "val.jsonl, row 4",
  ]) {
    assert.ok(text.includes(part), `${part} is not in: ${text}`);
  }
});

SuperGlue("a file without rows, a missing file and an unknown task are errors with a remedy", async () => {
  assert.ok(problem("\n\n").includes("no rows"));
  const missing = await loadTask(cb, "no/such/folder")();
  assert.ok(E.isLeft(missing) && missing.left.message.includes("train.jsonl"));
  const unknown = taskOf("cbb");
  assert.ok(E.isLeft(unknown) && unknown.left.message.includes("cb"));
});

withShared(SuperGlue, "the real CB has 250 training and 56 dev rows", async (root) => {
  const splits = await loadTask(cb, `${root}/data/superglue`)();
  if (E.isLeft(splits)) throw splits.left;
  const { train, validation } = splits.right;
  const counts = (list: typeof train): number[] => [0, 1, 2].map((k) => list.filter((e) => e.label === k).length);
  assert.equal(counts(train), [115, 119, 16]);
  assert.equal(counts(validation), [23, 28, 5]);
});

SuperGlue.run();
