/**
 * @file What becomes of tokens under a mask: inputs and targets of denoising objectives. No end of sequence is added.
 *
 * `sentinel` is the id of `<extra_id_0>`; later sentinels have smaller ids. Beyond the hundredth they run on into ordinary ids, as in T5.
 *
 * Source: https://github.com/google-research/text-to-text-transfer-transformer, `t5/data/preprocessors.py`, version 0.9.4.
 */
import { takes } from "../../core/composite.js";
import { epochOrder, mix } from "../batch.js";
import { refuse } from "./checks.js";
import { uniform, uniformWhole } from "./draws.js";
import type { Mask } from "./masks.js";

/** Makes a row of an example from a text and its mask; `seed` is read by the functions that draw. */
export type NoiseFunction = (tokens: readonly number[], mask: Mask, sentinel: number, seed: number) => number[];

/** A noise function without chance. */
type FixedNoise = (tokens: readonly number[], mask: Mask, sentinel: number) => number[];

/** @throws {ArgumentError} when the mask is not of these tokens */
const checkMask = (name: string, { length }: readonly number[], mask: Mask): void => {
  if (mask.length !== length) refuse(`data.${name}`, "the mask is of another text", `${length} entries`, mask.length);
};

const inverted = (mask: Mask): boolean[] => mask.map((isNoise) => !isNoise);

/** Replaces each span of noise by one sentinel, that of its number from 0. */
const replaceSpans = (tokens: readonly number[], mask: Mask, sentinelOf: (span: number) => number): number[] => {
  const out: number[] = [];
  let spans = 0;
  for (let i = 0; i < tokens.length; i++) {
    if (!mask[i]) out.push(tokens[i]);
    else if (i === 0 || !mask[i - 1]) out.push(sentinelOf(spans++));
  }
  return out;
};

const uniqueSentinel =
  (name: string, sentinel: number) =>
  (span: number): number =>
    span <= sentinel
      ? sentinel - span
      : refuse(`data.${name}`, "there are more spans than ids", `at most ${sentinel + 1}`, `${span + 1} or more`);

/**
 * Replaces each token of noise by the first sentinel.
 *
 * @throws {ArgumentError} when the mask has not one entry a token
 * @example noiseTokenToSentinel([10, 11, 12], [true, true, false], 999) // [999, 999, 12]
 */
export const noiseTokenToSentinel: FixedNoise = takes(
  "noiseTokenToSentinel(tokens, mask, sentinel, seed)",
  (tokens, mask, sentinel) => {
    checkMask("noiseTokenToSentinel", tokens, mask);
    return tokens.map((token, i) => (mask[i] ? sentinel : token));
  },
);

/**
 * Replaces each span of noise by the first sentinel.
 *
 * @throws {ArgumentError} when the mask has not one entry a token
 * @example noiseSpanToSentinel([10, 11, 12, 13], [true, true, false, true], 999) // [999, 12, 999]
 */
export const noiseSpanToSentinel: FixedNoise = takes(
  "noiseSpanToSentinel(tokens, mask, sentinel, seed)",
  (tokens, mask, sentinel) => {
    checkMask("noiseSpanToSentinel", tokens, mask);
    return replaceSpans(tokens, mask, () => sentinel);
  },
);

/**
 * Replaces each kept span by the first sentinel.
 *
 * @throws {ArgumentError} when the mask has not one entry a token
 * @example nonnoiseSpanToSentinel([10, 11, 12, 13], [true, true, false, true], 999) // [10, 11, 999, 13]
 */
export const nonnoiseSpanToSentinel: FixedNoise = takes(
  "nonnoiseSpanToSentinel(tokens, mask, sentinel, seed)",
  (tokens, mask, sentinel) => {
    checkMask("nonnoiseSpanToSentinel", tokens, mask);
    return replaceSpans(tokens, inverted(mask), () => sentinel);
  },
);

/**
 * Replaces each span of noise by its own sentinel: the inputs of span corruption.
 *
 * @throws {ArgumentError} when the mask has not one entry a token, or there are more spans than ids
 * @see Raffel et al. 2020, section 3.1.4
 * @example noiseSpanToUniqueSentinel([10, 11, 12, 13], [true, true, false, true], 999) // [999, 12, 998]
 */
export const noiseSpanToUniqueSentinel: FixedNoise = takes(
  "noiseSpanToUniqueSentinel(tokens, mask, sentinel, seed)",
  (tokens, mask, sentinel) => {
    const name = "noiseSpanToUniqueSentinel";
    checkMask(name, tokens, mask);
    return replaceSpans(tokens, mask, uniqueSentinel(name, sentinel));
  },
);

