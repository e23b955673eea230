/** @file What becomes of noise, held to T5's numbers. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  dropNoiseTokens,
  dropNonnoiseTokens,
  noiseSpanToSentinel,
  noiseSpanToUniqueSentinel,
  noiseTokenToRandomToken,
  noiseTokenToRandomTokenOrSentinel,
  noiseTokenToSentinel,
  nonnoiseSpanToSentinel,
  nonnoiseSpanToUniqueSentinel,
  permuteNoiseTokens,
} from "../../../lib/data/objectives/noise.js";
import { goldenFiles } from "../../helpers/golden-file.js";
import { refusalOf } from "../../helpers/refusal.js";
import { withShared } from "../../helpers/shared.js";

const Noise = suite("data/objectives/noise");
const files = goldenFiles(Noise, "data/objectives/noise.test.ts");

const FUNCTIONS = {
  noise_token_to_sentinel: noiseTokenToSentinel,
  noise_span_to_sentinel: noiseSpanToSentinel,
  nonnoise_span_to_sentinel: nonnoiseSpanToSentinel,
  noise_span_to_unique_sentinel: noiseSpanToUniqueSentinel,
  nonnoise_span_to_unique_sentinel: nonnoiseSpanToUniqueSentinel,
  drop_noise_tokens: dropNoiseTokens,
  drop_nonnoise_tokens: dropNonnoiseTokens,
};
type Name = keyof typeof FUNCTIONS;
type Case = Readonly<Record<Name | "tokens" | "mask", readonly number[]>> & { readonly vocab_size: number };

withShared(Noise, "each function makes of noise what T5's does", (root) => {
  const { cases } = files.open<{ readonly cases: readonly Case[] }>(root, "objectives/noise.json");
  assert.ok(cases.length >= 55);
  for (const one of cases) {
    const mask = one.mask.map((x) => x === 1);
    for (const [name, make] of Object.entries(FUNCTIONS)) {
      assert.equal(make(one.tokens, mask, one.vocab_size - 1), [...one[name as Name]], `${name} of ${one.tokens}`);
    }
  }
  const longest = Math.max(...cases.map((one) => one.noise_span_to_unique_sentinel.length));
  assert.ok(longest > 200, "the case whose sentinels go below the hundredth");
});

Noise(
  "texts with sentinels, padding and EOS in them, and other numbers of sentinels, become what T5 makes of them",
  () => {
    // t5 0.9.4 on TensorFlow 2.21, in the order of FUNCTIONS. A vocabulary of 32000 has no sentinels, one of 32400 has 400.
    const rows: readonly (readonly [vocabSize: number, tokens: number[], mask: string, ...made: number[][]])[] = [
      [
        32400,
        [32398, 32398, 1, 1, 1, 32399, 1, 32398],
        "01101010",
        [32398, 32399, 32399, 1, 32399, 32399, 32399, 32398],
        [32398, 32399, 1, 32399, 32399, 32399, 32398],
        [32399, 32398, 1, 32399, 1, 32399, 1, 32399],
        [32398, 32399, 1, 32398, 32399, 32397, 32398],
        [32399, 32398, 1, 32398, 1, 32397, 1, 32396],
        [32398, 1, 32399, 32398],
        [32398, 1, 1, 1],
      ],
      [
        32000,
        [0, 0, 1, 31998, 1, 31999, 1, 0],
        "01111101",
        [0, 31999, 31999, 31999, 31999, 31999, 1, 31999],
        [0, 31999, 1, 31999],
        [31999, 0, 1, 31998, 1, 31999, 31999, 0],
        [0, 31999, 1, 31998],
        [31999, 0, 1, 31998, 1, 31999, 31998, 0],
        [0, 1],
        [0, 1, 31998, 1, 31999, 0],
      ],
      [10, [9, 1, 0], "010", [9, 9, 0], [9, 9, 0], [9, 1, 9], [9, 9, 0], [9, 1, 8], [9, 0], [1]],
    ];
    for (const [vocabSize, tokens, mask, ...made] of rows) {
      const noise = Array.from(mask, (x) => x === "1");
      const ours = Object.values(FUNCTIONS).map((make) => make(tokens, noise, vocabSize - 1));
      assert.equal(ours, made, `${tokens}`);
    }
  },
);

const TOKENS = Array.from({ length: 2000 }, (_, i) => 100 + i);
const MASK = TOKENS.map((_, i) => i % 4 !== 0);
/** The tokens that a function that draws makes of noise; the kept ones have to stay where they are. */
const drawn = (make: typeof permuteNoiseTokens, seed = 1): number[] => {
  const out = make(TOKENS, MASK, 9999, seed);
  assert.equal(out, make(TOKENS, MASK, 9999, seed));
  assert.not.equal(out, make(TOKENS, MASK, 9999, seed + 1));
  assert.is(out.length, TOKENS.length);
  assert.equal(dropNoiseTokens(out, MASK), dropNoiseTokens(TOKENS, MASK));
  return dropNonnoiseTokens(out, MASK);
};

Noise("random tokens are no padding, no EOS and no unknown, and as often small as large", () => {
  const tokens = drawn(noiseTokenToRandomToken);
  assert.ok(tokens.every((id) => id >= 3 && id <= 9999));
  const mean = tokens.reduce((sum, id) => sum + id, 0) / tokens.length;
  // The mean of 1500 numbers that are uniform up to 10000 has a standard deviation of 75.
  assert.ok(Math.abs(mean - 5001) < 300, `${mean}`);
  assert.equal(noiseTokenToRandomToken([50, 51], [true, true], 3, 7), [3, 3]);
});

Noise("a tenth of the noise becomes random tokens, the rest sentinels", () => {
  const tokens = drawn(noiseTokenToRandomTokenOrSentinel);
  const random = tokens.filter((id) => id !== 9999).length;
  assert.ok(Math.abs(random - 150) < 4 * Math.sqrt(150 * 0.9), `${random}`);
});

Noise("noise in another order has the same tokens", () => {
  const tokens = drawn(permuteNoiseTokens);
  assert.equal(
    tokens.toSorted((a, b) => a - b),
    dropNonnoiseTokens(TOKENS, MASK),
  );
});

Noise("a mask of another text is refused, and more spans than there are ids", () => {
  for (const [name, make] of Object.entries({
    ...FUNCTIONS,
    noise_token_to_random_token: noiseTokenToRandomToken,
    noise_token_to_random_token_or_sentinel: noiseTokenToRandomTokenOrSentinel,
    permute_noise_tokens: permuteNoiseTokens,
  })) {
    const message = refusalOf("ArgumentError", () => make([5, 6], [true], 999, 0));
    assert.match(message, "the mask is of another text", name);
    const camel = name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    assert.match(message, `data.${camel}:`);
  }
  const alternating = [true, false, true, false, true];
  assert.match(
    refusalOf("ArgumentError", () => noiseSpanToUniqueSentinel([5, 6, 7, 8, 9], alternating, 1)),
    "there are more spans than ids",
  );
});

Noise.run();
