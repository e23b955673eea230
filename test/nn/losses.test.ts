import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import * as nn from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import { grad } from "../../lib/transforms/grad.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { f64, messageOf, numbers, onReference } from "../helpers/runtime.js";

const Losses = suite("nn/losses");

const check = (title: string, body: () => void): void => {
  Losses(title, () => onReference(body));
};
const near = (got: readonly number[], want: readonly number[], tolerance = 1e-12): void => {
  assert.is(got.length, want.length);
  got.forEach((x, i) => {
    assert.ok(Math.abs(x - want[i]) <= tolerance, `element ${i}: ${x} and ${want[i]}`);
  });
};
const sigma = (x: number): number => 1 / (1 + Math.exp(-x));

check("focal and poly losses, log cosh and the halved square follow their formulas", () => {
  const x = [-2, -0.5, 0.3, 4];
  const y = [0, 1, 1, 0];
  const focal = (v: number, i: number): number => {
    const p = y[i] === 1 ? sigma(v) : 1 - sigma(v);
    return -Math.log(p) * (1 - p) ** 2;
  };
  near(numbers(nn.sigmoidFocalLoss(f64(x), f64(y))), x.map(focal));
  const weight = (i: number): number => (y[i] === 1 ? 0.25 : 0.75);
  near(
    numbers(nn.sigmoidFocalLoss(f64(x), f64(y), { alpha: 0.25 })),
    x.map((v, i) => weight(i) * focal(v, i)),
  );
  const e = x.map(Math.exp);
  const p = e.map((v) => v / e.reduce((a, b) => a + b));
  near(numbers(nn.polyLossCrossEntropy(f64(x), f64([0, 0, 1, 0]), 3)), [-Math.log(p[2]) + 3 * (1 - p[2])]);
  near(numbers(nn.logCosh(f64([0.5, -2, 800]), f64([1, 0, 0]))), [
    Math.log(Math.cosh(0.5)),
    Math.log(Math.cosh(2)),
    800 - Math.LN2,
  ]);
  near(numbers(nn.l2Loss(f64([3, 1]), f64([1, 1]))), [2, 0]);
});

check("labels of 0 take nothing, also of an infinite logarithm", () => {
  const logits = f64([0, Number.NEGATIVE_INFINITY]);
  near(numbers(nn.softmaxCrossEntropy(logits, f64([1, 0]))), [0]);
  near(numbers(nn.klDivergence(f64([Math.log(0.25), Number.NEGATIVE_INFINITY]), f64([1, 0]))), [Math.log(4)]);
});

check("derivatives at the edges: huber at its bound, a hinge met, equal vectors, zero vectors", () => {
  const slope = (f: (x: Tensor) => Tensor, at: number[]): number[] => numbers(vmap(grad(f))(f64(at)));
  near(
    slope((x) => nn.huberLoss(x, 0, 2), [-2, 0, 2, 3]),
    [-2, 0, 2, 2],
  );
  near(
    slope((x) => nn.hingeLoss(x, 1), [1, 0, 2]),
    [0, -1, 0],
  );
  near(numbers(nn.cosineDistance(f64([1, 2]), f64([2, 4]))), [0]);
  const zero = grad((x: Tensor) => nn.cosineSimilarity(x, f64([3, 4]), { epsilon: 1e-3 }))(f64([0, 0]));
  near(numbers(zero), [600, 800], 1e-9);
});

check("labels of another shape than the logits are refused", () => {
  const message = messageOf(() =>
    nn.softmaxCrossEntropyWithIntegerLabels(np.ones([2, 3]), np.array([1], { dtype: "int32" })),
  );
  assert.match(message ?? "no error", /targets \[2\]/);
});

Losses.run();
