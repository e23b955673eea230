/** @file Recycled prompts: against least squares and a perceptron written out here in float64, and by their laws. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeFor } from "../../lib/compile/init.js";
import { scope } from "../../lib/core/composite.js";
import { type ErrorTag, isFluxionError } from "../../lib/core/errors.js";
import { withRuntime } from "../../lib/core/runtime.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as nn from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import * as prompt from "../../lib/prompt/index.js";
import * as random from "../../lib/random/index.js";
import { jit } from "../../lib/transforms/jit.js";

const Recycle = suite("prompt/recycle");
const reference = await runtimeFor("reference");
const check = (title: string, body: () => void): void => {
  Recycle(title, () => withRuntime(reference, () => scope(body)));
};

type Matrix = readonly (readonly number[])[];
const rowsOf = (x: Tensor): Matrix => x.toArray() as number[][];
const normal = (seed: number, rows: number, columns: number): Tensor =>
  random.normal(random.key(seed), [rows, columns]);
const transposed = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]));
const times = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, x, k) => sum + x * b[k][j], 0)));
const close = (got: Matrix, expected: Matrix, tolerance: number): void => {
  assert.is(got.length, expected.length);
  got.forEach((row, i) => {
    row.forEach((x, j) => {
      assert.ok(Math.abs(x - expected[i][j]) <= tolerance, `[${i}, ${j}]: ${x} instead of ${expected[i][j]}`);
    });
  });
};

/** `a⁻¹ b` by Gauss and Jordan, with pivots. */
const solved = (a: Matrix, b: Matrix): Matrix => {
  const rows = a.map((row, i) => [...row, ...b[i]]);
  for (let c = 0; c < a.length; c++) {
    const pivot = rows.reduce((best, _, i) => (i >= c && Math.abs(rows[i][c]) > Math.abs(rows[best][c]) ? i : best), c);
    [rows[c], rows[pivot]] = [rows[pivot], rows[c]];
    rows[c] = rows[c].map((x) => x / rows[c][c]);
    rows.forEach((row, i) => {
      if (i !== c) rows[i] = row.map((x, j) => x - row[c] * rows[c][j]);
    });
  }
  return rows.map((row) => row.slice(a.length));
};

const LINEAR = [{ method: "v2v-lin" }, { method: "lin-comb" }] as const;

for (const recycling of LINEAR) {
  const { method } = recycling;
  check(`${method}: embeddings that a matrix maps take the prompt through that matrix`, () => {
    const [p, source, w] = [normal(0, 3, 5), normal(1, 40, 5), normal(2, 5, 7)];
    const recycled = prompt.recycle(p, source, np.matmul(source, w), recycling);
    close(rowsOf(recycled), times(rowsOf(p), rowsOf(w)), 1e-5);
  });

  check(`${method}: a prompt for the same model stays as it is`, () => {
    const [p, source] = [normal(0, 3, 5), normal(1, 40, 5)];
    close(rowsOf(prompt.recycle(p, source, source, recycling)), rowsOf(p), 1e-5);
  });

  check(`${method}: equals the normal equations in float64, where no matrix maps one table to the other`, () => {
    const [p, source, target] = [normal(3, 4, 6), normal(4, 30, 6), normal(5, 30, 3)];
    const [a, b] = [rowsOf(source), rowsOf(target)];
    const projection = solved(times(transposed(a), a), times(transposed(a), b));
    close(rowsOf(prompt.recycle(p, source, target, recycling)), times(rowsOf(p), projection), 1e-5);
  });

  check(`${method}: with fewer words than features it is the solution of least norm`, () => {
    const [p, source, target] = [normal(6, 2, 8), normal(7, 5, 8), normal(8, 5, 4)];
    const [a, b] = [rowsOf(source), rowsOf(target)];
    const projection = times(transposed(a), solved(times(a, transposed(a)), b));
    close(rowsOf(prompt.recycle(p, source, target, recycling)), times(rowsOf(p), projection), 1e-5);
  });
}

check("without a method it is v2v-lin", () => {
  const [p, source, target] = [normal(3, 4, 6), normal(4, 30, 6), normal(5, 30, 3)];
  const expected = prompt.recycle(p, source, target, { method: "v2v-lin" });
  assert.equal(prompt.recycle(p, source, target).toArray(), expected.toArray());
});

interface Moment {
  w: number;
  m: number;
  v: number;
}
type Weights = Record<"w1" | "b1" | "w2" | "b2", Moment[][]>;
const start = (x: Matrix): Moment[][] => x.map((row) => row.map((w) => ({ w, m: 0, v: 0 })));
const values = (x: Moment[][]): Matrix => x.map((row) => row.map(({ w }) => w));
const plus = (x: Matrix, [bias]: Matrix): Matrix => x.map((row) => row.map((v, j) => v + bias[j]));

const forward = ({ w1, b1, w2, b2 }: Weights, x: Matrix): { readonly hidden: Matrix; readonly y: Matrix } => {
  const hidden = plus(times(x, values(w1)), values(b1)).map((row) => row.map((v) => Math.max(0, v)));
  return { hidden, y: plus(times(hidden, values(w2)), values(b2)) };
};

