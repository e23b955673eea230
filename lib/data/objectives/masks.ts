/**
 * @file Noise masks: which tokens of a text an objective takes away.
 *
 * A function that draws is followed by nothing but its draw: `spansMask`, `regularMask`, `prefixMask` and `rollMask` make the mask of lengths
 * that are given.
 *
 * Source: https://github.com/google-research/text-to-text-transfer-transformer, `t5/data/preprocessors.py`, version 0.9.4.
 */
import { takes } from "../../core/composite.js";
import { mix } from "../batch.js";
import { checkDensity, checkMeanSpan, checkWhole, refuse } from "./checks.js";
import { roundHalfEven, uniform, uniformWhole } from "./draws.js";

/** Which tokens are noise: true for a token that is. */
export type Mask = readonly boolean[];

/** How much noise there is, and in how long spans. */
export interface SpanOptions {
  /** The share of tokens that are noise. Default 0.15. */
  readonly noiseDensity?: number;
  /** The mean number of tokens of a span of noise. Default 3. */
  readonly meanNoiseSpanLength?: number;
}

/** A product or quotient of two numbers as TensorFlow rounds it, which computes it in float32. */
const rounded = (x: number): number => roundHalfEven(Math.fround(x));
const { fround } = Math;

// Masks are made for every example: plain loops.
const from = (length: number, value: (i: number) => boolean): boolean[] => {
  const mask: boolean[] = [];
  for (let i = 0; i < length; i++) mask.push(value(i));
  return mask;
};

/**
 * Lengths of `count` spans that are `length` together, each at least 1; all ways to cut are equally likely.
 *
 * @throws {ArgumentError} when there are more spans than tokens
 * @example randomSegmentation(5, 2, seed) // [4, 1], [3, 2], [2, 3] or [1, 4]
 */
export const randomSegmentation = takes(
  "randomSegmentation(length, count, seed)",
  (length: number, count: number, seed: number): number[] => {
    const where = "data.randomSegmentation";
    checkWhole(where, "the number of spans", count, 1);
    checkWhole(where, "the number of tokens", length, count);
    const lengths: number[] = [];
    let start = 0;
    // Knuth's selection sampling: of the places that are left, each is a cut with the share of cuts that are left.
    for (let i = 1; i < length; i++) {
      const cuts = count - 1 - lengths.length;
      if (uniform(seed, i) * (length - i) >= cuts) continue;
      lengths.push(i - start);
      start = i;
    }
    lengths.push(length - start);
    return lengths;
  },
);

/** How many tokens of a text are noise, and how many spans they make, for a text of at least two tokens and a density above 0. */
export const noiseCounts = (
  length: number,
  { noiseDensity = 0.15, meanNoiseSpanLength = 3 }: SpanOptions,
): { readonly noise: number; readonly spans: number } => {
  const noise = Math.min(Math.max(rounded(length * fround(noiseDensity)), 1), length - 1);
  return { noise, spans: Math.max(rounded(noise / fround(meanNoiseSpanLength)), 1) };
};

/**
 * The mask of spans whose lengths are given: a kept span, a span of noise, a kept span, and so on.
 *
 * @throws {ArgumentError} when there are not as many kept spans as spans of noise
 * @example spansMask([1, 2], [1, 1]) // [false, true, false, false, true]
 */
export const spansMask = takes(
  "spansMask(keptLengths, noiseLengths)",
  (keptLengths: readonly number[], noiseLengths: readonly number[]): boolean[] => {
    const [kept, noise] = [keptLengths.length, noiseLengths.length];
    if (kept !== noise)
      refuse("data.spansMask", "spans do not alternate", `${noise} kept spans, one before each`, kept);
    const mask: boolean[] = [];
    for (let i = 0; i < kept; i++) {
      for (let n = 0; n < keptLengths[i]; n++) mask.push(false);
      for (let n = 0; n < noiseLengths[i]; n++) mask.push(true);
    }
    return mask;
  },
);

/**
 * A mask turned to the right: what leaves at the end comes in at the start. A negative offset turns it to the left.
 *
 * @throws {ArgumentError} when the offset is not a whole number
 * @example rollMask([false, false, true], 1) // [true, false, false]
 */
export const rollMask = takes("rollMask(mask, offset)", (mask: Mask, offset: number): boolean[] => {
  if (!Number.isSafeInteger(offset)) refuse("data.rollMask", "the offset is not whole", "a whole number", offset);
  const cut = mask.length === 0 ? 0 : -(offset % mask.length);
  return [...mask.slice(cut), ...mask.slice(0, cut)];
});

/**
 * The mask of span corruption: `round(length * density)` tokens are noise, in `round(noise / mean)` spans whose lengths are drawn, and so are
 * those of the kept spans between. It starts with a kept token and ends with noise, unless it is rolled.
 *
 * - `randomRoll`: turns the mask by a random number of tokens
 * @throws {ArgumentError} for numbers out of range, and where fewer tokens are kept than there are spans
 * @see Raffel et al. 2020, section 3.3.4; T5's `random_spans_noise_mask`
 * @example randomSpansNoiseMask(568, seed) // 85 of 568 tokens in 28 spans
 */
