import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { checkGrads } from "../../lib/transforms/check.js";
import { checkpoint } from "../../lib/transforms/checkpoint.js";
import { customVjp } from "../../lib/transforms/custom-vjp.js";
import { grad, linearize, vjp } from "../../lib/transforms/grad.js";
import { hessian, hvp, jacfwd, jacrev } from "../../lib/transforms/jacobian.js";
import { jit } from "../../lib/transforms/jit.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { scan } from "../../lib/transforms/scan.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { f64, i32, noLeaks, numbers, treesClose } from "../helpers/runtime.js";
import { failing, onOwnRuntime } from "./setup.js";

const Custom = suite("transforms/custom-vjp");
onOwnRuntime(Custom);

const plain = (x: Tensor, y: Tensor): Tensor => np.multiply(np.sin(x), y);
const withRule = (factor: number): typeof plain =>
  customVjp(
    plain,
    (x, y) => [plain(x, y), { cos: np.cos(x), sin: np.sin(x), y }],
    ({ cos, sin, y }, ct) => [np.multiply(factor, np.multiply(np.multiply(cos, y), ct)), np.multiply(sin, ct)],
  );
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
      grad: (f) => grad(sum(f), { argnums: [0, 1] })(x, y),
      "grad by one": (f) => grad((b: Tensor) => np.sum(f(x, b)))(y),
      "jit of grad": (f) => jit(grad(sum(f)))(x, y),
      "grad of jit": (f) => grad(jit(sum(f)))(x, y),
      "grad of jit of it": (f) => grad(sum(jit(f)))(x, y),
      "vmap of grad": (f) => vmap(grad(sum(f)), { inAxes: [0, null] })(rows, y),
      "grad of vmap": (f) => grad((a: Tensor) => np.sum(np.square(vmap(f, { inAxes: [0, null] })(a, y))))(rows),
      "grad of vmap over another axis": (f) =>
        grad((a: Tensor) => np.sum(np.square(vmap(f, { inAxes: [1, null] })(a, y))))(np.transpose(rows)),
      "grad of vmap by what is not mapped": (f) =>
        grad((b: Tensor) => np.sum(np.square(vmap(f, { inAxes: [0, null] })(rows, b))))(y),
      "jit of grad of jit of vmap": (f) =>
        jit(
          grad((a: Tensor, b: Tensor) => np.sum(np.square(jit(vmap(f, { inAxes: [0, null] }))(a, b))), {
            argnums: [0, 1],
          }),
        )(rows, y),
      "vmap of jit of grad": (f) => vmap(jit(grad(sum(f))), { inAxes: [0, null] })(rows, y),
      "vmap of vmap of grad": (f) => vmap((b: Tensor) => vmap((a: Tensor) => grad((c: Tensor) => f(c, b))(a))(x))(y),
      "grad of vmap of vmap": (f) =>
        grad((a: Tensor, b: Tensor) => np.sum(vmap(vmap(f, { inAxes: [0, null] }), { inAxes: [null, 0] })(a, b)), {
          argnums: [0, 1],
        })(x, y),
      jacrev: (f) => jacrev(f, { argnums: [0, 1] })(x, y),
      "forward over reverse": (f) => hessian(sum(f))(x, y),
      hvp: (f) => hvp(sum(f), [x, y], [y, x], { argnums: [0, 1] }),
      "forward over reverse, compiled": (f) => jit(jacfwd(jit(grad(sum(f)))))(x, y),
      "reverse over reverse": (f) => jacrev(grad(sum(f)))(x, y),
      "reverse over reverse, compiled": (f) => jit(jacrev(jit(grad(sum(f)))))(x, y),
      checkpoint: (f) => grad(checkpoint(sum(f)))(x, y),
      "jit of checkpoint": (f) => jit(grad(checkpoint(sum(f))))(x, y),
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
  checkGrads(same, [f64([0.3, -0.7]), f64([2, 0.5])], { order: 3, modes: ["reverse"] });
});

Custom("the rule decides, also of a function that was compiled or mapped before", () => {
  scope(() => {
    const [x, y] = [f64(0.3), f64(2)];
    const want = 3 * Math.cos(0.3) * 2;
    const close = (got: Tensor, value = want): void => assert.ok(Math.abs(got.item() - value) < 1e-14, `${got.item()}`);
    close(grad(tripled)(x, y));
    close(grad(jit(tripled))(x, y));
    close(jit(grad(jit(tripled)))(x, y));
    close(np.sum(vmap(grad(jit(tripled)), { inAxes: [0, null] })(np.stack([x]), y)));
    close(grad((a: Tensor) => np.sum(jit(vmap(tripled, { inAxes: [0, null] }))(np.reshape(a, [1]), y)))(x));
    close(grad(checkpoint(tripled))(x, y));
    close(grad((a: Tensor) => scan((c: Tensor) => [tripled(c, y), null] as const, a, null, { length: 1 })[0])(x));
    close(grad(grad(tripled))(x, y), -3 * Math.sin(0.3) * 2);
  });
});

