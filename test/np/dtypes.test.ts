/** @file Dtypes of results, and what `null`, bools and numbers mean, where the cases of JAX (test/jax) do not ask. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import { jvp, vjp } from "../../lib/index.js";
import * as lax from "../../lib/lax/index.js";
import * as nn from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import * as ops from "../../lib/ops/index.js";
import { numbers } from "../helpers/runtime.js";
import { onReference, refuses } from "./oracle.js";

const Dtypes = suite("np/dtypes");
const check = onReference(Dtypes);

const is = (x: Tensor, dtype: string, want: readonly number[]): void => {
  assert.is(x.dtype, dtype);
  assert.equal(numbers(x), want);
};

check("whole numbers beside bools are int32, and so are those that where chooses", () => {
  const mask = np.array([true, false]);
  is(np.add(mask, 3), "int32", [4, 3]);
  is(np.subtract(mask, 1), "int32", [0, -1]);
  is(np.power(2, mask), "int32", [2, 1]);
  is(np.clip(mask, 0, 3), "int32", [1, 0]);
  is(np.where(mask, 1, 0), "int32", [1, 0]);
  is(np.where(mask, 1, mask), "int32", [1, 0]);
  is(np.where(mask, 0.5, 0), "float32", [0.5, 0]);
  is(np.where(mask, 2 ** 31, 0), "float32", [2 ** 31, 0]);
  is(np.where(mask, np.array([0.5, 1]), 0), "float32", [0.5, 0]);
  is(np.divide(mask, 2), "float32", [0.5, 0]);
});

check("functions of integers take whole numbers and bools", () => {
  is(np.bitwiseNot(2), "int32", [-3]);
  is(np.bitwiseCount(7), "uint32", [3]);
  is(np.gcd(12, 18), "int32", [6]);
  is(np.rightShift(np.array([true, false]), 1), "int32", [0, 0]);
  is(np.square(np.array([true, false])), "int32", [1, 0]);
  is(np.fmod(np.array([true]), np.array([true])), "int32", [0]);
  refuses(() => np.round(np.array([true])), "DTypeError", "np.round", "astype");
});

check("integers by zero are JAX's", () => {
  const x = np.array([7, -7, 0], "int32");
  const zero = np.zeros([3], "int32");
  is(np.floorDivide(x, zero), "int32", [-2, -2, -1]);
  is(np.mod(x, zero), "int32", [0, 0, 0]);
  is(np.fmod(x, zero), "int32", [0, 0, 0]);
  is(np.floorDivide(np.array([7], "uint32"), np.array([0], "uint32")), "uint32", [2 ** 32 - 1]);
  is(np.floorDivide(x, 2), "int32", [3, -4, 0]);
});

check("integers to negative powers are the whole part of the quotient", () => {
  const x = np.array([2, 1, -1, -1, 0, -3], "int32");
  is(np.power(x, np.array([-40, -3, -3, -(2 ** 31), -1, -1], "int32")), "int32", [0, 1, -1, 1, -1, 0]);
  is(nn.relu(np.array([true, false])), "int32", [1, 0]);
});

check("roundings keep integers, extrema and lax's reductions keep bools", () => {
  for (const f of [np.floor, np.ceil, np.trunc]) {
    is(f(np.array([2 ** 31 - 1], "int32")), "int32", [2 ** 31 - 1]);
    is(f(np.array([true])), "bool", [1]);
    is(f(np.array([-0.5])), "float32", [f === np.floor ? -1 : -0]);
  }
  const x = np.array([true, false]);
  is(np.max(x), "bool", [1]);
  is(np.min(x, { initial: false }), "bool", [0]);
  is(np.nanmin(x), "bool", [0]);
  is(lax.max(x, np.array([false, false])), "bool", [1, 0]);
  is(lax.reduceMax(x, [0]), "bool", [1]);
  is(lax.reduceMin(x, [0]), "bool", [0]);
  const bits = np.array([6, 3, -1], "int32");
  is(lax.reduceAnd(bits, [0]), "int32", [2]);
  is(lax.reduceOr(np.array([6, 1], "uint32"), [0]), "uint32", [7]);
  is(lax.reduceAnd(np.array([6, 3], "uint32"), [0]), "uint32", [2]);
  is(lax.reduceAnd(np.zeros([0], "uint32"), [0]), "uint32", [2 ** 32 - 1]);
});

check("null is all axes", () => {
  const x = np.array([[3, 1], [4, 2]]); // biome-ignore format: a matrix
  is(np.sum(x, { axis: null }), "float32", [10]);
  is(np.std(x, { axis: null, where: np.array([true, false]) }), "float32", [0.5]);
  is(np.argmax(x, { axis: null }), "int32", [2]);
  is(np.nanargmin(x, { axis: null, keepDims: true }), "int32", [1]);
  is(np.cumsum(x, { axis: null }), "float32", [3, 4, 8, 10]);
  is(np.nancumprod(x, { axis: null }), "float32", [3, 3, 12, 24]);
  is(np.flip(x, null), "float32", [2, 4, 1, 3]);
  is(np.roll(x, 1, null), "float32", [2, 3, 1, 4]);
  is(np.append(x, 9, null), "float32", [3, 1, 4, 2, 9]);
  is(np.repeat(x, 2, null), "float32", [3, 3, 1, 1, 4, 4, 2, 2]);
  is(np.delete(x, 0, null), "float32", [1, 4, 2]);
  is(np.squeeze(np.ones([1, 1]), null), "float32", [1]);
  is(np.linalg.norm(np.array([3, 4]), { axis: null }), "float32", [5]);
  is(np.median(x, { axis: null }), "float32", [2.5]);
  is(np.packbits(np.array([true, true]), { axis: null }), "uint32", [192]);
  is(np.compress(np.array([true]), x, { axis: null }), "float32", [3]);
  assert.is(np.size(x, null), 4);
});

check("reductions of lax refuse axes that are not there, or there twice", () => {
  const x = np.ones([2, 3]);
  for (const f of [lax.reduceSum, lax.reduceMax, lax.reduceMin, lax.reduceProd]) {
    refuses(() => f(x, [0, 2]), "ShapeError", "distinct axes from 0 to 1", "[0,2]");
    refuses(() => f(x, [1, 1]), "ShapeError", "[1,1]");
    refuses(() => f(x, [-1]), "ShapeError", "[-1]");
  }
});

check("pad knows the median, and refuses what is no mode", () => {
  const x = np.array([1, 5, 2, 9]);
  is(np.pad(x, 2, { mode: "median", statLength: 3 }), "float32", [2, 2, 1, 5, 2, 9, 5, 5]);
  is(np.pad(np.array([1, 2], "int32"), 1, { mode: "median" }), "int32", [2, 1, 2, 2]);
  refuses(() => np.pad(x, 1, { mode: "middle" as "mean" }), "ArgumentError", "median", "middle");
});

check("quantiles of shares out of range in a tensor are NaN, and variances of nothing have no slope", () => {
  is(np.quantile(np.array([1, 2]), np.array([-0.1, 0, 1, 1.1])), "float32", [Number.NaN, 1, 2, Number.NaN]);
  is(np.nanpercentile(np.array([1, 2]), np.array([101])), "float32", [Number.NaN]);
  const [y, dy] = jvp((v: Tensor) => np.variance(v), [np.zeros([0])], [np.zeros([0])]);
  is(y, "float32", [Number.NaN]);
  is(dy, "float32", [0]);
});

check("polynomials and signals are floats, powers of integers are integers, as in JAX", () => {
  const [x, y] = [np.array([1, 2], "int32"), np.array([true, false])];
  is(np.convolve(x, y), "float32", [1, 2, 0]);
  is(np.correlate(x, np.array([3], "int32")), "float32", [3, 6]);
  is(np.polymul(x, x), "float32", [1, 4, 4]);
  is(np.polyder(x), "float32", [1]);
  is(np.linalg.matrixPower(np.array([[2]], "int32"), 3), "int32", [8]);
  is(np.linalg.matrixPower(np.array([[2]], "int32"), -1), "float32", [0.5]);
  is(np.einsum("ii->", np.array([[true, false], [false, false]])), "bool", [1]); // biome-ignore format: a matrix
  is(np.bincount(y, { length: 3 }), "int32", [1, 1, 0]);
});

check("what nothing passes has no elements", () => {
  is(np.intersect1d(np.array([1, 2]), np.array([3, 4])), "float32", []);
  is(np.setdiff1d(np.array([1, 2]), np.array([1, 2])), "float32", []);
  is(np.flatnonzero(np.zeros([3])), "int32", []);
  is(np.extract(np.array([false, false]), np.array([1, 2])), "float32", []);
  is(np.nonzero(np.zeros([2, 2]))[1], "int32", []);
});

check("indices of lax may be uint32, segments have whole numbers, products axes that are there", () => {
  const dims = { offsetDims: [], collapsedSliceDims: [0], startIndexMap: [0] };
  const places = np.array([[1], [2 ** 32 - 1]], "uint32"); // biome-ignore format: a matrix
  is(lax.gather(np.array([5, 7]), places, dims, [1], { mode: "fill", fillValue: 0 }), "float32", [7, 0]);
  const into = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };
  is(lax.scatterMul(np.array([5, 7]), places, np.array([2, 9]), into), "float32", [5, 14]);
  const ids = np.array([0, 1, 1], "int32");
  is(ops.segmentMax(np.array([true, false, false]), ids), "bool", [1, 0]);
  is(ops.segmentMin(np.array([true, false, true]), ids, { numSegments: 3 }), "bool", [1, 0, 1]);
  refuses(() => ops.segmentSum(np.ones([2]), np.array([0.5, 1])), "DTypeError", "ops.segmentSum", "integers");
  refuses(() => ops.segmentMax(np.ones([2]), np.array([true, false])), "DTypeError", "ops.segmentMax");
  const dot = { lhsContract: [2], rhsContract: [0], lhsBatch: [], rhsBatch: [] };
  refuses(
    () => lax.dotGeneral(np.ones([2, 3]), np.ones([3, 2]), dot),
    "ShapeError",
    "distinct axes from 0 to 1",
    "[2]",
  );
});

check("logsumexp has factors, and its derivatives by them", () => {
  const [x, b] = [np.array([1, 1000, 2]), np.array([2, 0, 0.5])];
  const want = Math.log(2 * Math.E + 0.5 * Math.E ** 2);
  assert.ok(Math.abs(np.logsumexp(x, { b }).item() - want) < 1e-6);
  assert.ok(Number.isNaN(np.logsumexp(np.array([1]), { b: -1 }).item()));
  assert.is(np.logsumexp(np.array([2, 3]), { b: np.array([0, 0]) }).item(), -Infinity);
  const [, back] = vjp((v: Tensor, w: Tensor) => np.logsumexp(v, { b: w }), np.array([1, 2]), np.array([2, 0.5]));
  const [dx, db] = back(np.array(1));
  back.dispose();
  const sum = 2 * Math.E + 0.5 * Math.E ** 2;
  [2 * Math.E, 0.5 * Math.E ** 2].forEach((v, i) => {
    assert.ok(Math.abs(numbers(dx)[i] - v / sum) < 1e-6);
    assert.ok(Math.abs(numbers(db)[i] - Math.exp(i + 1) / sum) < 1e-6);
  });
});

check("standardize counts what the mask lets through", () => {
  const [x, where] = [np.array([[1, 3, 100]]), np.array([true, true, false])];
  const got = numbers(nn.standardize(x, -1, { where, epsilon: 0 }));
  assert.equal(got, [-1, 1, 98]);
});

Dtypes.run();
