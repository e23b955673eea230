/** @file Packed rows, held to seqio's; and the rows and decoder inputs of its feature converters. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeBatch, type Tokens } from "../../lib/data/batch.js";
import { decoderOnly } from "../../lib/data/decoder-only.js";
import {
  makePackedBatch,
  type PackedFeature,
  packExamples,
  packedBatchRows,
  packedRow,
  packRows,
} from "../../lib/data/packing.js";
import * as np from "../../lib/np/index.js";
import { shiftRight } from "../../lib/t5/model.js";
import { goldenFiles } from "../helpers/golden-file.js";
import { refusalOf } from "../helpers/refusal.js";
import { numbers, onReference } from "../helpers/runtime.js";
import { withShared } from "../helpers/shared.js";
import { tinyT5 } from "../helpers/tiny-t5.js";

const Packing = suite("data/packing");
const files = goldenFiles(Packing, "data/packing.test.ts");

type Row = Readonly<Record<string, readonly number[]>>;
interface Lengths {
  readonly inputs?: number;
  readonly targets: number;
}
interface Converted {
  readonly converter: string;
  readonly arguments: { readonly pack: boolean; readonly loss_on_targets_only?: boolean };
  readonly lengths: Lengths;
  readonly examples: readonly Partial<Tokens>[];
  readonly note?: string;
  readonly out?: readonly Row[];
}
interface Golden {
  readonly converters: readonly Converted[];
  readonly trim_and_pack: readonly {
    readonly lengths: Readonly<Record<string, number>>;
    readonly examples: readonly Row[];
    readonly packed: readonly Row[];
    readonly padded: readonly Row[];
  }[];
  readonly make_autoregressive_inputs: readonly {
    readonly targets: readonly number[];
    readonly segment_ids: readonly number[] | null;
    readonly out: readonly number[];
  }[];
}
const golden = (root: string): Golden => files.open<Golden>(root, "objectives/packing.json");

const padded = (ids: readonly number[], length: number): readonly number[] =>
  Array.from({ length }, (_, i) => ids[i] ?? 0);
const whole = <T extends Partial<Tokens>>({ inputs = [], targets = [] }: T): Tokens => ({ inputs, targets });

/** What a decoder reads that is given these targets. */
const decoderInputs = (targets: readonly number[], segments: readonly number[] | undefined): number[] =>
  onReference(() => {
    const row = (ids: readonly number[]) => np.array(Int32Array.from(ids), { shape: [1, ids.length] });
    return numbers(shiftRight(tinyT5().config, row(targets), segments && row(segments)));
  });

/** The decoder's half of a row, as the converters name it. */
const decoderRow = (
  { ids, segments, positions }: PackedFeature,
  length: number,
  isPacked: boolean,
  weights: readonly number[] = ids.map((id) => Number(id !== 0)),
): Row => {
  const [targets, of] = [padded(ids, length), padded(segments, length)];
  return {
    decoder_target_tokens: targets,
    decoder_input_tokens: decoderInputs(targets, isPacked ? of : undefined),
    decoder_loss_weights: padded(weights, length),
    ...(isPacked && { decoder_segment_ids: of, decoder_positions: padded(positions, length) }),
  };
};
const encoderRow = ({ ids, segments, positions }: PackedFeature, length: number, isPacked: boolean): Row => ({
  encoder_input_tokens: padded(ids, length),
  ...(isPacked && { encoder_segment_ids: padded(segments, length), encoder_positions: padded(positions, length) }),
});

/** A row of one example that is padded by `makeBatch`, which is what trains without packing. */
const alone = (example: Partial<Tokens>, { inputs = 1, targets }: Lengths) => {
  const batch = makeBatch([whole(example)], [0], [inputs], targets);
  const feature = (ids: Int32Array): PackedFeature => ({ ids: [...ids], segments: [], positions: [] });
  return { inputs: feature(batch.inputs), targets: feature(batch.targets) };
};

/** The rows of an encoder-decoder, or of a decoder without inputs. */
const convert = ({ converter, lengths, examples, arguments: { pack } }: Converted): Row[] => {
  const { inputs, targets } = lengths;
  if (converter === "LMFeatureConverter") {
    const rows = pack
      ? packExamples(examples.map(whole), { targets })
      : examples.map((example) => alone(example, lengths));
    return rows.map((row) => decoderRow(row.targets, targets, pack));
  }
  assert.is(converter, "EncDecFeatureConverter");
  const most = inputs as number;
  const rows = pack
    ? packExamples(examples.map(whole), { inputs: most, targets })
    : examples.map((example) => alone(example, lengths));
  return rows.map((row) => ({
    ...encoderRow(row.inputs, most, pack),
    ...decoderRow(row.targets, targets, pack),
  }));
};

