import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { reduceSum } from "../../lib/primitives/broadcast.js";
import { dotGeneral } from "../../lib/primitives/dot.js";
import { add, convert, mul, stopGradient } from "../../lib/primitives/elementwise.js";
import { cos, sin, tanh } from "../../lib/primitives/math.js";
import { grad, linearize, valueAndGrad, vjp } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { makeJaxpr } from "../../lib/transforms/make-jaxpr.js";
import { f32, f64, i32, noLeaks, numbers } from "../helpers/runtime.js";
import { failing, onOwnRuntime } from "./setup.js";

const Grad = suite("transforms/grad");
onOwnRuntime(Grad);

const square = (x: Tensor): Tensor => mul(x, x);
const sum = (x: Tensor): Tensor =>
  reduceSum(
    x,
    x.shape.map((_, i) => i),
  );

Grad("of a number, a tensor and a tree of tensors", () => {
  noLeaks(() => {
    using x = f32(3);
    using six = grad(square)(x);
    assert.is(six.item(), 6);
    using weak = grad((x: Tensor | number) => square(x as Tensor))(3) as Tensor;
    assert.is(weak.item(), 6);
    const params = { w: f32([1, 2]), b: [f32(3)] as const, none: null };
    const g = grad((p: typeof params) => add(sum(square(p.w)), mul(p.b[0], p.b[0])))(params);
    assert.equal([numbers(g.w), numbers(g.b[0]), g.none], [[2, 4], [6], null]);
    dispose([g, params]);
  });
});

Grad("argnums chooses arguments, in any order", () => {
  noLeaks(() => {
    const [x, y] = [f32(2), f32(5)];
    const f = (a: Tensor, b: Tensor): Tensor => mul(square(a), b);
    const by = (...g: Tensor[]): number[] => {
      const out = g.map((t) => t.item());
      dispose(g);
      return out;
    };
    assert.equal(by(grad(f)(x, y)), [20]);
    assert.equal(by(grad(f, { argnums: 1 })(x, y)), [4]);
    assert.equal(by(...grad(f, { argnums: [1, 0] })(x, y)), [4, 20]);
    assert.equal(by(...grad(f, { argnums: [0] })(x, y)), [20]);
    for (const argnums of [2, -1, 0.5]) {
      assert.throws(() => grad(f, { argnums: argnums as 0 })(x, y), failing("ArgumentError", /0 to 1[\s\S]*/));
    }
    dispose([x, y]);
  });
});

Grad("hasAux hands on the rest, which is not differentiated", () => {
  noLeaks(() => {
    const x = f32(3);
    const f = (a: Tensor) => [square(a), { double: add(a, a), count: convert(a, "int32") }] as const;
    const [g, aux] = grad(f, { hasAux: true })(x);
    assert.equal([g.item(), aux.double.item(), aux.count.item()], [6, 6, 3]);
    const [[value, same], g2] = valueAndGrad(f, { hasAux: true })(x);
    assert.equal([value.item(), same.double.item(), g2.item()], [9, 6, 6]);
    dispose([x, g, aux, value, same, g2]);
    assert.throws(() => grad(square as never, { hasAux: true })(1 as never), failing("TreeError", /\[result, aux\]/));
  });
});

Grad("an aux that is an argument comes back as a tensor of its own", () => {
  noLeaks(() => {
    const x = f32(3);
    const [g, aux] = grad((a: Tensor) => [square(a), a] as const, { hasAux: true })(x);
    x.dispose();
    assert.is(aux.item(), 3);
    dispose([g, aux]);
  });
});

Grad("valueAndGrad gives both", () => {
  noLeaks(() => {
    using x = f64([1, 2]);
    const [value, g] = valueAndGrad((a: Tensor) => sum(square(a)))(x);
    assert.equal([value.item(), numbers(g)], [5, [2, 4]]);
    dispose([value, g]);
  });
});

Grad("a loss that is not a float scalar is an error that says what it is", () => {
  using x = f32([1, 2]);
  assert.throws(
    () => grad(square)(x),
    failing("ShapeError", /^grad of square: the loss is not a scalar[\s\S]*f32\[2\]/),
  );
  const count = (a: Tensor): Tensor => convert(sum(a), "int32");
  assert.throws(() => grad(count)(x), failing("ShapeError", /got +i32\[\]/));
  const pair = (a: Tensor): Tensor => [sum(a), sum(a)] as never;
  assert.throws(() => grad(pair)(x), failing("ShapeError", /a tree of 2 leaves[\s\S]*hasAux/));
});

Grad("an integer argument cannot be differentiated, and is named by its path", () => {
  using step = i32(3);
  const f = (state: { step: Tensor; w: number }): Tensor => convert(state.step, "float32");
  assert.throws(
    () => grad(f)({ step, w: 1 }),
    failing("DTypeError", /^grad of f: [\s\S]*i32\[\][\s\S]*args\[0\]\.step[\s\S]*allowInt/),
  );
});

