import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { checkGrads } from "../../lib/transforms/check.js";
import { checkpoint } from "../../lib/transforms/checkpoint.js";
import { customJvp } from "../../lib/transforms/custom-jvp.js";
import { grad, vjp } from "../../lib/transforms/grad.js";
import { hessian, jacfwd, jacrev } from "../../lib/transforms/jacobian.js";
import { jit } from "../../lib/transforms/jit.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { makeJaxpr } from "../../lib/transforms/make-jaxpr.js";
import { scan } from "../../lib/transforms/scan.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { f64, i32, noLeaks, numbers, treesClose } from "../helpers/runtime.js";
import { failing, onOwnRuntime } from "./setup.js";

const Custom = suite("transforms/custom-jvp");
onOwnRuntime(Custom);

/** sin(x) · y with its right derivative; and one that says the derivative of the first argument is three times as large. */
const plain = (x: Tensor, y: Tensor): Tensor => np.multiply(np.sin(x), y);
const withRule = (factor: number): typeof plain =>
  customJvp(plain, ([x, y], [dx, dy]) => [
    plain(x, y),
    np.add(np.multiply(factor, np.multiply(np.multiply(np.cos(x), y), dx)), np.multiply(np.sin(x), dy)),
  ]);
const same = withRule(1);
const tripled = withRule(3);

Custom("the right rule gives what no rule gives, under every transformation and their compositions", () => {
  scope(() => {
    const [x, y] = [f64([0.3, -0.7, 1.2]), f64([2, 0.5, -1])];
    const rows = np.stack([x, y]);
    const sum = (f: typeof plain) => (a: Tensor, b: Tensor) => np.sum(np.square(f(a, np.multiply(a, b))));
    const forms: Record<string, (f: typeof plain) => unknown> = {
      value: (f) => f(x, y),
      jit: (f) => jit(f)(x, y),
      vmap: (f) => vmap(f, { inAxes: [0, null] })(rows, y),
      "vmap over another axis": (f) => vmap(f, { inAxes: [1, null], outAxes: 1 })(np.transpose(rows), y),
      jvp: (f) => jvp(f, [x, y], [y, x]),
      "jvp along one": (f) => jvp(f, [x, y], [y, null]),
      grad: (f) => grad(sum(f), { argnums: [0, 1] })(x, y),
      "jit of grad": (f) => jit(grad(sum(f)))(x, y),
      "grad of jit": (f) => grad(jit(sum(f)))(x, y),
      "grad of jit of it": (f) => grad(sum(jit(f)))(x, y),
      "vmap of grad": (f) => vmap(grad(sum(f)), { inAxes: [0, null] })(rows, y),
      "grad of vmap": (f) => grad((a: Tensor) => np.sum(vmap(f, { inAxes: [0, null] })(a, y)))(rows),
      "grad of vmap by what is not mapped": (f) =>
        grad((b: Tensor) => np.sum(vmap(f, { inAxes: [0, null] })(rows, b)))(y),
      "jit of grad of jit of vmap": (f) =>
        jit(grad((a: Tensor) => np.sum(jit(vmap(f, { inAxes: [0, null] }))(a, y))))(rows),
      "vmap of jit of grad": (f) => vmap(jit(grad(sum(f))), { inAxes: [0, null] })(rows, y),
      hessian: (f) => hessian(sum(f))(x, y),
      "reverse over reverse, compiled": (f) => jit(jacrev(jit(grad(sum(f)))))(x, y),
      "forward over forward": (f) => jacfwd(jacfwd(f))(x, y),
      checkpoint: (f) => grad(checkpoint(sum(f)))(x, y),
      scan: (f) => grad((a: Tensor) => np.sum(scan((c: Tensor, b: Tensor) => [f(c, b), c] as const, a, rows)[1]))(x),
      "jit of grad of vmap of scan": (f) =>
        jit(
          grad((a: Tensor) =>
            np.sum(vmap((c0: Tensor) => scan((c: Tensor, b: Tensor) => [f(c, b), c] as const, c0, rows)[0])(a)),
          ),
        )(rows),
    };
    for (const [form, of] of Object.entries(forms)) treesClose(of(same), of(plain), form);
  });
  checkGrads(same, [f64([0.3, -0.7]), f64([2, 0.5])], { order: 3 });
});

