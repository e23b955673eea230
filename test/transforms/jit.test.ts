import { suite } from "uvu";
import * as assert from "uvu/assert";
import { referenceExecutor } from "../../lib/compile/reference/executor.js";
import { runtimeOn } from "../../lib/compile/runtime.js";
import { composite } from "../../lib/core/composite.js";
import { definePrimitive, notLinear, type Primitive } from "../../lib/core/primitive.js";
import { zeroTangents } from "../../lib/core/rules.js";
import { dispose, Literal, type Tensor } from "../../lib/core/tensor.js";
import { bind1 } from "../../lib/core/trace.js";
import { reduceSum } from "../../lib/primitives/broadcast.js";
import { add, mul, sub } from "../../lib/primitives/elementwise.js";
import { exp, sin } from "../../lib/primitives/math.js";
import { grad, valueAndGrad, vjp } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { makeJaxpr } from "../../lib/transforms/make-jaxpr.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { f32, f64, heldBy, i32, noLeaks, numbers, on, onReference, runtimes } from "../helpers/runtime.js";
import { failing, onOwnRuntime } from "./setup.js";

const Jit = suite("transforms/jit");
const runtime = onOwnRuntime(Jit);

const square = (x: Tensor): Tensor => mul(x, x);

// --- the cache -----------------------------------------------------------------------------------------------------------

Jit("a function is traced once for each structure, shapes and dtypes", () => {
  noLeaks(() => {
    let traces = 0;
    const f = (p: { x: Tensor }): Tensor => {
      traces++;
      return square(p.x);
    };
    using g = jit(f);
    const [a, b, c, d] = [f32([1, 2]), f32([3, 4]), f32([[5]].flat(), [1, 1]), f64([1, 2])];
    const outs = [a, b, c, d, a].map((x) => g({ x }));
    assert.equal(outs.map(numbers), [[1, 4], [9, 16], [25], [1, 4], [1, 4]]);
    assert.is(traces, 3);
    assert.equal(g.stats(), { compiles: 3, hits: 2 });
    using other = g({ x: a, y: null } as never) as Tensor & Disposable;
    assert.equal([numbers(other), g.stats().compiles], [[1, 4], 4]);
    dispose([a, b, c, d, outs]);
  });
});

Jit("numbers are weak scalars and do not retrace; a strong scalar is another kind", () => {
  noLeaks(() => {
    using x = f32([1, 2]);
    using g = jit((a: Tensor, s: Tensor | number) => mul(a, s as Tensor));
    for (const s of [2, 3, 4]) {
      using y = g(x, s);
      assert.equal(numbers(y), [s, 2 * s]);
    }
    assert.equal(g.stats(), { compiles: 1, hits: 2 });
    using strong = f32(5);
    using y = g(x, strong);
    assert.equal([numbers(y), g.stats().compiles], [[5, 10], 2]);
  });
});

Jit("static arguments are part of the key: strings, numbers and plain objects by value", () => {
  noLeaks(() => {
    using x = f32([1, 2]);
    const f = (a: Tensor, how: string | number | { n: number }): Tensor =>
      how === "square" ? square(a) : mul(a, new Literal(typeof how === "object" ? how.n : 1 / Number(how), "float32"));
    using g = jit(f, { static: [1] });
    const config = { n: 7 };
    const give = (how: string | number | { n: number }): number[] => {
      using y = g(x, how);
      return numbers(y);
    };
    assert.equal(give("square"), [1, 4]);
    assert.equal(give("square"), [1, 4]);
    assert.equal(give(config), [7, 14]);
    assert.equal(give(config), [7, 14]);
    assert.equal(give({ n: 7 }), [7, 14]);
    assert.equal(give(0), [Infinity, Infinity]);
    assert.equal(give(-0), [-Infinity, -Infinity]);
    assert.equal(give(2), [0.5, 1]);
    assert.equal(give("2"), [0.5, 1]);
    assert.equal(g.stats(), { compiles: 6, hits: 3 });
    assert.throws(() => jit(f)(x, "square"), failing("TreeError", /^jit of f: [\s\S]*string[\s\S]*args\[1\]/));
  });
});

