import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scope } from "../../lib/core/composite.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { grad } from "../../lib/transforms/grad.js";
import { jit } from "../../lib/transforms/jit.js";
import { makeJaxpr, ShapeDtype } from "../../lib/transforms/make-jaxpr.js";
import { map } from "../../lib/transforms/map.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { f32, noLeaks, treesClose } from "../helpers/runtime.js";
import { failing, onOwnRuntime } from "./setup.js";

const Map_ = suite("transforms/map");
onOwnRuntime(Map_);

const f = ({ x, s }: { readonly x: Tensor; readonly s: Tensor }): { y: Tensor; z: Tensor[] } => ({
  y: np.multiply(np.sin(x), s),
  z: [np.sum(x)],
});

for (const batchSize of [1, 2, 3, 5, 7]) {
  Map_(`is vmap, with batches of ${batchSize} rows, also its gradient`, () => {
    noLeaks(() => {
      const xs = { x: f32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [5, 2]), s: f32([1, -1, 2, 0.5, 3]) };
      scope(() => {
        treesClose(map(f, xs, { batchSize }), vmap(f)(xs), "map");
        using g = jit((ys: typeof xs) => map(f, ys, { batchSize }));
        treesClose(g(xs), vmap(f)(xs), "jit of map");
        const loss = (h: (ys: typeof xs) => { y: Tensor }) => grad((ys: typeof xs) => np.sum(np.square(h(ys).y)));
        treesClose(loss((ys) => map(f, ys, { batchSize }))(xs), loss((ys) => vmap(f)(ys))(xs), "grad of map");
      });
      dispose(xs);
    });
  });
}

Map_("without rows the result has none", () => {
  noLeaks(() => {
    const x = f32([], [0, 3]);
    for (const batchSize of [1, 4]) {
      const y = map((r: Tensor) => np.sum(r), x, { batchSize });
      assert.equal(y.shape, [0]);
      y.dispose();
    }
    x.dispose();
  });
});

Map_("is one scan over batches, and one call for the rest", () => {
  const jaxpr = makeJaxpr((x: Tensor) => map((r: Tensor) => np.sin(r), x, { batchSize: 4 }))(new ShapeDtype([10, 3]));
  const scans = jaxpr.jaxpr.eqns.filter((e) => e.prim.name === "scan");
  assert.equal(
    scans.map((e) => [e.params.length, String(e.outputs[0].aval)]),
    [[2, "f32[2,4,3]"]],
  );
});

Map_("what does not fit is an error", () => {
  const [x, y] = [f32([1, 2]), f32([1])];
  assert.throws(() => map(([a, b]) => np.add(a, b), [x, y] as const), failing("ShapeError", /leading axes differ/));
  assert.throws(() => map((a) => a, x, { batchSize: 0 }), failing("ArgumentError", /batchSize/));
  dispose([x, y]);
});

Map_.run();
