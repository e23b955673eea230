import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeOf } from "../../../lib/compile/init.js";
import { modelOf } from "../../../lib/compile/onnx/graph.js";
import { optimize } from "../../../lib/compile/passes/optimize.js";
import { setRuntime } from "../../../lib/core/runtime.js";
import { dispose, type Tensor } from "../../../lib/core/tensor.js";
import * as lax from "../../../lib/lax/index.js";
import * as nn from "../../../lib/nn/index.js";
import * as np from "../../../lib/np/index.js";
import { grad } from "../../../lib/transforms/grad.js";
import { jit } from "../../../lib/transforms/jit.js";
import { makeJaxpr } from "../../../lib/transforms/make-jaxpr.js";
import { whileLoop } from "../../../lib/transforms/while.js";
import { numbers } from "../../helpers/runtime.js";

const Idioms = suite("compile/onnx/idioms");

let before: ReturnType<typeof setRuntime>;
Idioms.before(async () => {
  before = setRuntime(await runtimeOf({ backend: "wasm", executor: "onnx" }));
});
Idioms.after(() => {
  setRuntime(before);
});

/** The operators of the graph of a function, with how many nodes each has; names given to results do not count. */
const operators = (f: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]): Record<string, number> => {
  const { jaxpr, consts } = optimize(makeJaxpr(f)(...xs).jaxpr);
  const { nodes } = modelOf(jaxpr, consts, false).graph;
  const counts: Record<string, number> = {};
  for (const { op } of nodes) if (op !== "Identity") counts[op] = (counts[op] ?? 0) + 1;
  return counts;
};

const run = (f: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]): number[] => numbers(jit(f)(...xs));

const N = 20;
const at = (place: number, value: number, other: (i: number) => number): number[] =>
  Array.from({ length: N }, (_, i) => (i === place ? value : other(i)));
/** Rows with whatever may go wrong in an exponential. */
const hardRows = (): Tensor =>
  np.array([
    at(2, Number.NaN, (i) => i),
    at(19, Number.NaN, () => 0),
    at(2, Number.POSITIVE_INFINITY, (i) => i),
    at(2, Number.NEGATIVE_INFINITY, (i) => i / N),
    at(0, 1, () => Number.NEGATIVE_INFINITY),
    at(0, Number.NEGATIVE_INFINITY, () => Number.NEGATIVE_INFINITY),
    at(0, Number.NEGATIVE_INFINITY, () => -1e10),
    at(5, 3e38, (i) => -i),
  ]);

Idioms("softmax is one operator, whatever reads its result", () => {
  const x = hardRows();
  assert.equal(
    operators((t) => nn.softmax(t, -1), x),
    { Softmax: 1 },
  );
  assert.equal(
    operators((t) => nn.softmax(t, 0), x),
    { Softmax: 1 },
  );
  const twice = operators(
    grad((t: Tensor) => np.sum(np.square(nn.softmax(t, -1)))),
    x,
  );
  assert.is(twice.Softmax, 1);
  assert.is(twice.Exp, undefined);
  dispose(x);
});

Idioms("a part of a softmax that is read elsewhere too keeps the equations apart", () => {
  const x = hardRows();
  const leaky = (t: Tensor): Tensor => {
    const e = np.exp(np.subtract(t, np.max(t, { axis: 1, keepDims: true })));
    return np.add(np.divide(e, np.sum(e, { axis: 1, keepDims: true })), e);
  };
  assert.is(operators(leaky, x).Softmax, undefined);
  dispose(x);
});

Idioms("NaN and infinities come out of softmax and logsumexp as from the equations one by one", () => {
  const x = hardRows();
  const same = (f: (t: Tensor) => Tensor): void => {
    const native = run(f, x);
    const plain = numbers(jit(f, { executor: "tfjs" })(x));
    native.forEach((v, i) => {
      assert.ok(
        Object.is(v, plain[i]) || Math.abs(v - plain[i]) <= 1e-6 * Math.abs(plain[i]),
        `${i}: ${v}, ${plain[i]}`,
      );
    });
  };
  same((t) => nn.softmax(t, -1));
  same((t) => np.logsumexp(t, { axis: -1 }));
  same((t) => nn.logSoftmax(t, -1));
  same(grad((t: Tensor) => np.sum(np.logsumexp(t, { axis: -1 }))));
  dispose(x);
});

Idioms("a norm by the root of the mean square is one operator, of rows of any rank and size", () => {
  for (const shape of [[8], [3, 20], [2, 3, 1024]]) {
    const features = shape[shape.length - 1];
    const size = shape.reduce((a, b) => a * b);
    const x = np.array(
      Float32Array.from({ length: size }, (_, i) => 3 * Math.sin(i * i) + 1),
      { shape },
    );
    const scale = np.array(Float32Array.from({ length: features }, (_, i) => Math.cos(i)));
    const f = (t: Tensor, s: Tensor): Tensor => nn.rmsNorm(features, { epsilon: 0.25 }).apply({ scale: s }, t);
    const { SimplifiedLayerNormalization: ones, Reshape = 0, ...others } = operators(f, x, scale);
    assert.equal([ones, others], [1, {}]);
    assert.ok(Reshape <= 1);
    const [values, factors] = [numbers(x), numbers(scale)];
    const got = run(f, x, scale);
    values.forEach((v, i) => {
      const row = values.slice(i - (i % features), i - (i % features) + features);
      const want = (factors[i % features] * v) / Math.sqrt(row.reduce((sum, u) => sum + u * u, 0) / features + 0.25);
      assert.ok(Math.abs(got[i] - want) <= 2e-6 * Math.abs(want), `${i}: ${got[i]}, ${want}`);
    });
    dispose([x, scale]);
  }
});

