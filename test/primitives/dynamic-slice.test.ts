import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Shape } from "../../lib/core/aval.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { Linear, Zero } from "../../lib/core/primitive.js";
import type { Tensor } from "../../lib/core/tensor.js";
import { reduceSum } from "../../lib/primitives/broadcast.js";
import {
  dynamicSlice,
  dynamicSliceP,
  dynamicUpdateSlice,
  dynamicUpdateSliceP,
} from "../../lib/primitives/dynamic-slice.js";
import { mul } from "../../lib/primitives/elementwise.js";
import { counting, tensor, useImpl } from "./on-impl.js";
import { batchesLikeALoop } from "./rules.js";

const Dynamic = suite("primitives/dynamic-slice");
let restore: () => void;
Dynamic.before(() => {
  restore = useImpl();
});
Dynamic.after(() => restore());

const values = (x: unknown): number[] => Array.from((x as Tensor).dataSync());
const at = (...starts: number[]): Tensor[] => starts.map((s) => tensor([], "int32", [s]));
const dot = (x: Tensor, y: Tensor): number => values(reduceSum(mul(x, y), [0, 1]))[0];
const clamp = (start: number, size: number, slice: number): number => Math.min(Math.max(start, 0), size - slice);

/** Starts inside, at the edges, outside, and the extremes of int32. */
const STARTS = [0, 1, 3, 4, -2, 9, -(2 ** 31), 2 ** 31 - 1];

Dynamic("reads and replaces the slice that begins at the start, moved inside", () => {
  const sizes = [2, 3];
  for (const dtype of ["float64", "int32", "bool"] as const) {
    const x = counting([3, 4], dtype);
    const update = counting(sizes, dtype, 50);
    for (const p of STARTS) {
      for (const q of STARTS) {
        const [i, j] = [clamp(p, 3, 2), clamp(q, 4, 3)];
        const covered = [0, 1].flatMap((a) => [0, 1, 2].map((b) => (i + a) * 4 + j + b));
        const slice = dynamicSlice(x, at(p, q), sizes);
        assert.equal([slice.shape, slice.dtype, values(slice)], [sizes, dtype, covered.map((k) => values(x)[k])]);
        const expected = values(x).map((v, k) => (covered.includes(k) ? values(update)[covered.indexOf(k)] : v));
        assert.equal(values(dynamicUpdateSlice(x, update, at(p, q))), expected);
      }
    }
  }
});

Dynamic("transposes agree with the inner product", () => {
  const [x, u, starts] = [counting([3, 4]), counting([2, 3], "float32", 7), at(1, 5)];
  const linear = (t: Tensor): Linear => new Linear(t.aval);
  const [back] = dynamicSliceP.transpose([u], [linear(x), ...starts], { sliceSizes: [2, 3] });
  assert.is(dot(back as Tensor, x), dot(u, dynamicSlice(x, starts, [2, 3])));
  const ct = counting([3, 4], "float32", 3);
  const [dx, du, ...rest] = dynamicUpdateSliceP.transpose([ct], [linear(x), linear(u), ...starts], {});
  assert.is(dot(dx as Tensor, x) + dot(du as Tensor, u), dot(ct, dynamicUpdateSlice(x, u, starts)));
  assert.equal(rest, [null, null]);
});

Dynamic("a zero tangent of one input is made where the other's is not zero", () => {
  const [x, u, start] = [counting([3]), counting([1], "float32", 9), at(1)[0]];
  const zero = new Zero(start.aval);
  const [, [dy]] = dynamicUpdateSliceP.jvp([x, u, start], [x, new Zero(u.aval), zero], {});
  assert.equal(values(dy), [1, 0, 3]);
  const [, [dz]] = dynamicUpdateSliceP.jvp([x, u, start], [new Zero(x.aval), u, zero], {});
  assert.equal(values(dz), [0, 9, 0]);
});

Dynamic("batch rules agree with a loop, for every choice of mapped inputs and axes", () => {
  for (const offset of [0, 3, 5]) {
    const make = (shape: Shape): Tensor =>
      tensor(shape, "int32", shape.length === 0 ? [STARTS[offset]] : STARTS.slice(offset, offset + 3));
    const start = { shape: [], dtype: "int32" as const, make };
    for (const dtype of ["float32", "bool"] as const) {
      const x = { shape: [3, 4], dtype };
      batchesLikeALoop(dynamicSliceP, [x, start, start], { sliceSizes: [2, 3] });
      batchesLikeALoop(dynamicUpdateSliceP, [x, { shape: [2, 3], dtype }, start, start], {});
    }
  }
});

Dynamic("a negative zero and a NaN of the update arrive as they are under batching", () => {
  const x = tensor([2, 2], "float32", [1, 1, 1, 1]);
  const u = tensor([2, 1], "float32", [-0, NaN]);
  const [[y]] = dynamicUpdateSliceP.batch(2, [x, u, tensor([2], "int32", [0, 1])], [0, 0, 0], {});
  assert.ok(Object.is(values(y)[0], -0));
  assert.equal(values(y).slice(1), [1, 1, NaN]);
});

Dynamic("slices that are too large and starts that are not int32 scalars are refused", () => {
  const fails = (f: () => unknown, tag: "ShapeError" | "DTypeError"): void =>
    assert.throws(f, (e: unknown) => isFluxionError(e, tag));
  const x = counting([3, 4]);
  fails(() => dynamicSlice(x, at(0, 0), [4, 1]), "ShapeError");
  fails(() => dynamicSlice(x, at(0), [1, 1]), "ShapeError");
  fails(() => dynamicSlice(x, [counting([]), counting([])], [1, 1]), "DTypeError");
  fails(() => dynamicUpdateSlice(x, counting([1, 5]), at(0, 0)), "ShapeError");
  fails(() => dynamicUpdateSlice(x, counting([1, 1], "int32"), at(0, 0)), "DTypeError");
});

Dynamic.run();
