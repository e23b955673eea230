import { suite } from "uvu";
import { coqaF1, spanSquad, squad, triviaQa } from "../../lib/metrics/index.js";
import { answeredList, assertMetric, assertRefused } from "../helpers/answered.js";

const Qa = suite("metrics/qa");

Qa("words count as often as they occur in both, and the best accepted answer counts", () => {
  // Common: red once, blue once. 2·2 / (3 + 4).
  assertMetric(squad.f1(answeredList([["red red blue"]], ["red blue blue blue"])), (100 * 4) / 7, "bags");
  assertMetric(squad.f1(answeredList([["x", "one two", "one two three four"]], ["one"])), (100 * 2) / 3, "best");
});

Qa("two answers without words are equal; their F1 is 0, CoQA's 1", () => {
  const answered = answeredList([["the"]], ["!"]);
  assertMetric(squad.em(answered), 100, "em");
  assertMetric(squad.f1(answered), 0, "f1");
  assertMetric(coqaF1(answered), 100, "CoQA");
  assertMetric(coqaF1(answeredList([["one two"]], ["one"])), (100 * 2) / 3, "CoQA, some words");
});

Qa("punctuation joins words for SQuAD and parts them for TriviaQA", () => {
  const answered = answeredList([["well known"]], ["well-known"]);
  assertMetric(squad.em(answered), 0, "SQuAD");
  assertMetric(triviaQa.em(answered), 100, "TriviaQA");
  assertMetric(triviaQa.f1(answered), 100, "TriviaQA");
});

Qa("a span marks words of the context by their numbers, in digits of any script", () => {
  const truth = { answers: ["quick brown"], context: "The quick, brown_fox: brown" };
  const em = (answer: string, answers = truth.answers): number =>
    spanSquad.em(answeredList([{ ...truth, answers }], [answer]));
  assertMetric(em("start: 1 end: 1", ["quick"]), 100, "one word");
  assertMetric(em("start: 2 end: 3", ["brownfox brown"]), 100, "the underscore is part of a word");
  assertMetric(em("start ١ end ٢", ["quick brownfox"]), 100, "other digits");
  assertMetric(em("start: 2 end: 9", ["brownfox brown"]), 100, "an end beyond the last word");
  for (const none of ["", "1 2", "start: 1", "start: 1 end", "start: x end: 2", "start: 1 end: x", "start: 2 end: 1"]) {
    assertMetric(em(none, [""]), 100, none);
  }
  assertMetric(spanSquad.f1(answeredList([truth], ["start: 1 end: 1"])), (100 * 2) / 3, "F1");
});

Qa("an empty list, and an example that accepts nothing, are errors", () => {
  for (const [name, metric] of Object.entries({
    "squad.em": squad.em,
    "squad.f1": squad.f1,
    "triviaQa.em": triviaQa.em,
    "triviaQa.f1": triviaQa.f1,
    coqaF1,
  })) {
    assertRefused(() => metric([]), name, "no answered examples");
    assertRefused(() => metric(answeredList([["a"], []], ["a", "a"])), name, "accepts no answer", "example 1");
  }
  assertRefused(() => spanSquad.em([]), "squad.em", "no answered examples");
});

Qa.run();
