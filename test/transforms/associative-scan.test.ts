import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { associativeScan } from "../../lib/transforms/associative-scan.js";
import { checkGrads } from "../../lib/transforms/check.js";
import { jit } from "../../lib/transforms/jit.js";
import { scan } from "../../lib/transforms/scan.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { bool, f32, f64, noLeaks, numbers, treesClose } from "../helpers/runtime.js";
import { failing, onOwnRuntime } from "./setup.js";

const Associative = suite("transforms/associative-scan");
onOwnRuntime(Associative);

for (const n of [0, 1, 2, 3, 4, 5, 7, 8, 13]) {
  Associative(`sums of ${n} elements are those of cumsum, in both directions and along any axis`, () => {
    noLeaks(() => {
      const x = f64(
        Array.from({ length: 3 * n }, (_, i) => Math.sin(i + 1)),
        [n, 3],
      );
      scope(() => {
        treesClose(associativeScan(np.add, x), np.cumsum(x, { axis: 0 }), "axis 0");
        const [t, flipped] = [np.transpose(x), np.flip(x, 0)];
        treesClose(associativeScan(np.add, t, { axis: -1 }), np.cumsum(t, { axis: 1 }), "axis 1");
        treesClose(
          associativeScan(np.add, x, { reverse: true }),
          np.flip(np.cumsum(flipped, { axis: 0 }), 0),
          "reverse",
        );
      });
      x.dispose();
    });
  });
}

/** Composition of the maps `h -> a h + b`, which does not commute. */
type Affine = readonly [Tensor, Tensor];
const compose = ([a, b]: Affine, [c, d]: Affine): Affine => [np.multiply(a, c), np.add(np.multiply(c, b), d)];

Associative(
  "a linear recurrence is that of a scan, compiled and mapped; its derivatives agree with differences",
  () => {
    const a = f64([0.5, -0.2, 0.9, 1.1, 0.3]);
    const b = f64([1, 2, -1, 0.5, 0.25]);
    const solve = (u: Tensor, v: Tensor): Tensor => associativeScan(compose, [u, v] as Affine)[1];
    const step = (h: Tensor, [u, v]: Affine): readonly [Tensor, Tensor] => {
      const next = np.add(np.multiply(u, h), v);
      return [next, next];
    };
    const loop = (u: Tensor, v: Tensor): Tensor => scan(step, np.zeros([], "float64"), [u, v] as Affine)[1];
    noLeaks(() =>
      scope(() => {
        treesClose(solve(a, b), loop(a, b), "eager");
        using f = jit(solve);
        treesClose(f(a, b), loop(a, b), "jit");
        const [as, bs] = [np.stack([a, b]), np.stack([b, a])];
        treesClose(vmap(solve)(as, bs), vmap(loop)(as, bs), "vmap");
      }),
    );
    checkGrads(solve, [a, b], { order: 2 });
    dispose([a, b]);
  },
);

Associative("bools are combined too", () => {
  noLeaks(() => {
    const x = bool([0, 0, 1, 0, 1]);
    const y = associativeScan(np.logicalOr, x);
    assert.equal(numbers(y), [0, 0, 1, 1, 1]);
    dispose([x, y]);
  });
});

Associative("what does not fit is an error", () => {
  const [x, y] = [f32([1, 2]), f32([1])];
  assert.throws(
    () => associativeScan(compose, [x, y] as Affine),
    failing("ShapeError", /2 elements[\s\S]*f32\[1\][\s\S]*elems\[1\]/),
  );
  assert.throws(
    () => associativeScan((a) => np.sum(a), x),
    failing("ShapeError", /changes a shape[\s\S]*f32\[1\][\s\S]*f32\[\]/),
  );
  assert.throws(() => associativeScan(() => null as never, null), failing("ArgumentError", /nothing to combine/));
  dispose([x, y]);
});

Associative.run();
