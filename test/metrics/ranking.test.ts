import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Candidate, rankClassification } from "../../lib/metrics/index.js";
import { answeredList, assertMetric, assertRefused } from "../helpers/answered.js";

const Ranking = suite("metrics/ranking");

type Label = Partial<Candidate> & { readonly score: number };

/** Labels 0, 1, … of each input, with their scores. */
const scoredLabels = (inputs: readonly (readonly Label[])[]) => {
  const flat = inputs.flatMap((labels, input) =>
    labels.map((one, label) => ({ label, correct: false, ...one, input })),
  );
  return answeredList<Candidate, number>(
    flat.map(({ score: _, input: __, ...truth }) => truth),
    flat.map(({ score }) => score),
    flat.map(({ input }) => `${input}`),
  );
};

Ranking("each number of classes has its metrics", () => {
  assert.equal(Object.keys(rankClassification()), ["accuracy"]);
  assert.equal(Object.keys(rankClassification({ classes: 2 })), ["accuracy", "f1", "auc-roc", "auc-pr"]);
  assert.equal(Object.keys(rankClassification({ classes: 4 })), ["accuracy", "mean_4class_f1"]);
});

Ranking("inputs count with their weights; of equal scores the first label is the answer", () => {
  const answered = scoredLabels([
    [
      { score: -1, correct: true, weight: 3 },
      { score: -1, weight: 3 },
    ],
    [{ score: -2, correct: true }, { score: -1 }],
  ]);
  assertMetric(rankClassification().accuracy(answered), 75, "any number of labels");
  const { accuracy, f1, "auc-roc": roc } = rankClassification({ classes: 2 });
  assertMetric(accuracy(answered), 75, "two labels");
  assertMetric(f1(answered), 0, "no label 1 is correct");
  assertMetric(roc(answered), "NaN", "no label 1 is correct");
});

Ranking(
  "where labels of an input differ in weight, the chosen one's counts, or of a fixed number the first one's",
  () => {
    const answered = scoredLabels([
      [
        { score: -2, weight: 1 },
        { score: -1, correct: true, weight: 3 },
      ],
      [{ score: -1 }, { score: -2, correct: true }],
    ]);
    assertMetric(rankClassification().accuracy(answered), 75, "chosen");
    assertMetric(rankClassification({ classes: 2 }).accuracy(answered), 50, "first");
  },
);

Ranking("any of several correct labels is right, and only accuracy is defined then", () => {
  const answered = scoredLabels([
    [
      { score: -2, correct: true },
      { score: -1, correct: true },
    ],
  ]);
  const metrics = rankClassification({ classes: 2 });
  assertMetric(metrics.accuracy(answered), 100, "accuracy");
  for (const name of ["f1", "auc-roc", "auc-pr"]) {
    assertRefused(() => metrics[name](answered), "several correct labels", "accuracy");
  }
});

Ranking("an input without a correct label is wrong, and a false positive", () => {
  const answered = scoredLabels([
    [{ score: -2 }, { score: -1 }, { score: -3 }],
    [{ score: -2 }, { score: -1, correct: true }, { score: -3 }],
  ]);
  const { accuracy, mean_3class_f1 } = rankClassification({ classes: 3 });
  assertMetric(accuracy(answered), 50, "accuracy");
  assertMetric(mean_3class_f1(answered), (100 * (2 / 3)) / 3, "F1");
});

Ranking("scores by token are divided by the label's length", () => {
  const answered = scoredLabels([
    [
      { score: -2, length: 1 },
      { score: -3, length: 2, correct: true },
    ],
  ]);
  assertMetric(rankClassification({ byLength: true }).accuracy(answered), 100, "by length");
  assertMetric(rankClassification().accuracy(answered), 0, "as they are");
});

Ranking("scores of a fixed number of labels are float32, and the curve sees probabilities", () => {
  // Equal in float32, so label 0 is the answer; in doubles label 1 is.
  const close = scoredLabels([[{ score: -1 }, { score: -1 + 1e-9, correct: true }]]);
  assertMetric(rankClassification({ classes: 2 }).accuracy(close), 0, "float32");
  assertMetric(rankClassification().accuracy(close), 100, "float64");
  // Both differences are so large that the probability is 1 in float32: a tie.
  const sure = scoredLabels([
    [{ score: -40 }, { score: 0, correct: true }],
    [{ score: -50, correct: true }, { score: 0 }],
  ]);
  assertMetric(rankClassification({ classes: 2 })["auc-roc"](sure), 50, "tie");
  // Label 1 of the first input has the higher score, and the lower probability. The exponentials of the scores are 0.
  const probable = scoredLabels([
    [{ score: -501, correct: true }, { score: -502 }],
    [{ score: -505 }, { score: -504, correct: true }],
  ]);
  assertMetric(rankClassification({ classes: 2 })["auc-roc"](probable), 100, "probabilities");
});

Ranking("a score that is NaN is the answer, as numpy has it", () => {
  const answered = scoredLabels([[{ score: 1, correct: true }, { score: Number.NaN }]]);
  assertMetric(rankClassification().accuracy(answered), 0, "NaN");
});

Ranking("what cannot be ranked is an error", () => {
  const { accuracy, f1 } = rankClassification({ classes: 2 });
  assertRefused(() => accuracy([]), "rankClassification", "no answered examples");
  assertRefused(() => f1([]), "rankClassification", "no answered examples");
  const truth: Candidate = { label: 0, correct: true };
  assertRefused(() => accuracy(answeredList([truth], [1])), "no group", "example 0");
  assertRefused(() => accuracy(answeredList([truth], [1], ["q"])), "every label once", "group q", "0 to 1");
  assertRefused(() => accuracy(answeredList([truth, truth], [1, 1], ["q", "q"])), "0, 0");
  assertRefused(() => rankClassification({ byLength: true }).accuracy(answeredList([truth], [1], ["q"])), "no length");
});

Ranking.run();
