import { suite } from "uvu";
import * as assert from "uvu/assert";
import { learningCurve } from "../../lib/viz/index.js";

const Charts = suite("viz/charts");

const points = (values: readonly number[]) => values.map((value, i) => ({ step: i + 1, value }));

Charts("draws losses, scores and the best step", () => {
  const svg = learningCurve({
    title: "a < b & c",
    losses: points([3, 2, 1]),
    scores: [{ step: 3, value: 60 }],
    scoreName: "accuracy",
    bestStep: 3,
  });
  assert.ok(svg.startsWith("<svg ") && svg.trimEnd().endsWith("</svg>"));
  assert.ok(svg.includes("a &lt; b &amp; c"));
  assert.ok(svg.includes("best: 60.0 at step 3"));
  assert.is(svg.match(/<circle/g)?.length, 1);
  assert.not.ok(svg.includes("NaN"));
});

Charts("works without any point, and with losses that are not numbers", () => {
  assert.not.ok(learningCurve({ title: "t", losses: [], scores: [], scoreName: "f1" }).includes("NaN"));
  const odd = learningCurve({ title: "t", losses: points([1, Number.NaN, 2]), scores: [], scoreName: "f1" });
  assert.not.ok(/d="[^"]*NaN/.test(odd.replaceAll('stroke-width="2"', "")));
});

Charts.run();