Custom("the rule decides, in every mode and order, also of a function that was compiled or mapped before", () => {
  scope(() => {
    const [x, y] = [f64(0.3), f64(2)];
    const want = 3 * Math.cos(0.3) * 2;
    const close = (got: Tensor, value = want): void => assert.ok(Math.abs(got.item() - value) < 1e-14, `${got.item()}`);
    close(grad(tripled)(x, y));
    close(jvp(tripled, [x, y], [f64(1), null])[1]);
    close(grad(jit(tripled))(x, y));
    close(jit(grad(jit(tripled)))(x, y));
    close(np.sum(vmap(grad(jit(tripled)), { inAxes: [0, null] })(np.stack([x]), y)));
    close(grad((a: Tensor) => np.sum(jit(vmap(tripled, { inAxes: [0, null] }))(np.reshape(a, [1]), y)))(x));
    close(grad(checkpoint(tripled))(x, y));
    close(grad((a: Tensor) => scan((c: Tensor) => [tripled(c, y), null] as const, a, null, { length: 1 })[0])(x));
    // The rule for x is differentiated by y, and by x.
    const slope: typeof plain = grad(tripled);
    close(grad(slope, { argnums: 1 })(x, y), 3 * Math.cos(0.3));
    close(grad(grad(tripled))(x, y), -3 * Math.sin(0.3) * 2);
  });
});

Custom("a rule that calls the function itself gives every order", () => {
  const exp: (x: Tensor) => Tensor = customJvp(
    (x: Tensor) => np.exp(x),
    ([x], [dx]) => {
      const y = exp(x);
      return [y, np.multiply(y, dx)];
    },
  );
  scope(() => {
    let f: (x: Tensor) => Tensor = exp;
    for (let order = 1; order <= 4; order++) {
      f = grad(f);
      assert.ok(Math.abs(f(f64(0.5)).item() - Math.exp(0.5)) < 1e-14);
      assert.ok(Math.abs(jit(f)(f64(0.5)).item() - Math.exp(0.5)) < 1e-14);
    }
  });
});

Custom("a solver written with ordinary loops is differentiated by its rule, where its values are concrete", () => {
  /** Newton's method for y² = a; the loop ends by the value. */
  const root: (a: Tensor) => Tensor = customJvp(
    (a: Tensor) => {
      let y = np.multiply(a, 1);
      while (Math.abs(y.item() ** 2 - a.item()) > 1e-14) y = np.multiply(0.5, np.add(y, np.divide(a, y)));
      return y;
    },
    ([a], [da]) => {
      const y = root(a);
      return [y, np.divide(da, np.multiply(2, y))];
    },
  );
  scope(() => {
    const a = f64(2);
    assert.ok(Math.abs(root(a).item() - Math.SQRT2) < 1e-14);
    assert.ok(Math.abs(grad(root)(a).item() - 0.5 / Math.SQRT2) < 1e-14);
    assert.ok(Math.abs(grad(grad(root))(a).item() + 0.25 * 2 ** -1.5) < 1e-14);
    assert.throws(() => jit(root)(a), failing("TracerError", /a traced tensor has no value/));
  });
});

Custom("trees, integers and null for zeros", () => {
  type P = { readonly w: Tensor; readonly n: Tensor };
  const seen: unknown[] = [];
  const make = (symbolicZeros: boolean) =>
    customJvp(
      (p: P, x: Tensor) => ({ y: np.multiply(p.w, x), n: np.add(p.n, 1), c: p.w }),
      ([p, x], [dp, dx]) => {
        seen.push(dp.n, dx);
        return [
          { y: np.multiply(p.w, x), n: np.add(p.n, 1), c: p.w },
          { y: np.multiply(dp.w, x), n: null, c: null },
        ];
      },
      { symbolicZeros },
    );
  noLeaks(() => {
    const p = { w: f64([2, 3]), n: i32(1) };
    using x = f64([5, 7]);
    const [value, tangent] = jvp(make(true), [p, x], [{ w: x, n: null }, null]);
    assert.equal([numbers(value.y), numbers(value.n), numbers(value.c)], [[10, 21], [2], [2, 3]]);
    assert.equal([numbers(tangent.y), tangent.n, numbers(tangent.c)], [[25, 49], null, [0, 0]]);
    assert.equal(seen, [null, null]);
    const [y, pull] = vjp(make(false), p, x);
    assert.is(seen[2], null);
    const [dp, dx] = pull({ y: x, n: null, c: x });
    assert.equal([numbers(dp.w), dp.n, numbers(dx)], [[25, 49], null, [0, 0]]);
    pull.dispose();
    dispose([p, value, tangent, y, dp, dx]);
  });
});

