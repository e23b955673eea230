import { suite } from "uvu";
import * as assert from "uvu/assert";
import { optimize } from "../../lib/compile/passes/optimize.js";
import type { Eqn } from "../../lib/core/jaxpr.js";
import { inlineCalls } from "../../lib/core/rewrite.js";
import type { Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import { checkpointName } from "../../lib/transforms/checkpoint.js";
import { grad } from "../../lib/transforms/grad.js";
import { captureIntermediates } from "../../lib/transforms/intermediates.js";
import { jit } from "../../lib/transforms/jit.js";
import { makeJaxpr, ShapeDtype } from "../../lib/transforms/make-jaxpr.js";
import { vmap } from "../../lib/transforms/vmap.js";
import { f32, noLeaks, numbers, taken } from "../helpers/runtime.js";
import { onOwnRuntime } from "./setup.js";

const Suite = suite("transforms/intermediates");
onOwnRuntime(Suite);

const layer = (x: Tensor, i: number): Tensor => checkpointName(np.multiply(x, i), "layer");
/** Two layers, one of them within jit, and a square: 2x, 6x, 36x². */
const model = (x: Tensor): { y: Tensor } => {
  const inner = jit((h: Tensor) => layer(h, 3));
  return { y: checkpointName(np.square(inner(layer(x, 2))), "square") };
};

Suite("gives the named values in their order beside the result, also those within jit", () => {
  noLeaks(() => {
    const x = f32([1, -2]);
    const [{ y }, found] = captureIntermediates(model)(x);
    assert.equal(Object.keys(found).sort(), ["layer", "square"]);
    assert.equal(found.layer.map(numbers), [
      [2, -4],
      [6, -12],
    ]);
    assert.equal(found.square.map(numbers), [[36, 144]]);
    assert.equal(numbers(y), [36, 144]);
    taken([y, found]);
    x.dispose();
  });
});

Suite("only the names that are wanted; none where there is none", () => {
  noLeaks(() => {
    const x = f32(3);
    const [{ y }, found] = captureIntermediates(model, { names: ["square", "absent"] })(x);
    assert.equal(Object.keys(found), ["square"]);
    taken([y, found]);
    const [z, nothing] = captureIntermediates(np.sin)(x);
    assert.equal(nothing, {});
    taken(z);
    x.dispose();
  });
});

Suite("it can be jitted, mapped and differentiated", () => {
  noLeaks(() => {
    const capture = captureIntermediates(model);
    const x = f32([1, -2]);
    using compiled = jit(capture);
    assert.equal(
      taken(compiled(x)).map(({ data }) => [...data]),
      taken(capture(x)).map(({ data }) => [...data]),
    );
    const mapped = vmap((v: Tensor) => capture(v)[1].layer[1])(x);
    assert.equal(numbers(mapped), [6, -12]);
    const slope = grad((v: Tensor) => np.sum(np.multiply(capture(v)[0].y, capture(v)[1].layer[0])))(x) as Tensor;
    // 72 x³ has the derivative 216 x².
    assert.equal(numbers(slope), [216, 864]);
    taken([mapped, slope]);
    x.dispose();
  });
});

Suite("a name is no equation of a compiled program", () => {
  const { jaxpr } = makeJaxpr(model)(new ShapeDtype([2]));
  const names = (eqns: readonly Eqn[]): string[] => eqns.map(({ prim }) => prim.name);
  assert.ok(names(inlineCalls(jaxpr).eqns).includes("name"));
  assert.equal(names(optimize(jaxpr).jaxpr.eqns), ["mul", "mul", "mul"]);
});

Suite.run();
