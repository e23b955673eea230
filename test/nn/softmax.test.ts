import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withRuntime } from "../../lib/core/runtime.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as nn from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { f64, messageOf, numbers, onReference, runtimes } from "../helpers/runtime.js";

const Softmax = suite("nn/softmax");

const check = (title: string, body: () => void): void => {
  Softmax(title, () => onReference(body));
};
const near = (got: readonly number[], want: readonly number[]): void => {
  assert.is(got.length, want.length);
  got.forEach((x, i) => {
    assert.ok(Object.is(x, want[i]) || Math.abs(x - want[i]) < 1e-12, `element ${i}: ${x} and ${want[i]}`);
  });
};

check("elements that do not count are zero, and the others sum to one", () => {
  const x = f64([1, 1000, 2, 3]);
  const where = np.array([true, false, true, true]);
  const e = [1, 2, 3].map(Math.exp);
  const total = e.reduce((a, b) => a + b);
  near(numbers(nn.softmax(x, -1, { where })), [e[0] / total, 0, e[1] / total, e[2] / total]);
  const logs = numbers(nn.logSoftmax(x, -1, { where }));
  near(logs, [Math.log(e[0] / total), Number.NEGATIVE_INFINITY, Math.log(e[1] / total), Math.log(e[2] / total)]);
  const slope = grad((y: Tensor) => np.slice(nn.softmax(y, -1, { where }), [0]))(x);
  const p = e.map((v) => v / total);
  near(numbers(slope), [p[0] * (1 - p[0]), 0, -p[0] * p[1], -p[0] * p[2]]);
});

check("where nothing counts there is no NaN, neither in the result nor in the gradient", () => {
  const none = np.array([false, false]);
  near(numbers(nn.softmax(f64([1, 2]), -1, { where: none })), [0, 0]);
  const infinite = Number.NEGATIVE_INFINITY;
  near(numbers(nn.logSoftmax(f64([1, 2]), -1, { where: none })), [infinite, infinite]);
  near(numbers(grad((x: Tensor) => np.sum(nn.softmax(x, -1, { where: none })))(f64([1, 2]))), [0, 0]);
});

const leastWeights = (): void => {
  const softmax = (x: Tensor, options: nn.SoftmaxOptions): readonly number[] =>
    numbers(jit((y: Tensor) => nn.softmax(y, -1, options))(x));
  const x = np.array([0, -1, -50, -80, -85, -100]);
  const least = 2 ** -100;
  const whole = softmax(x, {});
  const rounded = softmax(x, { least });
  assert.equal(numbers(nn.softmax(x, -1, { least })), rounded);
  assert.equal(rounded.slice(0, 2), whole.slice(0, 2));
  assert.ok(Math.abs(rounded[2] / whole[2] - 1) < 1e-6);
  assert.ok(whole[3] > 0 && whole[3] < least / 2);
  assert.equal(rounded.slice(3), [0, 0, 0]);
  const where = np.ones([6], "bool");
  assert.equal(softmax(x, { least, where }).slice(3), [0, 0, 0]);
  // Weights of about 1 to 2, and of a third of the least.
  const steps = softmax(np.log(np.array([1, 1.4 * least, 0.3 * least])), { least: 0.9 * least });
  assert.equal(steps.slice(1), [least, 0]);
  // The derivative of a small weight with respect to its own score is the weight itself.
  const slope = (options: object) => jit(grad((y: Tensor) => np.slice(nn.softmax(y, -1, options), [3])))(x);
  assert.is(numbers(slope({ least }))[3], 0);
  assert.ok(numbers(slope({}))[3] > 0);
  assert.ok(softmax(np.array([0, Number.NaN]), { least }).every(Number.isNaN));
  for (const bad of [-1, 1, Number.NaN]) {
    assert.throws(() => nn.softmax(x, -1, { least: bad }), /nn\.softmax: the least weight is out of range/);
  }
};

for (const { label, open } of runtimes()) {
  Softmax(
    `${label}: weights are rounded to multiples of the least, in the derivative too, and NaN is not hidden`,
    async () => withRuntime(await open(), leastWeights),
  );
}

check("several axes count as one", () => {
  const x = f64([1, 2, 3, 4, 5, 6], [1, 2, 3]);
  near(numbers(nn.softmax(x, [1, 2])), numbers(nn.softmax(np.ravel(x))));
  near(numbers(nn.logSoftmax(x, [1, 2])), numbers(nn.logSoftmax(np.ravel(x))));
});

check("the logarithm of a mean of exponentials, without overflow", () => {
  near(numbers(nn.logmeanexp(f64([1000, 1000 + Math.log(3)]))), [1000 + Math.log(2)]);
  near(numbers(nn.logmeanexp(f64([0, Math.log(3), 1, 1], [2, 2]), { axis: 1 })), [Math.log(2), 1]);
});

check("standardized numbers have mean 0 and variance 1, or those of the statistics given", () => {
  const x = f64([1, 2, 4, 9, 0, 3], [2, 3]);
  const y = nn.standardize(x, -1, { epsilon: 0 });
  near(numbers(np.mean(y, { axis: -1 })), [0, 0]);
  near(numbers(np.variance(y, { axis: -1 })), [1, 1]);
  const own = nn.standardize(x, -1, { epsilon: 0, mean: f64(1, []), variance: f64(4, []) });
  // Four squares of 1 have the mean 1; JAX adds 1e-5 to it.
  near(
    numbers(nn.standardize(f64([1, -1, 1, -1]))),
    [1, -1, 1, -1].map((v) => v / Math.sqrt(1 + 1e-5)),
  );
  near(numbers(own), [0, 0.5, 1.5, 4, -0.5, 1]);
});

check("one-hot vectors lie along the axis named, and ids out of range have none", () => {
  const ids = np.array([1, 3, -1], { dtype: "int32" });
  assert.equal(nn.oneHot(ids, 3, "int32").toArray(), [
    [0, 1, 0],
    [0, 0, 0],
    [0, 0, 0],
  ]);
  assert.equal(nn.oneHot(ids, 2, "float32", 0).toArray(), [
    [0, 0, 0],
    [1, 0, 0],
  ]);
  const batch = nn.oneHot(np.array([[[0], [1]]], { dtype: "int32" }), 2);
  assert.equal(batch.toArray(), [[[[1, 0]], [[0, 1]]]]);
  assert.match(messageOf(() => nn.oneHot(ids, 2, "float32", 2)) ?? "", /nn\.oneHot/);
});

check("null is all axes, as in JAX", () => {
  const x = f64([1, 2, 3, 4], [2, 2]);
  const e = [1, 2, 3, 4].map(Math.exp);
  const total = e.reduce((a, b) => a + b);
  near(
    numbers(nn.softmax(x, null)),
    [0.03205860328008499, 0.08714431874203257, 0.23688281808991013, 0.6439142598879722],
  );
  near(
    numbers(nn.logSoftmax(x, null)),
    e.map((v) => Math.log(v / total)),
  );
  near(
    numbers(nn.standardize(x, null, { epsilon: 0 })),
    [-3, -1, 1, 3].map((v) => v / Math.sqrt(5)),
  );
  near(numbers(grad((y: Tensor) => np.get(nn.softmax(y, null), 0, 0))(x)).slice(0, 1), [
    (e[0] / total) * (1 - e[0] / total),
  ]);
});

Softmax.run();
