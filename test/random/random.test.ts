import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ErrorTag, isFluxionError } from "../../lib/core/errors.js";
import type { Tensor } from "../../lib/core/tensor.js";
import {
  ball,
  bernoulli,
  beta,
  binomial,
  bits,
  categorical,
  choice,
  dirichlet,
  gamma,
  generalizedNormal,
  geometric,
  gumbel,
  key,
  multinomial,
  multivariateNormal,
  orthogonal,
  permutation,
  poisson,
  randint,
  truncatedNormal,
  uniform,
} from "../../lib/random/index.js";
import { grad } from "../../lib/transforms/grad.js";
import { counting, tensor, useImpl } from "../primitives/on-impl.js";

const Random = suite("random/random");
let restore: () => void;
Random.before(() => {
  restore = useImpl();
});
Random.after(() => restore());

const values = (x: Tensor): number[] => Array.from(x.dataSync());
const near = (x: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(x - expected) <= tolerance, `${x} for ${expected}`);
const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;

Random("uniform fills its interval and never reaches the upper end", () => {
  const xs = values(uniform(key(7), [20000], { minval: -2, maxval: 3 }));
  assert.ok(xs.every((x) => x >= -2 && x < 3));
  near(mean(xs), 0.5, 5 * (5 / Math.sqrt(12 * 20000)));
  const bounds = { minval: tensor([2, 1], "float32", [0, 10]), maxval: tensor([2, 1], "float32", [1, 20]) };
  const rows = uniform(key(7), [2, 50], bounds).toArray() as number[][];
  assert.ok(rows[0].every((x) => x >= 0 && x < 1) && rows[1].every((x) => x >= 10 && x < 20));
});

Random("truncated normal numbers stay inside, also between floats that are close", () => {
  const inside = values(truncatedNormal(key(12), -0.5, 2, [4000]));
  assert.ok(inside.every((x) => x > -0.5 && x < 2));
  // Between 1 and 1 + 2^-22 there is one float32.
  assert.ok(values(truncatedNormal(key(12), 1, 1 + 2 ** -22, [50])).every((x) => x === 1 + 2 ** -23));
  const [lower, upper] = [tensor([2], "float32", [-1, 5]), tensor([2], "float32", [1, 6])];
  const rows = truncatedNormal(key(12), lower, upper, [30, 2]).toArray() as number[][];
  assert.ok(rows.every(([x, y]) => x > -1 && x < 1 && y > 5 && y < 6));
  assert.equal(truncatedNormal(key(12), lower, 7).shape, [2]);
});

Random("bernoulli is true with its probability, which may differ from place to place", () => {
  near(mean(values(bernoulli(key(5), 0.3, [10000]))), 0.3, 5 * Math.sqrt(0.21 / 10000));
  const p = tensor([3], "float32", [0, 1, 0]);
  assert.equal(bernoulli(key(5), p).toArray(), [false, true, false]);
  assert.is(bernoulli(key(5), p, [4, 3].slice(1)).dtype, "bool");
});

Random("high modes draw other numbers, from twice the bits", () => {
  const draws = 2 ** 13;
  near(mean(values(bernoulli(key(6), 0.25, [draws], { mode: "high" }))), 0.25, 5 * Math.sqrt(0.19 / draws));
  const [low, high] = (["low", "high"] as const).map((mode) => values(gumbel(key(6), [draws], { mode })));
  assert.not.equal(low, high);
});

Random("categorical draws along any axis, into any shape, with and without replacement", () => {
  const logits = tensor([2, 3], "float32", [0, -50, -50, -50, -50, 0]);
  assert.equal(categorical(key(3), logits).toArray(), [0, 2]);
  assert.equal(categorical(key(3), logits, { axis: 0 }).shape, [3]);
  assert.equal(categorical(key(3), logits, { shape: [4, 2] }).toArray(), new Array(4).fill([0, 2]));
  const distinct = categorical(key(3), logits, { shape: [3, 2], replace: false }).toArray() as number[][];
  assert.equal(distinct[0], [0, 2]);
  for (const column of [0, 1]) assert.is(new Set(distinct.map((r) => r[column])).size, 3);
});

