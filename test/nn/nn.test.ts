import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeFor } from "../../lib/compile/init.js";
import { scope } from "../../lib/core/composite.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { withRuntime } from "../../lib/core/runtime.js";
import * as nn from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import * as random from "../../lib/random/index.js";
import { grad } from "../../lib/transforms/grad.js";

const Nn = suite("nn");
const reference = await runtimeFor("reference");
const check = (title: string, body: () => void): void => {
  Nn(title, () => withRuntime(reference, () => scope(body)));
};

check("token losses with z-loss and their derivative are T5X's formulas", () => {
  const x = [
    [0.3, -1.2, 2, 0.1],
    [1.5, 0.2, -0.7, 0.9],
  ];
  const targets = [2, 1];
  const zLoss = 0.01;
  const logits = np.array(x, { dtype: "float64" });
  const labels = np.array(targets, { dtype: "int32" });
  const { loss, logZ } = nn.tokenLosses(logits, labels, { zLoss });
  const grads = grad((l: typeof logits) => np.sum(nn.tokenLosses(l, labels, { zLoss }).loss))(
    logits,
  ).toArray() as number[][];
  x.forEach((row, i) => {
    const z = Math.log(row.reduce((a, v) => a + Math.exp(v), 0));
    assert.ok(Math.abs(logZ.dataSync()[i] - z) < 1e-12);
    assert.ok(Math.abs(loss.dataSync()[i] - (z - row[targets[i]] + zLoss * z * z)) < 1e-12);
    row.forEach((v, j) => {
      const want = (1 + 2 * zLoss * z) * Math.exp(v - z) - (j === targets[i] ? 1 : 0);
      assert.ok(Math.abs(grads[i][j] - want) < 1e-12, `${grads[i][j]} and ${want}`);
    });
  });
});

check("the sequence scores of T5X's own test come out", () => {
  // `score_batch` of logits 0..23: the sum of weighted log probabilities of each row.
  const logits = np.reshape(np.arange(0, 24, 1, "float64"), [2, 4, 3]);
  const targets = np.array(
    [
      [1, 2, 1, 0],
      [0, 1, 0, 2],
    ],
    { dtype: "int32" },
  );
  const weights = np.array(
    [
      [1, 1, 1, 0],
      [0, 1, 0, 1],
    ],
    { dtype: "float64" },
  );
  const scores = np
    .negative(np.sum(np.multiply(nn.tokenLosses(logits, targets).loss, weights), { axis: 1 }))
    .dataSync();
  // Rows of logits are n, n + 1, n + 2, so that by hand logZ = n + log(1 + e + e²); T5X's printed values are rounded at 1e-4.
  const z = Math.log(1 + Math.E + Math.E ** 2);
  assert.ok(Math.abs(scores[0] - (4 - 3 * z)) < 1e-12 && Math.abs(scores[1] - (3 - 2 * z)) < 1e-12, `${scores}`);
  assert.ok(Math.abs(scores[0] + 3.222973) < 2e-4 && Math.abs(scores[1] + 1.815315) < 2e-4, `${scores}`);
});

check("dropout keeps the mean, shares its mask along the axes named, and is a function of the key", () => {
  const x = np.ones([40, 50, 8]);
  const y = nn.dropout(random.key(3), 0.25, x, { broadcastAxes: [-2] });
  const values = y.dataSync();
  assert.equal([...new Set(values)].sort(), [0, Math.fround(1 / 0.75)]);
  // 320 independent draws: the mean of the kept values has a standard deviation of 0.032.
  assert.ok(Math.abs(np.mean(y).item() - 1) < 0.13);
  const spread = np.subtract(np.max(y, { axis: 1 }), np.min(y, { axis: 1 }));
  assert.is(np.max(spread).item(), 0);
  assert.equal(nn.dropout(random.key(3), 0.25, x, { broadcastAxes: [-2] }).dataSync(), values);
  assert.not.equal(nn.dropout(random.key(4), 0.25, x, { broadcastAxes: [-2] }).dataSync(), values);
  assert.throws(
    () => nn.dropout(random.key(0), 1, x),
    (e: unknown) => isFluxionError(e, "ArgumentError"),
  );
});

check("rmsNorm divides by the root of the mean square, epsilon inside", () => {
  const y = nn
    .rmsNorm(2, { epsilon: 0.5 })
    .apply({ scale: np.array([2, 10]) }, np.array([[3, 4]]))
    .dataSync();
  const root = Math.sqrt(12.5 + 0.5);
  assert.ok(Math.abs(y[0] - 6 / root) < 1e-6 && Math.abs(y[1] - 40 / root) < 1e-6);
  assert.throws(
    () => nn.rmsNorm(2).apply({ scale: np.ones([2]) }, np.ones([2, 3])),
    (e: unknown) => isFluxionError(e, "ShapeError"),
  );
});

check("relu keeps NaN, and has derivative 0 at 0", () => {
  assert.equal(Array.from(nn.relu(np.array([-1, 0, 2, Number.NaN])).dataSync()), [0, 0, 2, Number.NaN]);
  assert.is(grad((x: ReturnType<typeof np.scalar>) => nn.relu(x))(np.scalar(0)).item(), 0);
});

check("dense, embed and one-hot are the products and rows they say", () => {
  const x = np.array([[1, 2]]);
  const kernel = np.array([
    [1, 0, 2],
    [0, 1, 3],
  ]);
  assert.equal(
    nn
      .dense(2, 3)
      .apply({ kernel, bias: np.array([1, 1, 1]) }, x)
      .toArray(),
    [[2, 3, 9]],
  );
  assert.equal(
    nn
      .embed(2, 3)
      .apply({ embedding: kernel }, np.array([1, 0], { dtype: "int32" }))
      .toArray(),
    [
      [0, 1, 3],
      [1, 0, 2],
    ],
  );
  assert.equal(nn.oneHot(np.array([2, -1], { dtype: "int32" }), 3).toArray(), [
    [0, 0, 1],
    [0, 0, 0],
  ]);
});

Nn.run();
