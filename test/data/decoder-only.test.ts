/** @file Inputs and targets as one sequence, and how they are packed; the goldens of seqio's converters are in packing.test.ts. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Tokens } from "../../lib/data/batch.js";
import { decoderOnly } from "../../lib/data/decoder-only.js";
import { packedRow, packRows } from "../../lib/data/packing.js";

const DecoderOnly = suite("data/decoder-only");

const pack = (examples: readonly Tokens[], length: number) => {
  const all = examples.map((example) => decoderOnly(example));
  return Array.from(
    packRows(all, ({ targets }) => [targets.length], [length]),
    (group) => {
      const { targets, weights, prefix } = packedRow(group, ["targets", "weights", "prefix"]);
      return { ...targets, weights: weights.ids, prefix: prefix.ids };
    },
  );
};

DecoderOnly("an example without targets keeps its place in a packed row, so that weights stand at their tokens", () => {
  const examples = [
    { inputs: [7, 1], targets: [] },
    { inputs: [7, 1], targets: [4, 1] },
  ];
  // What seqio 0.0.20 gives each example in a row alone, one behind the other. Its own packed row has the weights 0 0 0 0 1 1 1 at the tokens
  // 7 1 7 1 4 1 0, so that padding counts: spec 8.4.
  assert.equal(pack(examples, 12), [
    {
      ids: [7, 1, 0, 7, 1, 4, 1],
      segments: [1, 1, 1, 2, 2, 2, 2],
      positions: [0, 1, 2, 0, 1, 2, 3],
      weights: [0, 0, 0, 0, 0, 1, 1],
      prefix: [1, 1, 1, 1, 1, 1, 0],
    },
  ]);
});

DecoderOnly("examples that fill a row share none, and one without inputs has a prefix of one place", () => {
  // seqio 0.0.20's PrefixLMFeatureConverter, packed, with lengths 6 and 6, of targets 5 6 1, then 7 1 and 4 1, then 9 1.
  const [row, ...others] = pack(
    [
      { inputs: [], targets: [5, 6, 1] },
      { inputs: [7, 1], targets: [4, 1] },
      { inputs: [], targets: [9, 1] },
    ],
    12,
  );
  assert.equal(others, []);
  assert.equal(row.ids, [5, 6, 1, 7, 1, 4, 1, 9, 1]);
  assert.equal(row.weights, [1, 1, 1, 0, 0, 1, 1, 1, 1]);
  assert.equal(row.prefix, [1, 0, 0, 1, 1, 1, 0, 1, 0]);
  const full = { inputs: [7, 1], targets: [4, 1] };
  assert.is(pack([full, full, full], 4).length, 3);
  assert.is(pack([full, full, full], 8).length, 2);
});

DecoderOnly.run();
