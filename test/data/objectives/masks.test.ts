/** @file Lengths and masks of objectives, held to T5's numbers. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  iidNoiseMask,
  type Mask,
  prefixBounds,
  prefixMask,
  randomPrefixNoiseMask,
  randomSegmentation,
  randomSpansNoiseMask,
  regularMask,
  regularNoiseMask,
  rollMask,
  spansMask,
} from "../../../lib/data/objectives/masks.js";
import { randomSpansHelper } from "../../../lib/data/objectives/spans.js";
import { goldenFiles } from "../../helpers/golden-file.js";
import { refusalOf } from "../../helpers/refusal.js";
import { withShared } from "../../helpers/shared.js";

const Masks = suite("data/objectives/masks");
const files = goldenFiles(Masks, "data/objectives/masks.test.ts");

type Numbers = readonly number[];
interface Golden {
  readonly random_spans_helper_columns: readonly string[];
  readonly random_spans_helper: readonly Numbers[];
  readonly counts_columns: readonly string[];
  readonly counts: readonly Numbers[];
  readonly impossible_columns: readonly string[];
  readonly impossible: readonly (readonly [number, number, number, string])[];
  readonly masks: readonly {
    readonly length: number;
    readonly density: number;
    readonly mean_span: number;
    readonly noise_lengths: Numbers;
    readonly nonnoise_lengths: Numbers;
    readonly mask: Numbers;
  }[];
  readonly rolled: readonly { readonly mask: Numbers; readonly offset: number; readonly rolled: Numbers }[];
  readonly prefix_columns: readonly string[];
  readonly prefix: readonly Numbers[];
}
const golden = (root: string): Golden => files.open<Golden>(root, "objectives/spans.json");

const bits = (mask: Mask): number[] => mask.map(Number);
const bools = (mask: Numbers): boolean[] => mask.map((x) => x === 1);
const noiseOf = (mask: Mask): number => mask.filter((isNoise) => isNoise).length;
const spansOf = (mask: Mask): number => mask.filter((isNoise, i) => isNoise && !mask[i - 1]).length;
const SEEDS = [0, 1, 2, 99];
const ROLLED = { randomRoll: true };

withShared(Masks, "texts and targets are as long as T5's", (root) => {
  const { random_spans_helper_columns: columns, random_spans_helper: rows } = golden(root);
  assert.is(columns.length, 7);
  assert.ok(rows.length >= 600);
  for (const [inputs, noiseDensity, mean, extraInputs, extraTargets, tokensLength, targetsLength] of rows) {
    const got = randomSpansHelper(inputs, {
      noiseDensity,
      meanNoiseSpanLength: mean,
      extraTokensPerSpanInputs: extraInputs,
      extraTokensPerSpanTargets: extraTargets,
    });
    assert.equal(got, { tokensLength, targetsLength }, `${[inputs, noiseDensity, mean, extraInputs, extraTargets]}`);
  }
});

withShared(Masks, "a mask of spans has T5's numbers of noise tokens and of spans, with every seed", (root) => {
  const { counts_columns: columns, counts } = golden(root);
  assert.is(columns.length, 5);
  assert.ok(counts.length > 300);
  for (const [length, noiseDensity, meanNoiseSpanLength, noise, spans] of counts) {
    for (const seed of SEEDS) {
      const mask = randomSpansNoiseMask(length, seed, { noiseDensity, meanNoiseSpanLength });
      const what = `length ${length}, density ${noiseDensity}, mean ${meanNoiseSpanLength}, seed ${seed}`;
      assert.equal([mask.length, noiseOf(mask), spansOf(mask)], [length, noise, spans], what);
    }
  }
});

withShared(Masks, "where T5 fails, the mask is refused with its reason", (root) => {
  const { impossible_columns: columns, impossible } = golden(root);
  assert.is(columns.length, 4);
  assert.ok(impossible.length > 60);
  for (const [length, noiseDensity, meanNoiseSpanLength] of impossible) {
    const message = refusalOf("ArgumentError", () =>
      randomSpansNoiseMask(length, 0, { noiseDensity, meanNoiseSpanLength }),
    );
    assert.match(message, "fewer tokens are kept than there are spans of noise", `${length}, ${noiseDensity}`);
  }
});

withShared(Masks, "spans of given lengths make T5's mask", (root) => {
  for (const { length, density, mean_span, noise_lengths, nonnoise_lengths, mask } of golden(root).masks) {
    assert.equal(bits(spansMask(nonnoise_lengths, noise_lengths)), [...mask], `${nonnoise_lengths}, ${noise_lengths}`);
    const drawn = randomSpansNoiseMask(length, 5, { noiseDensity: density, meanNoiseSpanLength: mean_span });
    assert.equal([noiseOf(drawn), spansOf(drawn)], [noiseOf(bools(mask)), noise_lengths.length]);
  }
});

withShared(Masks, "a mask is rolled to the right", (root) => {
  for (const { mask, offset, rolled } of golden(root).rolled) {
    assert.equal(bits(rollMask(bools(mask), offset)), [...rolled]);
  }
});

withShared(Masks, "prefixes are between T5's bounds, and reach them", (root) => {
  const { prefix_columns: columns, prefix } = golden(root);
  assert.is(columns.length, 4);
  for (const [length, noiseDensity, least, most] of prefix) {
    assert.equal(prefixBounds(length, noiseDensity), [least, most], `length ${length}, density ${noiseDensity}`);
    for (const seed of SEEDS) {
      const mask = randomPrefixNoiseMask(length, seed, { noiseDensity });
      const drawn = noiseOf(mask);
      assert.ok(least <= drawn && drawn <= most, `${drawn} for length ${length}, density ${noiseDensity}`);
      assert.equal(mask, prefixMask(length, drawn));
    }
  }
});

Masks("the paper's setting takes 85 of 568 tokens away in 28 spans, and 512 tokens are read", () => {
  assert.equal(randomSpansHelper(512), { tokensLength: 568, targetsLength: 114 });
  const mask = randomSpansNoiseMask(568, 3);
  assert.equal([noiseOf(mask), spansOf(mask)], [85, 28]);
  assert.equal([mask[0], mask[567]], [false, true]);
});

Masks("a seed gives one mask, and another seed another", () => {
  const all = [
    (seed: number) => randomSpansNoiseMask(100, seed),
    (seed: number) => randomSpansNoiseMask(100, seed, { randomRoll: true }),
    (seed: number) => iidNoiseMask(100, seed),
    (seed: number) => regularNoiseMask(100, seed),
    (seed: number) => randomPrefixNoiseMask(100, seed),
  ];
  for (const draw of all) {
    assert.equal(draw(1), draw(1));
    assert.not.equal(draw(1), draw(2));
  }
});

Masks("a rolled mask is the mask of the seed, turned", () => {
  const mask = randomSpansNoiseMask(20, 4);
  const rolled = randomSpansNoiseMask(20, 4, { randomRoll: true });
  assert.ok(Array.from({ length: 20 }, (_, i) => rollMask(mask, i)).some((one) => String(one) === String(rolled)));
});

/** Numbers of t5 0.9.4 on TensorFlow 2.21, at densities, means and lengths that the golden files have not; their columns are those. */
const EXTREMES = {
  helper: [
    [15, 0.99, 1, 3, 2, 14, 43],
    [19, 0.95, 1000, 0, 0, 370, 353],
    [2, 0.99, 1000, 1, 1, 149, 149],
    [511, 0.5, 3, 0, 0, 1020, 511],
    [13, 0.51, 1.5, 0, 0, 25, 14],
    [3000, 0.8, 1000, 3, 2, 14817, 11879],
  ],
  counts: [
    [1, 0.95, 3.3, 0, 0],
    [2, 0.85, 100, 1, 1],
    [3, 0.4999, 1.25, 1, 1],
    [5, 0.99, 3.3, 4, 1],
    [12, 0.99, 100, 11, 1],
    [127, 0.07, 1.0001, 9, 9],
    [1137, 0.15, 1, 171, 171],
    [4096, 0.6667, 7, 2731, 390],
  ],
  impossible: [
    [3, 0.95, 1.25],
    [4, 0.6667, 1],
    [30, 0.85, 2.5],
    [1137, 0.99, 7],
  ],
  prefix: [
    [2, 0.25, 1, 1],
    [3, 0.1, 2, 2],
    [6, 0.35, 2, 5],
    [9, 0.4375, 1, 8],
    [30, 0.01, 28, 29],
  ],
} as const;

