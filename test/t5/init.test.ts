import { suite } from "uvu";
import * as assert from "uvu/assert";
import { flatten, pathsOf, printPath } from "../../lib/core/pytree.js";
import { init, random, scope, type Tensor, t5 } from "../../lib/index.js";
import { numbers } from "../helpers/runtime.js";

const Init = suite("t5/init");
Init.before(() => init({ backend: "wasm" }));

/** Deviation and largest magnitude. */
const spread = (x: readonly number[]): [deviation: number, most: number] => {
  const [sum, squares, most] = x.reduce(
    ([s, q, m], v) => [s + v, q + v * v, Math.max(m, Math.abs(v))] as [number, number, number],
    [0, 0, 0] as [number, number, number],
  );
  return [Math.sqrt(squares / x.length - (sum / x.length) ** 2), most];
};

Init("first values have T5X's deviations: small queries, and an embedding of one", () => {
  scope(() => {
    const [d, k, heads, dFf] = [96, 16, 5, 160];
    const sizes = { vocabSize: 100, dModel: d, dKv: k, dFf, numHeads: heads, numLayers: 1, numDecoderLayers: 1 };
    const params = t5.init({ ...t5.configs["t5-1.1-small"], ...sizes }, random.key(0));
    const [leaves, treedef] = flatten(params);
    const values = new Map(pathsOf(treedef).map((path, i) => [printPath(path), numbers(leaves[i] as Tensor)]));
    const near = (path: string, deviation: number, bound = Number.POSITIVE_INFINITY): void => {
      const [got, most] = spread(values.get(path) as number[]);
      assert.ok(Math.abs(got / deviation - 1) < 0.05, `${path}: deviation ${got}, expected ${deviation}`);
      assert.ok(most <= bound, `${path}: largest ${most}, expected at most ${bound}`);
    };
    /** A normal number truncated to two deviations of its own. */
    const truncated = (path: string, deviation: number): void => near(path, deviation, (2 * deviation) / 0.8796);
    near("tokenEmbedder.embedding", 1);
    for (const attention of ["encoder.layers[0].attention", "decoder.layers[0].encoderDecoderAttention"]) {
      near(`${attention}.query.kernel`, (d * k) ** -0.5);
      near(`${attention}.key.kernel`, d ** -0.5);
      near(`${attention}.value.kernel`, d ** -0.5);
      near(`${attention}.out.kernel`, (heads * k) ** -0.5);
    }
    truncated("decoder.layers[0].mlp.wi0.kernel", d ** -0.5);
    truncated("decoder.layers[0].mlp.wi1.kernel", d ** -0.5);
    truncated("encoder.layers[0].mlp.wo.kernel", dFf ** -0.5);
    truncated("decoder.logitsDense.kernel", d ** -0.5);
    const bound = Math.sqrt(3 / ((heads + 32) / 2));
    const [deviation, most] = spread(values.get("encoder.relposBias.relEmbedding") as number[]);
    assert.ok(most <= bound && most > 0.9 * bound);
    assert.ok(Math.abs(deviation / (bound / Math.sqrt(3)) - 1) < 0.1);
    assert.equal(spread(values.get("encoder.encoderNorm.scale") as number[]), [0, 1]);
    assert.is.not(
      String(values.get("encoder.layers[0].mlp.wi0.kernel")),
      String(values.get("encoder.layers[0].mlp.wi1.kernel")),
    );
  });
});

Init.run();