/** One step of Adam, number `t` from 1, on the mean of half the squared differences. */
const adamStep = (weights: Weights, x: Matrix, target: Matrix, t: number): void => {
  const { hidden, y } = forward(weights, x);
  const n = y.length * y[0].length;
  const error = y.map((row, i) => row.map((v, j) => (v - target[i][j]) / n));
  const inner = times(error, transposed(values(weights.w2))).map((row, i) =>
    row.map((v, j) => (hidden[i][j] > 0 ? v : 0)),
  );
  const sums = (a: Matrix): Matrix => [transposed(a).map((column) => column.reduce((s, v) => s + v, 0))];
  const grads = {
    w1: times(transposed(x), inner),
    b1: sums(inner),
    w2: times(transposed(hidden), error),
    b2: sums(error),
  };
  for (const [name, grad] of Object.entries(grads)) {
    weights[name as keyof Weights].forEach((row, i) => {
      row.forEach((one, j) => {
        one.m = 0.9 * one.m + 0.1 * grad[i][j];
        one.v = 0.999 * one.v + 0.001 * grad[i][j] ** 2;
        one.w -= (3e-4 * (one.m / (1 - 0.9 ** t))) / (Math.sqrt(one.v / (1 - 0.999 ** t)) + 1e-8);
      });
    });
  }
};

/** The weights that key 0 gives a perceptron of 4 times as many hidden units as outputs. */
const firstWeights = (inputs: number, outputs: number): Weights => {
  const network = nn.sequential(nn.dense(inputs, 4 * outputs), nn.relu, nn.dense(4 * outputs, outputs));
  const [one, , two] = network.init(random.key(0));
  const bias = (n: number): Moment[][] => start([new Array<number>(n).fill(0)]);
  return {
    w1: start(rowsOf(one.kernel)),
    b1: bias(4 * outputs),
    w2: start(rowsOf(two.kernel)),
    b2: bias(outputs),
  };
};

check("v2v-nn: is Adam on batches of shuffled words, the last one smaller", () => {
  const [p, source, target] = [normal(0, 3, 4), normal(1, 23, 4), normal(2, 23, 2)];
  const weights = firstWeights(4, 2);
  let [key, t] = [random.key(0), 0];
  for (let epoch = 0; epoch < 3; epoch++) {
    const [draw, after] = random.subkeys(key);
    key = after;
    const numbers = [...random.uniform(draw, [23]).dataSync()].map((x, i) => [x as number, i] as const);
    const order = numbers.sort((a, b) => a[0] - b[0]).map(([, i]) => i);
    for (let from = 0; from < 23; from += 5) {
      const rows = order.slice(from, from + 5);
      const pick = (x: Tensor): Matrix => rows.map((row) => rowsOf(x)[row]);
      adamStep(weights, pick(source), pick(target), ++t);
    }
  }
  assert.is(t, 15);
  const recycled = prompt.recycle(p, source, target, { method: "v2v-nn", epochs: 3, batchSize: 5 });
  close(rowsOf(recycled), forward(weights, rowsOf(p)).y, 2e-6);
});

check("v2v-nn: learns the map, compiled or not, and from fewer words than a batch", () => {
  const [source, w] = [normal(1, 30, 4), normal(2, 4, 2)];
  const [p, target] = [np.slice(source, [[0, 3]]), np.matmul(source, w)];
  const options = { method: "v2v-nn", epochs: 400, learningRate: 0.01 } as const;
  const recycled = prompt.recycle(p, source, target, options);
  close(rowsOf(recycled), times(rowsOf(p), rowsOf(w)), 0.3);
  const compiled = jit((a: Tensor, b: Tensor, c: Tensor) => prompt.recycle(a, b, c, options));
  close(rowsOf(compiled(p, source, target)), rowsOf(recycled), 1e-4);
  const other = prompt.recycle(p, source, target, { ...options, key: random.key(1) });
  assert.not.equal(other.toArray(), recycled.toArray());
});

check("sizes that do not fit and options that are not positive are errors", () => {
  const throws = (f: () => unknown, tag: ErrorTag, message: RegExp): void => {
    assert.throws(f, (e: unknown) => isFluxionError(e, tag) && message.test(e.message));
  };
  const [p, source, target] = [np.ones([3, 4]), np.ones([9, 4]), np.ones([9, 2])];
  throws(() => prompt.recycle(np.ones([3, 5]), source, target), "ShapeError", /same N words/);
  throws(() => prompt.recycle(p, source, np.ones([8, 2])), "ShapeError", /same N words/);
  throws(() => prompt.recycle(np.ones([4]), source, target), "ShapeError", /prompt \[P, dA\]/);
  for (const name of ["epochs", "batchSize", "hiddenScale"]) {
    const options = { method: "v2v-nn", [name]: 0 } as const;
    throws(() => prompt.recycle(p, source, target, options), "ArgumentError", new RegExp(`${name} is not positive`));
  }
});

Recycle.run();
