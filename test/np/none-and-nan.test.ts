/** @file Nothing, NaN and the largest numbers as operands of functions of np: values as JAX 0.10 and NumPy have them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { jit } from "../../lib/transforms/jit.js";
import { onReference, refuses } from "./oracle.js";

const Edges = suite("np/none-and-nan");
const check = onReference(Edges);
const { NaN: nan } = Number;
const floats = (...list: number[]): Tensor => np.array(list);
const ints = (...list: number[]): Tensor => np.array(list, "int32");
const uints = (...list: number[]): Tensor => np.array(list, "uint32");
const none = (): Tensor => np.zeros([0]);

check("quantiles of no elements are NaN", () => {
  for (const f of [np.quantile, np.nanquantile]) {
    assert.ok(Number.isNaN(f(none(), 0.5).item()));
    assert.equal(f(np.zeros([2, 0]), [0, 0.5, 1], { axis: 1, keepDims: true }).shape, [3, 2, 1]);
    assert.ok(Number.isNaN(f(none(), np.array(0.5)).item()));
    assert.equal(f(np.zeros([2, 0]), 0.5, { axis: 0 }).shape, [0]);
    refuses(() => f(none(), 1.5), "ArgumentError", "1.5");
  }
  for (const f of [np.percentile, np.nanpercentile]) {
    assert.equal(f(np.zeros([2, 0]), 50, { axis: 1 }).toArray(), [nan, nan]);
    refuses(() => f(none(), 150), "ArgumentError", "150 percent");
  }
  for (const f of [np.median, np.nanmedian]) assert.ok(Number.isNaN(f(none()).item()));
  refuses(() => np.quantile(floats(1), 0.5, { method: "best" as "linear" }), "ArgumentError", "nearest");
});

check("each NaN is a value of its own but in unique", () => {
  const x = floats(1, nan, 0, nan, -0, 0, 2);
  const { values, indices, inverseIndices, counts } = np.uniqueAll(x);
  assert.equal(values.toArray(), [0, 1, 2, nan, nan]);
  assert.equal(indices.toArray(), [2, 0, 6, 1, 3]);
  assert.equal(inverseIndices.toArray(), [1, 3, 0, 4, 0, 0, 2]);
  assert.equal(counts.toArray(), [3, 1, 1, 1, 1]);
  assert.equal(np.uniqueValues(x).toArray(), [0, 1, 2, nan, nan]);
  assert.equal(np.uniqueCounts(x).counts.toArray(), [3, 1, 1, 1, 1]);
  assert.equal(np.uniqueInverse(x).inverseIndices.toArray(), [1, 3, 0, 4, 0, 0, 2]);
  assert.equal(np.unique(x).toArray(), [0, 1, 2, nan]);
});

check("NaN is in no other set", () => {
  const [x, y] = [floats(1, nan, nan, 2), floats(nan, 2)];
  assert.equal(np.setxor1d(x, y).toArray(), [1, nan, nan]);
  assert.equal(np.setxor1d(x, floats(2, 3)).toArray(), [1, 3, nan]);
  assert.equal(np.setxor1d(none(), y).toArray(), [2, nan]);
  assert.equal(np.setxor1d(ints(1, 1, 2), ints(2, 3)).toArray(), [1, 3]);
  const fixed = jit((a: Tensor, b: Tensor) => np.setxor1d(a, b, { size: 5 }));
  assert.equal(fixed(x, y).toArray(), [1, nan, nan, 0, 0]);
  fixed.dispose();
  assert.equal(np.union1d(x, y).toArray(), [1, 2, nan]);
  assert.equal(np.intersect1d(x, y).toArray(), [2]);
  assert.equal(np.setdiff1d(x, y).toArray(), [1, nan]);
});

check("multiples and divisors of the smallest and largest integers", () => {
  const least = -(2 ** 31);
  assert.equal(np.lcm(ints(2 ** 31 - 1, 4, 0, least, least, 0), ints(2, -6, 0, 3, least, least)).toArray(), [
    -2,
    12,
    0,
    least,
    least,
    0,
  ]);
  assert.equal(np.lcm(uints(2 ** 32 - 1, 2 ** 16), uints(2, 2 ** 17 + 1)).toArray(), [2 ** 32 - 2, 2 ** 16]);
  assert.equal(np.gcd(ints(least, least, 0, 0, -4), ints(6, 0, least, 0, 6)).toArray(), [2, least, least, 0, 2]);
});

check("areas: places of lower rank, one sample, none", () => {
  const y = np.reshape(np.arange(12), [2, 2, 3]);
  const places = np.array([
    [0, 1, 3],
    [0, 2, 3],
  ]);
  assert.equal(np.trapezoid(y, { x: places }).toArray(), [
    [3.5, 11.5],
    [21.5, 29.5],
  ]);
  assert.equal(np.trapezoid(np.ones([2, 3]), { x: floats(1, 4), axis: 0 }).toArray(), [3, 3, 3]);
  assert.equal([np.trapezoid(none()).item(), np.trapezoid(floats(5)).item()], [0, 0]);
  refuses(() => np.trapezoid(np.ones([2, 3]), { x: floats(1, 2) }), "ShapeError", "np.trapezoid", "f32[2]");
});

check("polynomials without coefficients", () => {
  const p = floats(1, 2);
  assert.equal(np.polymul(none(), p).toArray(), [0, 0]);
  assert.equal(np.polymul(p, none()).toArray(), [0, 0]);
  assert.equal(np.polymul(none(), none()).toArray(), [0]);
  assert.equal(np.polyadd(none(), p).toArray(), [1, 2]);
  assert.equal(np.polysub(none(), p).toArray(), [-1, -2]);
  const [quotient, rest] = np.polydiv(none(), p);
  assert.equal([quotient.toArray(), rest.toArray()], [[0], []]);
  refuses(() => np.polydiv(p, none()), "ShapeError", "np.polydiv: ");
  refuses(() => np.convolve(p, none()), "ShapeError", "no elements");
  refuses(() => np.correlate(none(), p), "ShapeError", "no elements");
});

check("a function of indices sees one place at a time", () => {
  const twice = np.fromfunction((i, j) => np.stack([np.sum(i), np.multiply(np.array(10), j)]), [2, 2]);
  assert.equal(twice.toArray(), [
    [
      [0, 0],
      [0, 10],
    ],
    [
      [1, 0],
      [1, 10],
    ],
  ]);
  assert.equal(np.fromfunction(() => np.array(7), [2, 2]).toArray(), [
    [7, 7],
    [7, 7],
  ]);
  assert.is(np.fromfunction(() => np.array(7), []).item(), 7);
  assert.equal(np.fromfunction((i, j) => np.add(i, j), [2, 0]).shape, [2, 0]);
});

check("unsigned indices count on from the beginning from where they are", () => {
  const x = floats(0, 1, 2, 3, 4, 5, 6);
  const far = uints(4294967295, 2147483648, 4294967292, 8);
  assert.equal(np.take(x, far, 0, "wrap").toArray(), [3, 2, 0, 1]);
  assert.equal(np.put(x, far, floats(10, 20, 30, 40), "wrap").toArray(), [30, 40, 20, 10, 4, 5, 6]);
  assert.equal(np.choose(far, [0, 1, 2, 3, 4, 5, 6], { mode: "wrap" }).toArray(), [3, 2, 0, 1]);
  assert.equal(np.take(x, ints(-1, 7, -8), 0, "wrap").toArray(), [6, 0, 6]);
});

Edges.run();