Grad(
  "integers and bools in the arguments of vjp and linearize have null for a (co)tangent, as has all that null stands for",
  () => {
    noLeaks(() => {
      using w = f32([2, 3]);
      using ids = i32([1, 0]);
      using flag = np.array(true);
      const batch = { ids, mask: flag, scale: f32(10) };
      const f = (p: { w: Tensor }, b: typeof batch) => ({ y: mul(p.w, b.scale), ids: add(b.ids, b.ids) });
      const [y, pull] = vjp(f, { w }, batch);
      const [dp, db] = pull({ y: w, ids: null });
      assert.equal([numbers(dp.w), db.ids, db.mask, db.scale.item()], [[20, 30], null, null, 13]);
      const [none, still] = pull(null);
      assert.equal([numbers(none.w), still.scale.item()], [[0, 0], 0]);
      pull.dispose();
      const [z, push] = linearize(f, { w }, batch);
      const dy = push({ w }, null);
      assert.equal([numbers(dy.y), dy.ids], [[20, 30], null]);
      push.dispose();
      dispose([y, dp, db.scale, none, still, z, dy, batch.scale]);
    });
  },
);

Grad("allowInt gives null for integers instead of an error", () => {
  noLeaks(() => {
    using step = i32(3);
    const f = (state: { step: Tensor; w: Tensor }): Tensor => mul(state.w, convert(state.step, "float32"));
    using w = f32(2);
    const g = grad(f, { allowInt: true })({ step, w });
    assert.equal([g.step, g.w.item()], [null, 3]);
    g.w.dispose();
    const [value, only] = valueAndGrad((n: Tensor) => convert(n, "float32"), { allowInt: true })(step);
    assert.equal([value.item(), only], [3, null]);
    value.dispose();
  });
});

Grad("an argument that is no tensor is named by its path", () => {
  const f = (p: { layers: string[] }): Tensor => p as never;
  assert.throws(() => grad(f)({ layers: ["x"] }), failing("TreeError", /^grad of f: [\s\S]*args\[0\]\.layers\[0\]/));
});

Grad("an argument that the loss does not depend on has a gradient of zeros", () => {
  noLeaks(() => {
    const [x, y] = [f32([1, 2]), f64([3, 4, 5])];
    const g = grad((a: Tensor, _b: Tensor) => sum(a), { argnums: [0, 1] })(x, y);
    assert.equal(g.map(numbers), [
      [1, 1],
      [0, 0, 0],
    ]);
    assert.equal(
      g.map((t) => t.dtype),
      ["float32", "float64"],
    );
    dispose([g, x, y]);
  });
});

Grad("a constant loss, and one that returns its argument", () => {
  noLeaks(() => {
    using x = f32(2);
    using zero = grad((_a: Tensor) => 1)(x);
    using one = grad((a: Tensor) => a)(x);
    assert.equal([zero.item(), one.item()], [0, 1]);
  });
});

Grad("stopGradient and integers in between cut the derivative", () => {
  noLeaks(() => {
    using x = f32(2.5);
    using g = grad((a: Tensor) => mul(a, stopGradient(square(a))))(x);
    assert.is(g.item(), 6.25);
    using h = grad((a: Tensor) => mul(a, convert(convert(a, "int32"), "float32")))(x);
    assert.is(h.item(), 2);
  });
});

Grad("a weak number among the operands leaves gradients strong", () => {
  noLeaks(() => {
    using g = grad((a: number) => sin(mul(a as never, a as never) as Tensor))(2) as unknown as {
      aval: unknown;
    } & Disposable;
    assert.is(String(g.aval), "f32[]");
  });
});

Grad("gradients of any order", () => {
  noLeaks(() => {
    using x = f64(0.7);
    let f: (a: Tensor) => Tensor = sin;
    for (let order = 1; order <= 4; order++) {
      f = grad(f);
      using g = f(x);
      const want = [Math.cos(0.7), -Math.sin(0.7), -Math.cos(0.7), Math.sin(0.7)][order - 1];
      assert.ok(Math.abs(g.item() - want) < 1e-14, `order ${order}: ${g.item()}`);
    }
  });
});

Grad("perturbations of nested gradients are not confused", () => {
  noLeaks(() => {
    using x = f64(2);
    // d/dx [x · d/dy (x + y)] = 1, not 2 (Siskind and Pearlmutter 2005).
    using g = grad((a: Tensor) => mul(a, grad((b: Tensor) => add(a, b))(a)))(x);
    assert.is(g.item(), 1);
  });
});

