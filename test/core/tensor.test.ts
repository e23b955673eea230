import { suite } from "uvu";
import * as assert from "uvu/assert";
import { referenceExecutor } from "../../lib/compile/reference/executor.js";
import { type ExecutorRuntime, runtimeOn } from "../../lib/compile/runtime.js";
import { type ErrorTag, isFluxionError } from "../../lib/core/errors.js";
import { setRuntime } from "../../lib/core/runtime.js";
import { asTensor, dispose, isTensor, literal, literalOf } from "../../lib/core/tensor.js";
import { add } from "../../lib/primitives/elementwise.js";
import { grad } from "../../lib/transforms/grad.js";
import { bool, f32, heldBy, i32, noLeaks, numbers } from "../helpers/runtime.js";

const TensorSuite = suite("core/tensor");
let runtime: ExecutorRuntime;
let before: ReturnType<typeof setRuntime>;
TensorSuite.before(() => {
  runtime = runtimeOn(referenceExecutor());
  before = setRuntime(runtime);
});
TensorSuite.after(() => void setRuntime(before));
const fails = (tag: ErrorTag, words: RegExp) => (e: unknown) => isFluxionError(e, tag) && words.test(e.message);

TensorSuite("values come back as typed data, nested arrays, and single numbers", async () => {
  using x = i32([1, 2, 3, 4, 5, 6], [2, 3]);
  assert.equal(x.dataSync(), Int32Array.of(1, 2, 3, 4, 5, 6));
  assert.equal(await x.data(), Int32Array.of(1, 2, 3, 4, 5, 6));
  assert.equal(x.toArray(), [
    [1, 2, 3],
    [4, 5, 6],
  ]);
  using mask = bool([true, false]);
  assert.equal(mask.toArray(), [true, false]);
  using s = f32([7], [1, 1]);
  assert.is(s.item(), 7);
  assert.throws(() => x.item(), fails("TreeError", /exactly one element[\s\S]*i32\[2,3\]/));
});

TensorSuite("what is read is a copy", () => {
  using x = f32([1, 2]);
  x.dataSync()[0] = 9;
  assert.equal(numbers(x), [1, 2]);
});

TensorSuite("a number is a weak float, a boolean a bool; other things are no tensors", () => {
  assert.is(`${literalOf(2).aval}`, "f32*[]");
  assert.is(`${literalOf(true).aval}`, "bool[]");
  for (const [x, got] of [
    ["2", "string"],
    [null, "null"],
    [[1], "an array"],
    [{}, "object"],
  ] as const) {
    assert.throws(
      () => asTensor(x, "sin", "args[0]"),
      fails("TreeError", new RegExp(`^sin: [\\s\\S]*${got}[\\s\\S]*args\\[0\\]`)),
    );
  }
});

TensorSuite("a literal of a strong dtype must hold the value", () => {
  assert.is(literal("f", 2 ** 32 - 1, "uint32").value, 2 ** 32 - 1);
  for (const [value, dtype] of [
    [0.5, "int32"],
    [2 ** 31, "int32"],
    [-1, "uint32"],
    [2 ** 32, "uint32"],
    [2, "bool"],
  ] as const) {
    assert.throws(() => literal("f", value, dtype), fails("DTypeError", new RegExp(`${dtype} cannot hold ${value}`)));
  }
});

TensorSuite("a tensor of another copy of the package is told", () => {
  class Foreign {
    readonly aval = "f32[]";
  }
  const foreign = Object.assign(new Foreign(), { [Symbol.for("fluxion.tensor")]: true });
  assert.throws(() => isTensor(foreign), fails("TreeError", /another copy/));
  assert.throws(() => grad((x: Foreign) => x as never)(foreign), fails("TreeError", /another copy/));
  assert.not.ok(isTensor({ aval: 1 }));
});

TensorSuite("an alias lives on when the original is disposed, and the data are counted once", () => {
  noLeaks(() => {
    const x = f32([1, 2]);
    const { bytes } = runtime.device.memory();
    const y = x.alias();
    assert.is(runtime.device.memory().bytes, bytes);
    x.dispose();
    assert.equal(numbers(y), [1, 2]);
    y.dispose();
  });
});

TensorSuite("a tensor moves to another device when it is used there, and stays on both", () => {
  const other = runtimeOn(referenceExecutor());
  noLeaks(() => {
    const x = f32([1, 2]);
    setRuntime(other);
    const y = add(x, x);
    const moved = other.traffic.toDevice;
    assert.is(moved, 8);
    const z = add(x, y);
    assert.is(other.traffic.toDevice, moved);
    setRuntime(runtime);
    assert.equal(numbers(z), [3, 6]);
    dispose([x, y, z]);
    assert.equal(heldBy(other.device), { arrays: 0, bytes: 0 });
  });
});

TensorSuite("dispose frees every tensor of a tree and passes over the rest", () => {
  noLeaks(() => dispose({ a: f32([1]), b: [f32(2), null, 3, "text"] }));
});

TensorSuite("nbytes are the bytes of all elements, of tracers too", () => {
  noLeaks(() => {
    using x = f32([1, 2, 3]);
    using mask = bool([true, false]);
    assert.equal([x.nbytes, mask.nbytes], [12, 2]);
    const slope = grad((y: typeof x) => {
      assert.is(y.nbytes, 4);
      return y;
    });
    using one = f32(1);
    slope(one).dispose();
  });
});

TensorSuite.run();
