import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { checkpointName } from "../../lib/transforms/checkpoint.js";
import { customVjp } from "../../lib/transforms/custom-vjp.js";
import { grad, vjp } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { closureConvert, linearTranspose } from "../../lib/transforms/linear-transpose.js";
import { ShapeDtype } from "../../lib/transforms/make-jaxpr.js";
import { scan } from "../../lib/transforms/scan.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { f64, hostOf, inner, noLeaks, numbers, treesClose } from "../helpers/runtime.js";
import { failing, onOwnRuntime } from "./setup.js";

const Linear = suite("transforms/linear-transpose");
onOwnRuntime(Linear);

Linear("⟨ct, f(x)⟩ = ⟨fᵀ(ct), x⟩, in trees, also through jit, scan and names", () => {
  noLeaks(() => {
    const a = f64([1, 2, 3, 4, 5, 6], [2, 3]);
    const f = ({ u }: { u: Tensor }, v: readonly [Tensor]) => {
      const running = scan(
        (c: Tensor, x: Tensor) => [np.add(c, x), np.multiply(c, 2)] as const,
        v[0],
        np.stack([v[0], u]),
      );
      return { sum: checkpointName(np.add(np.matmul(a, u), np.slice(v[0], [[0, 2]])), "sum"), scanned: running };
    };
    const [u, v] = [f64([0.3, -1, 2]), f64([1.5, 0.25, -2])];
    const y = scope(() => f({ u }, [v]));
    const cts = scope(() => ({
      sum: np.sin(y.sum),
      scanned: [np.cos(y.scanned[0]), np.sin(y.scanned[1])] as [Tensor, Tensor],
    }));
    const like = new ShapeDtype([3], "float64");
    for (const g of [f, jit(f)]) {
      const [du, dv] = linearTranspose(g, { u: like }, [like])(cts);
      const left = inner(
        [y.sum, ...y.scanned].map((t) => hostOf(t)),
        [cts.sum, ...cts.scanned].map((t) => hostOf(t)),
      );
      const right = inner([hostOf(du.u), hostOf(dv[0])], [hostOf(u), hostOf(v)]);
      assert.ok(Math.abs(left - right) < 1e-12, `${left} ${right}`);
      if (g !== f) (g as unknown as Disposable)[Symbol.dispose]();
      dispose([du, dv]);
    }
    dispose([a, u, v, y, cts]);
  });
});

Linear("the transpose is what vjp gives, without a point; it can be compiled, mapped and transposed again", () => {
  scope(() => {
    const w = f64([1, 2, 3, 4, 5, 6], [3, 2]);
    const f = (x: Tensor): Tensor => np.matmul(x, w);
    const x = f64([1, -1, 2]);
    const ct = f64([5, 7]);
    const back = linearTranspose(f, x);
    const [, pull] = vjp(f, x);
    treesClose(back(ct), pull(ct), "vjp");
    treesClose(jit(back)(ct), back(ct), "jit");
    treesClose(vmap(back)(np.stack([ct])), [np.reshape(back(ct)[0], [1, 3])], "vmap");
    treesClose(linearTranspose((c: Tensor) => back(c)[0], ct)(x), [f(x)], "twice");
    assert.equal(numbers(back(null)[0]), [0, 0, 0]);
    pull.dispose();
  });
});

Linear(
  "a function that is not linear is an error that names the operation; so is a cotangent that does not fit",
  () => {
    const x = new ShapeDtype([2], "float64");
    const words = failing("UnsupportedError", /^linearTranspose of np\.sin: the function is not linear[\s\S]*sin/);
    scope(() => {
      assert.throws(() => linearTranspose(np.sin, x)(f64([1, 2])), words);
      assert.throws(() => linearTranspose(jit(np.sin), x)(f64([1, 2])), failing("UnsupportedError", /not linear/));
      assert.throws(
        () => linearTranspose((y: Tensor) => np.multiply(y, y), x)(f64([1, 2])),
        failing("UnsupportedError", /not linear[\s\S]*mul/),
      );
      assert.throws(
        () => linearTranspose(np.negative, x)(f64([1])),
        failing("ShapeError", /f64\[2\][\s\S]*f64\[1\][\s\S]*ct/),
      );
    });
  },
);

Linear("closureConvert makes arguments of what a transformation looks at, so that a custom rule can have it", () => {
  // y(x) = exp(x y₀): a function given by closure to something with a rule of its own.
  const applied = <F extends (...args: Tensor[]) => Tensor>(f: F, y: Tensor): Tensor => {
    const [g, consts] = closureConvert(f as (y: Tensor) => Tensor, y);
    const call = customVjp(
      (...args: Tensor[]) => g(args[0], ...args.slice(1)),
      (...args) => [g(args[0], ...args.slice(1)), args],
      (args, ct) => {
        const [, pull] = vjp((...all: Tensor[]) => g(all[0], ...all.slice(1)), ...args);
        return pull(ct);
      },
    );
    return call(y, ...consts);
  };
  scope(() => {
    const [x, y] = [f64(0.3), f64(2)];
    const f = (a: Tensor): Tensor => applied((b: Tensor) => np.multiply(np.exp(np.multiply(a, b)), 3), y);
    const want = 3 * 2 * Math.exp(0.6);
    for (const g of [grad(f), jit(grad(f)), grad(jit(f))]) {
      assert.ok(Math.abs(g(x).item() - want) < 1e-13, `${g(x).item()}`);
    }
    const [g, consts] = closureConvert((b: Tensor) => np.multiply(x, b), y);
    assert.equal([g(y).item(), consts], [0.6, []]);
    grad((a: Tensor) => {
      const [h, hoisted] = closureConvert((p: { b: Tensor }) => ({ r: np.multiply(np.multiply(a, x), p.b) }), { b: y });
      assert.is(hoisted.length, 1);
      assert.is(h({ b: y }, f64(10)).r.item(), 6);
      return a;
    })(x);
  });
});

Linear.run();
