import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import { add, convert, mul } from "../../lib/primitives/elementwise.js";
import { sin } from "../../lib/primitives/math.js";
import { grad, linearize } from "../../lib/transforms/grad.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { makeJaxpr } from "../../lib/transforms/make-jaxpr.js";
import { f32, f64, i32, noLeaks, numbers } from "../helpers/runtime.js";
import { failing, onOwnRuntime } from "./setup.js";

const Jvp = suite("transforms/jvp");
onOwnRuntime(Jvp);

const square = (x: Tensor): Tensor => mul(x, x);

Jvp("gives the value and the derivative along the tangents, as trees", () => {
  noLeaks(() => {
    const [x, y] = [f32([1, 2]), f32([3, 4])];
    const f = (a: { x: Tensor }, b: Tensor) => ({ product: mul(a.x, b), other: [square(b)] });
    const [value, tangent] = jvp(f, [{ x }, y], [{ x: y }, x]);
    assert.equal(
      [numbers(value.product), numbers(value.other[0])],
      [
        [3, 8],
        [9, 16],
      ],
    );
    assert.equal(
      [numbers(tangent.product), numbers(tangent.other[0])],
      [
        [10, 20],
        [6, 16],
      ],
    );
    dispose([value, tangent, x, y]);
  });
});

Jvp("a result that does not depend on the arguments has a tangent of zeros, an integer none", () => {
  noLeaks(() => {
    using x = f32(1);
    using c = f32([5, 6]);
    const [value, tangent] = jvp((a: Tensor) => [c, convert(a, "int32")], [x], [x]);
    assert.equal(value.map(numbers), [[5, 6], [1]]);
    assert.equal([numbers(tangent[0]), tangent[1]], [[0, 0], null]);
    dispose([value, tangent]);
  });
});

Jvp("null is the tangent of an integer, and of what does not move", () => {
  noLeaks(() => {
    using x = f32([1, 2]);
    using n = i32([3, 4]);
    const f = (a: { x: Tensor; n: Tensor }, b: { y: Tensor }): Tensor => mul(mul(a.x, convert(a.n, "float32")), b.y);
    const [value, tangent] = jvp(f, [{ x, n }, { y: x }], [{ x, n: null }, null]);
    assert.equal(
      [numbers(value), numbers(tangent)],
      [
        [3, 16],
        [3, 16],
      ],
    );
    dispose([value, tangent]);
    assert.throws(
      () => jvp(f, [{ x, n }, { y: x }], [{ x, m: null } as never, null]),
      failing("TreeError", /tangents\[0\]\.n: missing; tangents\[0\]\.m: unexpected/),
    );
  });
});

Jvp("tangents must fit their primals, and integers have none", () => {
  using x = f32([1, 2]);
  using y = f32([1, 2, 3]);
  using d = f64([1, 2]);
  using n = i32([1, 2]);
  assert.throws(
    () => jvp(square, [x], [y]),
    failing("ShapeError", /^jvp of square: a tangent does not fit[\s\S]*f32\[2\][\s\S]*f32\[3\][\s\S]*tangents\[0\]/),
  );
  assert.throws(() => jvp(square, [x], [d]), failing("ShapeError", /f64\[2\]/));
  assert.throws(() => jvp(square, [n], [n]), failing("DTypeError", /an integer or bool has no tangent/));
  assert.throws(
    () => jvp(square, [x], [[x]] as never),
    failing("TreeError", /tangents\[0\]: expected a leaf, got array/),
  );
});

Jvp("zeros stay symbolic: an operation without tangents is bound once, as it is", () => {
  using x = f32(1);
  const f = (a: Tensor, b: Tensor): Tensor => add(sin(a), sin(b));
  const text = String(makeJaxpr((a: Tensor, b: Tensor) => jvp((c: Tensor) => f(c, b), [a], [a]))(x, x));
  assert.is(text.match(/= cos /g)?.length, 1);
  assert.is(text.match(/= add /g)?.length, 1);
});

Jvp("forward over forward and forward over reverse give second derivatives", () => {
  noLeaks(() => {
    using x = f64(0.3);
    using one = f64(1);
    const first = (a: Tensor): Tensor => jvp(sin, [a], [one])[1];
    const [d1, d2] = jvp(first, [x], [one]);
    const [g1, g2] = jvp(grad(sin) as (a: Tensor) => Tensor, [x], [one]);
    for (const [got, want] of [
      [d1, Math.cos(0.3)],
      [d2, -Math.sin(0.3)],
      [g1, Math.cos(0.3)],
      [g2, -Math.sin(0.3)],
    ] as const) {
      assert.ok(Math.abs(got.item() - want) < 1e-15);
      got.dispose();
    }
  });
});

Jvp("linearize evaluates once and pushes many tangents", () => {
  noLeaks(() => {
    let calls = 0;
    const counted = (a: Tensor): Tensor => {
      calls++;
      return mul(a, sin(a));
    };
    using x = f64(2);
    const [y, push] = linearize(counted, x);
    assert.ok(Math.abs(y.item() - 2 * Math.sin(2)) < 1e-15);
    for (const t of [1, -3]) {
      using dx = f64(t);
      using dy = push(dx);
      assert.ok(Math.abs(dy.item() - t * (Math.sin(2) + 2 * Math.cos(2))) < 1e-14);
    }
    assert.is(calls, 1);
    using wrong = f64([1]);
    assert.throws(() => push(wrong), failing("ShapeError", /a tangent does not fit[\s\S]*tangents\[0\]/));
    y.dispose();
    push.dispose();
    assert.throws(() => push(x), failing("UseAfterDisposeError", /^linearize of counted/));
  });
});

Jvp.run();
