/** @file Lengths of span corruption: how long a text fills the inputs of a model, and how long its targets become. */
import { takes } from "../../core/composite.js";
import { checkDensity, checkMeanSpan, checkWhole } from "./checks.js";
import { roundHalfEven } from "./draws.js";
import { noiseCounts, type SpanOptions } from "./masks.js";

/** The highest density: with 1 no text would be too long. */
const MOST_NOISE = 0.99;

/** Noise, and what stands for a span of it. */
export interface SpanLengthOptions extends SpanOptions {
  /** Tokens that stand for a span of noise in the inputs. Default 1, a sentinel. */
  readonly extraTokensPerSpanInputs?: number;
  /** Tokens that stand before a span of noise in the targets. Default 1, a sentinel. */
  readonly extraTokensPerSpanTargets?: number;
}

/** Lengths of span corruption, in tokens. */
export interface SpanLengths {
  /** Tokens of a text before it is corrupted. */
  readonly tokensLength: number;
  /** Tokens of the targets, end of sequence included. */
  readonly targetsLength: number;
}

/**
 * The longest text whose inputs have at most `inputsLength` tokens, end of sequence included, and the length of its targets.
 *
 * `noise = round(n * density)`, `spans = round(noise / mean)`; the inputs have `n - noise + spans + 1` tokens, the targets `noise + spans + 1`.
 * For the density 0.5 both are one shorter where the targets would be longer than the inputs.
 *
 * @throws {ArgumentError} for numbers out of range
 * @see T5's `random_spans_helper`; Raffel et al. 2020, section 3.3.4
 * @example randomSpansHelper(512) // { tokensLength: 568, targetsLength: 114 }
 */
export const randomSpansHelper = takes(
  "randomSpansHelper(inputsLength, { extraTokensPerSpanInputs, extraTokensPerSpanTargets, noiseDensity, meanNoiseSpanLength })",
  (
    inputsLength: number,
    {
      noiseDensity = 0.15,
      meanNoiseSpanLength = 3,
      extraTokensPerSpanInputs = 1,
      extraTokensPerSpanTargets = 1,
    }: SpanLengthOptions = {},
  ): SpanLengths => {
    const where = "data.randomSpansHelper";
    checkWhole(where, "the length of inputs", inputsLength, 2);
    checkDensity(where, noiseDensity, MOST_NOISE);
    checkMeanSpan(where, meanNoiseSpanLength);
    checkWhole(where, "the number of tokens for a span of the inputs", extraTokensPerSpanInputs, 0);
    checkWhole(where, "the number of tokens for a span of the targets", extraTokensPerSpanTargets, 0);
    const lengthsOf = (tokens: number): readonly [inputs: number, targets: number] => {
      const noise = roundHalfEven(tokens * noiseDensity);
      const spans = roundHalfEven(noise / meanNoiseSpanLength);
      return [tokens - noise + spans * extraTokensPerSpanInputs + 1, noise + spans * extraTokensPerSpanTargets + 1];
    };
    let tokensLength = inputsLength - 1;
    while (lengthsOf(tokensLength + 1)[0] <= inputsLength) tokensLength++;
    const [inputs, targetsLength] = lengthsOf(tokensLength);
    const shorter = noiseDensity === 0.5 && targetsLength > inputs ? 1 : 0;
    return { tokensLength: tokensLength - shorter, targetsLength: targetsLength - shorter };
  },
);

/** How many tokens the inputs and the targets of a text have with a sentinel for each span, ends of sequence included. */
const corruptedLengths = (length: number, options: SpanOptions): readonly [inputs: number, targets: number] => {
  // A text without noise is one kept span, which has its sentinel in the targets.
  if (length < 2 || options.noiseDensity === 0) return [length + 1, 2];
  const { noise, spans } = noiseCounts(length, options);
  return [length - noise + spans + 1, noise + spans + 1];
};

/**
 * The lengths of `randomSpansHelper`, but that every text up to `tokensLength` has inputs and targets that fit.
 *
 * A mask has one token of noise at least, in one span, which `randomSpansHelper` does not count; and it rounds in float32, where `randomSpansHelper` rounds in
 * float64: 710 tokens for inputs of 640 have 107 of noise, and are taken to have 106. T5 cuts the ends of targets that are too long.
 *
 * @throws {ArgumentError} as `randomSpansHelper`
 */
export const fittingLengths = (inputsLength: number, options: SpanOptions): SpanLengths => {
  const helped = randomSpansHelper(inputsLength, options);
  let { tokensLength } = helped;
  while (corruptedLengths(tokensLength, options)[0] > inputsLength) tokensLength--;
  // Longer texts have no shorter targets.
  const targetsLength = Math.max(
    helped.targetsLength,
    ...[1, tokensLength].map((n) => corruptedLengths(n, options)[1]),
  );
  return { tokensLength, targetsLength };
};
