/** @file Collectives over named axes against JAX's values and gradients, and what they refuse. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { leavesOf } from "../../lib/core/pytree.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as lax from "../../lib/lax/index.js";
import * as np from "../../lib/np/index.js";
import { checkpoint } from "../../lib/transforms/checkpoint.js";
import { customJvp } from "../../lib/transforms/custom-jvp.js";
import { customVjp } from "../../lib/transforms/custom-vjp.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { f64, i32, noLeaks, numbers } from "../helpers/runtime.js";
import { failing, onOwnRuntime } from "../transforms/setup.js";

const Collectives = suite("lax/collectives");
onOwnRuntime(Collectives);

interface Golden {
  readonly inputs: { readonly X: readonly number[]; readonly M: number[][]; readonly C: number[][] };
  readonly cases: Readonly<Record<string, readonly unknown[]>>;
}
const { inputs, cases } = JSON.parse(
  readFileSync(new URL("../golden/data/collectives.json", import.meta.url), "utf8"),
) as Golden;
const X = (): Tensor => f64(inputs.X);
const M = (): Tensor => f64(inputs.M.flat(), [2, 3]);
const C = (): Tensor => f64(inputs.C.flat(), [3, 3]);

type F = (...xs: Tensor[]) => Tensor;
const v = <A extends readonly unknown[], R>(f: (...xs: A) => R) => vmap(f, { axisName: "i" });
const vv = (f: F) => vmap(vmap(f, { axisName: "j" }), { axisName: "i" });
const { add, subtract: sub, multiply: mul, divide: div } = np;

const weighted: F = (x) => mul(np.sin(lax.psum(mul(x, x), "i")), x);
const normalized: F = (x) =>
  add(sub(x, lax.pmean(x, "i")), mul(lax.psum(1, "i"), np.astype(lax.axisIndex("i"), "float64")));
const inScan = (x: Tensor): [Tensor, Tensor] =>
  lax.scan(
    (carry: Tensor, w: Tensor): [Tensor, Tensor] => {
      const c = np.tanh(add(mul(carry, w), lax.pmean(carry, "i")));
      return [c, add(lax.psum(c, "i"), np.astype(lax.axisIndex("i"), "float64"))];
    },
    x,
    f64([1, 0.5, 2]),
  );
const inCond: F = (x) =>
  lax.cond(
    np.greater(lax.psum(x, "i"), 1),
    (y: Tensor) => mul(lax.psum(y, "i"), y),
    (y: Tensor) => sub(y, lax.pmean(y, "i")),
    x,
  );
const condEach: F = (x) => {
  const s = lax.psum(x, "i");
  return lax.cond(
    np.greater(x, 0),
    (y: Tensor) => mul(y, s),
    (y: Tensor) => sub(y, s),
    x,
  );
};
const whileAll: F = (x) =>
  lax.whileLoop(
    (c: Tensor) => np.less(lax.psum(c, "i"), 100),
    (c: Tensor) => mul(c, 2),
    np.abs(x),
  );
const whileEach: F = (x) =>
  lax.whileLoop(
    (c: Tensor) => np.less(c, 10),
    (c: Tensor) => add(add(c, lax.pmean(np.abs(c), "i")), 1),
    x,
  );
const gathered: F = (x) => mul(np.sum(mul(lax.allGather(x, "i"), f64([1, 2, 3]))), x);
const scattered: F = (r) => mul(np.sin(lax.psumScatter(r, "i")), np.take(r, 0));
const scanLoss: F = (x) => {
  const [c, ys] = inScan(x);
  return add(mul(c, 2), np.sum(ys));
};
const both: F = (x) =>
  add(
    add(mul(lax.psum(np.sin(x), ["i", "j"]), x), mul(lax.pmean(x, "j"), np.astype(lax.axisIndex("i"), "float64"))),
    lax.psum(x, "i"),
  );
const custom: F = customJvp(
  (x: Tensor) => mul(lax.psum(x, "i"), x),
  ([x], [dx]) => [mul(lax.psum(x, "i"), x), mul(mul(lax.psum(dx, "i"), 3), x)],
) as unknown as F;

const sums =
  (f: (...xs: Tensor[]) => unknown): F =>
  (...xs) =>
    (leavesOf(f(...xs)) as Tensor[]).map((y) => np.sum(mul(y, np.cos(y)))).reduce((a, b) => add(a, b));

const MADE: Readonly<Record<string, () => unknown>> = {
  psum: () => v((x: Tensor) => div(x, lax.psum(x, "i")))(X()),
  "psum of a tree": () => v((x: Tensor) => lax.psum({ a: x, b: [mul(x, x), np.greater(x, 0)] }, "i"))(X()),
  "psum of a number": () => v((x: Tensor) => mul(x, lax.psum(2, "i")))(X()),
  "psum of what is the same for all": () =>
    vmap((x: Tensor, y: Tensor) => mul(lax.psum(y, "i"), x), { axisName: "i", inAxes: [0, null] })(X(), f64(5)),
  pmean: () => v(normalized)(X()),
  "pmean of integers": () => v((x: Tensor) => lax.pmean(x, "i"))(i32([1, 2, 4])),
  pmax: () => v((x: Tensor) => div(x, lax.pmax(x, "i")))(X()),
  pmin: () => v((r: Tensor) => sub(r, lax.pmin(r, "i")))(C()),
  "axis index": () => v((_x: Tensor) => lax.axisIndex("i"))(X()),
  "axis index of two": () => vv(() => lax.axisIndex(["i", "j"]))(M()),
  "axis size of two": () => vv((x) => mul(x, lax.axisSize(["i", "j"])))(M()),
  "inner name hides the outer": () => v((r: Tensor) => v((x: Tensor) => lax.psum(x, "i"))(r))(M()),
  "two names": () => vv(both)(M()),
  "two names, gradient inside": () => vv(grad(both))(M()),
  "two names, gradient between": () => v(grad(sums(vmap(both, { axisName: "j" }))))(M()),
  "two names, gradient outside": () => grad(sums(vv(both)))(M()),
  "gradient inside": () => v(grad(weighted))(X()),
  "gradient outside": () => grad(sums(v(weighted)))(X()),
  "second derivative inside": () => v(grad(grad(weighted)))(X()),
  "gradient of pmean inside": () => v(grad(normalized))(X()),
  "gradient by what is the same for all": () =>
    vmap(
      grad((y: Tensor, x: Tensor) => add(mul(lax.psum(mul(y, x), "i"), x), lax.psum(y, "i"))),
      { axisName: "i", inAxes: [null, 0] },
    )(f64(5), X()),
  "forward mode inside": () => v((x: Tensor) => jvp(weighted, [x], [add(x, 1)]))(X()),
  "jit inside": () => v(jit(weighted))(X()),
  "jit outside": () => jit(v(weighted))(X()),
  "gradient of jit inside": () => v(grad(jit(weighted)))(X()),
  "jit of gradient outside": () => jit(grad(sums(v(jit(weighted)))))(X()),
  scan: () => v(inScan)(X()),
  "scan, gradient inside": () => v(grad(scanLoss))(X()),
  "scan, gradient outside": () => grad(sums(v(inScan)))(X()),
  cond: () => v(inCond)(X()),
  "cond, gradient inside": () => v(grad(inCond))(X()),
  "cond of each": () => v(condEach)(X()),
  "cond of each, gradient inside": () => v(grad(condEach))(X()),
  "while of all": () => v(whileAll)(X()),
  "while of each": () => v(whileEach)(X()),
  gather: () => v((x: Tensor) => lax.allGather(x, "i"))(X()),
  "gather along an axis": () => v((r: Tensor) => lax.allGather(r, "i", { axis: 1 }))(C()),
  "gather tiled": () => v((r: Tensor) => lax.allGather(r, "i", { axis: 0, tiled: true }))(C()),
  "gather, gradient inside": () => v(grad(gathered))(X()),
  "gather, gradient outside": () => grad(sums(v(gathered)))(X()),
  scatter: () => v((r: Tensor) => lax.psumScatter(r, "i"))(C()),
  "scatter tiled": () =>
    v((r: Tensor) => lax.psumScatter(r, "i", { tiled: true }))(np.concatenate([C(), mul(C(), 2)], { axis: 1 })),
  "scatter, gradient inside": () => v(grad(scattered))(C()),
  "scatter, gradient outside": () => grad(sums(v(scattered)))(C()),
  "custom derivative, gradient inside": () => v(grad(custom))(X()),
  "custom derivative, gradient outside": () => grad(sums(v(custom)))(X()),
  "checkpoint, gradient inside": () => v(grad(checkpoint(weighted)))(X()),
  "axis size as an option": () =>
    vmap((x: Tensor) => add(x, np.astype(lax.axisIndex("i"), "float64")), {
      axisName: "i",
      axisSize: 4,
      inAxes: null,
    })(f64(1)),
};

/** Nested lists, booleans as numbers, as one list. */
const flat = (x: unknown): number[] => (Array.isArray(x) ? x.flatMap(flat) : [Number(x)]);

