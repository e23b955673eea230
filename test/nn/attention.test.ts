import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import * as nn from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import * as random from "../../lib/random/index.js";
import { jit } from "../../lib/transforms/jit.js";
import { messageOf, noLeaks, numbers, onReference, treesClose } from "../helpers/runtime.js";

const Attention = suite("nn/attention");

const check = (title: string, body: () => void): void => {
  Attention(title, () => onReference(body));
};
const draw = (seed: number, ...shape: number[]): Tensor => random.normal(random.key(seed), shape);
const CLOSE = { abs: 2e-6, rel: 1e-5 };

check("heads of keys are shared by groups of heads of queries", () => {
  const [q, k, v] = [draw(1, 2, 3, 4, 5), draw(2, 2, 6, 2, 5), draw(3, 2, 6, 2, 5)];
  const repeated = (x: Tensor): Tensor => np.take(x, np.array([0, 0, 1, 1], { dtype: "int32" }), 2);
  treesClose(
    nn.dotProductAttention(q, k, v),
    nn.dotProductAttention(q, repeated(k), repeated(v)),
    "two for each",
    CLOSE,
  );
});

check("a causal query sees what is before it; a length hides the keys after it; a bias is added", () => {
  const [q, k, v] = [draw(1, 2, 4, 1, 3), draw(2, 2, 4, 1, 3), draw(3, 2, 4, 1, 3)];
  const causal = nn.dotProductAttention(q, k, v, { isCausal: true });
  treesClose(np.slice(causal, [null, 0]), np.slice(v, [null, 0]), "the first sees itself only", CLOSE);
  const mask = np.expandDims(nn.makeCausalMask(4), 0);
  treesClose(nn.dotProductAttention(q, k, v, { mask }), causal, "the same as a mask", CLOSE);
  const short = nn.dotProductAttention(q, k, v, { keyValueSeqLengths: np.array([2, 3], { dtype: "int32" }) });
  const cut = (x: Tensor, row: number, n: number): Tensor =>
    np.slice(x, [
      [row, row + 1],
      [0, n],
    ]);
  for (const [row, n] of [
    [0, 2],
    [1, 3],
  ]) {
    const want = nn.dotProductAttention(np.slice(q, [[row, row + 1]]), cut(k, row, n), cut(v, row, n));
    treesClose(np.slice(short, [[row, row + 1]]), want, `length ${n}`, CLOSE);
  }
  const bias = np.where(np.array([true, false, true, false]), 0, Number.NEGATIVE_INFINITY);
  const seen = np.array([true, false, true, false]);
  treesClose(nn.dotProductAttention(q, k, v, { bias }), nn.dotProductAttention(q, k, v, { mask: seen }), "bias", CLOSE);
  treesClose(
    nn.dotProductAttention(q, k, v, { scale: 0.5 }),
    nn.dotProductAttention(np.multiply(q, 0.5), k, v, { scale: 1 }),
    "scale",
    CLOSE,
  );
});

check("a window hides what is further away, and queries that are not there give 0", () => {
  const [q, k, v] = [draw(1, 2, 4, 1, 3), draw(2, 2, 5, 1, 3), draw(3, 2, 5, 1, 3)];
  const within = (before: number, after: number): Tensor =>
    np.array(
      [0, 1, 2, 3].map((i) => [0, 1, 2, 3, 4].map((j) => j >= i - before && j <= i + after)),
      { dtype: "bool" },
    );
  for (const [localWindowSize, mask] of [
    [1, within(1, 1)],
    [[2, 0], within(2, 0)],
  ] as const) {
    const got = nn.dotProductAttention(q, k, v, { localWindowSize });
    treesClose(got, nn.dotProductAttention(q, k, v, { mask }), `window ${localWindowSize}`, CLOSE);
  }
  const some = nn.dotProductAttention(q, k, v, { querySeqLengths: np.array([1, 3], { dtype: "int32" }) });
  const all = nn.dotProductAttention(q, k, v);
  treesClose(np.slice(some, [1, [0, 3]]), np.slice(all, [1, [0, 3]]), "those that are there");
  assert.equal(numbers(np.slice(some, [1, 3])), [0, 0, 0]);
  assert.equal([...new Set(numbers(np.slice(some, [0, [1, null]])))], [0]);
});

