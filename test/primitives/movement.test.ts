import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Aval, type DType, type Shape, stridesOf } from "../../lib/core/aval.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { Linear, type Primitive, Zero } from "../../lib/core/primitive.js";
import { Literal, type Tensor } from "../../lib/core/tensor.js";
import { bind } from "../../lib/core/trace.js";
import { reduceSum } from "../../lib/primitives/broadcast.js";
import { mul } from "../../lib/primitives/elementwise.js";
import {
  concatenate,
  concatenateP,
  iota,
  iotaP,
  pad,
  padP,
  reverse,
  reverseP,
  slice,
  sliceP,
} from "../../lib/primitives/movement.js";
import { counting, host, tensor, useImpl } from "./on-impl.js";
import { batchesLikeALoop } from "./rules.js";

const Movement = suite("primitives/movement");
let restore: () => void;
Movement.before(() => {
  restore = useImpl();
});
Movement.after(() => restore());

const values = (x: Tensor): number[] => Array.from(x.dataSync());
const dot = (x: Tensor, y: Tensor): number =>
  values(
    reduceSum(
      mul(x, y),
      Array.from({ length: x.ndim }, (_, i) => i),
    ),
  )[0];
const fails = (f: () => unknown, tag: "ShapeError" | "DTypeError"): void =>
  assert.throws(f, (e: unknown) => isFluxionError(e, tag));

/** Every index of a shape, in row-major order. */
const indices = (shape: Shape): number[][] =>
  shape.reduce<number[][]>((all, n) => all.flatMap((at) => Array.from({ length: n }, (_, i) => [...at, i])), [[]]);
const place = (shape: Shape, at: readonly number[]): number =>
  stridesOf(shape).reduce((sum, s, i) => sum + s * at[i], 0);

Movement("iota counts along one axis, in each dtype", () => {
  for (const dtype of ["float32", "float64", "int32", "uint32"] as const) {
    assert.equal(iota([2, 3], dtype, 1).toArray(), [
      [0, 1, 2],
      [0, 1, 2],
    ]);
    assert.equal(iota([2, 3], dtype, 0).toArray(), [
      [0, 0, 0],
      [1, 1, 1],
    ]);
  }
  assert.equal(values(iota([0, 3], "int32", 1)), []);
  fails(() => iotaP.abstractEval([], { shape: [2], dtype: "int32", axis: 1 }), "ShapeError");
  fails(() => iotaP.abstractEval([], { shape: [2], dtype: "bool", axis: 0 }), "DTypeError");
});

Movement("slice takes start, start + stride, … below limit, for every dtype", () => {
  const shape = [4, 5];
  const params = { start: [1, 0], limit: [4, 5], strides: [2, 3] };
  for (const dtype of ["float32", "float64", "int32", "uint32", "bool"] as const) {
    const x = counting(shape, dtype);
    const expected = [1, 3].flatMap((i) => [0, 3].map((j) => x.dataSync()[place(shape, [i, j])]));
    const y = slice(x, params.start, params.limit, params.strides);
    assert.equal([y.shape, y.dtype, values(y)], [[2, 2], dtype, expected]);
    assert.ok(sliceP.abstractEval([x.aval], params)[0].equals(y.aval));
  }
  assert.equal(slice(counting([3]), [3], [3]).shape, [0]);
  fails(() => slice(counting([3]), [1], [4]), "ShapeError");
  fails(() => slice(counting([3]), [2], [1]), "ShapeError");
  fails(() => slice(counting([3]), [0], [3], [0]), "ShapeError");
});

Movement("pad puts the operand's elements where low and interior say, and the value elsewhere", () => {
  const shape = [2, 3];
  const config = { low: [1, 0], high: [0, 2], interior: [2, 1] };
  const padded = [5, 7];
  for (const dtype of ["float64", "int32", "bool"] as const) {
    const x = counting(shape, dtype);
    const value = dtype === "bool" ? 1 : 9;
    const expected = indices(padded).map((at) => {
      const from = at.map((i, a) => (i - config.low[a]) / (config.interior[a] + 1));
      const inside = from.every((i, a) => Number.isInteger(i) && i >= 0 && i < shape[a]);
      return inside ? x.dataSync()[place(shape, from)] : value;
    });
    const y = pad(x, new Literal(value, dtype), config);
    assert.equal([y.shape, y.dtype, values(y)], [padded, dtype, expected]);
  }
  const empty = padP.impl([host([0], "float32", []), host([], "float32", [7])], { low: [1], high: [2], interior: [4] });
  assert.equal(Array.from(empty[0].data), [7, 7, 7]);
  fails(() => pad(counting([2]), new Literal(0, "float32"), { low: [-1], high: [0], interior: [0] }), "ShapeError");
  fails(() => pad(counting([2]), new Literal(0, "int32"), { low: [1], high: [0], interior: [0] }), "DTypeError");
});

