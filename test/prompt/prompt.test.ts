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

const Prompt = suite("prompt/prompt");
const reference = await runtimeFor("reference");
const check = (title: string, body: () => void): void => {
  Prompt(title, () => withRuntime(reference, () => scope(body)));
};

/** Row i is the constant i, as in the reference implementation's own tests. */
const table = (rows = 100, width = 10): Tensor =>
  np.broadcastTo(np.expandDims(np.arange(0, rows, 1, "float32"), 1), [rows, width]);
const pieces: Record<string, number[]> = { true: [23, 54], false: [45], maybe: [7] };
const firstColumn = (x: Tensor): Nested => np.slice(x, [null, 0]).toArray();
const throws = (f: () => unknown, tag: "ArgumentError" | "ShapeError"): void =>
  assert.throws(f, (e: unknown) => isFluxionError(e, tag));

check("class labels are means of their pieces, the rest is drawn from the vocabulary", () => {
  const p = prompt.classLabels(random.key(0), table(), (text) => pieces[text], ["true", "false"], 10);
  assert.equal(p.shape, [10, 10]);
  const rows = firstColumn(p) as number[];
  assert.equal(rows.slice(0, 2), [38.5, 45]);
  assert.ok(rows.slice(2).every((v) => Number.isInteger(v) && v >= 0 && v < 100));
});

check("surplus labels are left out", () => {
  const p = prompt.classLabels(random.key(0), table(), (text) => pieces[text], ["true", "false", "maybe"], 2);
  assert.equal(firstColumn(p), [38.5, 45]);
});

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
});

check("the prompt stands in front of every row, and its positions are never padding", () => {
  const joined = prompt.prepend(np.full([2, 3], 7), np.zeros([4, 5, 3]));
  assert.equal(joined.shape, [4, 7, 3]);
  assert.equal(np.slice(joined, [1, [0, 3], 0]).toArray(), [7, 7, 0]);
  const ids = np.array([[5, 6, 0]], { dtype: "int32" });
  assert.equal(prompt.fakePrompt(ids, 2).toArray(), [[1, 1, 5, 6, 0]]);
});

Prompt.run();