/** The rows of a decoder that reads inputs and targets as one. */
const convertDecoderOnly = ({ lengths, examples, arguments: { pack, ...how } }: Converted): Row[] => {
  const length = (lengths.inputs as number) + lengths.targets;
  const lossOnTargetsOnly = how.loss_on_targets_only ?? true;
  const all = examples.map((example) => decoderOnly(whole(example), { lossOnTargetsOnly }));
  const groups = pack ? packRows(all, ({ targets }) => [targets.length], [length]) : all.map((one) => [one]);
  return Array.from(groups, (group) => {
    const { targets, weights, prefix } = packedRow(group, ["targets", "weights", "prefix"]);
    const row = decoderRow(targets, length, pack, weights.ids);
    return { ...row, decoder_causal_attention: padded(prefix.ids, length) };
  });
};

const REFUSED = /longer than the length|out of step|cuts a sequence/;

withShared(Packing, "rows are those of seqio's feature converters, and its mistakes are refused", (root) => {
  const refused: string[] = [];
  for (const [i, one] of golden(root).converters.entries()) {
    const isOne = one.converter === "PrefixLMFeatureConverter";
    const rows = () => (isOne ? convertDecoderOnly(one) : convert(one));
    if (REFUSED.test(one.note ?? "")) {
      refused.push(refusalOf("ArgumentError", rows));
      // Where the length is to blame, each example is refused by itself.
      if (one.out === undefined) {
        for (const example of one.examples) {
          assert.match(
            refusalOf("ArgumentError", () => convert({ ...one, examples: [example] })),
            /long/,
          );
        }
      }
    } else assert.equal(rows(), one.out, `case ${i}: ${one.converter}, ${one.note}`);
    // The rows of the reference that are not ours are read all the same.
    for (const row of one.out ?? []) assert.ok(Object.values(row).every((ids) => ids.length > 0));
  }
  assert.is(refused.length, 6);
  const wanted = [/at most 10/, /at most 7/, /longer than a row[\s\S]*at most 10/, /longer than a row[\s\S]*at most 7/];
  for (const [i, parts] of [...wanted, /a feature is empty/, /padding inside[\s\S]*0 at position 1/].entries()) {
    assert.match(refused[i], parts);
  }
});

withShared(Packing, "examples that are cut are packed and padded as seqio packs and pads them", (root) => {
  for (const { lengths, examples, packed, padded: separate } of golden(root).trim_and_pack) {
    const features = Object.keys(lengths);
    const rows = packExamples(examples, lengths, { trim: true });
    const named = (row: (typeof rows)[number], name: string): Row => ({
      [name]: padded(row[name].ids, lengths[name]),
      [`${name}_positions`]: padded(row[name].positions, lengths[name]),
      [`${name}_segment_ids`]: padded(row[name].segments, lengths[name]),
    });
    assert.equal(
      rows.map((row) => Object.assign({}, ...features.map((name) => named(row, name))) as Row),
      packed,
    );
    const one = examples.map((example) => packExamples([example], lengths, { trim: true })[0]);
    assert.equal(
      one.map((row) => Object.fromEntries(features.map((name) => [name, padded(row[name].ids, lengths[name])]))),
      separate,
    );
  }
});

withShared(Packing, "a decoder reads each segment from its start", (root) => {
  for (const { targets, segment_ids: segments, out } of golden(root).make_autoregressive_inputs) {
    assert.equal(decoderInputs(targets, segments ?? undefined), out);
  }
});

/** Examples of one to nine ids a feature. */
const EXAMPLES: readonly Tokens[] = Array.from({ length: 40 }, (_, i) => ({
  inputs: Array.from({ length: 1 + ((i * 7) % 9) }, (_, k) => 2 + i + k),
  targets: Array.from({ length: 1 + ((i * 5) % 4) }, (_, k) => 60 + i + k),
}));

Packing("every example is in one row, whole and in order, with the same segment in all features", () => {
  const rows = packExamples(EXAMPLES, { inputs: 16, targets: 8 });
  const found = rows.flatMap(({ inputs, targets }) =>
    Array.from({ length: Math.max(...inputs.segments) }, (_, i) => {
      const of = ({ ids, segments }: PackedFeature) => ids.filter((_, at) => segments[at] === i + 1);
      return { inputs: of(inputs), targets: of(targets) };
    }),
  );
  assert.equal(found, EXAMPLES);
  assert.ok(rows.length < EXAMPLES.length / 2);
  for (const { inputs, targets } of rows) assert.ok(inputs.ids.length <= 16 && targets.ids.length <= 8);
});

