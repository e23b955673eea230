import { suite } from "uvu";
import * as assert from "uvu/assert";
import { curveOf, type Summary, summaryOfSeeds, usualAnswer } from "../../lib/lab/results.js";
import { exampleOf } from "../train/fakes.js";

const Results = suite("lab/results");

const best = {
  step: 4,
  score: 70,
  metrics: { f1: 60, accuracy: 80 },
  loss: 1,
  tuned: { prompt: { shape: [0], dtype: "float32" as const, data: new Float32Array(0) } },
};

Results("the curve has the losses of steps and the scores of evaluations, and nothing else", () => {
  const lines = [
    { step: 1, loss: 3.5, seconds: 0.1, tokens: 10 },
    { step: 2, loss: 3, seconds: 0.2, tokens: 11 },
    { step: 2, evaluation: { accuracy: 40, f1: 20, score: 30, invalid: 3, loss: 9, tokenAccuracy: 8 } },
    { step: 3, loss: 2.5, seconds: 0.1, tokens: 12 },
    { note: "has no step", loss: 1 },
    { step: 4, evaluation: { score: 70 } },
    { step: 5, evaluation: {} },
    { step: "6", loss: 1 },
  ];
  assert.equal(curveOf(lines, best), {
    losses: [
      { step: 1, value: 3.5 },
      { step: 2, value: 3 },
      { step: 3, value: 2.5 },
    ],
    scores: [
      { step: 2, value: 30 },
      { step: 4, value: 70 },
    ],
    scoreName: "mean of f1 and accuracy",
    bestStep: 4,
  });
  assert.is(curveOf([], { ...best, metrics: { accuracy: 1 } }).scoreName, "mean of accuracy");
  const several = { "cb/f1": 1, "cb/accuracy": 3, "rte/accuracy": 5 };
  assert.is(curveOf([], { ...best, metrics: several }).scoreName, "mean score of cb, rte", "each task counts the same");
});

Results("the usual answer is the most frequent target; of equally frequent ones the first label", () => {
  const of = (...targets: string[]) => targets.map((target, i) => exampleOf(String(i), target));
  assert.is(usualAnswer(of("green", "red", "green")), "green");
  assert.is(usualAnswer(of("green", "red", "green", "red"), ["red", "green", "blue"]), "red");
  assert.is(usualAnswer(of("green", "red", "green", "red")), "green");
  assert.is(usualAnswer(of("blue"), ["red", "blue"]), "blue");
  assert.is(usualAnswer(of("pink"), ["red"]), "pink");
  assert.is(usualAnswer(of(...Array.from({ length: 100 }, (_, i) => `${i}`), "7")), "7");
  const many = Array.from({ length: 300_000 }, (_, i) => exampleOf("a", `${i % 299_999}`));
  assert.is(usualAnswer(many), "0", "more targets than a call can have arguments");
  assert.is(usualAnswer([]), "");
  assert.is(usualAnswer([], ["red", "green"]), "red");
});

const summaryOf = (f1: number, accuracy: number, untuned: number): Summary => ({
  kind: "run",
  tuned: { f1, accuracy },
  untuned: { f1: untuned, accuracy: 2 * untuned },
  majority: { f1: 20, accuracy: 50 },
  score: (f1 + accuracy) / 2,
  validationLoss: 1,
  bestStep: 3,
  steps: 4,
  seconds: 5,
  executor: "tfjs",
  reason: "steps done",
  counts: { model: 10, tuned: 2 },
  peakBytes: 7,
});

Results("runs of several seeds have means, and sample standard deviations of the tuned scores", () => {
  const runs = { "seed-3": summaryOf(60, 71, 10), "seed-4": summaryOf(62, 74, 13), "seed-5": summaryOf(67, 77, 10) };
  const { deviation, ...rest } = summaryOfSeeds(runs, "done");
  assert.equal(rest, {
    kind: "seeds",
    tuned: { f1: 63, accuracy: 74 },
    untuned: { f1: 11, accuracy: 22 },
    majority: { f1: 20, accuracy: 50 },
    score: 68.5,
    reason: "done",
    runs,
  });
  // f1: (9 + 1 + 16) / 2 = 13; accuracy: (9 + 0 + 9) / 2 = 9.
  assert.equal(Object.keys(deviation), ["f1", "accuracy"]);
  assert.ok(Math.abs(deviation.f1 - Math.sqrt(13)) < 1e-12, `${deviation.f1}`);
  assert.is(deviation.accuracy, 3);
});

Results("one run alone has no deviation, and two have that of half their distance times the root of 2", () => {
  const one = summaryOf(60, 70, 10);
  const alone = summaryOfSeeds({ "seed-0": one }, "interrupted");
  assert.equal([alone.deviation, alone.tuned, alone.score, alone.reason], [{}, one.tuned, 65, "interrupted"]);
  const { deviation } = summaryOfSeeds({ "seed-0": one, "seed-1": summaryOf(64, 70, 10) }, "done");
  assert.ok(Math.abs(deviation.f1 - 2 * Math.SQRT2) < 1e-12, `${deviation.f1}`);
  assert.is(deviation.accuracy, 0);
});

Results.run();
