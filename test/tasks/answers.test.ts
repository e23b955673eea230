import { suite } from "uvu";
import * as assert from "uvu/assert";
import { classId, dropSentinel, mrpcToQqp, qqpToMrpc } from "../../lib/tasks/answers.js";

const Answers = suite("tasks/answers");

Answers("only a text that is equal to a label has its id", () => {
  const labels = ["False", "True"];
  assert.equal(["False", "True", "true", "True ", ""].map(classId(labels)), [0, 1, -1, -1, -1]);
  assert.is(classId(labels, 7)("maybe"), 7);
});

Answers("one sentinel goes from the start, with Python's white space", () => {
  assert.is(dropSentinel("<extra_id_0>\u001c \u00a0good "), "good ");
  assert.is(dropSentinel(" <extra_id_0> good"), "<extra_id_0> good");
});

Answers("the words of MRPC and QQP are replaced wherever they are", () => {
  assert.is(mrpcToQqp("not_equivalent equivalent"), "not_duplicate duplicate");
  assert.is(qqpToMrpc("unduplicate duplicate Duplicate"), "unequivalent equivalent Duplicate");
});

Answers.run();
