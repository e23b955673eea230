/** @file The objectives of BART, as prompt-tuning has them: the targets are the whole text. */
import { takes } from "../../core/composite.js";
import { type DenoisingOptions, denoising, filling, ofOneSize, wholeText, withSentinels } from "./denoising.js";
import { iidNoiseMask, randomSpansNoiseMask, type SpanOptions } from "./masks.js";
import { dropNoiseTokens, noiseSpanToUniqueSentinel } from "./noise.js";
import type { Objective, ObjectiveOptions, Vocabulary } from "./objective.js";

/**
 * BART's text infilling: a sentinel is left for each span, and the targets are the whole text. Each sentinel is another one, as in prompt-tuning,
 * where BART has one mask.
 *
 * @throws {ArgumentError} for numbers out of range
 * @see Lewis et al. 2020, arXiv:1910.13461, section 2.2; prompt-tuning's `text_infilling`
 * @example textInfilling(tokenizer, { inputLength: 512 })
 */
export const textInfilling = takes(
  "textInfilling(vocabulary, { inputLength, noiseDensity, meanNoiseSpanLength })",
  (vocabulary: Vocabulary, { inputLength = 512, ...spans }: ObjectiveOptions & SpanOptions = {}): Objective =>
    ofOneSize(
      denoising(vocabulary, {
        ...filling(inputLength),
        mask: (length, seed) => randomSpansNoiseMask(length, seed, spans),
        inputs: withSentinels("textInfilling", vocabulary, noiseSpanToUniqueSentinel),
        targets: wholeText,
      }),
    ),
);

/**
 * BART's token deletion: single tokens are missing from the inputs, and the targets are the whole text.
 *
 * @throws {ArgumentError} for numbers out of range
 * @see Lewis et al. 2020, arXiv:1910.13461, section 2.2; prompt-tuning's `token_deletion`
 * @example tokenDeletion(tokenizer, { inputLength: 512 })
 */
export const tokenDeletion = takes(
  "tokenDeletion(vocabulary, { noiseDensity, inputLength })",
  (
    vocabulary: Pick<Vocabulary, "eosId">,
    { inputLength = 512, noiseDensity = 0.15 }: DenoisingOptions = {},
  ): Objective =>
    denoising(vocabulary, {
      ...filling(inputLength),
      mask: (length, seed) => iidNoiseMask(length, seed, { noiseDensity }),
      inputs: dropNoiseTokens,
      targets: wholeText,
    }),
);