Grad("vjp pulls back several times, checks cotangents, and is an error once disposed", () => {
  noLeaks(() => {
    using x = f32([1, 2]);
    const [value, pull] = vjp((a: Tensor) => ({ s: square(a), n: convert(a, "int32") }), x);
    assert.equal(
      [numbers(value.s), numbers(value.n)],
      [
        [1, 4],
        [1, 2],
      ],
    );
    using ct = f32([1, 10]);
    for (const times of [1, 2]) {
      const [g] = pull({ s: ct, n: null });
      assert.equal(numbers(g), [2, 40], `call ${times}`);
      g.dispose();
    }
    assert.throws(
      () => pull({ s: ct } as never),
      failing("TreeError", /^vjp of an anonymous function: [\s\S]*ct\.n: missing/),
    );
    using wrong = f32([1, 2, 3]);
    assert.throws(
      () => pull({ s: wrong, n: null }),
      failing("ShapeError", /a cotangent does not fit[\s\S]*f32\[3\][\s\S]*ct\.s/),
    );
    assert.throws(() => pull({ s: ct, n: value.n }), failing("DTypeError", /no cotangent[\s\S]*null[\s\S]*ct\.n/));
    pull.dispose();
    pull.dispose();
    assert.throws(() => pull({ s: ct, n: null }), failing("UseAfterDisposeError", /was disposed/));
    dispose(value);
  });
});

Grad("vjp keeps what it needs when the arguments are disposed", () => {
  noLeaks(() => {
    const x = f32([3]);
    const [y, pull] = vjp(square, x);
    x.dispose();
    using ct = f32([1]);
    const [g] = pull(ct);
    assert.equal(numbers(g), [6]);
    dispose([y, g]);
    pull.dispose();
  });
});

Grad("a vjp inside of a grad may be disposed there, or not: the gradient is the same and nothing stays behind", () => {
  const slope =
    (w: Tensor, disposed: boolean) =>
    (x: Tensor): Tensor => {
      // The residual of a product with a constant is known at once, so the outer trace holds on to it.
      const [y, pull] = vjp((a: Tensor) => mul(a, w), x);
      const [g] = pull(y);
      if (disposed) pull.dispose();
      return sum(g);
    };
  noLeaks(() => {
    using x = f64([0.5, 2]);
    using w = f64([3, 5]);
    const [a, b] = [grad(slope(w, true))(x), grad(slope(w, false))(x)];
    assert.equal(
      [numbers(a), numbers(b)],
      [
        [9, 25],
        [9, 25],
      ],
    );
    dispose([a, b]);
  });
});

/** A layer with frozen weights, and a prompt that is tuned. */
const loss = (frozen: { w: Tensor; v: Tensor }, prompt: Tensor): Tensor => {
  const product = (a: Tensor, b: Tensor): Tensor =>
    dotGeneral(a, b, { lhsContract: [1], rhsContract: [0], lhsBatch: [], rhsBatch: [] });
  return sum(product(tanh(product(prompt, frozen.w)), frozen.v));
};

Grad("frozen weights have no tangents and no products of their own", () => {
  const [w, v, prompt] = [f32(0.1, [3, 4]), f32(0.2, [4, 5]), f32(0.3, [2, 3])];
  using step = jit(loss);
  const closed = makeJaxpr(grad(step, { argnums: 1 }))({ w, v }, prompt);
  assert.is(
    String(closed),
    `{ lambda ; a:f32[4,5] b:f32[3,4] c:f32[2,3] . let
    d:f32[] e:f32[2,4] = jit[name=loss jaxpr={ lambda ; a:f32[4,5] b:f32[3,4] c:f32[2,3] . let
      d:f32[2,4] = dot_general[lhsContract=(1) rhsContract=(0) lhsBatch=() rhsBatch=()] c b
      e:f32[2,4] = tanh d
      f:f32[2,4] = mul e e
      g:f32[2,4] = sub 1:f32[] f
      h:f32[2,5] = dot_general[lhsContract=(1) rhsContract=(0) lhsBatch=() rhsBatch=()] e a
      i:f32[] = reduce_sum[axes=(0,1)] h
    in (i, g) }] a b c
    f:f32[2,3] = jit[name=transpose(linear(loss)) jaxpr={ lambda ; a:f32[3,4] b:f32[2,4] c:f32[4,5] d:f32[] . let
      e:f32[2,5] = broadcast_in_dim[shape=(2,5) dims=()] d
      f:f32[2,4] = dot_general[lhsContract=(1) rhsContract=(1) lhsBatch=() rhsBatch=()] e c
      g:f32[2,4] = mul f b
      h:f32[2,3] = dot_general[lhsContract=(1) rhsContract=(1) lhsBatch=() rhsBatch=()] g a
    in (h,) }] b e a 1:f32[]
  in (f,) }`,
  );
  dispose([w, v, prompt]);
});

Grad("a zero tangent stays symbolic: what does not depend on the argument is not in the linear program", () => {
  const f = (x: Tensor, y: Tensor): Tensor => add(mul(sin(y), cos(y)), sin(x));
  using x = f32(1);
  const text = String(makeJaxpr(grad(f))(x, x));
  assert.is(text.match(/= cos /g)?.length, 2, "one of the function, one of the derivative of sin(x)");
  assert.not.match(text, "broadcast_in_dim");
});

Grad.run();