Random("randint stays in its range, whatever the range", () => {
  const draw = (low: number, high: number): number[] => values(randint(key(9), [500], low, high));
  const six = draw(-3, 3);
  assert.equal(
    [...new Set(six)].sort((a, b) => a - b),
    [-3, -2, -1, 0, 1, 2],
  );
  assert.ok(draw(5, 5).every((x) => x === 5));
  const whole = draw(-(2 ** 31), 2 ** 31);
  assert.ok(Math.min(...whole) < -(2 ** 30) && Math.max(...whole) > 2 ** 30);
  assert.ok(draw(2 ** 31 - 2, 2 ** 31).every((x) => x >= 2 ** 31 - 2));
  const bounds: [number, number][] = [
    [-3, 3],
    [5, 5],
    [-(2 ** 31), 2 ** 31 - 1],
    [7, 10_000],
  ];
  for (const [low, high] of bounds) {
    const [from, to] = [low, high].map((x) => tensor([], "int32", [x]));
    assert.equal(values(randint(key(9), [500], from, to)), draw(low, high), `${low} to ${high} as tensors`);
  }
  const from = tensor([], "int32", [5]);
  assert.equal(values(randint(key(9), [500], from, 2 ** 31)), draw(5, 2 ** 31));
});

Random("permutation and choice without replacement take every entry at most once", () => {
  const n = 300; // a second round of sorting begins at n = 1626
  const ascending = (list: number[]): number[] => [...list].sort((a, b) => a - b);
  for (const size of [0, 1, n, 2000]) {
    const all = Array.from({ length: size }, (_, i) => i);
    assert.equal(ascending(values(permutation(key(1), size))), all);
  }
  const x = counting([4, 3]);
  const columns = values(permutation(key(1), 3));
  const expected = [0, 1, 2, 3].map((i) => columns.map((j) => 3 * i + j + 1));
  assert.equal(permutation(key(1), x, 1).toArray(), expected);
  const some = choice(key(2), n, [5, 4], { replace: false });
  assert.equal([some.shape, new Set(values(some)).size], [[5, 4], 20]);
  assert.equal(choice(key(2), x, [5], { axis: 1 }).shape, [4, 5]);
});

Random("weighted choice takes what has weight, and its order without replacement is by Gumbel numbers", () => {
  const p = tensor([4], "float32", [0.5, 0, 0.5, 0]);
  assert.ok(values(choice(key(4), 4, [100], { p })).every((x) => x === 0 || x === 2));
  assert.equal(new Set(values(choice(key(4), 4, [2], { p, replace: false }))), new Set([0, 2]));
  const x = counting([4, 3]);
  assert.equal(choice(key(4), x, [2, 5], { p }).shape, [2, 5, 3]);
  assert.equal(choice(key(4), x, [0]).shape, [0, 3]);
});

Random("independent permutations order every vector for itself", () => {
  const x = counting([6, 50]);
  const rows = permutation(key(1), x, 1, { independent: true }).toArray() as number[][];
  const orders = rows.map((r, i) => r.map((v) => v - 50 * i - 1));
  for (const order of orders) {
    assert.equal(
      [...order].sort((a, b) => a - b),
      Array.from({ length: 50 }, (_, i) => i),
    );
  }
  assert.is(new Set(orders.map(String)).size, 6);
});

Random("parameters broadcast to the shape of a draw, or give it", () => {
  const a = tensor([3], "float32", [0.5, 1, 2]);
  assert.equal(gamma(key(0), a).shape, [3]);
  assert.equal(gamma(key(0), a, [2, 3]).shape, [2, 3]);
  assert.equal(beta(key(0), a, tensor([2, 1], "float32", [1, 2])).shape, [2, 3]);
  assert.equal(dirichlet(key(0), a, [4]).shape, [4, 3]);
  assert.equal(multinomial(key(0), 5, tensor([2], "float32", [0.5, 0.5])).shape, [2]);
  assert.equal(ball(key(0), 3, 1, [5]).shape, [5, 3]);
  const counts = multinomial(key(0), 100, tensor([3], "float32", [0.2, 0.3, 0.5]), [50, 3]).toArray() as number[][];
  assert.ok(counts.every((row) => row[0] + row[1] + row[2] === 100));
});

