import { suite } from "uvu";
import * as assert from "uvu/assert";
import { init } from "../../lib/compile/init.js";
import { dispose, type Tensor } from "../../lib/core/tensor.js";
import { batchRows } from "../../lib/data/batch.js";
import { type BatchSettings, type TokenPart, trainingBatches } from "../../lib/lab/batches.js";

const Batches = suite("lab/batches");
Batches.before(() => init({ backend: "reference" }));

const settings: BatchSettings = {
  batch: { examples: 2 },
  microbatches: 1,
  lengths: { input: 512, target: 0, buckets: 2 },
  seed: 5,
};
const inserted = { encoder: 0, decoder: 0 };
const alone = (tokens: TokenPart["tokens"]): readonly TokenPart[] => [{ tokens, rate: 1 }];
const tokensOf = (lengths: readonly number[]) =>
  lengths.map((n, i) => ({ inputs: new Array<number>(n).fill(i + 2), targets: [i + 2, 9, 1].slice(i === 0 ? 0 : 1) }));

Batches("batches of examples follow the seed and the step, padded to their buckets, and count what is inserted", () => {
  const tokens = tokensOf([3, 9, 17, 30]);
  const batchAt = trainingBatches(settings, alone(tokens), { encoder: 7, decoder: 2 });
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
  const five = { encoder: 5, decoder: 0 };
  const batchAt = trainingBatches({ ...settings, batch: { tokens: 100 } }, alone(tokens), five);
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
  const { batch } = trainingBatches({ ...settings, batch: { tokens: 10 } }, alone(tokens), five)(0);
  const padded = trainingBatches({ ...settings, padId: 9, batch: { tokens: 10 } }, alone(tokens), five)(0);
  const exchanged = (x: Tensor): number[] => Array.from(x.dataSync(), (id) => (id === 0 ? 9 : id));
  assert.equal([...padded.batch.inputs.dataSync()], exchanged(batch.inputs));
  assert.equal([...padded.batch.targets.dataSync()], exchanged(batch.targets));
  dispose(padded.batch);
  assert.is(batch.inputs.shape[0], 1, "a longer row comes alone");
  dispose(batch);
});

