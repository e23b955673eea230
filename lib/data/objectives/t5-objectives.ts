/** @file The objectives of T5: span corruption, denoising of single tokens, and the prefix LM of LM adaptation. */
import { takes } from "../../core/composite.js";
import { refuse } from "./checks.js";
import { type DenoisingOptions, denoising, filling, maskSeed, ofOneSize, withSentinels } from "./denoising.js";
import { iidNoiseMask, randomPrefix, randomPrefixNoiseMask, randomSpansNoiseMask, type SpanOptions } from "./masks.js";
import {
  dropNoiseTokens,
  dropNonnoiseTokens,
  type NoiseFunction,
  noiseSpanToUniqueSentinel,
  nonnoiseSpanToUniqueSentinel,
} from "./noise.js";
import type { Objective, ObjectiveOptions, Vocabulary } from "./objective.js";
import { fittingLengths } from "./spans.js";

export interface SpanCorruptionOptions extends ObjectiveOptions, SpanOptions {
  /** Most ids of a target, EOS included. Default: as many as the targets of inputs of `inputLength` have; fewer are refused. */
  readonly targetLength?: number;
  /** Documents that are joined before they are cut. Default 128; with 1 the last piece of each document is short. */
  readonly joined?: number;
  /** Makes the inputs. Default `noiseSpanToUniqueSentinel`. */
  readonly inputsFn?: NoiseFunction;
  /** Makes the targets. Default `nonnoiseSpanToUniqueSentinel`; `dropNonnoiseTokens` makes targets without sentinels. */
  readonly targetsFn?: NoiseFunction;
}

/**
 * Span corruption, T5's own objective: spans are taken out of a text, a sentinel is left for each, and the targets are the spans behind their
 * sentinels.
 *
 * `Thank you <X> me to your party <Y> week` from `Thank you for inviting me to your party last week`, and `<X> for inviting <Y> last` as its
 * targets.
 *
 * @throws {ArgumentError} for numbers out of range, a `targetLength` that targets do not fit in, and sentinels that do not count down
 * @see Raffel et al. 2020, arXiv:1910.10683, section 3.1.4; T5's `span_corruption`
 * @example spanCorruption(tokenizer, { inputLength: 512, targetLength: 114 }).pieces.length // 568
 */
export const spanCorruption = takes(
  "spanCorruption(vocabulary, { targetLength, joined, inputsFn, targetsFn, inputLength, noiseDensity, meanNoiseSpanLength })",
  (
    vocabulary: Vocabulary,
    {
      inputLength = 512,
      targetLength,
      joined = 128,
      inputsFn = noiseSpanToUniqueSentinel,
      targetsFn = nonnoiseSpanToUniqueSentinel,
      ...spans
    }: SpanCorruptionOptions = {},
  ): Objective => {
    const { tokensLength, targetsLength } = fittingLengths(inputLength, spans);
    if (targetLength !== undefined && targetLength < targetsLength) {
      const what = `targets of inputs of ${inputLength} tokens do not fit`;
      refuse("data.spanCorruption", what, `a target length of at least ${targetsLength}`, targetLength);
    }
    const objective = denoising(vocabulary, {
      pieces: { length: tokensLength, joined },
      inputLength,
      targetLength: targetLength ?? targetsLength,
      mask: (length, seed) => randomSpansNoiseMask(length, seed, spans),
      inputs: withSentinels("spanCorruption", vocabulary, inputsFn),
      targets: withSentinels("spanCorruption", vocabulary, targetsFn),
    });
    // What other functions make may depend on the ids, or on the seed.
    const isUsual = inputsFn === noiseSpanToUniqueSentinel && targetsFn === nonnoiseSpanToUniqueSentinel;
    return isUsual ? ofOneSize(objective) : objective;
  },
);

/**
 * Denoising of single tokens, the objective of the first experiments with T5: as span corruption, but each token is noise by itself.
 *
 * @throws {ArgumentError} for numbers out of range
 * @see Raffel et al. 2020, section 3.1.4; T5's `iid_denoising`
 * @example iidDenoising(tokenizer, { inputLength: 512 })
 */
export const iidDenoising = takes(
  "iidDenoising(vocabulary, { noiseDensity, inputLength })",
  (vocabulary: Vocabulary, { inputLength = 512, noiseDensity = 0.15 }: DenoisingOptions = {}): Objective =>
    denoising(vocabulary, {
      ...filling(inputLength),
      pieces: { length: inputLength - 1, joined: 128 },
      mask: (length, seed) => iidNoiseMask(length, seed, { noiseDensity }),
      inputs: withSentinels("iidDenoising", vocabulary, noiseSpanToUniqueSentinel),
      targets: withSentinels("iidDenoising", vocabulary, nonnoiseSpanToUniqueSentinel),
    }),
);

/**
 * Prefix LM, the objective of LM adaptation: a prefix of random length is read, what follows it is written. Documents are not joined.
 *
 * - `noiseDensity`: the mean share of the prefix is `1 - noiseDensity`, at most 0.5. Default 0.5: a prefix of any length
 * @throws {ArgumentError} for numbers out of range
 * @see Raffel et al. 2020, section 3.2.3; Lester et al. 2021, arXiv:2104.08691, section 3.2; T5's `prefix_lm`
 * @example prefixLm(tokenizer, { inputLength: 512 })
 */
export const prefixLm = takes(
  "prefixLm(vocabulary, { noiseDensity, inputLength })",
  (
    vocabulary: Pick<Vocabulary, "eosId">,
    { inputLength = 512, noiseDensity = 0.5 }: DenoisingOptions = {},
  ): Objective => ({
    ...denoising(vocabulary, {
      ...filling(inputLength),
      mask: (length, seed) => randomPrefixNoiseMask(length, seed, { noiseDensity }),
      inputs: dropNonnoiseTokens,
      targets: dropNoiseTokens,
    }),
    sizes: (length, seed) => {
      const prefix = randomPrefix(length, maskSeed(seed), noiseDensity);
      return [prefix + 1, length - prefix + 1];
    },
  }),
);