Random("parameters that mean nothing give what JAX gives", () => {
  assert.equal(values(poisson(key(0), tensor([3], "float32", [-1, NaN, 0]))), [-1, -1, 0]);
  const p = tensor([3], "float32", [-0.5, 1.5, 0]);
  assert.equal(values(binomial(key(0), 5, p)), [NaN, NaN, 0]);
  assert.equal(values(gamma(key(0), tensor([2], "float32", [-2, 0]))), [NaN, 0]);
});

Random("arguments without meaning are refused", () => {
  const fails = (f: () => unknown, tag: ErrorTag, words: string): void =>
    assert.throws(f, (e: unknown) => isFluxionError(e, tag) && e.message.includes(words));
  const p = tensor([2], "float32", [0.5, 0.5]);
  fails(() => randint(key(0), [1], 0, 2 ** 31 + 1), "ArgumentError", "-2^31 to 2^31");
  fails(() => randint(key(0), [1], 0, 1.5), "ArgumentError", "0, 1.5");
  fails(() => randint(key(0), [1], 0, p), "DTypeError", "not int32");
  fails(() => truncatedNormal(key(0), 1, 1), "ArgumentError", "lower < upper");
  fails(() => choice(key(0), 3, [4], { replace: false }), "ArgumentError", "at least 4 entries");
  fails(() => choice(key(0), 0, [1]), "ArgumentError", "at least one entry");
  fails(() => choice(key(0), 3, [1], { p }), "ShapeError", "p[3]");
  fails(() => permutation(key(0), counting([3]), 1), "ShapeError", "axis 1");
  fails(() => permutation(key(0), 2.5), "ArgumentError", "2.5");
  fails(() => uniform(counting([2], "uint32"), [-1]), "ShapeError", "non-negative");
  fails(() => uniform(counting([3], "uint32")), "ShapeError", "not a key");
  fails(() => gamma(counting([2]), 1), "ShapeError", "not a key");
  fails(() => uniform(key(0), [2], { dtype: "int32" as "float32" }), "DTypeError", "int32");
  fails(() => bits(key(0), [2], { width: 7 as 8 }), "ArgumentError", "8, 16 or 32");
  for (const wrong of [-0.1, 1.5, NaN]) {
    fails(() => bernoulli(key(0), wrong), "ArgumentError", "not a probability");
    fails(() => geometric(key(0), wrong), "ArgumentError", "not a probability");
    fails(() => binomial(key(0), 3, wrong), "ArgumentError", "not a probability");
  }
  fails(() => gamma(key(0), p, [3]), "ShapeError", "do not broadcast");
  fails(() => gamma(key(0), p, [2, 1]), "ShapeError", "do not broadcast");
  fails(() => categorical(key(0), p, { shape: [3], replace: false }), "ArgumentError", "at least 3");
  fails(() => dirichlet(key(0), tensor([], "float32", [1])), "ShapeError", "alpha[..., n]");
  fails(() => multivariateNormal(key(0), p, p), "ShapeError", "[..., n, n]");
  fails(() => generalizedNormal(key(0), 0), "ArgumentError", "p > 0");
  fails(() => orthogonal(key(0), 1.5), "ArgumentError", "1.5");
});

Random("a second derivative of gamma draws is refused, with a reason", () => {
  const first = (a: Tensor): Tensor => grad((x: Tensor) => gamma(key(0), x))(a) as Tensor;
  assert.throws(
    () => grad(first)(tensor([], "float32", [2])),
    (e: unknown) => isFluxionError(e, "UnsupportedError"),
  );
});

Random.run();
