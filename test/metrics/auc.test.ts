import fc from "fast-check";
import { suite } from "uvu";
import { averagePrecision, rocArea, type Scored } from "../../lib/metrics/auc.js";
import { aucPr, aucRoc } from "../../lib/metrics/index.js";
import { answeredList, assertMetric, assertRefused } from "../helpers/answered.js";

const Auc = suite("metrics/auc");

const points = fc.array(fc.record({ positive: fc.boolean(), score: fc.nat(4), weight: fc.constantFrom(0.5, 1, 2) }), {
  minLength: 1,
  maxLength: 10,
});

const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

Auc("the ROC area is the chance that a positive scores higher than a negative, ties half", () => {
  fc.assert(
    fc.property(points, (list: Scored[]) => {
      const [positives, negatives] = [list.filter((p) => p.positive), list.filter((p) => !p.positive)];
      const pairs = positives.flatMap((p) => negatives.map((n) => ({ p, n, weight: p.weight * n.weight })));
      const won = pairs.map(({ p, n, weight }) => weight * (p.score > n.score ? 1 : p.score === n.score ? 0.5 : 0));
      const chance = sum(won) / sum(pairs.map(({ weight }) => weight));
      assertMetric(rocArea(list), Number.isNaN(chance) ? "NaN" : chance, "area");
    }),
  );
});

Auc("average precision is the mean over positives of the precision at their score", () => {
  fc.assert(
    fc.property(points, (list: Scored[]) => {
      const weightOf = (some: readonly Scored[]): number => sum(some.map(({ weight }) => weight));
      const positives = list.filter((p) => p.positive);
      const precisionAt = (score: number): number =>
        weightOf(positives.filter((p) => p.score >= score)) / weightOf(list.filter((p) => p.score >= score));
      const mean = sum(positives.map((p) => p.weight * precisionAt(p.score))) / weightOf(positives);
      assertMetric(averagePrecision(list), positives.length === 0 ? 0 : mean, "precision");
    }),
  );
});

Auc("a truth at the threshold is positive", () => {
  const answered = answeredList([1, 2.5, 4], [0.9, 0.5, 0.1]);
  assertMetric(aucRoc({ threshold: 2.5 })(answered), 0, "all the wrong way round");
  assertMetric(aucRoc({ threshold: 2.6 })(answered), 0, "one positive, last");
  assertMetric(aucPr({ threshold: 2.5 })(answered), (1 / 2 + 2 / 3) / 2, "two positives");
  assertMetric(aucPr({ threshold: 2.6 })(answered), 1 / 3, "one positive");
  assertMetric(aucPr({ threshold: 0 })(answered), 1, "all are positive");
});

Auc("one class has no ROC area; without positives the precision is 0; a NaN has neither", () => {
  assertMetric(aucRoc()(answeredList([1, 1], [0.1, 0.2])), "NaN", "no negative");
  assertMetric(aucRoc()(answeredList([0, 0], [0.1, 0.2])), "NaN", "no positive");
  assertMetric(aucPr()(answeredList([0, 0], [0.1, 0.2])), 0, "no positive");
  const unscored = answeredList([0, 1], [0.1, Number.NaN]);
  assertMetric(aucRoc()(unscored), "NaN", "NaN");
  assertMetric(aucPr()(unscored), "NaN", "NaN");
});

Auc("an empty list is an error, and so is a truth between yes and no without a threshold", () => {
  assertRefused(() => aucRoc()([]), "aucRoc", "no answered examples");
  assertRefused(() => aucPr()([]), "aucPr", "no answered examples");
  assertRefused(() => aucPr()(answeredList([0, 2.5], [1, 1])), "aucPr", "2.5", "example 1", "threshold");
});

Auc.run();
