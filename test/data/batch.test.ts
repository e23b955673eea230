import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  batchRows,
  bucketLengths,
  epochOrder,
  longestOf,
  makeBatch,
  type Tokens,
  tokenize,
  withEos,
} from "../../lib/data/batch.js";

const Batches = suite("data/batch");

const tokensOf = (lengths: readonly number[]): Tokens[] =>
  lengths.map((n, i) => ({ inputs: new Array<number>(n).fill(i + 2), targets: [i + 2, 1] }));

Batches("ids are cut to leave room for the end of sequence", () => {
  assert.equal(withEos([5, 6, 7], 1, 3), [5, 6, 1]);
  assert.equal(withEos([5, 6, 7], 1, 4), [5, 6, 7, 1]);
  assert.equal(withEos([5, 6, 7], 1), [5, 6, 7, 1]);
  const tokenizer = { encode: (text: string) => [...text].map((c) => c.charCodeAt(0)), eosId: 1, vocabSize: 200 };
  const example = { id: "0", inputs: "abc", targets: "d", truth: 0 };
  assert.equal(tokenize([example], tokenizer, { inputLength: 3 }), [{ inputs: [97, 98, 1], targets: [100, 1] }]);
  // A sentinel is there before targets are cut.
  const [{ targets }] = tokenize([{ ...example, targets: "def" }], tokenizer, { targetLength: 4, sentinel: 199 });
  assert.equal(targets, [199, 100, 101, 1]);
});

Batches("ids are not cut to no length", () => {
  for (const length of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => withEos([5, 6, 7], 1, length), /tokenize: ids cannot be cut[\s\S]*a whole number from 1/);
  }
  assert.equal(withEos([5, 6, 7], 1, 1), [1]);
});

Batches("every epoch holds each example once, in an order of its own", () => {
  const sizes = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(sizes, sizes, fc.nat(), (size, batch, seed) => {
      const rows = Array.from({ length: size }, (_, step) => batchRows(size, batch, seed, step)).flat();
      // `size` batches of `batch` rows are `batch` whole epochs.
      for (let epoch = 0; epoch < batch; epoch++) {
        const seen = rows.slice(epoch * size, (epoch + 1) * size);
        assert.equal(
          [...seen].sort((a, b) => a - b),
          Array.from({ length: size }, (_, i) => i),
        );
        assert.equal(seen, epochOrder(size, seed, epoch));
      }
    }),
  );
  assert.not.equal(epochOrder(50, 0, 0), epochOrder(50, 0, 1));
  assert.not.equal(epochOrder(50, 0, 0), epochOrder(50, 1, 0));
});

Batches("a shuffle favours no place: the mean position of an example over many epochs is the middle", () => {
  const positions = Array.from({ length: 400 }, (_, epoch) => epochOrder(21, 3, epoch).indexOf(5));
  const mean = positions.reduce((a, b) => a + b, 0) / positions.length;
  // The mean of 400 uniform places of 21 has a standard deviation of 0.3.
  assert.ok(Math.abs(mean - 10) < 1.2, `${mean}`);
});

Batches("buckets are few, multiples of 8, and hold every length", () => {
  assert.equal(bucketLengths([3, 9, 17, 30], 2), [16, 32]);
  assert.equal(bucketLengths([3, 9, 17, 30], 3, 20), [16, 20]);
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1 }),
      fc.integer({ min: 1, max: 5 }),
      (lengths, count) => {
        const buckets = bucketLengths(lengths, count);
        return (
          buckets.length <= count &&
          (buckets.at(-1) as number) >= Math.max(...lengths) &&
          buckets.every((b) => b % 8 === 0)
        );
      },
    ),
  );
});

Batches("a batch is padded with zeros to the smallest bucket that holds its rows", () => {
  const b = makeBatch(tokensOf([2, 5, 3]), [0, 2], [4, 8], 3);
  assert.is(b.inputLength, 4);
  assert.equal([...b.inputs], [2, 2, 0, 0, 4, 4, 4, 0]);
  assert.equal([...b.targets], [2, 1, 0, 4, 1, 0]);
  assert.is(b.tokens, 9);
  assert.is(makeBatch(tokensOf([2, 5, 3]), [1], [4, 8], 3).inputLength, 8);
  const other = makeBatch([{ inputs: [5, 0], targets: [6] }], [0], [4], 2, 9);
  assert.equal([[...other.inputs], [...other.targets], other.tokens], [[5, 0, 9, 9], [6, 9], 3]);
});

Batches("inputs and targets that do not fit are refused: cut, they would lose their end of sequence", () => {
  const tokens: Tokens[] = [{ inputs: [5, 1], targets: [7, 8, 1] }];
  assert.equal([...makeBatch(tokens, [0], [2], 3).targets], [7, 8, 1]);
  assert.throws(() => makeBatch(tokens, [0], [2], 2), /a target is too long[\s\S]*at most 2 tokens[\s\S]*3/);
  assert.throws(() => makeBatch(tokens, [0], [1], 3), /no bucket is long enough/);
});

Batches("the longest of very many rows is found", () => {
  const rows = Array.from({ length: 500_000 }, (_, i) => (i === 300_000 ? [1, 2, 3] : [1]));
  assert.is(longestOf(rows), 3);
  assert.is(longestOf([]), 0);
});

Batches.run();
