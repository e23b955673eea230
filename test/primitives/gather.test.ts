import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type DType, type Shape, stridesOf } from "../../lib/core/aval.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { Linear, type Tangent, Zero } from "../../lib/core/primitive.js";
import type { Tensor } from "../../lib/core/tensor.js";
import { reduceSum } from "../../lib/primitives/broadcast.js";
import { mul } from "../../lib/primitives/elementwise.js";
import {
  gather,
  gatherP,
  scatterAdd,
  scatterAddP,
  take,
  takeAlongAxis,
  wrapIndices,
} from "../../lib/primitives/gather.js";
import type { GatherDims } from "../../lib/primitives/gather-dims.js";
import { counting, tensor, useImpl } from "./on-impl.js";
import { batchesLikeALoop } from "./rules.js";

const Gather = suite("primitives/gather");
let restore: () => void;
Gather.before(() => {
  restore = useImpl();
});
Gather.after(() => restore());

const values = (x: Tangent): number[] => Array.from((x as Tensor).dataSync());
const dot = (x: Tensor, y: Tensor): number =>
  values(
    reduceSum(
      mul(x, y),
      Array.from({ length: x.ndim }, (_, i) => i),
    ),
  )[0];
const i32 = (shape: Shape, list: readonly number[]): Tensor => tensor(shape, "int32", list);
const indicesOf = (shape: Shape): number[][] =>
  shape.reduce<number[][]>((all, n) => all.flatMap((at) => Array.from({ length: n }, (_, i) => [...at, i])), [[]]);
const element = (x: Tensor, at: readonly number[]): number =>
  x.dataSync()[stridesOf(x.shape).reduce((sum, s, i) => sum + s * at[i], 0)];

/** StableHLO's definition, index by index: the place in the operand of every element of the result, null where outside. */
const places = (operand: Shape, indices: Tensor, result: Shape, dims: GatherDims, clip: boolean): (number[] | null)[] =>
  indicesOf(result).map((at) => {
    const batch = at.filter((_, axis) => !dims.offsetDims.includes(axis));
    const start = operand.map(() => 0);
    let outside = false;
    dims.startIndexMap.forEach((axis, k) => {
      const wanted = element(indices, [...batch, k]);
      const last = operand[axis] - dims.sliceSizes[axis];
      start[axis] = Math.min(Math.max(wanted, 0), last);
      outside ||= start[axis] !== wanted;
    });
    dims.operandBatchingDims.forEach((axis, k) => {
      start[axis] = batch[dims.startIndicesBatchingDims[k]];
    });
    const dropped = [...dims.collapsedSliceDims, ...dims.operandBatchingDims];
    let o = 0;
    const place = start.map((s, axis) => (dropped.includes(axis) ? s : s + at[dims.offsetDims[o++]]));
    return outside && !clip ? null : place;
  });

/** Operand [2,4,3,5]: axis 0 is walked with axis 1 of the indices [3,2,2]; index vectors count along axes 3 and 1. */
const OPERAND = [2, 4, 3, 5];
const DIMS: GatherDims = {
  offsetDims: [1, 3],
  collapsedSliceDims: [1],
  operandBatchingDims: [0],
  startIndicesBatchingDims: [1],
  startIndexMap: [3, 1],
  sliceSizes: [1, 1, 2, 3],
};
const RESULT = [3, 2, 2, 3];
const INDICES = [0, 0, 2, 3, 3, 1, -1, 2, 1, 4, 1, 1];
const general = (): Tensor => i32([3, 2, 2], INDICES);

