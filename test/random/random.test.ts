import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import type { Tensor } from "../../lib/core/tensor.js";
import { erf } from "../../lib/primitives/special.js";
import {
  bernoulli,
  categorical,
  choice,
  foldIn,
  gumbel,
  key,
  normal,
  permutation,
  randint,
  subkeys,
  truncatedNormal,
  uniform,
} from "../../lib/random/index.js";
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
/**
 * NumPy prints 8 decimals, or the digits that tell float32 apart: the number itself agrees with that rounding. Where elementary functions take
 * part, one unit in the last place of float32 is allowed besides: XLA's log1p and its fused multiply-add round differently.
 */
const printed = (x: Tensor, expected: readonly number[], units: 0 | 1): void => {
  const got = values(x);
  assert.is(got.length, expected.length);
  got.forEach((v, i) => {
    const unit = 2 ** (Math.floor(Math.log2(Math.abs(v))) - 23);
    near(v, expected[i], 0.5001e-8 + (units + 0.5) * unit);
  });
};
const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;

Random("uniform gives the numbers of the page 'jax.random module' of JAX's documentation", () => {
  printed(uniform(key(0)), [0.947667], 0);
  printed(uniform(subkeys(key(0))[1]), [0.00729382], 0);
});

Random("normal gives the numbers of the page 'Pseudorandom numbers' of JAX's documentation", () => {
  printed(normal(key(42)), [-0.028304616], 1);
  printed(normal(key(42), [3]), [-0.02830462, 0.46713185, 0.29570296], 1);
  let old = key(42);
  for (const draw of [0.6057640314102173, -0.21089035272598267, -0.3948981463909149]) {
    const [next, subkey] = subkeys(old);
    printed(normal(subkey), [draw], 1);
    old = next;
  }
  const individually = [0.07592554, 0.60576403, 0.4323065];
  subkeys(key(42), 3).forEach((k, i) => {
    printed(normal(k), [individually[i]], 1);
  });
});

Random("gives the numbers that jax 0.11.1 prints", () => {
  printed(normal(key(0), [3]), [1.6226422, 2.0252647, -0.43359444], 1);
  printed(uniform(key(0), [3]), [0.947667, 0.9785799, 0.33229148], 0);
  assert.equal(values(randint(key(1), [5], 0, 10)), [6, 7, 0, 3, 8]);
  assert.equal(values(choice(key(2), tensor([4], "int32", [10, 20, 30, 40]), [3])), [40, 10, 20]);
  assert.equal(values(permutation(key(3), 5)), [0, 4, 2, 1, 3]);
});

Random("uniform fills its interval and never reaches the upper end", () => {
  const xs = values(uniform(key(7), [20000], { minval: -2, maxval: 3 }));
  assert.ok(xs.every((x) => x >= -2 && x < 3));
  near(mean(xs), 0.5, 5 * (5 / Math.sqrt(12 * 20000)));
  const bounds = { minval: tensor([2, 1], "float32", [0, 10]), maxval: tensor([2, 1], "float32", [1, 20]) };
  const rows = uniform(key(7), [2, 50], bounds).toArray() as number[][];
  assert.ok(rows[0].every((x) => x >= 0 && x < 1) && rows[1].every((x) => x >= 10 && x < 20));
});

/** The largest distance of the empirical distribution to `cdf`; above 1.95 / sqrt(n) with probability 0.001. */
const kolmogorov = (list: readonly number[], cdf: (x: number) => number): number =>
  [...list]
    .sort((a, b) => a - b)
    .reduce((worst, x, i) => Math.max(worst, Math.abs(cdf(x) - (i + 0.5) / list.length)), 0);
const phi = (x: number): number => 0.5 * (1 + erf(x / Math.SQRT2));

Random("normal, truncated normal and Gumbel numbers have their distributions", () => {
  const [n, limit] = [4000, 1.95 / Math.sqrt(4000)];
  assert.ok(kolmogorov(values(normal(key(11), [n])), phi) < limit);
  const inside = (phi(2) - phi(-0.5)) ** -1;
  const truncated = values(truncatedNormal(key(12), -0.5, 2, [n]));
  assert.ok(kolmogorov(truncated, (x) => (phi(x) - phi(-0.5)) * inside) < limit);
  assert.ok(truncated.every((x) => x > -0.5 && x < 2));
  // Between 1 and 1 + 2^-22 there is one float32.
  assert.ok(values(truncatedNormal(key(12), 1, 1 + 2 ** -22, [50])).every((x) => x === 1 + 2 ** -23));
  assert.ok(kolmogorov(values(gumbel(key(13), [n])), (x) => Math.exp(-Math.exp(-x))) < limit);
});

Random("bernoulli is true with its probability, which may differ from place to place", () => {
  near(mean(values(bernoulli(key(5), 0.3, [10000]))), 0.3, 5 * Math.sqrt(0.21 / 10000));
  const p = tensor([3], "float32", [0, 1, 0]);
  assert.equal(bernoulli(key(5), p).toArray(), [false, true, false]);
  assert.is(bernoulli(key(5), p, [4, 3].slice(1)).dtype, "bool");
});

Random("categorical draws from the softmax of its logits", () => {
  const logits = tensor(
    [2, 3],
    "float32",
    [Math.log(0.5), Math.log(0.2), Math.log(0.3), -50, 0, -50].map((x) => x + 4),
  );
  const counts = [0, 0, 0];
  for (let i = 0; i < 1000; i++) {
    const [first, second] = values(categorical(foldIn(key(3), i), logits));
    counts[first]++;
    assert.is(second, 1);
  }
  [0.5, 0.2, 0.3].forEach((p, i) => {
    near(counts[i] / 1000, p, 5 * Math.sqrt((p * (1 - p)) / 1000));
  });
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

Random("arguments without meaning are refused", () => {
  const fails = (f: () => unknown, tag: "ArgumentError" | "ShapeError"): void =>
    assert.throws(f, (e: unknown) => isFluxionError(e, tag));
  fails(() => randint(key(0), [1], 0, 2 ** 31 + 1), "ArgumentError");
  fails(() => randint(key(0), [1], 0, 1.5), "ArgumentError");
  fails(() => truncatedNormal(key(0), 1, 1), "ArgumentError");
  fails(() => choice(key(0), 3, [4], { replace: false }), "ArgumentError");
  fails(() => choice(key(0), 0, [1]), "ArgumentError");
  fails(() => permutation(key(0), counting([3]), 1), "ShapeError");
  fails(() => uniform(counting([2], "uint32"), [-1]), "ShapeError");
});

Random.run();
