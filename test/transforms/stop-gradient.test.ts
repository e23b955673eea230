import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import * as lax from "../../lib/lax/index.js";
import * as np from "../../lib/np/index.js";
import { grad } from "../../lib/transforms/grad.js";
import { hessian } from "../../lib/transforms/jacobian.js";
import { jit } from "../../lib/transforms/jit.js";
import { jvp } from "../../lib/transforms/jvp.js";
import { stopGradient } from "../../lib/transforms/stop-gradient.js";
import { f64, i32, noLeaks, numbers } from "../helpers/runtime.js";
import { onOwnRuntime } from "./setup.js";

const Stop = suite("transforms/stop-gradient");
onOwnRuntime(Stop);

Stop("cuts derivatives in both modes and all orders, of every leaf of a tree; the values stay", () => {
  assert.is(lax.stopGradient, stopGradient);
  noLeaks(() => {
    const x = f64([2, 3]);
    const n = i32([1]);
    const tree = stopGradient({ x, parts: [n, 5] as const, none: null });
    assert.equal([numbers(tree.x), numbers(tree.parts[0]), tree.parts[1].item(), tree.none], [[2, 3], [1], 5, null]);
    const f = (p: { a: Tensor; b: Tensor }): Tensor => {
      const kept = stopGradient(p);
      return np.sum(np.multiply(np.multiply(p.a, kept.a), kept.b));
    };
    const p = { a: x, b: x };
    using compiled = jit(grad(f));
    for (const g of [grad(f)(p), compiled(p)]) {
      assert.equal(
        [numbers(g.a), numbers(g.b)],
        [
          [4, 9],
          [0, 0],
        ],
      );
      dispose(g);
    }
    const [value, tangent] = jvp(f, [p], [{ a: x, b: x }]);
    assert.equal([value.item(), tangent.item()], [35, 35]);
    const H = hessian(f)(p);
    assert.ok(numbers(H.a.a).every((v) => v === 0));
    dispose([x, n, tree, value, tangent, H]);
  });
});

Stop.run();