Masks("extreme densities, means and lengths have T5's numbers", () => {
  for (const [inputs, noiseDensity, mean, extraInputs, extraTargets, tokensLength, targetsLength] of EXTREMES.helper) {
    const extra = { extraTokensPerSpanInputs: extraInputs, extraTokensPerSpanTargets: extraTargets };
    const got = randomSpansHelper(inputs, { noiseDensity, meanNoiseSpanLength: mean, ...extra });
    assert.equal(got, { tokensLength, targetsLength }, `${inputs}, ${noiseDensity}, ${mean}`);
  }
  for (const [length, noiseDensity, meanNoiseSpanLength, noise, spans] of EXTREMES.counts) {
    const mask = randomSpansNoiseMask(length, 3, { noiseDensity, meanNoiseSpanLength });
    assert.equal([mask.length, noiseOf(mask), spansOf(mask)], [length, noise, spans], `${length}, ${noiseDensity}`);
  }
  for (const [length, noiseDensity, meanNoiseSpanLength] of EXTREMES.impossible) {
    const draw = () => randomSpansNoiseMask(length, 0, { noiseDensity, meanNoiseSpanLength });
    assert.match(refusalOf("ArgumentError", draw), "fewer tokens are kept", `${length}, ${noiseDensity}`);
  }
  for (const [length, density, ...bounds] of EXTREMES.prefix) assert.equal(prefixBounds(length, density), bounds);
});

