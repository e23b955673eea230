import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DType } from "../../lib/core/aval.js";
import type { Tensor, TensorLike } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { jit } from "../../lib/transforms/jit.js";
import {
  anyPlain,
  anyShape,
  at,
  broadcast,
  broadcastable,
  build,
  onReference,
  property,
  refuses,
  same,
  tensor,
} from "./oracle.js";

const Promote = suite("np/promote");
const check = onReference(Promote);

const ALL: readonly DType[] = ["bool", "int32", "uint32", "float32", "float64"];
const one = (dtype: DType): Tensor => np.array([1], { dtype });
/** What two operands become together, by an operation that takes every dtype. */
const together = (x: TensorLike, y: TensorLike): string => String(np.where(true, x, y).aval);

check("two dtypes become the one that holds both; int32 and uint32 have none", () => {
  const table: Record<DType, readonly string[]> = {
    bool: ["bool[1]", "i32[1]", "u32[1]", "f32[1]", "f64[1]"],
    int32: ["i32[1]", "i32[1]", "error", "f32[1]", "f64[1]"],
    uint32: ["u32[1]", "error", "u32[1]", "f32[1]", "f64[1]"],
    float32: ["f32[1]", "f32[1]", "f32[1]", "f32[1]", "f64[1]"],
    float64: ["f64[1]", "f64[1]", "f64[1]", "f64[1]", "f64[1]"],
  };
  for (const a of ALL) {
    ALL.forEach((b, i) => {
      if (table[a][i] === "error") {
        refuses(
          () => together(one(a), one(b)),
          "DTypeError",
          "np.where",
          "no common type",
          "i32[1]",
          "u32[1]",
          "np.astype",
        );
      } else assert.is(together(one(a), one(b)), table[a][i], `${a} with ${b}`);
    });
  }
});

check("a number takes the dtype of its partner; a fraction beside integers is an error", () => {
  assert.is(together(one("float32"), 2.5), "f32[1]");
  assert.is(together(one("float64"), 2.5), "f64[1]");
  assert.is(together(one("int32"), -2), "i32[1]");
  assert.is(together(7, one("uint32")), "u32[1]");
  assert.is(together(one("bool"), 2), "i32[1]");
  assert.is(together(one("bool"), 0.5), "f32[1]");
  assert.is(together(one("bool"), 2 ** 31), "f32[1]");
  refuses(() => np.add(one("int32"), 2.5), "DTypeError", "np.add", "i32[1]", "np.astype");
  refuses(() => np.multiply(0.5, one("uint32")), "DTypeError", "np.multiply", "u32[1]");
  refuses(() => np.add(one("uint32"), -1), "DTypeError", "uint32 cannot hold -1");
  refuses(() => np.add(one("int32"), 2 ** 31), "DTypeError", "int32 cannot hold 2147483648");
  refuses(() => np.add(one("int32"), Number.NaN), "DTypeError");
  // In float64 the number keeps its digits: it was never rounded to float32.
  assert.is(np.add(np.zeros([1], "float64"), 0.1).dataSync()[0], 0.1);
});

check("a boolean beside numbers is 0 or 1", () => {
  same(np.add(one("int32"), true), { shape: [1], data: [2] }, "", "int32");
  same(np.multiply(np.array([true, false]), np.array([2.5, 3.5])), { shape: [2], data: [2.5, 0] }, "", "float32");
});

check("numbers alone stay weak, so that what they make yields to a tensor", () => {
  assert.is(String(np.add(1, 2).aval), "f32*[]");
  assert.is(np.add(np.add(1, 2), one("float64")).dtype, "float64");
  assert.is(np.multiply(np.exp(1), one("float64")).dtype, "float64");
});

check("a number whose value is not known combines with floats and not with integers", () => {
  using plus = jit((x: Tensor, n: TensorLike) => np.add(x, n));
  same(plus(np.array([1], { dtype: "float64" }), 2), { shape: [1], data: [3] }, "", "float64");
  refuses(() => plus(one("int32"), 2), "DTypeError", "a number that may have a fraction meets an integer tensor");
  using joined = jit((x: Tensor, n: Tensor) => np.stack([np.squeeze(x), n]));
  refuses(() => joined(one("int32"), 2 as unknown as Tensor), "DTypeError", "np.stack");
});

check("bools alone have or as their sum and and as their product, no difference, and counts", () => {
  same(np.add(true, np.array([true, false])), { shape: [2], data: [1, 1] }, "", "bool");
  same(np.multiply(true, np.array([true, false])), { shape: [2], data: [1, 0] }, "", "bool");
  refuses(() => np.subtract(true, np.array([true])), "DTypeError", "bool");
  refuses(() => np.negative(np.array([true])), "DTypeError", "bool");
  same(np.sum(np.array([true, false, true])), { shape: [], data: [2] }, "", "int32");
  same(np.mean(np.array([true, false])), { shape: [], data: [0.5] }, "", "float32");
  same(np.cumsum(np.array([true, false, true])), { shape: [3], data: [1, 1, 2] }, "", "int32");
});

check("functions of floats take integers and bools as float32, and float64 as it is", () => {
  for (const dtype of ALL) {
    const want = dtype === "float64" ? "float64" : "float32";
    assert.is(np.exp(one(dtype)).dtype, want);
    assert.is(np.divide(one(dtype), one(dtype)).dtype, want);
    assert.is(np.mean(one(dtype)).dtype, want);
  }
});

check("shapes broadcast as NumPy has it", () => {
  const operands = broadcastable(2).chain(([a, b]) => fc.tuple(anyPlain(a), anyPlain(b)));
  property(operands, ([x, y]) => {
    const shape = broadcast(x.shape, y.shape) as number[];
    same(
      np.subtract(tensor(x), tensor(y)),
      build(shape, (i) => at(x, i) - at(y, i)),
      "",
      "float64",
    );
  });
});

check("shapes that do not broadcast are both named", () => {
  property(fc.tuple(anyShape(3), anyShape(3)), ([a, b]) => {
    const [x, y] = [np.zeros(a), np.zeros(b)];
    const want = broadcast(a, b);
    if (want === undefined) refuses(() => np.add(x, y), "ShapeError", "do not broadcast", `[${a}]`, `[${b}]`);
    else assert.equal(np.add(x, y).shape, want);
  });
});

Promote.run();