Idioms("what is nearly such a norm is computed as it is written", () => {
  const x = np.array([
    [3, 4],
    [1, 1],
  ]);
  const scale = np.array([1, 10]);
  const norm = (mean: (t: Tensor) => Tensor, factors: (t: Tensor) => Tensor) => (t: Tensor, s: Tensor) =>
    np.multiply(np.multiply(t, np.rsqrt(np.add(mean(np.square(t)), 0))), factors(s));
  const along = (axis: number) => (t: Tensor) => np.mean(t, { axis, keepDims: true });
  const check = (f: (t: Tensor, s: Tensor) => Tensor, want: readonly number[]): void => {
    assert.is(operators(f as (...xs: Tensor[]) => Tensor, x, scale).SimplifiedLayerNormalization, undefined);
    run(f as (...xs: Tensor[]) => Tensor, x, scale).forEach((v, i) => {
      assert.ok(Math.abs(v - want[i]) < 1e-5, `${i}: ${v}, ${want[i]}`);
    });
  };
  const same = (s: Tensor): Tensor => s;
  // Columns; the sum for the mean; a factor for each row.
  check(norm(along(0), same), [3 / Math.sqrt(5), 40 / Math.sqrt(8.5), 1 / Math.sqrt(5), 10 / Math.sqrt(8.5)]);
  check(
    norm((t) => np.sum(t, { axis: 1, keepDims: true }), same),
    [0.6, 8, Math.SQRT1_2, 10 * Math.SQRT1_2],
  );
  const rows = norm(along(1), (s) => np.expandDims(s, 1));
  check(rows, [3 / Math.sqrt(12.5), 4 / Math.sqrt(12.5), 10, 10]);
  const third = (t: Tensor): Tensor => np.divide(np.sum(t, { axis: 1, keepDims: true }), 3);
  check(norm(third, same), [3 / Math.sqrt(25 / 3), 40 / Math.sqrt(25 / 3), Math.sqrt(1.5), 10 * Math.sqrt(1.5)]);
  dispose([x, scale]);
});

Idioms("a reduction keeps its axes by itself", () => {
  const x = np.ones([2, 3, 4]);
  assert.equal(
    operators((t) => np.sum(t, { axis: 1, keepDims: true }), x),
    { ReduceSum: 1 },
  );
  assert.equal(
    run((t) => np.sum(t, { axis: [0, 2], keepDims: true }), x),
    [8, 8, 8],
  );
  assert.is(operators((t) => np.reshape(np.sum(t, { axis: 1 }), [4, 2]), x).Reshape, 1);
  dispose(x);
});

Idioms("rows of any rank times a matrix need no reshape", () => {
  const x = np.ones([2, 3, 4]);
  const w = np.ones([4, 5]);
  assert.equal(operators(np.matmul, x, w), { MatMul: 1 });
  assert.equal(
    operators((a, b) => np.einsum("bsd,vd->bsv", a, b), np.ones([2, 3, 5]), w),
    { FusedMatMul: 1 },
  );
  assert.equal(run(np.matmul, x, w), new Array(30).fill(4));
  dispose([x, w]);
});

Idioms("values scattered onto zeros and added are scattered onto the other summand", () => {
  const args = [np.array([1, 2, 3, 4]), np.array([1, 3, 1], { dtype: "int32" }), np.array([10, 20, 30])] as const;
  const f = (t: Tensor, places: Tensor, values: Tensor): Tensor =>
    np.add(np.at(np.zeros([4]), places).add(values), np.multiply(t, 2));
  const counts = operators(f as (...xs: Tensor[]) => Tensor, ...args);
  assert.is(counts.ScatterND, 1);
  assert.is(counts.Expand, undefined);
  assert.equal(run(f as (...xs: Tensor[]) => Tensor, ...args), [2, 44, 6, 28]);
  dispose([...args]);
});

Idioms("updates at one place find their indices together, and rows that are whole move as one", () => {
  const [caches, position] = [np.zeros([2, 3, 4]), np.array(2, { dtype: "int32" })];
  const f = (x: Tensor, at: Tensor): Tensor =>
    np.concatenate([1, 2].map((k) => lax.dynamicUpdateSlice(x, np.full([2, 1, 4], k), [0, at, 0])));
  const counts = operators(f as (...xs: Tensor[]) => Tensor, caches, position);
  assert.is(counts.ScatterND, 2);
  assert.is(counts.Concat, 2, "one of the starts, one of the results");
  const row = (k: number): number[] => [0, 0, 0, 0, 0, 0, 0, 0, k, k, k, k];
  assert.equal(run(f as (...xs: Tensor[]) => Tensor, caches, position), [1, 1, 2, 2].flatMap(row));
  dispose([caches, position]);
});

Idioms("a loop hands on what it computes without copies, and also what comes in, or twice", () => {
  const f = (x: Tensor): Tensor => {
    const [a, b, c, , n] = whileLoop(
      ([, , , , turn]) => np.less(turn, 3),
      ([p, q, , s, turn]) => {
        const sum = np.add(p, q);
        return [q, sum, sum, s, np.add(turn, 1)] as const;
      },
      [x, np.multiply(x, 2), np.multiply(x, 0), x, np.zeros([], "int32")] as const,
    );
    return np.stack([a, b, c, np.astype(n, "float32")]);
  };
  const x = np.array(1);
  assert.equal(run(f as (...xs: Tensor[]) => Tensor, x), [5, 8, 8, 3]);
  dispose(x);
});

Idioms.run();
