/** @file Documents as pieces and rows of the prefix LM, held to T5's numbers. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withEos } from "../../../lib/data/batch.js";
import {
  type DocumentIds,
  piecesOf,
  reduceConcatTokens,
  selectRandomChunk,
  splitTokens,
  trimTokensAtFront,
} from "../../../lib/data/objectives/pieces.js";
import {
  type PrefixLmRow,
  packPrefixLmDecoderOnly,
  packPrefixLmEncoderDecoder,
  randomSplit,
  targetsForPrefixLmObjective,
} from "../../../lib/data/objectives/prefix-lm.js";
import { goldenFiles } from "../../helpers/golden-file.js";
import { refusalOf } from "../../helpers/refusal.js";
import { withShared } from "../../helpers/shared.js";

const Pieces = suite("data/objectives/pieces");
const files = goldenFiles(Pieces, "data/objectives/pieces.test.ts");

type Numbers = readonly number[];
type Targets = readonly { readonly targets: Numbers }[];
interface Features<T> {
  readonly inputs: T;
  readonly targets: T;
}
interface Steps {
  readonly documents: Targets;
  readonly out: Targets;
}
interface Golden {
  readonly reduce_concat_tokens: readonly (Steps & { readonly batch_size: number })[];
  readonly split_tokens: readonly (Steps & { readonly max_tokens_per_segment: number })[];
  readonly split_to_length: readonly (Steps & {
    readonly function: string;
    readonly add_eos: boolean;
    readonly sequence_length: Features<number>;
  })[];
  readonly trim_tokens_at_front: readonly {
    readonly sequence_length: Features<number>;
    readonly example: Features<Numbers>;
    readonly out: Features<Numbers>;
  }[];
  readonly append_eos: readonly {
    readonly add_eos: boolean;
    readonly sequence_length: Features<number> | null;
    readonly example: Features<Numbers>;
    readonly append_eos: Features<Numbers>;
    readonly append_eos_after_trim: Features<Numbers>;
  }[];
  readonly targets_for_prefix_lm_objective: readonly (Steps & { readonly sequence_length: Features<number> })[];
  readonly pack_prefix_lm_encoder_decoder: readonly {
    readonly length: number;
    readonly split_point: number;
    readonly a: Numbers;
    readonly b: Numbers;
    readonly out: Readonly<Record<string, Numbers>>;
  }[];
  readonly pack_prefix_lm_decoder_only: readonly {
    readonly length: number;
    readonly split_point: number;
    readonly loss_on_targets_only: boolean;
    readonly tokens: Numbers;
    readonly out: Readonly<Record<string, Numbers>>;
  }[];
}
const golden = (root: string): Golden => files.open<Golden>(root, "objectives/pieces.json");

const idsOf = (rows: Targets): Numbers[] => rows.map(({ targets }) => targets);
const assertRows = (got: Iterable<Numbers>, want: Targets): void =>
  assert.equal(
    [...got].map((row) => [...row]),
    idsOf(want).map((row) => [...row]),
  );
const KEYS = ["inputs", "targets"] as const;
const EOS = 1;

withShared(Pieces, "documents are joined as in T5, without padding", (root) => {
  for (const { batch_size, documents, out } of golden(root).reduce_concat_tokens) {
    assertRows(reduceConcatTokens(idsOf(documents), batch_size), out);
  }
});

withShared(Pieces, "documents are cut as in T5", (root) => {
  const { split_tokens, split_to_length } = golden(root);
  for (const { max_tokens_per_segment, documents, out } of split_tokens) {
    assertRows(splitTokens(idsOf(documents), max_tokens_per_segment), out);
  }
  for (const { function: name, add_eos, sequence_length, documents, out } of split_to_length) {
    const { inputs, targets } = sequence_length;
    const length = name === "split_tokens_to_inputs_length" ? inputs : targets;
    const ids = idsOf(documents);
    const joined = name === "concatenate_and_split_to_fixed_length" ? reduceConcatTokens(ids, ids.length) : ids;
    assertRows(splitTokens(joined, add_eos ? length - 1 : length), out);
  }
});

withShared(Pieces, "texts are trimmed at the front as in T5", (root) => {
  for (const { sequence_length, example, out } of golden(root).trim_tokens_at_front) {
    for (const key of KEYS) assert.equal(trimTokensAtFront(example[key], sequence_length[key]), [...out[key]]);
  }
});

withShared(Pieces, "EOS is appended as in seqio, with and without trimming", (root) => {
  for (const row of golden(root).append_eos) {
    for (const key of KEYS) {
      const [ids, length] = [[...row.example[key]], row.sequence_length?.[key]];
      // Without an end of sequence nothing is cut either: there is nothing to do.
      const [plain, trimmed] = row.add_eos ? [withEos(ids, EOS), withEos(ids, EOS, length)] : [ids, ids];
      assert.equal(plain, [...row.append_eos[key]]);
      assert.equal(trimmed, [...row.append_eos_after_trim[key]]);
    }
  }
});

withShared(Pieces, "the texts of the packed prefix LM are T5's", (root) => {
  for (const { sequence_length, documents, out } of golden(root).targets_for_prefix_lm_objective) {
    const options = { length: sequence_length.targets, eosId: EOS };
    assert.is(sequence_length.inputs, sequence_length.targets);
    assertRows(targetsForPrefixLmObjective(idsOf(documents), options, 0), out);
  }
});

const ROW: Readonly<Record<string, keyof PrefixLmRow>> = {
  encoder_input_tokens: "encoderInputs",
  encoder_segment_ids: "encoderSegments",
  encoder_positions: "encoderPositions",
  decoder_target_tokens: "decoderTargets",
  decoder_input_tokens: "decoderInputs",
  decoder_segment_ids: "decoderSegments",
  decoder_positions: "decoderPositions",
  decoder_loss_weights: "decoderWeights",
};

withShared(Pieces, "two texts share a row as in T5", (root) => {
  for (const { length, split_point, a, b, out } of golden(root).pack_prefix_lm_encoder_decoder) {
    assert.equal([a.length, b.length], [length, length]);
    const row = packPrefixLmEncoderDecoder(a, b, split_point);
    const wanted = Object.fromEntries(Object.entries(out).map(([name, ids]) => [ROW[name], [...ids]]));
    assert.equal(row, wanted);
  }
});

withShared(Pieces, "a row of a decoder alone is T5's", (root) => {
  for (const { length, split_point, loss_on_targets_only, tokens, out } of golden(root).pack_prefix_lm_decoder_only) {
    assert.is(tokens.length, length);
    assert.equal(packPrefixLmDecoderOnly(tokens, split_point, { lossOnTargetsOnly: loss_on_targets_only }), {
      decoderTargets: [...out.decoder_target_tokens],
      decoderInputs: [...out.decoder_input_tokens],
      decoderWeights: [...out.decoder_loss_weights],
      decoderCausalAttention: [...out.decoder_causal_attention],
    });
  }
});

Pieces("texts with padding count up to it, as in T5's own test", () => {
  const row = packPrefixLmEncoderDecoder([9, 1, 2, 3, 4, 5, 6, 0], [8, 9, 10, 11, 12, 13, 0, 0], 3);
  assert.equal(row.decoderWeights, [1, 1, 1, 1, 0, 1, 0, 0]);
  assert.equal(row.decoderInputs, [0, 3, 4, 5, 6, 0, 13, 0]);
});

Pieces("a split leaves a token on each side, and all splits come", () => {
  const splits = new Set(Array.from({ length: 200 }, (_, seed) => randomSplit(8, seed)));
  assert.equal(
    [...splits].sort((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7],
  );
});

const DOCUMENTS: readonly DocumentIds[] = [[11, 12, 13], [], [14], [15, 0, 16, 17, 18]];

Pieces("pieces are documents, joined and with EOS where these are asked for", () => {
  const pieces = (options: Parameters<typeof piecesOf>[1]) => [...piecesOf(DOCUMENTS, options, 0)];
  assert.equal(pieces({ length: 3 }), [[11, 12, 13], [14], [15, 0, 16], [17, 18]]);
  assert.equal(pieces({ length: 3, joined: 2 }), [[11, 12, 13], [14], [15, 16, 17], [18]]);
  assert.equal(pieces({ length: 3, joined: 128 }), [
    [11, 12, 13],
    [14, 15, 16],
    [17, 18],
  ]);
  assert.equal(pieces({ length: 3, joined: 2, eosId: 1 }), [
    [11, 12, 13],
    [1, 14, 1],
    [15, 16, 17],
    [18, 1],
  ]);
  assert.equal(
    pieces({ length: 5, chunk: 1 }).map(({ length }) => length),
    [1, 1, 1],
  );
});

Pieces("a chunk of a long document is drawn anew by each seed", () => {
  const long = [Array.from({ length: 100 }, (_, i) => i + 1)];
  const chunks = Array.from({ length: 50 }, (_, seed) => [...piecesOf(long, { length: 10, chunk: 10 }, seed)][0][0]);
  assert.equal(
    [...new Set(chunks)].sort((a, b) => a - b),
    [1, 11, 21, 31, 41, 51, 61, 71, 81, 91],
  );
});

Pieces("what has no meaning is refused", () => {
  const refusal = (f: () => unknown, part: string): void => assert.match(refusalOf("ArgumentError", f), part);
  refusal(() => packPrefixLmEncoderDecoder([1, 2, 3], [4, 5, 6], 1), "the length of a row is odd");
  refusal(() => packPrefixLmEncoderDecoder([1, 2], [4, 5, 6], 1), "the two texts differ in length");
  refusal(() => packPrefixLmEncoderDecoder([1, 2], [4, 5], 2), "a whole number from 1 to 1");
  refusal(() => packPrefixLmDecoderOnly([1, 2], 0), "the split point is out of range");
  refusal(() => randomSplit(1, 0), "the length is out of range");
  refusal(() => selectRandomChunk([1], 0, { maxLength: 0 }), "the length of a chunk is out of range");
  refusal(() => [...reduceConcatTokens([], 0)], "the number of documents is out of range");
  refusal(() => [...splitTokens([], 1.5)], "the length of a piece is out of range");
  refusal(() => trimTokensAtFront([1], 0), "the length is out of range");
  refusal(() => [...piecesOf(DOCUMENTS, { length: 0 }, 0)], "the length of a piece is out of range");
});

Pieces.run();
