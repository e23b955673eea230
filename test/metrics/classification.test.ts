import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { accuracy, f1WithInvalid, macroF1, majority, matthews } from "../../lib/metrics/index.js";
import { answeredList, assertMetric, assertRefused } from "../helpers/answered.js";

const Classification = suite("metrics/classification");

Classification("an answer that is no label is wrong, and no false positive", () => {
  assertMetric(accuracy(answeredList([0, 1, 2, 0], [0, -1, 2, -1])), 50, "accuracy");
  // Class 0: TP 1, FN 1; class 1: FN 1; class 2: TP 1.
  assertMetric(macroF1(3)(answeredList([0, 1, 2, 0], [0, -1, 2, -1])), (100 * (2 / 3 + 0 + 1)) / 3, "macro F1");
});

Classification("accuracy compares texts too", () => {
  assertMetric(accuracy(answeredList(["a", "b"], ["a", "B"])), 50, "accuracy");
});

Classification("a class that does not occur counts with 0", () => {
  assertMetric(macroF1(3)(answeredList([0, 0], [0, 0])), 100 / 3, "macro F1");
  assertMetric(macroF1(3)(answeredList([0, 3], [0, 3])), 100 / 3, "3 is none of three classes");
});

Classification("an invalid answer is the opposite of the truth in F1", () => {
  // TP 1, FN 1 (truth 1), FP 1 (truth 0).
  assertMetric(f1WithInvalid(answeredList([1, 1, 0], [1, -1, 7])), 50, "F1");
  assertMetric(f1WithInvalid(answeredList([0, 0], [0, 0])), 0, "no positive anywhere");
});

Classification("Matthews' coefficient is the phi coefficient of two classes", () => {
  const class2 = fc.nat(1);
  fc.assert(
    fc.property(fc.array(fc.tuple(class2, class2), { minLength: 1, maxLength: 30 }), (pairs) => {
      const count = (t: number, a: number): number => pairs.filter(([x, y]) => x === t && y === a).length;
      const [tp, tn, fp, fn] = [count(1, 1), count(0, 0), count(0, 1), count(1, 0)];
      const scale = Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn));
      const phi = scale === 0 ? 0 : (100 * (tp * tn - fp * fn)) / scale;
      const answered = answeredList(
        pairs.map(([t]) => t),
        pairs.map(([, a]) => a),
      );
      assertMetric(matthews(answered), phi, "matthews");
    }),
  );
});

Classification("an illegal answer is a class of its own in Matthews' coefficient", () => {
  // c = 2, s = 4; truths 2 and 2; answers 2, 1, 1: (8 - 2·2 - 2·1) / sqrt((16 - 8)(16 - 6)).
  assertMetric(
    matthews(answeredList([0, 0, 1, 1], [0, 0, 0, -1])),
    (100 * (2 * 4 - 3 * 2)) / Math.sqrt(8 * 6),
    "three",
  );
  assertMetric(matthews(answeredList([0, 1], [-1, -1])), 0, "one class of answers");
});

Classification("the majority is the most frequent id, the smaller one at a tie", () => {
  assert.is(majority([2, 1, 1, 2, 0]), 1);
  assert.is(majority([2, 2, 1]), 2);
  assert.is(majority([]), -1);
});

Classification("an empty list is an error of every metric, and so is a truth that is no class of two", () => {
  assertRefused(() => accuracy([]), "accuracy", "no answered examples");
  assertRefused(() => macroF1(3)([]), "macroF1", "no answered examples");
  assertRefused(() => f1WithInvalid([]), "f1WithInvalid", "no answered examples");
  assertRefused(() => matthews([]), "matthews", "no answered examples");
  assertRefused(() => f1WithInvalid(answeredList([1, -1], [1, 0])), "0 or 1", "-1", "example 1");
});

Classification.run();
