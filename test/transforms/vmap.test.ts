import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import { reduceSum } from "../../lib/primitives/broadcast.js";
import { add, mul } from "../../lib/primitives/elementwise.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { makeJaxpr } from "../../lib/transforms/make-jaxpr.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { f32, noLeaks, numbers } from "../helpers/runtime.js";
import { failing, onOwnRuntime } from "./setup.js";

const Vmap = suite("transforms/vmap");
onOwnRuntime(Vmap);

const dot = (x: Tensor, y: Tensor): Tensor => reduceSum(mul(x, y), [0]);

Vmap("maps the first axis of all arguments", () => {
  noLeaks(() => {
    using x = f32([1, 2, 3, 4], [2, 2]);
    using y = f32([5, 6, 7, 8], [2, 2]);
    using z = vmap(dot)(x, y);
    assert.equal([[...z.shape], numbers(z)], [[2], [17, 53]]);
  });
});

Vmap("inAxes chooses axes, also from the end, and null for what is the same for all", () => {
  noLeaks(() => {
    using x = f32([1, 2, 3, 4, 5, 6], [2, 3]);
    using w = f32([1, 10]);
    using columns = vmap(dot, { inAxes: [1, null] })(x, w);
    assert.equal(numbers(columns), [41, 52, 63]);
    using negative = vmap(dot, { inAxes: [-1, null] })(x, w);
    assert.equal(numbers(negative), [41, 52, 63]);
    using first = vmap((a: Tensor) => reduceSum(a, [0]), { inAxes: -2 })(x);
    assert.equal(numbers(first), [6, 15], "the lowest axis from the end is the first");
    assert.throws(() => vmap((a: Tensor) => a, { inAxes: -3 })(x), failing("ShapeError", /no axis -3/));
    using one = vmap((a: Tensor) => reduceSum(a, [0]), { inAxes: 1 })(x);
    assert.equal(numbers(one), [5, 7, 9]);
  });
});

Vmap("inAxes may be a tree that is a prefix of an argument, outAxes one of the result", () => {
  noLeaks(() => {
    const params = {
      w: f32([1, 2, 3, 4], [2, 2]),
      deep: {
        a: f32([1, 2]),
        b: f32(
          [
            [5, 6],
            [7, 8],
          ].flat(),
          [2, 2],
        ),
      },
    };
    const f = (p: typeof params) => ({ y: add(p.w, p.deep.a), z: [mul(p.deep.b, p.w)] });
    const out = vmap(f, { inAxes: [{ w: 0, deep: { a: null, b: 1 } }], outAxes: { y: 1, z: 0 } })(params);
    assert.equal(numbers(out.y), [2, 4, 4, 6]);
    assert.equal(numbers(out.z[0]), [5, 14, 18, 32]);
    const prefix = vmap((p: typeof params) => add(p.w, p.deep.a), { inAxes: [{ w: 1, deep: null }] })(params);
    assert.equal(numbers(prefix), [2, 5, 3, 6]);
    dispose([params, out, prefix]);
  });
});

Vmap("a result that is not mapped is repeated, or given once with outAxes null", () => {
  noLeaks(() => {
    using x = f32([1, 2, 3]);
    using c = f32([7, 8]);
    using repeated = vmap((_a: Tensor) => c)(x);
    assert.equal(
      [[...repeated.shape], numbers(repeated)],
      [
        [3, 2],
        [7, 8, 7, 8, 7, 8],
      ],
    );
    const [once, mapped] = vmap((a: Tensor) => [c, a], { outAxes: [null, 0] as never })(x);
    assert.equal(
      [numbers(once), numbers(mapped)],
      [
        [7, 8],
        [1, 2, 3],
      ],
    );
    dispose([once, mapped]);
    assert.throws(() => vmap((a: Tensor) => a, { outAxes: null })(x), failing("ArgumentError", /outAxes is null/));
    assert.throws(() => vmap((a: Tensor) => a, { outAxes: 1 })(x), failing("ShapeError", /no axis 1[\s\S]*the result/));
  });
});