Custom("arguments that are no tensors are named by nondiffArgnums", () => {
  scope(() => {
    const apply = customJvp(
      (f: (x: Tensor) => Tensor, x: Tensor, how: "half" | "whole") => np.multiply(f(x), how === "half" ? 0.5 : 1),
      ([f, x, how], [df, dx, dhow]) => {
        assert.equal([df, dhow], [null, null]);
        return [np.multiply(f(x), how === "half" ? 0.5 : 1), np.multiply(dx, how === "half" ? 10 : 20)];
      },
      { nondiffArgnums: [0, 2] },
    );
    const f = (x: Tensor): Tensor => apply(np.sin, x, "half");
    assert.is(grad(f)(f64(0.3)).item(), 10);
    assert.is(jit(grad(f))(f64(0.3)).item(), 10);
    assert.ok(Math.abs(f(f64(0.3)).item() - 0.5 * Math.sin(0.3)) < 1e-15);
  });
});

Custom("closing over what is differentiated is refused, compiled or not; over other values it is fine", () => {
  scope(() => {
    const x = f64(2);
    const scaledBy = (w: Tensor) =>
      customJvp(
        (a: Tensor) => np.multiply(a, w),
        ([a], [da]) => [np.multiply(a, w), np.multiply(da, w)],
      );
    assert.is(grad((a: Tensor) => scaledBy(f64(5))(a))(x).item(), 5);
    assert.is(jit(grad((a: Tensor) => scaledBy(f64(5))(a)))(x).item(), 5);
    assert.is(grad(jit((a: Tensor) => scaledBy(f64(5))(a)))(x).item(), 5);
    const bad = (w: Tensor): Tensor => scaledBy(w)(x);
    assert.throws(() => grad(bad)(x), failing("TracerError", /give a custom rule what it needs as arguments/));
    assert.throws(() => grad(jit(bad))(x), failing("ArgumentError", /^customJvp of [\s\S]*closes over[\s\S]*f64\[\]/));
  });
});

Custom("a rule whose results do not fit is an error that names the path and both avals", () => {
  scope(() => {
    const x = f64([1, 2]);
    const f = (a: Tensor) => ({ y: np.sin(a), z: a });
    const of =
      (rule: unknown): (() => unknown) =>
      () =>
        jvp(customJvp(f, rule as never) as never, [x], [x]);
    const wrong: readonly [unknown, "TreeError" | "ShapeError" | "DTypeError", RegExp][] = [
      [([a]: [Tensor]) => f(a), "TreeError", /^customJvp of f: the rule did not return a pair/],
      [([a]: [Tensor]) => [f(a), { y: a }], "TreeError", /the tangent\.z: missing/],
      [([a]: [Tensor]) => [f(a), { y: np.sum(a), z: a }], "ShapeError", /f64\[2\][\s\S]*f64\[\][\s\S]*the tangent\.y/],
      [([a]: [Tensor]) => [f(a), { y: a, z: np.astype(a, "float32") }], "ShapeError", /f32\[2\][\s\S]*the tangent\.z/],
    ];
    for (const [rule, tag, words] of wrong) assert.throws(of(rule), failing(tag, words));
    const other = customJvp(f, (([a]: [Tensor]) => [{ y: np.sum(a), z: a }, null]) as never);
    assert.throws(
      () => jvp(jit(other), [x], [x]),
      failing("ShapeError", /the rule gives another result[\s\S]*f64\[2\][\s\S]*f64\[\][\s\S]*the result\.y/),
    );
    const tree = customJvp(f, (([a]: [Tensor]) => [[a, a], null]) as never);
    assert.throws(() => jvp(jit(tree), [x], [x]), failing("TreeError", /the rule returns what the function returns/));
  });
});

Custom("nothing stays behind; the function stands in the jaxpr once, and is put in place when compiled", () => {
  noLeaks(() => {
    using x = f64(0.3);
    using y = f64(2);
    using step = jit(grad(tripled));
    dispose([grad(tripled)(x, y), step(x, y), jvp(tripled, [x, y], [y, null])]);
  });
  const text = String(makeJaxpr(tripled)(1, 2));
  assert.match(text, /custom_jvp_call\[name=customJvp of plain jaxpr=[\s\S]*sin/);
});

Custom("an async function or rule is told as such, with values at hand and under jit", () => {
  scope(() => {
    const x = f64([0.3]);
    const lazy = async (y: Tensor): Promise<Tensor> => np.sin(y);
    const eagerly = customJvp(lazy as never, () => [x, x] as never) as (y: Tensor) => Tensor;
    const rule = customJvp(np.sin as (y: Tensor) => Tensor, (async () => [x, x]) as never);
    for (const f of [eagerly, jit(eagerly), (y: Tensor) => grad((z: Tensor) => np.sum(rule(z)))(y)]) {
      assert.throws(() => f(x), /the function returned a Promise/);
    }
  });
});

Custom.run();
