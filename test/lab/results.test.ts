import { suite } from "uvu";
import * as assert from "uvu/assert";
import { curveOf, usualAnswer } from "../../lib/train/results.js";
import { exampleOf } from "./fakes.js";

const Results = suite("train/results");

const best = {
  step: 4,
  score: 70,
  metrics: { f1: 60, accuracy: 80 },
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

Results.run();