Jit("the program unused for longest is dropped, with its memory", () => {
  noLeaks(() => {
    const table = f32([1, 2, 3]);
    const held = heldBy(runtime.device);
    const f = (x: Tensor): Tensor => add(mul(x, x), reduceSum(table, [0]));
    using g = jit(f, { cacheSize: 2 });
    const xs = [1, 2, 3].map((n) => f32(1, [n]));
    for (const n of [0, 1, 0, 2, 0]) g(xs[n]).dispose();
    assert.equal(g.stats(), { compiles: 3, hits: 2 });
    g(xs[1]).dispose();
    assert.equal(g.stats(), { compiles: 4, hits: 2 });
    dispose(xs);
    g.dispose();
    assert.equal(heldBy(runtime.device), held);
    table.dispose();
  });
});

Jit("another executor compiles its own program", () => {
  noLeaks(() => {
    using x = f32([1, 2]);
    using g = jit(square);
    g(x).dispose();
    const other = runtimeOn({ ...referenceExecutor(), name: "another" });
    on(other, () => g(x).dispose());
    assert.equal(g.stats(), { compiles: 2, hits: 0 });
    g(x).dispose();
    assert.is(g.stats().hits, 1);
  });
});

Jit("jit of one function twice compiles once; a disposed one compiles anew", () => {
  noLeaks(() => {
    using x = f32([1, 2]);
    const f = (a: Tensor): Tensor => square(a);
    const [g, h] = [jit(f), jit(f)];
    g(x).dispose();
    h(x).dispose();
    assert.equal(
      [g.stats(), h.stats()],
      [
        { compiles: 1, hits: 0 },
        { compiles: 0, hits: 1 },
      ],
    );
    g.dispose();
    g(x).dispose();
    assert.is(g.stats().compiles, 2);
    g.dispose();
  });
});

// --- memory --------------------------------------------------------------------------------------------------------------

Jit("a call leaves its result only, and what a program closes over outlives the original", () => {
  noLeaks(() => {
    const w = f32([1, 2]);
    using x = f32([3, 4]);
    using g = jit((a: Tensor) => sin(mul(a, w)));
    const first = g(x);
    const held = runtime.device.memory().arrays;
    w.dispose();
    using again = g(x);
    assert.is(runtime.device.memory().arrays, held);
    assert.equal(numbers(again), numbers(first));
    first.dispose();
  });
});

Jit("results that are arguments, constants or each other are tensors of their own", () => {
  noLeaks(() => {
    const w = f32([9]);
    const x = f32([1]);
    const g = jit((a: Tensor) => {
      const y = add(a, a);
      return [a, w, y, y, new Literal(4, "int32"), a];
    });
    const outs = g(x);
    dispose([x, w, outs[0], outs[2]]);
    g.dispose();
    assert.equal([outs[1], outs[3], outs[4], outs[5]].map(numbers), [[9], [2], [4], [1]]);
    dispose(outs);
  });
});

/** An operation whose kernel fails. */
const failP: Primitive<Record<never, never>> = definePrimitive<Record<never, never>>({
  name: "fail",
  abstractEval: (avals) => avals,
  impl: () => {
    throw new Error("kernel");
  },
  jvp: zeroTangents(() => failP),
  transpose: notLinear("fail"),
  batch: (_size, xs, dims, params) => [[bind1(failP, xs, params)], dims],
});

Jit("a kernel that fails frees the intermediates, and names the operation", () => {
  noLeaks(() => {
    using x = f32([1, 2]);
    using g = jit((a: Tensor) => bind1(failP, [sin(mul(a, a))], {}));
    assert.throws(() => g(x), failing("InvariantError", /^fail: the reference executor failed: Error: kernel/));
    assert.throws(() => bind1(failP, [x], {}), failing("InvariantError", /^fail: /));
  });
});

Jit("a disposed program inside a transformation leaves its constants to that transformation", () => {
  noLeaks(() => {
    using x = f32([3, 4]);
    const w = f32([1, 2]);
    const f = (a: Tensor): Tensor => {
      using inner = jit((b: Tensor) => mul(b, w));
      return reduceSum(inner(a), [0]);
    };
    using g = grad(f)(x) as Tensor & Disposable;
    assert.equal(numbers(g), [1, 2]);
    w.dispose();
  });
});