/**
 * Replaces each kept span by its own sentinel: the targets of span corruption.
 *
 * @throws {ArgumentError} when the mask has not one entry a token, or there are more spans than ids
 * @see Raffel et al. 2020, section 3.1.4
 * @example nonnoiseSpanToUniqueSentinel([10, 11, 12, 13], [false, true, false, true], 999) // [999, 11, 998, 13]
 */
export const nonnoiseSpanToUniqueSentinel: FixedNoise = takes(
  "nonnoiseSpanToUniqueSentinel(tokens, mask, sentinel, seed)",
  (tokens, mask, sentinel) => {
    const name = "nonnoiseSpanToUniqueSentinel";
    checkMask(name, tokens, mask);
    return replaceSpans(tokens, inverted(mask), uniqueSentinel(name, sentinel));
  },
);

/**
 * Drops the tokens of noise.
 *
 * @throws {ArgumentError} when the mask has not one entry a token
 * @example dropNoiseTokens([10, 11, 12], [true, true, false]) // [12]
 */
export const dropNoiseTokens = takes(
  "dropNoiseTokens(tokens, mask, sentinel, seed)",
  (tokens: readonly number[], mask: Mask): number[] => {
    checkMask("dropNoiseTokens", tokens, mask);
    return tokens.filter((_, i) => !mask[i]);
  },
);

/**
 * Drops the kept tokens: the targets of span corruption without sentinels.
 *
 * @throws {ArgumentError} when the mask has not one entry a token
 * @see Lester et al. 2021, section 3.2
 * @example dropNonnoiseTokens([10, 11, 12], [true, true, false]) // [10, 11]
 */
export const dropNonnoiseTokens = takes(
  "dropNonnoiseTokens(tokens, mask, sentinel, seed)",
  (tokens: readonly number[], mask: Mask): number[] => {
    checkMask("dropNonnoiseTokens", tokens, mask);
    return tokens.filter((_, i) => mask[i]);
  },
);

/** The first ids of T5's vocabularies, which stand for padding, end of sequence and unknown text. */
const RESERVED = 3;

/** The share of noise that `noiseTokenToRandomTokenOrSentinel` makes random tokens, as in BERT. */
const RANDOM = 0.1;

/**
 * Replaces each token of noise by a random one; ids from 3 to the first sentinel are equally likely.
 *
 * @throws {ArgumentError} when the mask has not one entry a token
 * @see T5's `noise_token_to_random_token`
 * @example noiseTokenToRandomToken([10, 11], [true, false], 999, seed) // such as [537, 11]
 */
export const noiseTokenToRandomToken: NoiseFunction = takes(
  "noiseTokenToRandomToken(tokens, mask, sentinel, seed)",
  (tokens, mask, sentinel, seed) => {
    checkMask("noiseTokenToRandomToken", tokens, mask);
    return tokens.map((token, i) => (mask[i] ? uniformWhole(seed, i, RESERVED, sentinel) : token));
  },
);

/**
 * Replaces each token of noise by a random one with probability 0.1, else by the first sentinel.
 *
 * @throws {ArgumentError} when the mask has not one entry a token
 * @see T5's `noise_token_to_random_token_or_sentinel`; Devlin et al. 2019, arXiv:1810.04805
 * @example noiseTokenToRandomTokenOrSentinel([10, 11], [true, false], 999, seed) // mostly [999, 11]
 */
export const noiseTokenToRandomTokenOrSentinel: NoiseFunction = takes(
  "noiseTokenToRandomTokenOrSentinel(tokens, mask, sentinel, seed)",
  (tokens, mask, sentinel, seed) => {
    checkMask("noiseTokenToRandomTokenOrSentinel", tokens, mask);
    const random = noiseTokenToRandomToken(tokens, mask, sentinel, mix(seed, 1));
    return random.map((token, i) => (mask[i] && uniform(mix(seed, 0), i) >= RANDOM ? sentinel : token));
  },
);

/**
 * Puts the tokens of noise in a random order; kept tokens stay where they are.
 *
 * @throws {ArgumentError} when the mask has not one entry a token
 * @see T5's `permute_noise_tokens`
 * @example permuteNoiseTokens([10, 11, 12], [true, false, true], 999, seed) // [10, 11, 12] or [12, 11, 10]
 */
export const permuteNoiseTokens: NoiseFunction = takes(
  "permuteNoiseTokens(tokens, mask, sentinel, seed)",
  (tokens, mask, _sentinel, seed) => {
    checkMask("permuteNoiseTokens", tokens, mask);
    const noise = dropNonnoiseTokens(tokens, mask);
    const order = epochOrder(noise.length, seed, 0);
    let next = 0;
    return tokens.map((token, i) => (mask[i] ? noise[order[next++]] : token));
  },
);
