import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tensor } from "../../lib/core/tensor.js";
import { reduceSum } from "../../lib/primitives/broadcast.js";
import { add, convert, mul } from "../../lib/primitives/elementwise.js";
import { sin } from "../../lib/primitives/math.js";
import { grad } from "../../lib/transforms/grad.js";
import { evalShape, makeJaxpr, ShapeDtype } from "../../lib/transforms/make-jaxpr.js";
import { f32, heldBy, noLeaks, numbers } from "../helpers/runtime.js";
import { failing, onOwnRuntime } from "./setup.js";

const MakeJaxpr = suite("transforms/make-jaxpr");
const runtime = onOwnRuntime(MakeJaxpr);

MakeJaxpr("shows a function of tensors, numbers and shapes, and computes nothing", () => {
  const f = (p: { x: Tensor; scale: Tensor | number }): Tensor => mul(sin(p.x), p.scale as Tensor);
  const before = heldBy(runtime.device);
  assert.is(
    String(makeJaxpr(f)({ x: new ShapeDtype([2, 3]), scale: 2 })),
    `{ lambda ; a:f32*[] b:f32[2,3] . let
    c:f32[2,3] = sin b
    d:f32[2,3] = mul c a
  in (d,) }`,
  );
  assert.equal(heldBy(runtime.device), before);
});

MakeJaxpr("the gradient of a product", () => {
  const f = (x: Tensor, y: Tensor): Tensor => reduceSum(mul(x, y), [0]);
  assert.is(
    String(makeJaxpr(grad(f))(new ShapeDtype([3]), new ShapeDtype([3]))),
    `{ lambda ; a:f32[3] b:f32[3] . let
    c:f32[3] = mul a b
    d:f32[] = reduce_sum[axes=(0)] c
    e:f32[3] = broadcast_in_dim[shape=(3) dims=()] 1:f32[]
    f:f32[3] = mul e b
  in (f,) }`,
  );
});

MakeJaxpr("keeps what the function closes over until it is disposed", () => {
  noLeaks(() => {
    const w = f32([1, 2]);
    const closed = makeJaxpr((x: Tensor) => add(x, w))(new ShapeDtype([2]));
    w.dispose();
    assert.equal(numbers(closed.consts[0]), [1, 2]);
    closed.dispose();
  });
});

MakeJaxpr("evalShape gives the tree of shapes and dtypes", () => {
  noLeaks(() => {
    using w = f32([1, 2], [1, 2]);
    const f = (x: Tensor) => ({ total: reduceSum(x, [0, 1]), whole: [convert(add(x, w), "int32")] });
    assert.equal(evalShape(f)(new ShapeDtype([3, 2])), {
      total: new ShapeDtype([], "float32"),
      whole: [new ShapeDtype([3, 2], "int32")],
    });
    assert.throws(() => evalShape(f)(new ShapeDtype([2, 3])), failing("ShapeError", /^add: /));
  });
});

MakeJaxpr("an argument that is neither is an error", () => {
  assert.throws(() => makeJaxpr((x: Tensor) => x)("text"), failing("TreeError", /a value is not a tensor/));
});

MakeJaxpr.run();