Movement("concatenate joins along its axis and refuses other differences", () => {
  const [x, y] = [counting([2, 1, 2]), counting([2, 3, 2], "float32", 100)];
  const expected = indices([2, 4, 2]).map(([i, j, k]) =>
    j === 0 ? x.dataSync()[place(x.shape, [i, 0, k])] : y.dataSync()[place(y.shape, [i, j - 1, k])],
  );
  assert.equal(values(concatenate([x, y], 1)), expected);
  assert.equal(
    values(concatenate([counting([2], "bool"), counting([0], "bool"), counting([1], "bool")], 0)),
    [1, 0, 1],
  );
  fails(() => concatenate([x, y], 0), "ShapeError");
  fails(() => concatenate([counting([2]), counting([2], "int32")], 0), "DTypeError");
  assert.ok(
    concatenateP.abstractEval([new Aval([2], "float32", true), new Aval([3], "float32", true)], { axis: 0 })[0].weak,
  );
});

Movement("reverse turns the order along its axes", () => {
  const shape = [2, 3, 2];
  const x = counting(shape, "int32");
  const expected = indices(shape).map(([i, j, k]) => x.dataSync()[place(shape, [1 - i, j, 1 - k])]);
  assert.equal(values(reverse(x, [0, 2])), expected);
  assert.equal(values(reverse(counting([0, 2]), [0])), []);
  fails(() => reverse(x, [3]), "ShapeError");
  fails(() => reverse(x, [1, 1]), "ShapeError");
});

/** ⟨ct, f(x)⟩ = ⟨fᵀ(ct), x⟩ for an equation that is linear in all its inputs. */
const transposes = <P>(prim: Primitive<P>, xs: readonly Tensor[], params: P): void => {
  const [y] = bind(prim, xs, params);
  const ct = counting(y.shape, "float32", 3);
  const back = prim.transpose(
    [ct],
    xs.map((x) => new Linear(x.aval)),
    params,
  );
  const right = back.reduce((sum, c, i) => sum + dot(c as Tensor, xs[i]), 0);
  assert.is(right, dot(ct, y));
  back.forEach((c, i) => {
    assert.ok((c as Tensor).aval.equals(xs[i].aval));
  });
};

Movement("transposes agree with the inner product", () => {
  transposes(sliceP, [counting([7, 4])], { start: [1, 2], limit: [6, 4], strides: [3, 1] });
  transposes(sliceP, [counting([3])], { start: [2], limit: [2], strides: [2] });
  transposes(padP, [counting([2, 3]), counting([])], { low: [1, 0], high: [0, 2], interior: [2, 1] });
  transposes(padP, [counting([0]), counting([])], { low: [1], high: [2], interior: [1] });
  transposes(concatenateP, [counting([2, 1]), counting([2, 3], "float32", 5)], { axis: 1 });
  transposes(reverseP, [counting([2, 3])], { axes: [1] });
});

Movement("a zero tangent of one input is made only where the other's is not zero", () => {
  const [x, dy] = [counting([2]), counting([1])];
  const [[y], [t]] = concatenateP.jvp([x, dy], [new Zero(x.aval), dy], { axis: 0 });
  assert.equal(values(y), [1, 2, 1]);
  assert.equal(values(t as Tensor), [0, 0, 1]);
  const config = { low: [1], high: [0], interior: [0] };
  const [, [p]] = padP.jvp([x, counting([])], [x, new Zero(new Aval([], "float32"))], config);
  assert.equal(values(p as Tensor), [0, 1, 2]);
});

Movement("batch rules agree with a loop, for every choice of mapped inputs and axes", () => {
  const kinds: DType[] = ["float32", "bool"];
  for (const dtype of kinds) {
    batchesLikeALoop(sliceP, [{ shape: [4, 3], dtype }], { start: [1, 0], limit: [4, 2], strides: [2, 1] });
    batchesLikeALoop(reverseP, [{ shape: [2, 3], dtype }], { axes: [1] });
    const parts = [
      { shape: [2, 1], dtype },
      { shape: [2, 2], dtype },
    ];
    batchesLikeALoop(concatenateP, parts, { axis: 1 });
    const padded = [
      { shape: [2, 3], dtype },
      { shape: [], dtype },
    ];
    batchesLikeALoop(padP, padded, { low: [1, 0], high: [0, 2], interior: [1, 0] });
  }
});

Movement("an array without elements is padded and sliced like any other", () => {
  assert.equal(
    values(
      pad(tensor([0, 2], "float32", []), new Literal(5, "float32"), { low: [1, 0], high: [0, 0], interior: [3, 0] }),
    ),
    [5, 5],
  );
});

Movement.run();