Custom("forward mode is an error that says so and what to do, in every form", () => {
  scope(() => {
    const [x, y] = [f64(0.3), f64(2)];
    const words = failing("UnsupportedError", /^customVjp of plain: forward mode has no rule[\s\S]*customJvp/);
    assert.throws(() => jvp(same, [x, y], [x, null]), words);
    assert.throws(() => jvp(jit(same), [x, y], [x, null]), words);
    assert.throws(() => jvp(checkpoint(same), [x, y], [x, null]), words);
    assert.throws(() => jacfwd(same)(x, y), words);
    assert.throws(() => vmap((a: Tensor) => jvp(same, [a, y], [a, null]))(np.stack([x])), words);
    const [value, push] = linearize(same, x, y);
    assert.ok(value.item() !== 0);
    assert.throws(() => push(x, y), words);
    assert.throws(() => jit(push)(x, y), words);
    push.dispose();
    // No tangent, no rule.
    assert.is(jvp((a: Tensor) => np.multiply(a, same(x, y)), [x], [x])[0].item(), x.item() * same(x, y).item());
  });
});

Custom("the gradient can be clipped, and a fixed point be differentiated by the implicit function theorem", () => {
  scope(() => {
    const clipped = customVjp(
      (x: Tensor) => x,
      (x) => [x, null],
      (_none, ct) => [np.clip(ct, -1, 1)],
    );
    assert.equal(
      numbers(
        grad((x: Tensor) => np.sum(np.multiply(np.array([5, -0.5, -7], { dtype: "float64" }), clipped(x))))(
          f64([1, 1, 1]),
        ),
      ),
      [1, -0.5, -1],
    );
    /** y = cos(a y), by iteration until it stands still. */
    const fixed: (a: Tensor) => Tensor = customVjp(
      (a: Tensor) => {
        let y = np.multiply(a, 1);
        for (let moved = 1; moved > 1e-15; ) {
          const next = np.cos(np.multiply(a, y));
          moved = Math.abs(next.item() - y.item());
          y = next;
        }
        return y;
      },
      (a) => {
        const y = fixed(a);
        return [y, [a, y] as const];
      },
      ([a, y], ct) => {
        // dy = -sin(a y) (a dy + y da)
        const s = np.sin(np.multiply(a, y));
        return [np.divide(np.negative(np.multiply(np.multiply(s, y), ct)), np.add(1, np.multiply(a, s)))];
      },
    );
    const h = 1e-4;
    const by = (a: number): number => fixed(f64(a)).item();
    const want = (8 * (by(0.8 + h) - by(0.8 - h)) - (by(0.8 + 2 * h) - by(0.8 - 2 * h))) / (12 * h);
    assert.ok(Math.abs(grad(fixed)(f64(0.8)).item() - want) < 1e-10);
  });
});

Custom("trees, integers in and out, null for zeros, residuals that are no tensors, nondiffArgnums", () => {
  const seen: unknown[] = [];
  const f = customVjp(
    (scale: (x: Tensor) => Tensor, p: { w: Tensor; ids: Tensor }, b: Tensor) => ({
      y: np.multiply(scale(p.w), b),
      ids: np.add(p.ids, 1),
    }),
    (scale, p, b) => [
      { y: np.multiply(scale(p.w), b), ids: np.add(p.ids, 1) },
      { scale, how: "once", n: 2, b },
    ],
    ({ scale, how, n, b }, ct) => {
      seen.push(typeof scale, how, n, ct.ids);
      return [null, { w: np.multiply(scale(ct.y), np.multiply(b, n)), ids: null }, null];
    },
    { nondiffArgnums: [0] },
  );
  noLeaks(() => {
    const p = { w: f64([2, 3]), ids: i32([0, 1]) };
    using b = f64([5, 7]);
    const half = (x: Tensor): Tensor => np.multiply(x, 0.5);
    const [value, pull] = vjp((q: typeof p, c: Tensor) => f(half, q, c), p, b);
    assert.equal(
      [numbers(value.y), numbers(value.ids)],
      [
        [5, 10.5],
        [1, 2],
      ],
    );
    const [dp, db] = pull({ y: b, ids: null });
    assert.equal([numbers(dp.w), dp.ids, numbers(db)], [[25, 49], null, [0, 0]]);
    assert.equal(seen, ["function", "once", 2, null]);
    pull.dispose();
    dispose([p, value, dp.w, db]);
  });
});