Batches("batches of tokens are a function of the seed and the step", () => {
  const tokens = tokensOf([3, 4, 5, 6, 7, 8, 30, 31, 32, 29]);
  const of = (steps: readonly number[], seed = 5): number[][] => {
    const batchAt = trainingBatches({ ...settings, seed, batch: { tokens: 80 } }, alone(tokens), inserted);
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

Batches("batches of tokens are made so that microbatches divide them", () => {
  const tokens = tokensOf([3, 4, 5, 6, 7, 8, 30, 31, 32, 29]);
  const batchAt = trainingBatches({ ...settings, batch: { tokens: 100 }, microbatches: 4 }, alone(tokens), inserted);
  for (let step = 0; step < 10; step++) {
    const { batch } = batchAt(step);
    assert.is(batch.inputs.shape[0] % 4, 0, `${batch.inputs.shape}`);
    dispose(batch);
  }
});

/** Examples that begin with the number of their part. */
const partOf = (part: number, rate: number, lengths: readonly number[]): TokenPart => ({
  tokens: lengths.map((n, i) => ({ inputs: [part, ...new Array<number>(n - 1).fill(i + 2)], targets: [i + 2, 1] })),
  rate,
});
const MIXED = [partOf(1, 6, [5, 20, 6]), partOf(2, 3, [7, 8, 30, 31, 9]), partOf(3, 1, [4])];

/** The shapes and the first tokens of rows, over so many steps. */
const firstTokens = (batchOf: ReturnType<typeof trainingBatches>, steps: number) =>
  Array.from({ length: steps }, (_, step) => {
    const { batch } = batchOf(step);
    const [, length] = batch.inputs.shape;
    const ids = [...batch.inputs.dataSync()].filter((_, i) => i % length === 0);
    dispose(batch);
    return { length, ids };
  });

Batches("packed batches have one shape, whole rows of examples, and depend on the seed and the step", () => {
  const lengths = { ...settings.lengths, input: 40 };
  for (const microbatches of [1, 4]) {
    const batchOf = (seed: number) =>
      trainingBatches({ ...settings, lengths, seed, microbatches, padId: 9, batch: { packed: 150 } }, MIXED, inserted);
    const batchAt = batchOf(1);
    const read = (step: number, at = batchAt) => {
      const { batch, tokens } = at(step);
      const [rows, width] = batch.inputs.shape;
      assert.equal(batch.inputsSegments?.shape, [rows, width]);
      assert.equal(batch.targetsSegments?.shape, batch.targets.shape);
      const [inputs, targets, segments] = [batch.inputs, batch.targets, batch.inputsSegments as Tensor].map((x) => [
        ...x.dataSync(),
      ]);
      assert.equal(
        inputs.filter((_, i) => segments[i] === 0).every((id) => id === 9),
        true,
      );
      dispose(batch);
      const real = segments.filter((one) => one > 0).length;
      return { rows, width, inputs, segments, real, ofTargets: tokens - real, targets };
    };
    const steps = Array.from({ length: 200 }, (_, step) => read(step));
    for (const one of steps) {
      // As many rows as fit 150 ids: 40 of inputs and those of the targets of as many examples.
      assert.equal([one.rows, one.width], [microbatches === 1 ? 3 : 4, 40]);
      assert.ok(one.ofTargets > 0 && one.ofTargets <= one.targets.length);
    }
    assert.ok(steps.reduce((n, { real }) => n + real, 0) > 0.6 * steps.reduce((n, one) => n + one.inputs.length, 0));
    assert.equal([read(7), read(0), read(199, batchOf(1))], [steps[7], steps[0], steps[199]]);
    assert.not.equal(read(0, batchOf(2)), steps[0]);
    // Each example begins with the number of its part.
    const parts = steps.flatMap(({ inputs, segments, width }) =>
      inputs.filter((_, i) => segments[i] > 0 && (i % width === 0 || segments[i] !== segments[i - 1])),
    );
    const share = parts.filter((part) => part === 1).length / parts.length;
    assert.ok(Math.abs(share - 0.6) < 4 * Math.sqrt((0.6 * 0.4) / parts.length), `${share}`);
  }
});

Batches("each example of a mixture is of a part as often as the rates say, by examples and by tokens", () => {
  for (const batch of [{ examples: 8 }, { tokens: 200 }]) {
    for (const seed of [1, 2, 3]) {
      const ids = firstTokens(trainingBatches({ ...settings, batch, seed }, MIXED, inserted), 400).flatMap(
        (one) => one.ids,
      );
      for (const [part, share] of [0.6, 0.3, 0.1].entries()) {
        const count = ids.filter((id) => id === part + 1).length;
        const away = Math.abs(count - ids.length * share) / Math.sqrt(ids.length * share * (1 - share));
        assert.ok(away < 4, `${JSON.stringify(batch)}, seed ${seed}: ${count} of ${ids.length} are of part ${part}`);
      }
    }
  }
});

Batches("a mixture by tokens takes examples of like length, of any part, as many as fit", () => {
  const found = firstTokens(trainingBatches({ ...settings, batch: { tokens: 100 } }, MIXED, inserted), 60);
  for (const { length, ids } of found) assert.is(ids.length, Math.floor(100 / (length + 2)));
  assert.equal(new Set(found.map(({ length }) => length)), new Set([8, 32]));
  assert.ok(found.some(({ ids }) => new Set(ids).size > 1));
});

Batches("a mixture is a function of the seed and the step", () => {
  for (const batch of [{ examples: 8 }, { tokens: 200 }]) {
    const of = (seed: number) => trainingBatches({ ...settings, batch, seed }, MIXED, inserted);
    const inOrder = firstTokens(of(5), 6);
    const batchAt = of(5);
    dispose(batchAt(4).batch);
    assert.equal(firstTokens(batchAt, 6), inOrder);
    assert.not.equal(firstTokens(of(6), 6), inOrder);
  }
});

Batches("a part with the rate 0 never comes, and each other one once before one comes again", () => {
  const parts = [partOf(1, 1, [4, 5, 6]), partOf(2, 0, [7, 8])];
  const batchAt = trainingBatches({ ...settings, batch: { examples: 3 } }, parts, inserted);
  for (const step of [0, 1, 2]) {
    const { batch } = batchAt(step);
    const second = [...batch.inputs.dataSync()].filter((_, i) => i % batch.inputs.shape[1] === 1);
    assert.equal(second.sort(), [2, 3, 4]);
    dispose(batch);
  }
});

Batches("a loss over labels has the labels of each row's task, padded, and which of them is right", () => {
  const labels = [
    [
      [11, 1],
      [12, 13, 1],
    ],
    [
      [21, 1],
      [22, 1],
      [23, 1],
    ],
  ];
  const parts = MIXED.slice(0, 2).map((part, i) => ({
    ...part,
    labels: labels[i],
    answers: part.tokens.map((_, row) => row % labels[i].length),
  }));
  const batchAt = trainingBatches({ ...settings, batch: { examples: 6 } }, parts, inserted);
  const seen = new Set<number>();
  for (let step = 0; step < 10; step++) {
    const { batch } = batchAt(step);
    const { inputs, choices, answer } = batch as typeof batch & { choices: Tensor; answer: Tensor };
    assert.equal(choices.shape, [6, 3, 3]);
    assert.equal([choices.dtype, answer.dtype, answer.shape], ["int32", "int32", [6]]);
    const [ids, all, answers] = [inputs, choices, answer].map((x) => [...x.dataSync()]);
    for (let i = 0; i < 6; i++) {
      const [part, row] = [ids[i * inputs.shape[1]], ids[i * inputs.shape[1] + 1] - 2];
      seen.add(part);
      const own = part === 1 ? [11, 1, 0, 12, 13, 1, 0, 0, 0] : [21, 1, 0, 22, 1, 0, 23, 1, 0];
      assert.equal(all.slice(9 * i, 9 * i + 9), own);
      assert.is(answers[i], row % labels[part - 1].length);
    }
    dispose(batch);
  }
  assert.equal([...seen].sort(), [1, 2]);
  const { batch } = trainingBatches(settings, MIXED, inserted)(0);
  assert.equal(Object.keys(batch), ["inputs", "targets"], "without labels there is neither");
  dispose(batch);
});

Batches("a method for several tasks reads which part each row is of", () => {
  for (const batch of [{ examples: 6 }, { tokens: 200 }]) {
    const batchAt = trainingBatches({ ...settings, batch, byTask: true }, MIXED, inserted);
    const seen = new Set<number>();
    for (let step = 0; step < 10; step++) {
      const made = batchAt(step).batch;
      const [ids, length] = [[...made.inputs.dataSync()], made.inputs.shape[1]];
      const tasks = [...(made.tasks as Tensor).dataSync()];
      assert.equal(
        tasks,
        Array.from({ length: made.inputs.shape[0] }, (_, i) => ids[i * length] - 1),
      );
      for (const task of tasks) seen.add(task);
      dispose(made);
    }
    assert.is(seen.size, MIXED.length);
  }
});

Batches.run();
