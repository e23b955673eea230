import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { checkGrads } from "../../lib/transforms/check.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { makeJaxpr } from "../../lib/transforms/make-jaxpr.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { foriLoop, whileLoop } from "../../lib/transforms/while.js";
import { elementsNear, f32, f64, i32, noLeaks, numbers, on, startedRuntimes } from "../helpers/runtime.js";
import { failing, onOwnRuntime } from "./setup.js";

const While = suite("transforms/while");
onOwnRuntime(While);
const runtimes = await startedRuntimes();

/** An integer that a jaxpr holds in place. */
const zero = (): Tensor => np.zeros([], "int32");

/** The square root by Newton's method, until it is exact enough. */
const root = (a: Tensor): Tensor =>
  whileLoop(
    ({ x }) => np.greater(np.abs(np.subtract(np.multiply(x, x), a)), 1e-10),
    ({ x, n }) => ({ x: np.multiply(np.add(x, np.divide(a, x)), 0.5), n: np.add(n, 1) }),
    { x: a, n: zero() },
  ).x;

for (const r of runtimes) {
  While(`${r.name}: doubles until it is large, eager and compiled`, () => {
    on(r, () =>
      noLeaks(() => {
        const f = (limit: Tensor, x: Tensor): Tensor =>
          whileLoop(
            (c) => np.less(np.sum(c), limit),
            (c) => np.multiply(c, 2),
            x,
          );
        const [limit, x] = [f32(100), f32([1, 2])];
        using g = jit(f);
        for (const y of [f(limit, x), g(limit, x)]) {
          assert.equal(numbers(y), [64, 128]);
          y.dispose();
        }
        dispose([limit, x]);
      }, r.name),
    );
  });
}

While("the derivative in forward mode is that of what the turns compute", () => {
  noLeaks(() => {
    const a = f64(2);
    const [y, dy] = jvp(root, [a], [a]);
    assert.ok(Math.abs(y.item() - Math.SQRT2) < 1e-10);
    assert.ok(Math.abs(dy.item() - 1 / Math.SQRT2) < 1e-8);
    dispose([a, y, dy]);
  });
  checkGrads(root, [f64(2.5)], { modes: ["forward"], order: 2, tolerance: 1e-5 });
});

While("under vmap every example ends at its own time", () => {
  noLeaks(() => {
    const a = f64([2, 1, 400]);
    const count = (x: Tensor): Tensor =>
      whileLoop(
        ([c]) => np.less(c, 100),
        ([c, n]) => [np.multiply(c, 2), np.add(n, 1)] as const,
        [x, zero()] as const,
      )[1];
    scope(() => {
      elementsNear(vmap(root)(a), [Math.SQRT2, 1, 20], 1e-9);
      assert.equal(numbers(vmap(count)(a)), [6, 7, 0]);
      const slopes = vmap((x: Tensor) => jvp(root, [x], [x])[1])(a);
      elementsNear(slopes, [1 / Math.SQRT2, 1, 10], 1e-6);
    });
    a.dispose();
  });
});

While("under vmap with one predicate for all, the loop stays a plain one", () => {
  noLeaks(() => {
    const xs = f32([1, 2, 3]);
    const f = (x: Tensor): Tensor =>
      whileLoop(
        ([i]) => np.less(i, 3),
        ([i, c]) => [np.add(i, 1), np.multiply(c, x)] as const,
        [zero(), x] as const,
      )[1];
    scope(() => {
      assert.equal(numbers(vmap(f)(xs)), [1, 16, 81]);
      const jaxpr = makeJaxpr(vmap(f))(xs);
      assert.not.match(String(jaxpr), "select");
    });
    xs.dispose();
  });
});

While("in reverse mode it is an error that names scan and foriLoop", () => {
  const a = f64(2);
  for (const f of [grad(root), jit(grad(root))]) {
    assert.throws(() => f(a), failing("UnsupportedError", /whileLoop: .*reverse[\s\S]*scan[\s\S]*foriLoop/));
  }
  const constant = grad((x: Tensor) => np.multiply(x, root(f64(4))))(a);
  assert.ok(Math.abs(constant.item() - 2) < 1e-9, "a loop over constants is not differentiated");
  dispose([a, constant]);
});

While("a predicate or a carry that does not fit is an error", () => {
  const x = f32([1, 2]);
  assert.throws(
    () =>
      whileLoop(
        (c) => np.less(c, 1),
        (c) => c,
        x,
      ),
    failing("ShapeError", /predicate[\s\S]*bool\[2\]/),
  );
  assert.throws(
    () =>
      whileLoop(
        (c) => np.sum(c),
        (c) => c,
        x,
      ),
    failing("DTypeError", /predicate[\s\S]*f32\[\]/),
  );
  assert.throws(
    () =>
      whileLoop(
        () => true,
        (c) => ({ a: np.sum(c.a) }),
        { a: x },
      ),
    failing("ShapeError", /f32\[2\][\s\S]*f32\[\]\n.*carry\.a/),
  );
  x.dispose();
});

While("foriLoop between numbers is a scan and has a gradient", () => {
  noLeaks(() => {
    const x = f64(1.1);
    const power = (y: Tensor): Tensor => foriLoop(0, 4, (_i, c) => np.multiply(c, y), np.ones([], "float64"));
    const g = grad(power)(x);
    assert.ok(Math.abs(g.item() - 4 * 1.1 ** 3) < 1e-12);
    const sum = foriLoop(2, 5, (i, c) => np.add(c, i), zero());
    assert.is(sum.item(), 9);
    const none = foriLoop(5, 2, (i, c) => np.add(c, i), sum);
    assert.is(none.item(), 9);
    scope(() => {
      const jaxpr = makeJaxpr(power)(x);
      assert.match(String(jaxpr), "scan");
    });
    dispose([x, g, sum, none]);
  });
});

While("foriLoop with a tensor as a bound is a while", () => {
  noLeaks(() => {
    const n = i32(5);
    using f = jit((k: Tensor) => foriLoop(1, k, (i, c) => np.multiply(c, i), i32(1)));
    const y = f(n);
    assert.is(y.item(), 24);
    dispose([n, y]);
    const x = f32(1);
    assert.throws(() => foriLoop(0, x, (_i, c) => c, x), failing("ArgumentError", /i32\[\][\s\S]*upper/));
    assert.throws(() => foriLoop(0, 1.5, (_i, c) => c, x), failing("DTypeError", /1\.5/));
    x.dispose();
  });
});

While("a thousand turns hold what one holds", () => {
  for (const r of runtimes) {
    on(r, ({ device }) => {
      const peak = (turns: number): number => {
        const x = f32(new Float32Array(1000).fill(0.1));
        const n = i32(turns);
        using f = jit((c: Tensor, k: Tensor) => foriLoop(0, k, (_i, h) => np.sin(np.multiply(h, 1.01)), c));
        device.resetPeak();
        const before = device.memory().bytes;
        f(x, n).dispose();
        const most = device.memory().peakBytes - before;
        dispose([x, n]);
        return most;
      };
      assert.is(peak(1000), peak(2), r.name);
    });
  }
});

While("a body of foriLoop that takes the carry alone is refused", () => {
  const alone = ((c: Tensor) => np.add(c, 1)) as never;
  assert.throws(() => foriLoop(0, 3, alone, 0), failing("ArgumentError", /foriLoop[\s\S]*body\(i, carry\)/));
});

While.run();