export const randomSpansNoiseMask = takes(
  "randomSpansNoiseMask(length, seed, { noiseDensity, meanNoiseSpanLength, randomRoll })",
  (
    length: number,
    seed: number,
    { randomRoll = false, ...spanOptions }: SpanOptions & { readonly randomRoll?: boolean } = {},
  ): boolean[] => {
    const where = "data.randomSpansNoiseMask";
    const { noiseDensity = 0.15, meanNoiseSpanLength = 3 } = spanOptions;
    checkWhole(where, "the length", length, 0);
    checkDensity(where, noiseDensity);
    checkMeanSpan(where, meanNoiseSpanLength);
    if (noiseDensity === 0) return from(length, () => false);
    const whole = Math.max(length, 2);
    const { noise, spans } = noiseCounts(whole, spanOptions);
    if (spans > whole - noise) {
      const hint = "lower the noise density, or make spans longer";
      refuse(where, "fewer tokens are kept than there are spans of noise", `at least ${spans}`, whole - noise, hint);
    }
    const kept = randomSegmentation(whole - noise, spans, mix(seed, 0));
    const mask = spansMask(kept, randomSegmentation(noise, spans, mix(seed, 1))).slice(0, length);
    return randomRoll ? rollMask(mask, uniformWhole(seed, 2, 0, whole - 1)) : mask;
  },
);

/**
 * A mask where each token is noise by itself, with the probability `noiseDensity`.
 *
 * @throws {ArgumentError} for numbers out of range
 * @see T5's `iid_noise_mask`
 * @example iidNoiseMask(512, seed, { noiseDensity: 0.15 })
 */
export const iidNoiseMask = takes(
  "iidNoiseMask(length, seed, { noiseDensity })",
  (length: number, seed: number, { noiseDensity = 0.15 }: { readonly noiseDensity?: number } = {}): boolean[] => {
    const where = "data.iidNoiseMask";
    checkWhole(where, "the length", length, 0);
    checkDensity(where, noiseDensity);
    return from(length, (i) => uniform(seed, i) < noiseDensity);
  },
);

/** The mask in which the first `span` tokens of every `period` are noise; `offset` tokens of the first period are left out. */
export const regularMask = takes(
  "regularMask(length, span, period, offset)",
  (length: number, span: number, period: number, offset: number): boolean[] =>
    from(length, (i) => (i + offset) % period < span),
);

/** How long the spans of a regular mask are. */
export interface RegularOptions {
  /** The share of tokens that are noise. Default 0.15. */
  readonly noiseDensity?: number;
  /** The fewest tokens of a span. Default 1. */
  readonly minSpanLength?: number;
  /** The most tokens of a span. Default 5. */
  readonly maxSpanLength?: number;
}

/**
 * A mask of spans of one length at one distance, both of them and the place of the first drawn: the period is `round(span / density)`.
 *
 * @throws {ArgumentError} for numbers out of range
 * @see T5's `regular_noise_mask`
 * @example regularNoiseMask(24, seed, { noiseDensity: 0.25 })
 */
export const regularNoiseMask = takes(
  "regularNoiseMask(length, seed, { noiseDensity, minSpanLength, maxSpanLength })",
  (
    length: number,
    seed: number,
    { noiseDensity = 0.15, minSpanLength = 1, maxSpanLength = 5 }: RegularOptions = {},
  ): boolean[] => {
    const where = "data.regularNoiseMask";
    checkWhole(where, "the length", length, 0);
    checkDensity(where, noiseDensity);
    checkWhole(where, "the least span", minSpanLength, 1);
    checkWhole(where, "the longest span", maxSpanLength, minSpanLength);
    if (noiseDensity === 0) return from(length, () => false);
    const span = uniformWhole(seed, 0, minSpanLength, maxSpanLength);
    const period = rounded(span / fround(noiseDensity));
    return regularMask(length, span, period, uniformWhole(seed, 1, 0, period - 1));
  },
);

/** The mask whose first `prefix` tokens are noise. */
export const prefixMask = takes("prefixMask(length, prefix)", (length: number, prefix: number): boolean[] =>
  from(length, (i) => i < prefix),
);

/** The shortest and the longest prefix of `randomPrefixNoiseMask`; the prefixes between are equally likely. */
export const prefixBounds = (length: number, noiseDensity: number): readonly [least: number, most: number] => {
  const most = Math.max(length - 1, 0);
  return [Math.min(most, Math.max(1, rounded(fround(1 - 2 * noiseDensity) * most))), most];
};

/** The length of the prefix that `randomPrefixNoiseMask` draws. */
export const randomPrefix = (length: number, seed: number, noiseDensity: number): number =>
  uniformWhole(seed, 0, ...prefixBounds(length, noiseDensity));

/**
 * The mask of a prefix LM: a prefix of random length, from 1 to `length - 1` for the density 0.5; longer on average for a smaller one. A text
 * of one token has an empty prefix.
 *
 * @throws {ArgumentError} for a density above 0.5, which T5 does not have, and for numbers out of range
 * @see T5's `random_prefix_noise_mask`
 * @example randomPrefixNoiseMask(11, seed) // 1 to 10 times true, then false
 */
export const randomPrefixNoiseMask = takes(
  "randomPrefixNoiseMask(length, seed, { noiseDensity })",
  (length: number, seed: number, { noiseDensity = 0.5 }: { readonly noiseDensity?: number } = {}): boolean[] => {
    const where = "data.randomPrefixNoiseMask";
    checkWhole(where, "the length", length, 0);
    checkDensity(where, noiseDensity, 0.5);
    return prefixMask(length, randomPrefix(length, seed, noiseDensity));
  },
);