Masks("regular masks of short texts and high densities are all of T5's", () => {
  // All that t5 0.9.4 drew with 250 seeds.
  const drawn: readonly (readonly [number, number, number, number, string])[] = [
    [6, 0.5, 1, 2, "001100 010101 011001 100110 101010 110011"],
    [7, 0.9, 1, 3, "1111111"],
    [3, 0.15, 1, 1, "000 001 010 100"],
    [1, 0.5, 1, 1, "0 1"],
    [9, 0.33, 3, 3, "000000111 000001110 000011100 000111000 001110000 011100000 100000011 110000001 111000000"],
  ];
  for (const [length, noiseDensity, minSpanLength, maxSpanLength, masks] of drawn) {
    const options = { noiseDensity, minSpanLength, maxSpanLength };
    const ours = Array.from({ length: 400 }, (_, seed) => bits(regularNoiseMask(length, seed, options)).join(""));
    assert.is([...new Set(ours)].sort().join(" "), masks);
  }
});

Masks("a text of one token has no noise, rolled or not, as in T5", () => {
  // t5 0.9.4 cuts the mask of two tokens to the length before it turns it: `random_spans_noise_mask` gave [0] for 40 seeds, and for a text of
  // two [0, 1] and [1, 0].
  const found = (length: number): string[] =>
    [...new Set(Array.from({ length: 40 }, (_, seed) => `${bits(randomSpansNoiseMask(length, seed, ROLLED))}`))].sort();
  assert.equal([found(1), found(2), found(3)], [["0"], ["0,1", "1,0"], ["0,0,1", "0,1,0", "1,0,0"]]);
});

Masks("a negative offset rolls to the left, and one that is not whole is refused", () => {
  const mask = bools([1, 0, 0, 1, 0]);
  // numpy 2: np.roll([1, 0, 0, 1, 0], -1) and so on; TensorFlow's roll is the same function.
  const rolled: readonly (readonly [offset: number, bits: Numbers])[] = [
    [-1, [0, 0, 1, 0, 1]],
    [-2, [0, 1, 0, 1, 0]],
    [-7, [0, 1, 0, 1, 0]],
    [0, [1, 0, 0, 1, 0]],
    [5, [1, 0, 0, 1, 0]],
    [7, [1, 0, 1, 0, 0]],
  ];
  for (const [offset, want] of rolled) assert.equal(bits(rollMask(mask, offset)), want, `${offset}`);
  assert.match(
    refusalOf("ArgumentError", () => rollMask(mask, 0.5)),
    "the offset is not whole",
  );
});

Masks("masks without tokens or without noise are empty", () => {
  assert.equal(randomSpansNoiseMask(0, 1), []);
  assert.equal(rollMask([], 3), []);
  assert.equal(iidNoiseMask(0, 1), []);
  assert.equal(regularNoiseMask(0, 1), []);
  assert.equal(randomPrefixNoiseMask(0, 1), []);
  assert.equal(noiseOf(iidNoiseMask(50, 1, { noiseDensity: 0 })), 0);
  assert.equal(noiseOf(regularNoiseMask(50, 1, { noiseDensity: 0 })), 0);
  assert.equal(noiseOf(iidNoiseMask(50, 1, { noiseDensity: 1 })), 50);
});

Masks("a regular mask has the first tokens of each period", () => {
  assert.equal(bits(regularMask(8, 2, 4, 0)), [1, 1, 0, 0, 1, 1, 0, 0]);
  assert.equal(bits(regularMask(8, 2, 4, 1)), [1, 0, 0, 1, 1, 0, 0, 1]);
});

Masks("what has no meaning is refused", () => {
  const refusal = (f: () => unknown, part: string): void => assert.match(refusalOf("ArgumentError", f), part);
  refusal(() => randomSpansHelper(1), "the length of inputs is out of range");
  refusal(() => randomSpansHelper(512, { noiseDensity: 1 }), "a number from 0 to 0.99");
  refusal(() => randomSpansHelper(512, { meanNoiseSpanLength: 0.5 }), "the mean length of noise spans");
  refusal(() => randomSpansHelper(512, { extraTokensPerSpanInputs: -1 }), "tokens for a span of the inputs");
  refusal(() => randomSpansNoiseMask(-1, 0), "the length is out of range");
  refusal(() => randomSpansNoiseMask(10, 0, { noiseDensity: Number.NaN }), "the noise density is out of range");
  refusal(() => randomSpansNoiseMask(10, 0, { meanNoiseSpanLength: 0 }), "the mean length of noise spans");
  refusal(() => randomSegmentation(2, 3, 0), "a whole number from 3");
  refusal(() => randomSegmentation(2, 0, 0), "the number of spans is out of range");
  refusal(() => spansMask([1], [1, 1]), "spans do not alternate");
  refusal(() => iidNoiseMask(10, 0, { noiseDensity: 2 }), "the noise density is out of range");
  refusal(() => regularNoiseMask(10, 0, { minSpanLength: 0 }), "the least span");
  refusal(() => regularNoiseMask(10, 0, { minSpanLength: 6 }), "the longest span");
  refusal(() => randomPrefixNoiseMask(10, 0, { noiseDensity: 0.6 }), "a number from 0 to 0.5");
});

Masks.run();
