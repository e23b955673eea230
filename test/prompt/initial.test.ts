import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runtimeFor } from "../../lib/compile/init.js";
import { scope } from "../../lib/core/composite.js";
import { isFluxionError } from "../../lib/core/errors.js";
import { withRuntime } from "../../lib/core/runtime.js";
import type { Nested, Tensor } from "../../lib/core/tensor.js";
import * as np from "../../lib/np/index.js";
import * as prompt from "../../lib/prompt/index.js";
import * as random from "../../lib/random/index.js";

const Initial = suite("prompt/initial");
const reference = await runtimeFor("reference");
const check = (title: string, body: () => void): void => {
  Initial(title, () => withRuntime(reference, () => scope(body)));
};

/** Row i is the constant i, as in the reference implementation's own tests. */
const table = (rows = 100, width = 10): Tensor =>
  np.broadcastTo(np.expandDims(np.arange(0, rows, 1, "float32"), 1), [rows, width]);
const firstColumn = (x: Tensor): Nested => np.slice(x, [null, 0]).toArray();
const throws = (f: () => unknown, tag: "ArgumentError" | "ShapeError"): void =>
  assert.throws(f, (e: unknown) => isFluxionError(e, tag));

check("sampled rows come from the population, without repetition where it is large enough", () => {
  const draw = (length: number, population: number | null): number[] =>
    firstColumn(prompt.sampledVocabulary(random.key(1), table(), length, { population })) as number[];
  for (const population of [null, 1000]) assert.is(new Set(draw(100, population)).size, 100);
  const fifty = draw(15, 50);
  assert.ok(new Set(fifty).size === 15 && fifty.every((v) => v < 50));
  assert.ok(draw(15, 5).every((v) => v < 5));
  throws(() => draw(5, 0), "ArgumentError");
  throws(() => draw(0, 5), "ArgumentError");
});

check("uniform numbers fill the paper's interval, or the one given", () => {
  const x = prompt.randomUniform(random.key(2), 50, 40).dataSync();
  assert.ok(x.every((v) => v >= -0.5 && v < 0.5) && Math.min(...x) < -0.45 && Math.max(...x) > 0.45);
  const y = prompt.randomUniform(random.key(2), 50, 40, { min: 0, max: 0.5 }).dataSync();
  assert.ok(y.every((v) => v >= 0 && v < 0.5));
});

check("a stored prompt is taken as it is, or refused with both sizes", () => {
  const stored = { shape: [2, 3], dtype: "float64" as const, data: new Float64Array([1, 2, 3, 4, 5, 6]) };
  assert.equal(prompt.fromArray(stored, 2, 3).toArray(), [
    [1, 2, 3],
    [4, 5, 6],
  ]);
  throws(() => prompt.fromArray(stored, 3, 2), "ShapeError");
  const short = prompt.fromArray as (x: object, length: number) => unknown;
  throws(() => short(stored, 2), "ArgumentError");
});

Initial.run();