for (const [name, make] of Object.entries(MADE)) {
  Collectives(`as JAX: ${name}`, () => {
    const expected = cases[name];
    for (const [what, run] of [
      ["eager", make],
      ["compiled", jit(() => make() as Tensor)],
    ] as const) {
      const got = leavesOf(run()) as Tensor[];
      assert.is(got.length, expected.length, what);
      got.forEach((y, i) => {
        const [own, want] = [numbers(y), flat(expected[i])];
        assert.is(own.length, want.length, `${what}: ${y.aval}`);
        own.forEach((a, k) => {
          assert.ok(
            Math.abs(a - want[k]) <= 1e-6 * Math.max(1, Math.abs(want[k])) * (y.dtype === "float64" ? 1e-6 : 1),
            `${what} [${i}][${k}]: ${a}, JAX ${want[k]}`,
          );
        });
      });
    }
  });
}

Collectives("every golden case is tested", () => assert.equal(Object.keys(cases).sort(), Object.keys(MADE).sort()));

Collectives("an extremum has the derivative of the reduction, where JAX has none", () => {
  const f: F = (x) => mul(lax.pmax(mul(x, x), "i"), x);
  const whole = (xs: Tensor): Tensor => np.sum(mul(np.max(mul(xs, xs)), xs));
  const expected = numbers(grad(whole)(X()));
  assert.equal(numbers(grad((xs: Tensor) => np.sum(v(f)(xs)))(X())), expected);
  // Inside, every example's gradient is that of the sum over all, as for psum.
  assert.equal(numbers(v(grad(f))(X())), expected);
});

