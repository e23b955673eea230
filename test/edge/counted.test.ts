import { suite } from "uvu";
import * as assert from "uvu/assert";
import { counted } from "../../lib/edge/counted.js";

const Counted = suite("edge/counted");

Counted("one thing has the word alone, and any other number its plural", () => {
  assert.equal(
    [0, 1, 2, 1200].map((n) => counted(n, "answer")),
    ["0 answers", "1 answer", "2 answers", "1,200 answers"],
  );
  assert.equal([counted(1, "answer is", "answers are"), counted(3, "entry", "entries")], ["1 answer is", "3 entries"]);
});

Counted.run();
