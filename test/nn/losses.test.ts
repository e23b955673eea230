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

check("derivatives by labels of 0 are those of the formulas", () => {
  const [x, y] = [f64([1, 2, 3]), f64([0, 0.25, 0.75])];
  const by = (loss: (labels: Tensor) => Tensor): number[] => numbers(grad(loss)(y));
  // JAX 0.10.2 and optax 0.2.8; the first of the divergence is the limit of log t - log p + 1, where optax has NaN.
  near(
    by((labels) => nn.softmaxCrossEntropy(x, labels)),
    [2.40760596444438, 1.40760596444438, 0.40760596444438],
  );
  near(
    by((labels) => nn.polyLossCrossEntropy(x, labels)),
    [4.22754482, 2.91814902, 1.07712405],
    1e-8,
  );
  const [first, ...rest] = by((labels) => nn.klDivergence(nn.logSoftmax(x), labels));
  assert.is(first, Number.NEGATIVE_INFINITY);
  near(rest, [1.0213116, 1.11992389], 1e-8);
  near(numbers(grad((p: Tensor) => nn.klDivergence(p, y))(nn.logSoftmax(x))), [0, -0.25, -0.75]);
  near(
    numbers(nn.softmaxCrossEntropy(f64([0, Number.NaN]), f64([1, 0])))
      .map(Number.isNaN)
      .map(Number),
    [1],
  );
});

check("an integer label from the end is that class, and one that is no class gives NaN", () => {
  const logits = f64([1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3], [5, 3]);
  const labels = np.array([0, 2, 3, -1, -4], { dtype: "int32" });
  // optax 0.2.8
  const [first, last] = [2.40760596444438, 0.40760596444438];
  const got = numbers(nn.softmaxCrossEntropyWithIntegerLabels(logits, labels));
  near([got[0], got[1], got[3]], [first, last, last]);
  assert.equal([got[2], got[4]], [Number.NaN, Number.NaN]);
  const slopes = numbers(grad((l: Tensor) => np.sum(nn.softmaxCrossEntropyWithIntegerLabels(l, labels)))(logits));
  const p = [0.0900305731703805, 0.244728471054798, 0.665240955774822];
  near(
    slopes,
    [0, 2, null, 2, null].flatMap((label) => p.map((q, i) => q - (label === i ? 1 : 0))),
  );
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

check("without weights each token counts once, also in sums and in the z-loss's part", () => {
  // Of equal logits every class has probability 1/4 and log Z is log 4.
  const targets = np.array([0, 1, 3], { dtype: "int32" });
  const sums = (weights?: Tensor): number[] => {
    const { loss, zLoss, count } = nn.crossEntropy(f64(new Array(12).fill(0), [3, 4]), targets, {
      zLoss: 0.5,
      ...(weights && { weights }),
    });
    return [loss, zLoss, count].flatMap(numbers);
  };
  const [each, z] = [Math.log(4), Math.log(4) ** 2 / 2];
  near(sums(), [3 * (each + z), 3 * z, 3]);
  near(sums(f64([1, 0, 2.5])), [3.5 * (each + z), 3.5 * z, 3.5]);
  const { loss, zLoss } = nn.crossEntropy(f64(new Array(12).fill(0), [3, 4]), targets);
  near([loss, zLoss].flatMap(numbers), [3 * each, 0]);
});

check("a target left out is 0, huber's bound 1 and the least norm of a cosine 0", () => {
  const x = f64([-3, 0.5]);
  near(numbers(nn.squaredError(x)), [9, 0.25]);
  near(numbers(nn.l2Loss(x)), [4.5, 0.125]);
  near(numbers(nn.logCosh(x)), [Math.log(Math.cosh(3)), Math.log(Math.cosh(0.5))]);
  near(numbers(nn.huberLoss(x)), [2.5, 0.125]);
  near(numbers(nn.huberLoss(x, 0.25)), [2.75, 0.03125]);
  near(numbers(nn.cosineSimilarity(f64([0.3, 0.4]), f64([0.6, 0]))), [0.6]);
  assert.ok(Number.isNaN(numbers(nn.cosineSimilarity(f64([0, 0]), f64([1, 0])))[0]));
});

check("labels of another shape than the logits are refused", () => {
  const message = messageOf(() =>
    nn.softmaxCrossEntropyWithIntegerLabels(np.ones([2, 3]), np.array([1], { dtype: "int32" })),
  );
  assert.match(message ?? "no error", /targets \[2\]/);
});

Losses.run();
