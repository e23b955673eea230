import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { segmentProd } from "../../lib/ops/index.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { onReference, refuses, same, vector } from "./oracle.js";

const At = suite("np/at");
const check = onReference(At);

const x = (): Tensor => np.reshape(np.arange(0, 12, 1, "float32"), [3, 4]);
const ids = (...list: number[]): Tensor => np.array(list, { dtype: "int32" });

check("an index that does not fit is refused with what was given", () => {
  refuses(() => np.get(x(), 0, 0, 0), "ShapeError", "more indices than axes", "at most 2", "3");
  refuses(() => np.get(x(), "...", "..."), "ShapeError", "more than one ellipsis");
  refuses(() => np.get(x(), 0.5), "ArgumentError", "not an index", "0.5");
  refuses(() => np.get(x(), [1, 2] as never), "ArgumentError", "an array", "np.array");
  refuses(() => np.get(x(), "1:2:3:4"), "ArgumentError", "1:2:3:4");
  refuses(() => np.get(x(), "a:b"), "ArgumentError", "not an index", "a:b");
  refuses(() => np.get(x(), "::0"), "ArgumentError", "step");
  refuses(() => np.get(x(), np.array([0.5])), "DTypeError", "indices are not integers", "f32[1]");
  refuses(() => np.get(x(), ids(0, 1), ids(0, 1, 2)), "ShapeError", "do not broadcast", "[2] and [3]");
  refuses(() => np.get(x(), np.array([true, false])), "ShapeError", "mask", "[3]", "bool[2]");
  refuses(() => np.get(np.zeros([0, 2]), ids(0)), "ShapeError", "axis 0 has no element");
  same(np.get(np.zeros([0, 2]), np.zeros([0], "int32")), { shape: [0, 2], data: [] });
});

check("values that do not fit are refused, not cut", () => {
  const whole = ids(1, 2, 3);
  refuses(() => np.at(whole, 0).set(0.5), "DTypeError", "int32 cannot hold 0.5");
  refuses(() => np.at(whole, 0).set(np.array(0.5)), "DTypeError", "do not fit", "np.astype");
  refuses(() => np.at(x(), ":", 0).set(np.zeros([2])), "ShapeError");
  refuses(() => np.at(x(), 0).set(1, { mode: "wrap" as never }), "ArgumentError", "no such mode", "wrap");
});

check("a mask under jit is an error that names where; outside, also under grad, it selects", () => {
  const f = jit((y: Tensor) => np.get(y, np.greater(y, 3)));
  refuses(() => f(x()), "TracerError", "np.at with a mask", "np.where");
  f.dispose();
  const g = grad((y: Tensor) => np.sum(np.square(np.get(y, np.greater(y, 2)))))(np.array([1, 3, 5]));
  same(g, vector(0, 6, 10));
});

check("derivatives by repeated products ask for a promise", () => {
  const f = (v: Tensor) => np.sum(np.at(np.array([1, 2]), ids(0, 0)).multiply(v));
  refuses(() => grad(f)(np.array([3, 4])), "UnsupportedError", "np.at.multiply", "uniqueIndices");
  const g = (v: Tensor) => np.sum(segmentProd(v, ids(0, 1), { numSegments: 2 }));
  refuses(() => grad(g)(np.array([3, 4])), "UnsupportedError", "ops.segmentProd");
});

check("of several values for one place the last stays, and its derivative alone is not zero", () => {
  const f = (v: Tensor) => np.at(np.zeros([3]), ids(1, 2, 1)).set(v);
  same(f(np.array([7, 8, 9])), vector(0, 9, 8));
  same(grad((v: Tensor) => np.sum(f(v)))(np.array([7, 8, 9])), vector(0, 1, 1));
});

check("each example of a batch is read and written at its own places", () => {
  const batch = np.array([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const places = np.array([[2], [0]], { dtype: "int32" });
  const f = vmap((y: Tensor, i: Tensor) => np.at(y, i).add(np.get(y, i)));
  assert.equal(f(batch, places).toArray(), [
    [1, 2, 6],
    [8, 5, 6],
  ]);
});

At.run();