Custom("a zero cotangent is a tensor of zeros, or null with symbolicZeros", () => {
  scope(() => {
    for (const symbolicZeros of [false, true]) {
      const seen: unknown[] = [];
      const f = customVjp(
        (x: Tensor) => [np.sin(x), np.cos(x)] as const,
        (x) => [[np.sin(x), np.cos(x)] as const, x],
        (x, [a, b]) => {
          seen.push(b === null ? null : numbers(b));
          return [np.multiply(a, np.cos(x))];
        },
        { symbolicZeros },
      );
      grad((x: Tensor) => f(x)[0])(f64(0.3));
      assert.equal(seen, [symbolicZeros ? null : [0]]);
    }
  });
});

Custom("closing over what is differentiated is refused, compiled or not; over other values it is fine", () => {
  scope(() => {
    const x = f64(2);
    const scaledBy = (w: Tensor) =>
      customVjp(
        (a: Tensor) => np.multiply(a, w),
        (a) => [np.multiply(a, w), null],
        (_none, ct) => [np.multiply(ct, w)],
      );
    for (const g of [grad((a: Tensor) => scaledBy(f64(5))(a)), grad(jit((a: Tensor) => scaledBy(f64(5))(a)))]) {
      assert.is(g(x).item(), 5);
    }
    const bad = (w: Tensor): Tensor => scaledBy(w)(w);
    assert.throws(() => grad(bad)(x), failing("TracerError", /give a custom rule what it needs as arguments/));
    assert.throws(() => grad(jit(bad))(x), failing("ArgumentError", /^customVjp of [\s\S]*closes over[\s\S]*f64\[\]/));
  });
});

Custom("rules whose results do not fit are errors that name the path and both avals", () => {
  scope(() => {
    const x: { a: Tensor; n: Tensor } = { a: f64([1, 2]), n: i32(1) };
    const f = (p: typeof x) => np.sum(p.a);
    const of =
      (fwd: unknown, bwd: unknown): (() => unknown) =>
      () =>
        grad((a: Tensor) => customVjp(f, fwd as never, bwd as never)({ ...x, a }))(x.a);
    const fwd = (p: typeof x) => [np.sum(p.a), p.a];
    const wrong: readonly [unknown, unknown, "TreeError" | "ShapeError" | "DTypeError", RegExp][] = [
      [f, () => [null], "TreeError", /^customVjp of f: the forward rule did not return a pair/],
      [fwd, () => [{ a: x.a }], "TreeError", /cotangents\[0\]\.n: missing/],
      [fwd, () => ({ a: x.a, n: null }), "TreeError", /cotangents: expected array, got object/],
      [fwd, () => [{ a: f64(1), n: null }], "ShapeError", /f64\[2\][\s\S]*f64\[\][\s\S]*cotangents\[0\]\.a/],
      [fwd, () => [{ a: x.a, n: x.n }], "DTypeError", /i32\[\][\s\S]*cotangents\[0\]\.n[\s\S]*null/],
      [fwd, () => [null, null], "TreeError", /cotangents\[1\]: unexpected/],
    ];
    for (const [forward, backward, tag, words] of wrong) assert.throws(of(forward, backward), failing(tag, words));
    const other = customVjp(f, ((p: typeof x) => [p.a, p.a]) as never, (() => [null]) as never);
    assert.throws(
      () => grad(jit((a: Tensor) => other({ ...x, a })))(x.a),
      failing("ShapeError", /the forward rule gives another result[\s\S]*f64\[\][\s\S]*f64\[2\][\s\S]*the result/),
    );
    assert.is(
      numbers(grad((a: Tensor) => customVjp(f, fwd as never, (() => [null]) as never)({ ...x, a }))(x.a)).join(),
      "0,0",
    );
  });
});

Custom("nothing stays behind", () => {
  noLeaks(() => {
    using x = f64(0.3);
    using y = f64(2);
    using step = jit(grad(tripled));
    using ys = f64([1, 2]);
    const [value, pull] = vjp(tripled, x, y);
    dispose([grad(tripled)(x, y), step(x, y), vmap(grad(tripled), { inAxes: [null, 0] })(x, ys), pull(y), value]);
    pull.dispose();
  });
});

Custom.run();
