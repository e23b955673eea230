/**
 * @file Pairs of sentences that tell the same or not: what the sets in the layouts of MRPC and QQP have in common.
 *
 * What is told goes round in a ring, whose neighbours share no word. Each is told four times: twice in a pair of its own, which is a
 * paraphrase, and once in a pair with each neighbour, which is none. So a word stands as often in pairs of one kind as of the other.
 */
import { fill, type Half, type Material, shuffled, turn } from "../superglue-mini/shared.js";

/** The words of a half. A verb is two words with one meaning. */
export interface PairWords {
  readonly names: readonly string[];
  readonly verbs: readonly (readonly string[])[];
  readonly nouns: readonly string[];
  readonly places: readonly string[];
}

interface Told {
  readonly n: string;
  readonly verb: readonly string[];
  readonly o: string;
  readonly p: string;
}

export interface Pair {
  readonly first: string;
  readonly second: string;
  readonly same: boolean;
}

/** Pairs of a half. */
export const PAIRS = { train: 300, validation: 120 };

/** What pairs of these words and frames are made of. */
export const pairMaterial = (words: PairWords, frames: readonly string[]): Material => ({
  words: [...words.names, ...words.verbs.flat(), ...words.nouns, ...words.places],
  frames,
});

const shareNothing = (a: Told, b: Told): boolean => a.n !== b.n && a.verb !== b.verb && a.o !== b.o && a.p !== b.p;

/** Of all that can be told so much, in an order in which neighbours share nothing, nor the last and the first. */
const ring = ({ names, verbs, nouns, places }: PairWords, size: number, seed: string): Told[] => {
  const left = shuffled(
    names.flatMap((n) => verbs.flatMap((verb) => nouns.flatMap((o) => places.map((p): Told => ({ n, verb, o, p }))))),
    seed,
  );
  const told: Told[] = [];
  while (told.length < size) {
    const near = [...told.slice(-1), ...(told.length === size - 1 ? told.slice(0, 1) : [])];
    const next = left.findIndex((one) => near.every((other) => shareNothing(one, other)));
    told.push(...left.splice(next, 1));
  }
  return told;
};

/**
 * The pairs of a half, paraphrases by turns with others. In a third of each kind the second sentence has the other one of a verb's two words,
 * by turns the first or the second; frames are drawn, and those of a pair differ.
 */
export const pairs = (words: PairWords, frames: readonly string[], half: Half, set: string): Pair[] => {
  const told = ring(words, PAIRS[half] / 2, `${set}/${half}`);
  const orders = told.map((_, i) => shuffled(frames, `${set}/${half}/${i}`)); // a sentence of its own for each time
  const say = (frame: string, { verb, ...slots }: Told, word: number): string =>
    fill(frame, { ...slots, v: turn(verb, word) });
  return told.flatMap((one, i) => {
    const [next, nextOrder] = [turn(told, i + 1), turn(orders, i + 1)];
    const [a, b, c] = orders[i];
    const d = nextOrder.slice(3).find((frame) => frame !== c) as string;
    const [word, another] = [i, i % 3 === 0 ? i + 1 : i];
    return [
      { first: say(a, one, word), second: say(b, one, another), same: true },
      { first: say(c, one, word), second: say(d, next, another), same: false },
    ];
  });
};

/** A file of tab-separated values. */
export const toTsv = (header: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [header, ...rows].map((row) => `${row.join("\t")}\n`).join("");