Packing("rows are made of a stream as it is read", () => {
  let read = 0;
  function* endless(): Generator<number> {
    for (;;) yield read++;
  }
  const rows = packRows(endless(), () => [3], [7]);
  assert.equal(
    [rows.next().value, rows.next().value],
    [
      [0, 1],
      [2, 3],
    ],
  );
  assert.is(read, 5);
});

Packing("the batch of a step depends on seed and step alone, and every example comes once an epoch", () => {
  const sizes = EXAMPLES.map(({ inputs, targets }) => [inputs.length, targets.length]);
  const at = (seed: number) => packedBatchRows(sizes, [16, 8], 3, seed);
  const rowsAt = at(1);
  const steps = Array.from({ length: 30 }, (_, step) => rowsAt(step));
  for (const step of [7, 7, 3, 29, 0]) assert.equal(rowsAt(step), steps[step]);
  assert.equal(at(1)(11), steps[11]);
  assert.not.equal(at(2)(0), steps[0]);
  const drawn = steps.flat(2);
  for (const epoch of [0, 1, 2]) {
    const own = drawn.slice(epoch * sizes.length, (epoch + 1) * sizes.length);
    assert.equal(
      own.sort((a, b) => a - b),
      sizes.map((_, i) => i),
    );
  }
  assert.match(
    refusalOf("ArgumentError", () => packedBatchRows([], [1], 1, 0)),
    /no examples to pack/,
  );
  const long = () =>
    packedBatchRows(
      [
        [1, 1],
        [2, 9],
      ],
      [8, 8],
      1,
      0,
    );
  assert.match(refusalOf("ArgumentError", long), /at most 8 and 8 ids[\s\S]*2 and 9[\s\S]*example 1/);
});

Packing("a batch is padded with the model's id, and its segments with 0", () => {
  const lengths = { inputs: 6, targets: 3 };
  const rows = packExamples(
    [
      { inputs: [8, 7, 1], targets: [4, 1] },
      { inputs: [2, 1], targets: [1] },
    ],
    lengths,
  );
  const batch = makePackedBatch(rows, lengths, 9);
  assert.equal([...batch.inputs], [8, 7, 1, 2, 1, 9]);
  assert.equal([...batch.inputsSegments], [1, 1, 1, 2, 2, 0]);
  assert.equal([...batch.targets, ...batch.targetsSegments], [4, 1, 1, 1, 1, 2]);
  assert.is(batch.tokens, 8);
  const short = () => makePackedBatch(rows, { inputs: 4, targets: 3 });
  assert.match(refusalOf("ArgumentError", short), /a packed row is too long[\s\S]*at most 4[\s\S]*5/);
});

Packing("what cannot be packed is refused with its place", () => {
  const of = (inputs: readonly number[], targets: readonly number[] = [1], length = 4) =>
    refusalOf("ArgumentError", () =>
      packExamples(
        [
          { inputs: [1], targets: [1] },
          { inputs, targets },
        ],
        { inputs: length, targets: 4 },
      ),
    );
  assert.match(of([0, 0]), /a feature is empty[\s\S]*example 1: inputs/);
  assert.match(of([1], []), /a feature is empty[\s\S]*example 1: targets/);
  assert.match(of([1, 2, 3, 4, 5]), /longer than a row[\s\S]*at most 4 ids[\s\S]*5[\s\S]*example 1: inputs/);
  assert.match(of([5, 0, 1]), /padding inside[\s\S]*0 at position 1/);
  for (const length of [0, 1.5, Number.NaN]) assert.match(of([1], [1], length), /cannot have this length/);
  assert.equal(packExamples([{ targets: [7, 0, 0] }], { targets: 2 })[0].targets.ids, [7]);
  assert.equal(packExamples([{ targets: [0, 9, 9] }], { targets: 1 }, { padId: 9 })[0].targets.ids, [0]);
  assert.equal(packExamples([], { targets: 1 }), []);
  // seqio 0.0.20's `trim_and_pack_dataset` packs [5, 6, 0, 0, 7, 8] and [9, 1], cut to 4, as 5 6 9 1 of the segments 1 1 2 2.
  const cut = packExamples([{ targets: [5, 6, 0, 0, 7, 8] }, { targets: [9, 1] }], { targets: 4 }, { trim: true });
  assert.equal(cut, [{ targets: { ids: [5, 6, 9, 1], segments: [1, 1, 2, 2], positions: [0, 1, 0, 1] } }]);
});

Packing.run();
