/**
 * @file Objectives of pre-training: what a model is asked about a text without labels.
 *
 * An objective says how documents are cut into pieces, and what example becomes of a piece and a seed. Nothing else is random, so the example of a
 * piece can be made at any time, by any worker.
 */
import { takes } from "../../core/composite.js";
import type { Tokenizer } from "../../tokenizer/sentencepiece.js";
import { mix, type Tokens, withEos } from "../batch.js";
import { firstSentinel, refuse } from "./checks.js";
import {
  iidNoiseMask,
  type Mask,
  randomPrefix,
  randomPrefixNoiseMask,
  randomSpansNoiseMask,
  type SpanOptions,
} from "./masks.js";
import {
  dropNoiseTokens,
  dropNonnoiseTokens,
  type NoiseFunction,
  noiseSpanToUniqueSentinel,
  nonnoiseSpanToUniqueSentinel,
} from "./noise.js";
import { type DocumentIds, type PieceOptions, piecesOf } from "./pieces.js";
import { fittingLengths } from "./spans.js";

/** A way to make examples of texts. */
export interface Objective {
  /** How documents are cut. */
  readonly pieces: PieceOptions;
  /** The example of a piece, each row ended by EOS. */
  readonly example: (piece: DocumentIds, seed: number) => Tokens;
  /** The sizes of the example of a piece of this length, for objectives that can compute them without making the example. Packing uses them to skip ahead. */
  readonly sizes?: (length: number, seed: number) => Sizes;
  /** Most ids of an input, EOS included. */
  readonly inputLength: number;
  /** Most ids of a target, EOS included. */
  readonly targetLength: number;
}

/** The numbers of ids in the inputs and targets of an example. */
export type Sizes = readonly [inputs: number, targets: number];

export const sizesOf = ({ inputs, targets }: Tokens): Sizes => [inputs.length, targets.length];

/** What an objective needs to know of a tokenizer. */
export type Vocabulary = Pick<Tokenizer, "eosId" | "sentinelId">;

export interface ObjectiveOptions {
  /** Most ids of an input, EOS included. Default 512. */
  readonly inputLength?: number;
}

/** Inputs and targets of a text under a mask. */
interface Denoising {
  readonly pieces: PieceOptions;
  readonly inputLength: number;
  readonly targetLength: number;
  readonly mask: (length: number, seed: number) => Mask;
  readonly inputs: Row;
  readonly targets: Row;
}

/** A noise function that knows its sentinels, or needs none. */
type Row = (tokens: DocumentIds, mask: Mask, seed: number) => number[];

const withSentinels = (where: string, vocabulary: Vocabulary, make: NoiseFunction): Row => {
  const first = firstSentinel(`data.${where}`, (k) => vocabulary.sentinelId(k));
  return (tokens, mask, seed) => make(tokens, mask, first, seed);
};

/** The seed of an example's mask. */
const maskSeed = (seed: number): number => mix(seed, 0);

const denoising = (
  { eosId }: Pick<Vocabulary, "eosId">,
  { mask: maskOf, inputs, targets, ...sizes }: Denoising,
): Objective => ({
  ...sizes,
  example: (piece, seed) => {
    const mask = maskOf(piece.length, maskSeed(seed));
    const row = (make: Row, i: number) => withEos(make(piece, mask, mix(seed, i)), eosId);
    return { inputs: row(inputs, 1), targets: row(targets, 2) };
  },
});

/** An objective whose examples have sizes that depend on the length of the piece alone: those of one are those of all. */
const ofOneSize = (objective: Objective): Objective => {
  const known = new Map<number, Sizes>();
  const sizes = (length: number): Sizes => {
    const found = known.get(length) ?? sizesOf(objective.example(new Array<number>(length).fill(1), 0));
    known.set(length, found);
    return found;
  };
  return { ...objective, sizes };
};

/** Sizes of objectives whose pieces fill the inputs but for EOS, and whose targets are not longer. */
const filling = (inputLength: number): Pick<Objective, "pieces" | "inputLength" | "targetLength"> => ({
  pieces: { length: inputLength - 1 },
  inputLength,
  targetLength: inputLength,
});

const wholeText: Row = (tokens) => [...tokens];

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

/** How much of a text is noise. */
export interface DenoisingOptions extends ObjectiveOptions {
  /** The share of tokens that are noise. Default 0.15. */
  readonly noiseDensity?: number;
}

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

/** Forms of `lm`: of a text, or of ids. */
export interface Lm {
  (text: string): { readonly inputs: string; readonly targets: string };
  (tokens: DocumentIds): Tokens;
}

/**
 * A language model of rows: nothing is read, the text is written. Takes a text, for tasks, or ids.
 *
 * @see T5's `lm`
 * @example lm("Here is some text.") // { inputs: "", targets: "Here is some text." }
 */
export const lm: Lm = takes(
  "lm(document)",
  (document: string | DocumentIds): never => ({ inputs: document.slice(0, 0), targets: document }) as never,
);

/**
 * A language model of documents: pieces of exactly `targetLength` tokens, in which EOS stands at the end of documents alone. The encoder reads EOS.
 *
 * @throws {ArgumentError} for numbers out of range
 * @see T5's `full_lm`
 * @example fullLm(tokenizer, { targetLength: 512 })
 */
export const fullLm = takes(
  "fullLm(vocabulary, { targetLength })",
  (
    { eosId }: Pick<Vocabulary, "eosId">,
    { targetLength = 512 }: { readonly targetLength?: number } = {},
  ): Objective => ({
    pieces: { length: targetLength, joined: 128, eosId },
    example: (piece) => ({ inputs: [eosId], targets: piece }),
    sizes: (length) => [1, length],
    inputLength: 1,
    targetLength,
  }),
);

/**
 * The examples of some documents, in their order. They depend on the documents and the seed alone.
 *
 * @throws {ArgumentError} where the objective does, for a piece it can make no example of
 * @example [...makeExamples(spanCorruption(tokenizer), texts.map((text) => tokenizer.encode(text)), seed)]
 */
export const makeExamples = takes(
  "makeExamples(objective, documents, seed)",
  function* makeExamples(
    { pieces, example }: Objective,
    documents: Iterable<DocumentIds>,
    seed: number,
  ): Generator<Tokens, void> {
    let n = 0;
    for (const piece of piecesOf(documents, pieces, mix(seed, 0))) yield example(piece, mix(mix(seed, 1), n++));
  },
);