Collectives("values of several axes are gathered in the order of their names", () => {
  const all = vv((x) => lax.allGather(x, ["i", "j"]))(M());
  assert.equal([[...all.shape], numbers(all).slice(0, 6)], [[2, 3, 6], inputs.M.flat()]);
  const other = vv((x) => lax.allGather(x, ["j", "i"]))(M());
  assert.equal(numbers(other).slice(0, 6), numbers(np.transpose(M())));
});

Collectives("customVjp's functions see the axis, also when the cotangent comes back after vmap has ended", () => {
  const f = customVjp(
    (x: Tensor) => mul(lax.psum(x, "i"), x),
    (x: Tensor) => [mul(lax.psum(x, "i"), x), x] as const,
    (x: Tensor, ct: Tensor) => [mul(lax.psum(ct, "i"), x)] as const,
  );
  const [x, plain] = [X(), inputs.X];
  assert.equal(
    numbers(grad((xs: Tensor) => np.sum(v(f)(xs)))(x)),
    plain.map((a) => 3 * a),
  );
  assert.equal(
    numbers(v(grad(f as F))(x)),
    plain.map((a) => 3 * a),
  );
  assert.equal(
    numbers(grad((xs: Tensor) => np.sum(v(jit(f as F))(xs)))(x)),
    plain.map((a) => 3 * a),
  );
});

Collectives("a jitted function knows which axes it was traced for", () => {
  const f = jit((x: Tensor) => mul(x, lax.axisSize("i")));
  assert.equal(
    numbers(v(f)(X())),
    inputs.X.map((a) => 3 * a),
  );
  assert.equal(numbers(v(f)(f64([1, 2]))), [2, 4]);
  assert.throws(() => f(f64(1)), failing("ArgumentError", /unbound axis name: i/));
});

Collectives("names that no axis has are refused, with those there are", () => {
  const unbound = failing("ArgumentError", /unbound axis name: k\n {2}expected {2}one of i/);
  for (const f of [lax.psum, lax.pmean, lax.pmax, lax.pmin, lax.allGather, lax.psumScatter]) {
    assert.throws(() => v((x: Tensor) => f(x, "k"))(X()), unbound);
    assert.throws(() => f(1, "k"), failing("ArgumentError", /unbound axis name: k/));
  }
  assert.throws(() => v((_x: Tensor) => lax.axisIndex("k"))(X()), unbound);
  assert.throws(() => lax.axisSize("k"), failing("ArgumentError", /unbound axis name: k/));
  assert.throws(() => jit((x: Tensor) => lax.psum(x, "i"))(f64(1)), failing("ArgumentError", /unbound axis name: i/));
  assert.throws(() => vmap((x: Tensor) => lax.psum(x, "i"))(X()), failing("ArgumentError", /unbound axis name: i/));
});

Collectives("arguments that do not fit are refused", () => {
  assert.throws(() => v((x: Tensor) => lax.allGather(x, "i", { axis: 2 }))(X()), failing("ShapeError", /axis 2/));
  assert.throws(() => v((x: Tensor) => lax.psumScatter(x, "i"))(M()), failing("ShapeError", /no slice/));
  assert.throws(() => vmap((x: Tensor) => x, { axisSize: 4 })(X()), failing("ShapeError", /4 at axisSize/));
  assert.throws(() => v((x: Tensor) => lax.psum(x, 1 as never))(X()), failing("ArgumentError", /axisName is not/));
});

Collectives("nothing is left behind", () => {
  noLeaks(() => {
    const x = X();
    const y = v(grad(jit(weighted)))(x) as Tensor;
    x.dispose();
    y.dispose();
  });
});

Collectives.run();
