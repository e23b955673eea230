/** @file Values at edges, as JAX 0.10 has them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import * as lax from "../../lib/lax/index.js";
import * as nn from "../../lib/nn/index.js";
import * as np from "../../lib/np/index.js";
import * as special from "../../lib/scipy/special/index.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { onReference, refuses } from "./oracle.js";

const Edges = suite("np/edges");
const check = onReference(Edges);
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const floats = (...list: number[]): Tensor => np.array(list);
const ints = (...list: number[]): Tensor => np.array(list, "int32");
const uints = (...list: number[]): Tensor => np.array(list, "uint32");

check("an unsigned index beyond the largest int32 is out of range, not negative", () => {
  const x = floats(0, 1, 2, 3);
  const far = uints(4294967295, 0);
  assert.equal(np.take(x, far).toArray(), [nan, 0]);
  assert.equal(np.take(x, far, 0, "clip").toArray(), [3, 0]);
  assert.equal(np.at(x, far).set(9).toArray(), [9, 1, 2, 3]);
  assert.equal(np.at(x, far).get({ mode: "fill" }).toArray(), [nan, 0]);
  assert.equal(np.get(x, far).toArray(), [3, 0]);
  const start = np.array(4294967292, "uint32");
  assert.equal(lax.dynamicSlice(x, [start], [2]).toArray(), [2, 3]);
  assert.equal(lax.dynamicUpdateSlice(x, floats(8, 9), [start]).toArray(), [0, 1, 8, 9]);
});

check("a quotient by zero keeps its infinity when it is rounded down", () => {
  assert.equal(np.floorDivide(floats(1, -1, 0, 5), floats(0, 0, 0, 2)).toArray(), [inf, -inf, nan, 2]);
  assert.is(np.floorDivide(1, 0).item(), inf);
});

check("a variance without a count left is NaN", () => {
  const x = floats(1, 2, 4);
  assert.equal(
    [3, 4].map((ddof) => np.var(x, { ddof }).item()),
    [nan, nan],
  );
  assert.ok(Math.abs(np.var(x, { ddof: 2 }).item() - 14 / 3) < 1e-6);
  assert.ok(Number.isNaN(np.std(np.zeros([0]), { ddof: 1 }).item()));
  assert.ok(Number.isNaN(np.nanvar(floats(1, nan, nan), { ddof: 2 }).item()));
});

check("clamp gives the upper bound where bounds cross", () => {
  const clamp = (low: number, x: number, high: number): number =>
    lax.clamp(np.array(low), np.array(x), np.array(high)).item();
  assert.equal([clamp(3, 2, 1), clamp(3, 0, 1), clamp(3, 5, 1)], [1, 1, 1]);
  assert.equal([clamp(nan, 1, 2), clamp(0, nan, 1), clamp(0, 0.5, nan)], [nan, nan, nan]);
});

check("slopes at zero are infinite", () => {
  assert.is(grad((x: Tensor) => np.cbrt(x))(np.array(0)).item(), inf);
  assert.is(grad((x: Tensor) => special.entr(x))(np.array(0)).item(), inf);
  assert.is(grad((x: Tensor) => special.entr(x))(np.array(1)).item(), -1);
  assert.is(special.entr(0).item(), 0);
});

check("no differences leave the tensor as it is", () => {
  assert.equal(np.diff(floats(1, 2), { n: 0, prepend: 0, append: 5 }).toArray(), [1, 2]);
});

check("a number has no coordinates: a row without any for each place, and as many as are asked for", () => {
  const rows = (x: number, options?: np.SizeOptions): readonly number[] => np.argwhere(x, options).shape;
  assert.equal(
    [rows(5), rows(0), rows(nan)],
    [
      [1, 0],
      [0, 0],
      [1, 0],
    ],
  );
  assert.equal(
    [0, 1, 3].map((size) => rows(5, { size })),
    [
      [0, 0],
      [1, 0],
      [3, 0],
    ],
  );
  using compiled = jit((x: Tensor) => np.argwhere(x, { size: 2 }));
  assert.equal(compiled(np.array(0)).shape, [2, 0]);
  refuses(() => jit((x: Tensor) => np.argwhere(x))(np.array(1)), "TracerError", "np.argwhere without a size");
  refuses(() => np.nonzero(5), "ShapeError", "a number has no coordinates");
});

check("equal axes make no plane", () => {
  refuses(() => np.rot90(np.eye(2), 1, [0, -2]), "ShapeError", "named twice");
});

check("integers, batches and scalars are taken", () => {
  assert.equal(nn.oneHot(uints(0, 2), 3).toArray(), [
    [1, 0, 0],
    [0, 0, 1],
  ]);
  const whole = np.polyval(ints(1, 2, 3), 2);
  assert.equal([whole.item(), whole.dtype], [11, "int32"]);
  assert.equal(np.polyval(floats(1, 2), ints(1, 2)).toArray(), [3, 4]);
  assert.equal(
    np
      .polyval(
        np.array([
          [1, 2, 3],
          [4, 5, 6],
        ]),
        2,
      )
      .toArray(),
    [6, 9, 12],
  );
  assert.equal(np.floatPower(ints(4, 9), 0.5).toArray(), [2, 3]);
  assert.equal(np.cumsum(5, { axis: 0 }).toArray(), [5]);
  assert.equal(np.pad(np.ones([2, 2]), [[0, 1]]).toArray(), [
    [1, 1, 0],
    [1, 1, 0],
    [0, 0, 0],
  ]);
  const none = np.indices([]);
  assert.equal([none.shape, none.dtype], [[0], "int32"]);
});

check("a number is a shape of one axis", () => {
  assert.equal(np.ones(2).toArray(), [1, 1]);
  assert.equal(np.zeros(2, "int32").toArray(), [0, 0]);
  assert.equal(np.full(2, 3).toArray(), [3, 3]);
});

check("resizing no elements, or to none, gives zeros, or nothing", () => {
  assert.equal(np.resize(floats(), 2).toArray(), [0, 0]);
  assert.equal(np.resize(floats(1, 2, 3), [0, 2]).shape, [0, 2]);
});

check("bools index, multiply and shift", () => {
  const [yes, no] = [np.array([true]), np.array([false])];
  assert.equal(np.take(floats(5, 6), yes).toArray(), [6]);
  const product = np.outer(yes, np.array([true, false]));
  assert.equal([product.dtype, product.shape, [...product.dataSync()]], ["bool", [1, 2], [1, 0]]);
  const shifted = np.leftShift(yes, yes);
  assert.equal([shifted.dtype, shifted.toArray()], ["int32", [2]]);
  assert.equal(np.leftShift(no, yes).toArray(), [0]);
});

Edges.run();
