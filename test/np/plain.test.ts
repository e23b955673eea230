import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DType } from "../../lib/core/aval.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { onReference, refuses } from "./oracle.js";

const Plain = suite("np/plain");
const check = onReference(Plain);

check("shape, ndim and size tell of a tensor or number what is known without its values", () => {
  const x = np.zeros([2, 3, 4]);
  assert.equal(np.shape(x), [2, 3, 4]);
  assert.is(np.ndim(x), 3);
  assert.is(np.size(x), 24);
  assert.is(np.size(x, -1), 4);
  assert.equal([np.shape(1), np.ndim(true), np.size(2)], [[], 0, 1]);
  refuses(() => np.size(x, 3), "ShapeError", "axis 3");
});

check("broadcastShapes gives the common shape, or says which shapes have none", () => {
  assert.equal(np.broadcastShapes([2, 1], [3], [1, 1, 1]), [1, 2, 3]);
  assert.equal(np.broadcastShapes(), []);
  refuses(() => np.broadcastShapes([2], [3]), "ShapeError", "[2] and [3]");
});

check("a copy outlives the tensor that it was made of", () => {
  const x = np.array([1, 2]);
  const y = np.copy(x);
  x.dispose();
  assert.equal(y.toArray(), [1, 2]);
});

check("resultType and promoteTypes say what arithmetic gives", () => {
  const ids = np.array([1, 2], { dtype: "int32" });
  assert.is(np.resultType(ids, 2), "int32");
  assert.is(np.resultType(ids, true), "int32");
  assert.is(np.resultType(ids, np.array([0.5]), "bool"), "float32");
  assert.is(np.resultType("uint32"), "uint32");
  // Names that every object has are no dtypes either, nor is a list of one.
  for (const none of ["float", "toString", "__proto__", ["float32"]])
    refuses(() => np.resultType(none as DType, 1), "TreeError", "a value is not a tensor");
  for (const [a, b] of [
    ["int32", "float32"],
    ["bool", "uint32"],
    ["float32", "float64"],
  ] as const) {
    const met = np.add(np.zeros([1], a), np.zeros([1], b)).dtype;
    assert.is(np.promoteTypes(a, b), met, `${a} and ${b}`);
  }
  refuses(() => np.promoteTypes("int32", "uint32"), "DTypeError", "np.promoteTypes");
});

check("canCast holds where every value survives, isdtype asks for a kind", () => {
  const all = ["bool", "int32", "uint32", "float32", "float64"] as const;
  const safe = all.map((from) => all.filter((to) => np.canCast(from, to)));
  // As numpy.can_cast has it.
  assert.equal(safe, [
    ["bool", "int32", "uint32", "float32", "float64"],
    ["int32", "float64"],
    ["uint32", "float64"],
    ["float32", "float64"],
    ["float64"],
  ]);
  const kinds = [
    "bool",
    "signed integer",
    "unsigned integer",
    "integral",
    "real floating",
    "numeric",
    "int32",
  ] as const;
  assert.equal(
    all.map((dtype) => kinds.filter((kind) => np.isdtype(dtype, kind))),
    [
      ["bool"],
      ["signed integer", "integral", "numeric", "int32"],
      ["unsigned integer", "integral", "numeric"],
      ["real floating", "numeric"],
      ["real floating", "numeric"],
    ],
  );
});

check("finfo and iinfo are the limits of the dtypes", () => {
  const { eps, max, tiny, smallestSubnormal } = np.finfo("float32");
  assert.is(eps, Math.fround(1 + 2 ** -23) - 1);
  assert.is(Math.fround(max), max);
  assert.is(Math.fround(max * (1 + 2 ** -24)), Number.POSITIVE_INFINITY);
  assert.equal([tiny, smallestSubnormal], [1.1754943508222875e-38, 1.401298464324817e-45]);
  assert.is(np.finfo("float64").eps, 2.220446049250313e-16);
  assert.equal([np.iinfo("int32").min, np.iinfo("uint32").max], [-2147483648, 4294967295]);
  refuses(() => np.finfo("int32"), "DTypeError", "np.finfo");
  refuses(() => np.iinfo("float32"), "DTypeError", "np.iinfo");
});

check("isscalar holds for numbers, booleans and tensors without axes", () => {
  assert.equal([1, true, np.scalar(2), np.zeros([1]), [1], "x"].map(np.isscalar), [
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

check("constants are those of Math", () => {
  assert.equal([np.pi, np.e, np.inf, np.isnan(np.nan).item()], [Math.PI, Math.E, Number.POSITIVE_INFINITY, 1]);
  let harmonic = 0;
  for (let n = 1; n <= 1e6; n++) harmonic += 1 / n;
  assert.ok(Math.abs(harmonic - Math.log(1e6) - 5e-7 - np.eulerGamma) < 1e-12);
});

check("bad arguments say what was expected", () => {
  const x = np.zeros([2, 3]);
  refuses(() => np.max(x, { where: true }), "ArgumentError", "initial");
  refuses(() => np.max(np.zeros([0]), {}), "ShapeError", "initial");
  refuses(() => np.quantile(x, 1.5), "ArgumentError", "from 0 to 1");
  refuses(
    () =>
      np.pad(x, [
        [1, 1],
        [1, 1],
        [1, 1],
      ]),
    "ShapeError",
    "2 pairs",
  );
  refuses(() => np.pad(np.zeros([0]), 1, { mode: "edge" }), "ShapeError", "empty");
  refuses(() => np.repeat(x, [1, 2], 1), "ShapeError", "3 numbers");
  refuses(() => np.repeat(x, -1), "ArgumentError", "from 0 on");
  refuses(() => np.vectorize((v: Tensor) => v, { signature: "(n)" })(x), "ArgumentError", "signature");
  refuses(() => np.vectorize((v: Tensor) => v, { signature: "(n,m,k)->()" })(x), "ShapeError", "argument 0");
  refuses(() => np.select([], []), "ArgumentError", "0 conditions");
  refuses(() => np.piecewise(x, [true], []), "ArgumentError", "1 or 2 functions");
  refuses(() => np.average(x, { weights: np.ones([2]), axis: 1 }), "ShapeError", "weights");
  refuses(() => np.convolve(x, x), "ShapeError", "two vectors");
  refuses(() => np.interp(1, np.ones([2]), np.ones([3])), "ShapeError", "one length");
  refuses(() => np.gradient(np.ones([1])), "ShapeError", "two elements");
  refuses(() => np.geomspace(-1, 1), "ArgumentError", "one sign");
  refuses(() => np.diag(np.zeros([1, 1, 1])), "ShapeError", "rank 1 or 2");
  refuses(() => np.diagonal(x, 0, 1, -1), "ShapeError", "two axes");
  refuses(() => np.moveaxis(x, [0, 1], 0), "ShapeError", "as many");
  refuses(() => np.roll(x, [1, 2], 0), "ShapeError", "one shift");
  refuses(() => np.round(np.ones([1], "int32"), -1), "ArgumentError", "decimals");
  refuses(() => np.ravelMultiIndex([1], [2, 2]), "ArgumentError", "2 axes");
});

Plain.run();
