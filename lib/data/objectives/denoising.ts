/** @file Objectives that make inputs and targets of a text under a mask: what those of T5 and of BART share. */
import { mix, withEos } from "../batch.js";
import { firstSentinel } from "./checks.js";
import type { Mask } from "./masks.js";
import type { NoiseFunction } from "./noise.js";
import { type Objective, type ObjectiveOptions, type Sizes, sizesOf, type Vocabulary } from "./objective.js";
import type { DocumentIds, PieceOptions } from "./pieces.js";

/** How much of a text is noise. */
export interface DenoisingOptions extends ObjectiveOptions {
  /** The share of tokens that are noise. Default 0.15. */
  readonly noiseDensity?: number;
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

/** A noise function with the sentinels of a vocabulary. */
export const withSentinels = (where: string, vocabulary: Vocabulary, make: NoiseFunction): Row => {
  const first = firstSentinel(`data.${where}`, (k) => vocabulary.sentinelId(k));
  return (tokens, mask, seed) => make(tokens, mask, first, seed);
};

/** The seed of an example's mask. */
export const maskSeed = (seed: number): number => mix(seed, 0);

/** The objective of inputs and targets under a mask. */
export const denoising = (
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
export const ofOneSize = (objective: Objective): Objective => {
  const known = new Map<number, Sizes>();
  const sizes = (length: number): Sizes => {
    const found = known.get(length) ?? sizesOf(objective.example(new Array<number>(length).fill(1), 0));
    known.set(length, found);
    return found;
  };
  return { ...objective, sizes };
};

/** Sizes of objectives whose pieces fill the inputs but for EOS, and whose targets are not longer. */
export const filling = (inputLength: number): Pick<Objective, "pieces" | "inputLength" | "targetLength"> => ({
  pieces: { length: inputLength - 1 },
  inputLength,
  targetLength: inputLength,
});

/** The tokens as they are. */
export const wholeText: Row = (tokens) => [...tokens];
