import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { flatten, pathsOf, printPath, unflatten } from "../../lib/core/pytree.js";
import { withRuntime } from "../../lib/core/runtime.js";
import { grad, init, np, scope, type Tensor, t5 } from "../../lib/index.js";
import { isDims, paramDims } from "../../lib/t5/config.js";
import { causalMask, decoderLogitMask, maskBias, pairMask } from "../../lib/t5/masks.js";
import { assertNear } from "../helpers/golden.js";
import { noLeaks, numbers, runtimes } from "../helpers/runtime.js";

const Masks = suite("t5/masks");
Masks.before(() => init({ backend: "reference" }));

const ids = (rows: readonly (readonly number[])[]): Tensor =>
  np.array(Int32Array.from(rows.flat()), { shape: [rows.length, rows[0].length] });
/** Rows of ones, followed by zeros up to `length`. */
const rowsOf = (lengths: readonly number[], length: number): number[][] =>
  lengths.map((n) => Array.from({ length }, (_, i) => (i < n ? 1 : 0)));
const valid = (lengths: readonly number[], length: number): Tensor => np.notEqual(ids(rowsOf(lengths, length)), 0);

Masks("the encoder of prompts sees pairs of which both are prompt or token", () => {
  for (const prompt of [4, 5, 10, 100]) {
    const lengths = [5, 6, 8].map((n) => n + prompt);
    const seen = valid(lengths, 8 + prompt);
    const want = rowsOf(lengths, 8 + prompt).map((row) => row.map((q) => row.map((k) => q & k)));
    const mask = pairMask({ valid: seen }, { valid: seen });
    assert.equal(mask.shape, [3, 1, 8 + prompt, 8 + prompt]);
    assert.equal(numbers(mask), want.flat(2));
  }
});

Masks("a target sees targets up to itself, and no padded target sees anything", () => {
  const mask = causalMask({ valid: valid([2, 3, 1], 3) });
  assert.equal(mask.shape, [3, 1, 3, 3]);
  assert.equal(numbers(mask), [1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
});

Masks("targets see the prompt and the tokens of the encoder", () => {
  const [inputs, targets, prompt] = [[3, 7, 8, 1], [2, 2, 4, 1], 3];
  const total = inputs.map((n) => n + prompt);
  const mask = pairMask({ valid: valid(targets, 4) }, { valid: valid(total, 8 + prompt) });
  assert.equal(mask.shape, [4, 1, 4, 11]);
  const want = targets.map((n, row) =>
    rowsOf([n], 4)[0].map((q) => rowsOf([inputs[row] + prompt], 11)[0].map((k) => q & k)),
  );
  assert.equal(numbers(mask), want.flat(2));
});

Masks("the logit mask of the decoder keeps the start and the place before a token, also in packed rows", () => {
  const inputs = [
    [0, 3, 9, 4, 1, 0, 0, 0],
    [0, 8, 5, 3, 1, 0, 0, 0],
    [0, 3, 9, 0, 4, 8, 0, 0],
    [0, 8, 5, 8, 0, 9, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 0],
  ];
  const want = [5, 5, 6, 6, 1].flatMap((n) => rowsOf([n], 8)[0]);
  assert.equal(numbers(decoderLogitMask(ids(inputs))), want);
});

Masks("what must not be seen is 1e10 below", () => {
  assert.equal(numbers(maskBias(valid([1], 2))), [0, -1e10]);
});

interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
const golden = JSON.parse(readFileSync(new URL("../golden/data/t5x-masks.json", import.meta.url), "utf8")) as {
  inputs: number[][];
  targets: number[][];
  cases: Record<
    string,
    {
      weights: Record<string, Stored>;
      prompt: Stored;
      encoded: Stored;
      logits: Stored;
      promptGradient: Stored;
      loss: number;
    }
  >;
};
const tensorOf = ({ shape, data }: Stored): Tensor => np.array(Float32Array.from(data), { shape });
const SIZES = {
  vocabSize: 16,
  dModel: 8,
  dKv: 3,
  dFf: 10,
  numHeads: 2,
  numLayers: 2,
  numDecoderLayers: 2,
  relativeAttentionNumBuckets: 8,
  relativeAttentionMaxDistance: 12,
};

for (const { label, open } of runtimes()) {
  for (const [version, like] of [
    ["1.1", "t5-1.1-small"],
    ["1.0", "t5-small"],
  ] as const) {
    Masks(`T5 ${version} on ${label}: states and logits are T5X's at every position, padding too`, async () => {
      const c = golden.cases[version];
      const config = { ...t5.configs[like], ...SIZES };
      const treedef = flatten(paramDims(config), isDims)[1];
      const run = (): void => {
        const leaves = pathsOf(treedef).map((path) => tensorOf(c.weights[printPath(path)]));
        const params = unflatten(treedef, leaves) as t5.Params;
        const batch = { inputs: ids(golden.inputs), targets: ids(golden.targets) };
        const prompt = tensorOf(c.prompt);
        const { states } = t5.encode(config, params, batch.inputs, { prefix: prompt });
        assertNear("encoded", numbers(states), c.encoded.data, { abs: 2e-5, rel: 1e-5 });
        const logits = (prefix: Tensor): Tensor => t5.logits(config, params, batch, { prefix });
        const scores = logits(prompt);
        assertNear("logits", numbers(scores), c.logits.data, { abs: 5e-5, rel: 1e-5 });
        const places = np.reshape(np.cos(np.arange(scores.size, undefined, undefined, "float32")), scores.shape);
        const gradient = grad((p: Tensor) => np.sum(np.multiply(logits(p), places)))(prompt);
        const most = Math.max(...c.promptGradient.data.map(Math.abs));
        assertNear("gradient", numbers(gradient), c.promptGradient.data, { abs: 1e-5 * most, rel: 1e-4 });
        const loss = t5.promptLoss(config)(params, { prompt }, batch);
        assertNear("loss", numbers(loss), [c.loss], { abs: 1e-5, rel: 2e-6 });
      };
      withRuntime(await open(), () => noLeaks(() => scope(run)));
    });
  }
}

Masks.run();