check("a query that sees nothing takes the mean of the values, as in JAX", () => {
  const [q, k, v] = [draw(1, 2, 1, 3), draw(2, 4, 1, 3), draw(3, 4, 1, 3)];
  const y = nn.dotProductAttention(q, k, v, { mask: np.zeros([4], "bool") });
  treesClose(y, np.broadcastTo(np.mean(v, { axis: 0 }), [2, 1, 3]), "mean", CLOSE);
});

check("masks of padding hold where both places hold something, and are combined", () => {
  const there = np.array([[true, true, false]]);
  const padding = nn.makeAttentionMask(there, there);
  assert.equal(padding.shape, [1, 1, 3, 3]);
  const both = nn.combineMasks(padding, undefined, nn.makeCausalMask(3)) as Tensor;
  assert.equal(both.toArray(), [
    [
      [
        [true, false, false],
        [true, true, false],
        [false, false, false],
      ],
    ],
  ]);
  assert.is(nn.combineMasks(undefined), undefined);
});

check("weights are dropped with a key, and the values keep their mean", () => {
  const [q, k] = [np.zeros([1, 2000, 1, 1]), np.zeros([1, 8, 1, 1])];
  const v = np.ones([1, 8, 1, 1]);
  const options = { dropoutRate: 0.5, key: random.key(1) };
  const y = nn.dotProductAttention(q, k, v, options);
  // 16000 draws of 0 or 2: a standard deviation of 0.008.
  assert.ok(Math.abs(np.mean(y).item() - 1) < 0.032);
  assert.ok(np.variance(y).item() > 0.05);
  assert.is(np.variance(nn.dotProductAttention(q, k, v, { dropoutRate: 0.5 })).item(), 0);
});

check("queries, keys and values that do not fit are refused", () => {
  const x = (...shape: number[]): Tensor => np.ones(shape);
  for (const [args, what] of [
    [[x(2, 3, 1, 4), x(2, 3, 1, 5), x(2, 3, 1, 5)], /other features/],
    [[x(2, 3, 1, 4), x(2, 3, 1, 4), x(2, 4, 1, 4)], /keys and values/],
    [[x(2, 3, 3, 4), x(2, 3, 2, 4), x(2, 3, 2, 4)], /heads do not divide/],
    [[x(2, 3, 1, 4), x(1, 3, 1, 4), x(1, 3, 1, 4)], /batches differ/],
    [[x(3, 4), x(3, 4), x(3, 4)], /ranks/],
  ] as const) {
    const [q, k, v] = args;
    assert.match(messageOf(() => nn.dotProductAttention(q, k, v)) ?? "no error", what);
  }
});

check("step by step with a cache is the same as causal attention over all at once, compiled too", () => {
  const layer = nn.multiHeadAttention(6, { heads: 2 });
  const params = layer.init(random.key(4));
  const x = draw(5, 2, 5, 6);
  const whole = layer.apply(params, x, { isCausal: true });
  using step = jit(layer.decode);
  let cache = layer.initCache(2, 7);
  // The first two places at once, then one by one.
  for (const [from, to] of [
    [0, 2],
    [2, 3],
    [3, 4],
    [4, 5],
  ]) {
    const part = np.slice(x, [null, [from, to]]);
    const [y, next] = step(params, cache, part) as ReturnType<typeof layer.decode>;
    treesClose(y, np.slice(whole, [null, [from, to]]), `places ${from} to ${to}`, CLOSE);
    cache = next;
  }
  assert.is(cache.index.item(), 5);
  const [first, empty] = [np.slice(x, [null, [0, 1]]), layer.initCache(2, 7)];
  noLeaks(() => dispose(layer.decode(params, empty, first)));
  noLeaks(() => dispose(layer.initCache(2, 7)));
});

check("attention of another sequence takes its keys, and dropout of weights its key", () => {
  const layer = nn.multiHeadAttention(4, { heads: 2, memoryFeatures: 3, dropoutRate: 0.5 });
  const params = layer.init(random.key(4));
  const [x, memory] = [draw(1, 2, 3, 4), draw(2, 2, 5, 3)];
  assert.equal(layer.apply(params, x, { memory }).shape, [2, 3, 4]);
  assert.not.equal(
    numbers(layer.apply(params, x, { memory })),
    numbers(layer.apply(params, x, { memory, key: random.key(0) })),
  );
  assert.match(messageOf(() => layer.apply(params, x, { memory: x })) ?? "", /\[\.\.\., 3\]/);
});

Attention.run();