Vmap("sizes that differ are named with their places", () => {
  using x = f32([1, 2]);
  using y = f32([1, 2, 3]);
  assert.throws(
    () => vmap((p: { x: Tensor }, b: Tensor) => add(p.x, b))({ x }, y),
    failing(
      "ShapeError",
      /mapped axes have different sizes[\s\S]*2 at args\[0\]\.x \(f32\[2\]\), 3 at args\[1\] \(f32\[3\]\)/,
    ),
  );
});

Vmap("axes that do not exist, no axis at all, and trees that do not fit are errors", () => {
  using x = f32([1, 2]);
  const f = (p: { a: Tensor }): Tensor => p.a;
  assert.throws(
    () => vmap(f, { inAxes: [{ a: 1 }] })({ a: x }),
    failing("ShapeError", /no axis 1[\s\S]*f32\[2\][\s\S]*args\[0\]\.a/),
  );
  assert.throws(() => vmap(f, { inAxes: null })({ a: x }), failing("ArgumentError", /no argument is mapped/));
  assert.throws(() => vmap(f, { inAxes: [0, 0] as never })({ a: x }), failing("ArgumentError", /1 entries[\s\S]*2/));
  assert.throws(
    () => vmap(f, { inAxes: [{ b: 0 }] as never })({ a: x }),
    failing("TreeError", /args\[0\]\.a: missing; args\[0\]\.b: unexpected/),
  );
  assert.throws(() => vmap(f, { inAxes: [{ a: { c: 0 } }] as never })({ a: x }), failing("TreeError", /not a prefix/));
  assert.throws(() => vmap(f, { inAxes: [{ a: "0" }] as never })({ a: x }), failing("TreeError", /not a prefix/));
});

Vmap("a plain number is the same for all", () => {
  noLeaks(() => {
    using x = f32([1, 2]);
    using y = vmap((a: Tensor, s: Tensor | number) => mul(a, s as Tensor))(x, 3);
    assert.equal(numbers(y), [3, 6]);
  });
});

Vmap("a batch of no examples", () => {
  noLeaks(() => {
    using x = f32([], [0, 3]);
    using y = vmap((a: Tensor) => dot(a, a))(x);
    assert.equal([...y.shape], [0]);
    using g = vmap(grad((a: Tensor) => dot(a, a)))(x) as Tensor & Disposable;
    assert.equal([...g.shape], [0, 3]);
  });
});

Vmap("nested maps, and values of the outer one in the inner one", () => {
  noLeaks(() => {
    using x = f32([1, 2, 3]);
    using y = f32([10, 20]);
    using outer = vmap((a: Tensor) => vmap((b: Tensor) => mul(a, b))(y))(x);
    assert.equal(
      [[...outer.shape], numbers(outer)],
      [
        [3, 2],
        [10, 20, 20, 40, 30, 60],
      ],
    );
  });
});

Vmap("of grad is a gradient for each example; under and over jit the same", () => {
  noLeaks(() => {
    using w = f32([1, 2]);
    using xs = f32([1, 2, 3, 4], [2, 2]);
    const loss = (p: Tensor, x: Tensor): Tensor => mul(dot(p, x), dot(p, x));
    using inner = jit(loss);
    const each = vmap(grad(loss), { inAxes: [null, 0] });
    using outer = jit(each);
    for (const f of [each, outer, vmap(grad(inner), { inAxes: [null, 0] })]) {
      using g = f(w, xs) as Tensor & Disposable;
      assert.equal(numbers(g), [10, 20, 66, 88]);
    }
  });
});

Vmap("one application takes the place of the loop", () => {
  using xs = f32(1, [5, 2]);
  assert.is(
    String(makeJaxpr(vmap((x: Tensor) => dot(x, x)))(xs)),
    `{ lambda ; a:f32[5,2] . let
    b:f32[5,2] = mul a a
    c:f32[5] = reduce_sum[axes=(1)] b
  in (c,) }`,
  );
});

Vmap.run();
