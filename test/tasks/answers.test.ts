import { suite } from "uvu";
import * as assert from "uvu/assert";
import { classId, dropSentinel, dropSentinelFirst, mrpcToQqp, qqpToMrpc } from "../../lib/tasks/answers.js";

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

Answers("of a text in parts the same goes, however it is cut, and what follows comes part by part", async () => {
  const texts = [
    "<extra_id_0> \u00a0good one",
    "good",
    "<extra_id_1> a",
    "<extra_id_",
    "<extra_id_0>",
    " <extra_id_0>x",
    "",
  ];
  for (const text of texts) {
    for (let size = 1; size <= text.length + 1; size++) {
      const parts: string[] = [];
      const cut = async function* () {
        for (let i = 0; i < text.length; i += size) yield text.slice(i, i + size);
      };
      for await (const part of dropSentinelFirst(cut())) parts.push(part);
      assert.is(parts.join(""), dropSentinel(text), `${text} in parts of ${size}`);
      if (size === 1 && text.endsWith("good one")) assert.equal(parts, ["g", "o", "o", "d", " ", "o", "n", "e"]);
    }
  }
});

Answers("the words of MRPC and QQP are replaced wherever they are", () => {
  assert.is(mrpcToQqp("not_equivalent equivalent"), "not_duplicate duplicate");
  assert.is(qqpToMrpc("unduplicate duplicate Duplicate"), "unequivalent equivalent Duplicate");
});

Answers.run();