Gather("gather follows the definition, with batching, collapsed and offset axes at once", () => {
  for (const outside of [{ mode: "fill" }, { mode: "fill", fillValue: 0 }, { mode: "clip" }] as const) {
    const { mode } = outside;
    for (const dtype of ["float32", "float64", "int32", "uint32", "bool"] as const) {
      const x = counting(OPERAND, dtype);
      const y = gather(x, general(), { ...DIMS, ...outside });
      const filling = { float32: NaN, float64: NaN, int32: -(2 ** 31), uint32: 2 ** 32 - 1, bool: 1 }[dtype];
      const expected = places(OPERAND, general(), RESULT, DIMS, mode === "clip").map((at) =>
        at === null ? ("fillValue" in outside ? 0 : filling) : element(x, at),
      );
      assert.equal([y.shape, y.dtype, values(y)], [RESULT, dtype, expected], `${mode} ${dtype}`);
    }
  }
});

Gather("scatterAdd adds to the places that gather reads, and adds up what falls on one place", () => {
  for (const mode of ["drop", "clip"] as const) {
    for (const dtype of ["float64", "int32"] as const) {
      const x = counting(OPERAND, dtype);
      const u = counting(RESULT, dtype, 1000);
      const expected = values(x);
      places(OPERAND, general(), RESULT, DIMS, mode === "clip").forEach((at, i) => {
        if (at === null) return;
        expected[stridesOf(OPERAND).reduce((sum, s, a) => sum + s * at[a], 0)] += values(u)[i];
      });
      assert.equal(values(scatterAdd(x, general(), u, { ...DIMS, mode })), expected);
    }
  }
  const row = { offsetDims: [], collapsedSliceDims: [0], operandBatchingDims: [], startIndicesBatchingDims: [] };
  const dims = { ...row, startIndexMap: [0], sliceSizes: [1], mode: "drop" as const };
  assert.equal(values(scatterAdd(counting([3]), i32([3, 1], [1, 1, 7]), counting([3]), dims)), [1, 5, 3]);
});

Gather("gather and scatterAdd are transposes of each other in every mode", () => {
  for (const clip of [false, true]) {
    const x = counting(OPERAND);
    const idx = general();
    const read = clip ? { ...DIMS, mode: "clip" as const } : { ...DIMS, mode: "fill" as const, fillValue: 0 };
    const ct = counting(RESULT, "float32", 3);
    const [back, none] = gatherP.transpose([ct], [new Linear(x.aval), idx], read);
    assert.is(none, null);
    assert.is(dot(back as Tensor, x), dot(ct, gather(x, idx, read)));
    const write = { ...DIMS, mode: clip ? ("clip" as const) : ("drop" as const) };
    const [u, y] = [counting(RESULT, "float32", 2), counting(OPERAND, "float32", 5)];
    const [dx, , du] = scatterAddP.transpose([y], [new Linear(x.aval), idx, new Linear(u.aval)], write);
    assert.is(dot(dx as Tensor, x) + dot(du as Tensor, u), dot(y, scatterAdd(x, idx, u, write)));
    const known = scatterAddP.transpose([y], [x, idx, new Linear(u.aval)], write);
    assert.is(known[0], null);
  }
});

Gather("the tangent of what is outside is zero, though the value is NaN", () => {
  const idx = i32([2, 1], [1, 9]);
  const dims = { offsetDims: [], collapsedSliceDims: [0], operandBatchingDims: [], startIndicesBatchingDims: [] };
  const params = { ...dims, startIndexMap: [0], sliceSizes: [1], mode: "fill" as const };
  const [[y], [dy]] = gatherP.jvp([counting([3]), idx], [counting([3], "float32", 5), new Zero(idx.aval)], params);
  assert.equal(values(y), [2, NaN]);
  assert.equal(values(dy), [6, 0]);
});

Gather("a scatterAdd of known updates passes the operand's tangent on", () => {
  const [x, idx] = [counting([3]), i32([1, 1], [1])];
  const dims = { offsetDims: [], collapsedSliceDims: [0], operandBatchingDims: [], startIndicesBatchingDims: [] };
  const params = { ...dims, startIndexMap: [0], sliceSizes: [1], mode: "drop" as const };
  const u = counting([1]);
  const [, [known]] = scatterAddP.jvp([x, idx, u], [x, new Zero(idx.aval), new Zero(u.aval)], params);
  assert.is(known, x);
  const [, [both]] = scatterAddP.jvp([x, idx, u], [new Zero(x.aval), new Zero(idx.aval), u], params);
  assert.equal(values(both), [0, 1, 0]);
});