Jit("a function made anew in every turn of a loop, with tracers of a transformation, leaves nothing behind", () => {
  onReference((own) => {
    const x = f32([1, 2, 3]);
    const table = f32([5, 6, 7]);
    const turn = (): void => {
      const f = (a: Tensor): Tensor => reduceSum(jit((b: Tensor) => mul(mul(a, b), table))(a), [0]);
      const g = grad(f)(x) as Tensor;
      assert.equal(numbers(g), [10, 24, 42]);
      g.dispose();
    };
    turn();
    const held = heldBy(own.device);
    for (let i = 0; i < 5; i++) turn();
    assert.equal(heldBy(own.device), held);
  });
});

// --- donation ------------------------------------------------------------------------------------------------------------

Jit("a donated argument is gone after the call, and says which call took it", () => {
  noLeaks(() => {
    using step = jit(
      function update(state: { w: Tensor }, g: Tensor) {
        return { w: sub(state.w, g) };
      },
      { donate: [0] },
    );
    const g = f32([1, 1]);
    let state = { w: f32([5, 6]) as Tensor };
    const first = state.w;
    for (let i = 0; i < 3; i++) state = step(state, g);
    assert.equal(numbers(state.w), [2, 3]);
    assert.throws(() => first.dataSync(), failing("UseAfterDisposeError", /donated to jit of update as args\[0\]\.w/));
    assert.throws(() => add(first, g), failing("UseAfterDisposeError", /^add: /));
    dispose([state, g]);
  });
});

Jit("a donated tensor that appears twice is an error that names both places, and nothing is lost", () => {
  noLeaks(() => {
    using step = jit((a: { x: Tensor }, b: Tensor) => add(a.x, b), { donate: [0] });
    const x = f32([1, 2]);
    assert.throws(
      () => step({ x }, x),
      failing("ArgumentError", /a donated tensor appears twice[\s\S]*args\[0\]\.x and args\[1\]/),
    );
    using both = jit((a: { x: Tensor; y: Tensor }) => add(a.x, a.y), { donate: [0] });
    assert.throws(() => both({ x, y: x }), failing("ArgumentError", /args\[0\]\.x and args\[0\]\.y/));
    assert.equal(numbers(x), [1, 2]);
    using twice = jit((a: Tensor, b: Tensor) => add(a, b));
    using y = twice(x, x);
    assert.equal(numbers(y), [2, 4]);
    dispose([x]);
  });
});

Jit("tensors that share a buffer may be donated, one or both, and what was not donated stays", () => {
  noLeaks(() => {
    const x = f32([1, 2]);
    const alias = x.alias();
    using one = jit((a: Tensor, b: Tensor) => add(a, b), { donate: [0] });
    using y = one(alias, x);
    assert.equal(
      [numbers(y), numbers(x)],
      [
        [2, 4],
        [1, 2],
      ],
    );
    const again = x.alias();
    using both = jit((a: Tensor, b: Tensor) => ({ sum: add(a, b), a }), { donate: [0, 1] });
    const { sum, a } = both(x, again);
    assert.equal(
      [numbers(sum), numbers(a)],
      [
        [2, 4],
        [1, 2],
      ],
    );
    dispose([sum, a]);
  });
});

for (const { label, open } of runtimes()) {
  Jit(`equal results of one program may be donated together, on ${label}`, async () => {
    on(await open(), () => {
      using init = jit((p: Tensor) => {
        const zeros = (): Tensor => mul(p, new Literal(0, "float32"));
        const one = new Literal(1, "float32");
        return { mean: zeros(), square: zeros(), p, q: p, one, two: mul(one, one) };
      });
      type State = ReturnType<typeof init>;
      using step = jit(
        (s: State): State => ({ ...s, mean: add(s.mean, s.p), square: add(s.square, square(s.q)), q: s.p }),
        { donate: [0] },
      );
      const n = 600;
      const given = f32(Array.from({ length: n }, (_, i) => i));
      let state = init(given);
      for (let i = 0; i < 3; i++) state = step(state);
      assert.equal(numbers(state.mean).slice(0, 4), [0, 3, 6, 9]);
      assert.equal(numbers(state.square).slice(0, 4), [0, 3, 12, 27]);
      assert.equal([numbers(state.p)[n - 1], numbers(given)[n - 1]], [n - 1, n - 1]);
      dispose([state, given]);
    });
  });
}

