import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tokens } from "../../lib/data/batch.js";
import { evaluationBatches, paddedLengths } from "../../lib/data/evaluation-batches.js";

const Batches = suite("data/evaluation-batches");

/** Rows of these lengths; every id of row i is i + 2. */
const tokensOf = (lengths: readonly number[]): Tokens[] =>
  lengths.map((n, i) => ({ inputs: new Array<number>(n).fill(i + 2), targets: i === 0 ? [9, 9, 1] : [i + 2, 1] }));

const cost = (lengths: readonly number[], padded: readonly number[]): number =>
  lengths.reduce((sum, n) => sum + (padded.find((p) => p >= n) as number), 0);

Batches("padded lengths are multiples of 8, as few as asked for, and hold every row", () => {
  assert.equal(paddedLengths([3, 4, 60, 61], 2), [8, 64]);
  assert.equal(paddedLengths([3, 4, 60, 61], 1), [64]);
  assert.equal(paddedLengths([8, 9], 5), [8, 16]);
  assert.equal(paddedLengths([], 3), []);
});

Batches("no other choice of as many lengths pads less", () => {
  const rows = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 3 }), (lengths, count) => {
      const best = paddedLengths(lengths, count);
      const all = [...new Set(lengths.map((n) => Math.ceil(n / 8) * 8))].sort((a, b) => a - b);
      const last = all.at(-1) as number;
      for (const a of all) {
        for (const b of all) {
          const other = [...new Set([a, b].slice(0, count - 1).concat(last))].sort((x, y) => x - y);
          assert.ok(cost(lengths, best) <= cost(lengths, other), `${best} against ${other}`);
        }
      }
      assert.ok(best.length <= count && best.at(-1) === last);
    }),
  );
});

Batches("a batch has as many rows as fit into the tokens, the prompt included", () => {
  const sizes = (maxTokens: number, promptLength: number): number[] =>
    evaluationBatches(tokensOf([8, 8, 8, 8, 8, 8]), { maxTokens, promptLength }).map(({ rows }) => rows.length);
  assert.equal(sizes(48, 0), [6]);
  assert.equal(sizes(47, 0), [3, 3]);
  assert.equal(sizes(47, 8), [2, 2, 2]);
  assert.equal(sizes(48, 4), [3, 3]);
  assert.equal(sizes(48, 1), [3, 3]);
});

Batches("a row that is longer than all tokens of a batch is a batch alone, whole", () => {
  const batches = evaluationBatches(tokensOf([4000, 5, 3999, 6]), { maxTokens: 1000 });
  assert.equal(
    batches.map(({ rows, inputLength, size }) => [rows, inputLength, size]),
    [
      [[1, 3], 8, 2],
      [[2], 4000, 1],
      [[0], 4000, 1],
    ],
  );
  assert.is(batches[2].inputs.length, 4000);
  assert.ok(batches[2].inputs.every((id) => id === 2));
});

Batches("4096 tokens and 4 lengths are the defaults", () => {
  assert.equal(
    evaluationBatches(tokensOf(new Array(65).fill(64))).map(({ size }) => size),
    [33, 33],
  );
  assert.is(evaluationBatches(tokensOf(new Array(64).fill(64))).length, 1);
  assert.is(evaluationBatches(tokensOf([8, 16, 24, 32, 40, 48])).length, 4);
});

Batches("the last batch of a length repeats an example where it has no more; targets have one length", () => {
  const [first, second] = evaluationBatches(tokensOf([1, 2, 3]), { maxTokens: 16, lengths: 1 });
  assert.equal([...first.inputs], [2, 0, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0]);
  assert.equal([...first.targets], [9, 9, 1, 3, 1, 0]);
  assert.equal(second.rows, [2]);
  assert.is(second.size, 2);
  assert.equal([...second.targets], [4, 1, 0, 4, 1, 0]);
  assert.is(second.targetLength, 3);
});

Batches("every example is in one batch, with all of its ids", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 40 });
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 600 }), (list, maxTokens) => {
      const tokens = tokensOf(list);
      const batches = evaluationBatches(tokens, { maxTokens });
      assert.equal(
        batches.flatMap(({ rows }) => rows).sort((a, b) => a - b),
        list.map((_, i) => i),
      );
      for (const { rows, inputs, inputLength, size } of batches) {
        assert.is(inputs.length, size * inputLength);
        assert.ok(size === 1 || size * inputLength <= maxTokens);
        rows.forEach((row, i) => {
          const ids = inputs.subarray(i * inputLength, (i + 1) * inputLength);
          assert.equal([...ids.filter((id) => id !== 0)], tokens[row].inputs);
        });
      }
    }),
  );
});

Batches.run();