Gather("batch rules agree with a loop, for every choice of mapped inputs and axes", () => {
  const some = (shape: Shape): Tensor => {
    const n = shape.reduce((a, b) => a * b, 1);
    return i32(
      shape,
      Array.from({ length: n }, (_, i) => ((i * 7) % 6) - 1),
    );
  };
  const indices = { shape: [3, 2, 2], dtype: "int32" as DType, make: some };
  for (const dtype of ["float32", "bool"] as const) {
    const inputs = [{ shape: OPERAND, dtype }, indices];
    for (const mode of ["fill", "clip"] as const) batchesLikeALoop(gatherP, inputs, { ...DIMS, mode });
  }
  const inputs = [{ shape: OPERAND, dtype: "float32" as const }, indices, { shape: RESULT, dtype: "float32" as const }];
  for (const mode of ["drop", "clip"] as const) batchesLikeALoop(scatterAddP, inputs, { ...DIMS, mode });
});

Gather("take puts the axes of the indices in the place of its axis", () => {
  const x = counting([2, 3, 2]);
  const idx = i32([2, 2], [2, 0, 1, 5]);
  const y = take(x, idx, 1);
  const expected = indicesOf([2, 2, 2, 2]).map(([i, a, b, j]) => {
    const from = element(idx, [a, b]);
    return from > 2 ? NaN : element(x, [i, from, j]);
  });
  assert.equal([y.shape, values(y)], [[2, 2, 2, 2], expected]);
  assert.equal(values(take(counting([3]), i32([], [2]), 0)), [3]);
  assert.equal(values(take(counting([3]), i32([3], [-1, 1, 8]), 0, "clip")), [1, 2, 3]);
  assert.equal(values(take(counting([3]), wrapIndices(i32([3], [-1, 1, -3]), 3), 0)), [3, 2, 1]);
});

Gather("takeAlongAxis pairs every other axis of its operands", () => {
  const x = counting([2, 3, 2]);
  const idx = i32([2, 1, 2], [2, 0, 1, 1]);
  assert.equal(
    values(takeAlongAxis(x, idx, 1)),
    indicesOf([2, 1, 2]).map(([i, k, j]) => element(x, [i, element(idx, [i, k, j]), j])),
  );
  assert.equal(values(takeAlongAxis(counting([3], "int32"), i32([2], [-1, 2]), 0)), [-(2 ** 31), 3]);
});

Gather("dimension numbers that do not fit are refused", () => {
  const x = counting(OPERAND);
  const bad: Partial<GatherDims>[] = [
    { offsetDims: [1] },
    { offsetDims: [3, 1] },
    { collapsedSliceDims: [0] },
    { startIndicesBatchingDims: [0] },
    { startIndexMap: [3] },
    { startIndexMap: [3, 0] },
    { sliceSizes: [1, 1, 2, 6] },
    { sliceSizes: [1, 2, 2, 3] },
  ];
  for (const change of bad) {
    assert.throws(
      () => gather(x, general(), { ...DIMS, ...change, mode: "clip" }),
      (e: unknown) => isFluxionError(e, "ShapeError"),
      JSON.stringify(change),
    );
  }
  assert.throws(
    () => take(x, counting([2]), 0),
    (e: unknown) => isFluxionError(e, "DTypeError"),
  );
  assert.throws(
    () => scatterAdd(x, general(), counting([3, 2, 2, 2]), { ...DIMS, mode: "drop" }),
    (e: unknown) => isFluxionError(e, "ShapeError"),
  );
});

Gather.run();
