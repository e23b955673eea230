import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { dispose } from "../../lib/core/tensor.js";
import { batchRows } from "../../lib/data/batch.js";
import { type BatchSettings, checkBatches, trainingBatches } from "../../lib/train/batches.js";

const Batches = suite("train/batches");
Batches.before(() => init({ backend: "reference" }));

const settings: BatchSettings = {
  batchSize: 2,
  batchTokens: 0,
  microbatches: 1,
  buckets: 2,
  maxInputLength: 512,
  seed: 5,
};
const tokensOf = (lengths: readonly number[]) =>
  lengths.map((n, i) => ({ inputs: new Array<number>(n).fill(i + 2), targets: [i + 2, 9, 1].slice(i === 0 ? 0 : 1) }));

Batches("batches of examples follow the seed and the step, padded to their buckets, and count what is inserted", () => {
  const tokens = tokensOf([3, 9, 17, 30]);
  const batchAt = trainingBatches(settings, tokens, { encoder: 7, decoder: 2 });
  for (const step of [0, 1, 7]) {
    const rows = batchRows(4, 2, 5, step);
    const { batch, tokens: count } = batchAt(step);
    const longest = Math.max(...rows.map((row) => tokens[row].inputs.length));
    assert.equal(batch.inputs.shape, [2, longest <= 16 ? 16 : 32]);
    assert.equal(batch.targets.shape, [2, 3]);
    assert.is(batch.inputs.dtype, "int32");
    const padded = rows.flatMap((row) => (row === 0 ? [2, 9, 1] : [9, 1, 0]));
    assert.equal([...batch.targets.dataSync()], padded);
    const inside = rows.reduce((n, row) => n + tokens[row].inputs.length + tokens[row].targets.length, 0);
    assert.is(count, inside + 2 * 9);
    dispose(batch);
  }
});

Batches("batches of tokens hold as many examples of like length as fit with target and insertions", () => {
  const tokens = tokensOf([3, 4, 5, 6, 7, 8, 30, 31, 32, 29]);
  const inserted = { encoder: 5, decoder: 0 };
  const batchAt = trainingBatches({ ...settings, batchTokens: 100 }, tokens, inserted);
  const shapes = new Set<string>();
  for (let step = 0; step < 20; step++) {
    const { batch } = batchAt(step);
    const [size, length] = batch.inputs.shape;
    // A row has its padded input, 5 vectors and 3 tokens of the target.
    assert.is(size, Math.floor(100 / (length + 8)));
    shapes.add(batch.inputs.shape.join());
    dispose(batch);
  }
  assert.equal([...shapes].sort(), ["2,32", "6,8"]);
  const { batch } = trainingBatches({ ...settings, batchTokens: 10 }, tokens, inserted)(0);
  assert.is(batch.inputs.shape[0], 1, "a longer row comes alone");
  dispose(batch);
});

Batches("batches of tokens are a function of the seed and the step", () => {
  const tokens = tokensOf([3, 4, 5, 6, 7, 8, 30, 31, 32, 29]);
  const of = (steps: readonly number[], seed = 5): number[][] => {
    const batchAt = trainingBatches({ ...settings, seed, batchTokens: 80 }, tokens, { encoder: 0, decoder: 0 });
    return steps.map((step) => {
      const { batch } = batchAt(step);
      const ids = [...batch.inputs.dataSync()];
      dispose(batch);
      return ids;
    });
  };
  const [a, b, c] = of([0, 1, 2]);
  assert.equal(of([2, 0, 1, 1]), [c, a, b, b]);
  assert.not.equal(of([0, 1, 2], 6), [a, b, c]);
});

Batches("microbatches divide every batch: those of tokens are made so, those of examples are checked", () => {
  const tokens = tokensOf([3, 4, 5, 6, 7, 8, 30, 31, 32, 29]);
  const batchAt = trainingBatches({ ...settings, batchTokens: 100, microbatches: 4 }, tokens, {
    encoder: 0,
    decoder: 0,
  });
  for (let step = 0; step < 10; step++) {
    const { batch } = batchAt(step);
    assert.is(batch.inputs.shape[0] % 4, 0, `${batch.inputs.shape}`);
    dispose(batch);
  }
  checkBatches({ ...settings, batchSize: 32, microbatches: 8 });
  checkBatches({ ...settings, batchSize: 3, batchTokens: 100, microbatches: 8 });
  assert.throws(
    () => checkBatches({ ...settings, batchSize: 32, microbatches: 5 }),
    /--microbatches[\s\S]*divides --batch-size 32[\s\S]*5/,
  );
});

Batches.run();