Jit("inputs survive a call that fails, while it is traced and while it runs", () => {
  noLeaks(() => {
    const x = f32([1, 2]);
    using tracing = jit(
      (_a: Tensor): Tensor => {
        throw new Error("mine");
      },
      { donate: [0] },
    );
    assert.throws(() => tracing(x), "mine");
    using running = jit((a: Tensor) => bind1(failP, [a], {}), { donate: [0] });
    assert.throws(() => running(x), /kernel/);
    assert.equal(numbers(x), [1, 2]);
    x.dispose();
  });
});

Jit("a donated argument may come back as the result", () => {
  noLeaks(() => {
    using same = jit((a: Tensor) => a, { donate: [0] });
    using y = same(f32([1, 2]));
    assert.equal(numbers(y), [1, 2]);
  });
});

Jit("donation means nothing under another transformation", () => {
  noLeaks(() => {
    using x = f32([1, 2]);
    using f = jit((a: Tensor) => reduceSum(square(a), [0]), { donate: [0] });
    using g = grad(f)(x) as Tensor & Disposable;
    using outer = jit((a: Tensor) => add(f(a), f(a)));
    using y = outer(x);
    assert.equal([numbers(g), numbers(y), numbers(x)], [[2, 4], [10], [1, 2]]);
    // Nor does a tensor from outside count as given twice.
    using both = jit((a: Tensor, b: Tensor) => add(a, b), { donate: [0] });
    using around = jit((a: Tensor) => add(a, both(x, x)));
    using sum = around(x);
    assert.equal(numbers(sum), [3, 6]);
  });
});

// --- with other transformations ------------------------------------------------------------------------------------------

Jit("nested and under every other transformation it is the function", () => {
  noLeaks(() => {
    using x = f64([0.3, -0.7]);
    const f = composite("f", (a: Tensor): Tensor => reduceSum(mul(exp(a), sin(a)), [0]));
    using g = jit(f);
    using nested = jit((a: Tensor) => g(a));
    using squared = jit(square);
    for (const h of [g, nested]) {
      const pairs: [unknown, unknown][] = [
        [h(x), f(x)],
        [grad(h)(x), grad(f)(x)],
        [valueAndGrad(h)(x), valueAndGrad(f)(x)],
        [jvp(h, [x], [x]), jvp(f, [x], [x])],
        [grad((a: Tensor) => reduceSum(grad(h)(a), [0]))(x), grad((a: Tensor) => reduceSum(grad(f)(a), [0]))(x)],
        [vmap(squared)(x), vmap(square)(x)],
      ];
      for (const [got, want] of pairs) {
        assert.equal([got].flat().map(numbers), [want].flat().map(numbers));
        dispose([got, want]);
      }
    }
    const [y, pull] = vjp(g, x);
    using two = f64(2);
    const [ct] = pull(two);
    const [value, g2] = valueAndGrad((a: Tensor) => mul(f(a), two))(x);
    assert.equal([2 * y.item(), numbers(ct)], [value.item(), numbers(g2)]);
    dispose([y, ct, value, g2]);
    pull.dispose();
  });
});

Jit("under grad the forward program is compiled once, also when it is called in a loop", () => {
  noLeaks(() => {
    let traces = 0;
    using g = jit((a: Tensor) => {
      traces++;
      return reduceSum(square(a), [0]);
    });
    using x = f32([1, 2]);
    for (let i = 0; i < 3; i++) (grad(g)(x) as Tensor).dispose();
    assert.is(traces, 1);
    assert.equal(g.stats(), { compiles: 1, hits: 2 });
  });
});

Jit("integer arguments of a differentiated program are passed by", () => {
  noLeaks(() => {
    using x = f32([1, 2]);
    using n = i32([1, 0]);
    using f = jit((a: Tensor, k: Tensor) => [reduceSum(square(a), [0]), k] as const);
    const [g, aux] = grad((a: Tensor, k: Tensor) => f(a, k), { hasAux: true })(x, n);
    assert.equal(
      [numbers(g), numbers(aux)],
      [
        [2, 4],
        [1, 0],
      ],
    );
    dispose([g, aux]);
  });
});

Jit("a program that closes over a tracer stands in place, with no call of its own", () => {
  using x = f32([1, 2]);
  const f = (a: Tensor): Tensor => jit((b: Tensor) => mul(a, b))(a);
  assert.is(
    String(makeJaxpr(f)(x)),
    `{ lambda ; a:f32[2] . let
    b:f32[2] = mul a a
  in (b,) }`,
  );
});

Jit.run();
