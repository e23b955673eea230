/**
 * @file A small synthetic data set in CommitmentBank's layout: does the premise commit its author to the hypothesis?
 *
 * A premise puts a plain clause into a frame that affirms it, denies it, or leaves it open; the hypothesis is the clause. Train and
 * validation share no frame and no name, verb, noun or place, so a model has to learn what frames of a kind have in common.
 */
import { toJsonl } from "./shared.js";

/** The words a clause is made of. */
export interface Words {
  readonly names: readonly string[];
  readonly verbs: readonly string[];
  readonly nouns: readonly string[];
  readonly places: readonly string[];
}

export type Label = "entailment" | "contradiction" | "neutral";

/** Frames by label; `{}` stands for the clause. */
export type Frames = Readonly<Record<Label, readonly string[]>>;

export interface Split {
  readonly words: Words;
  readonly frames: Frames;
  readonly rows: number;
}

export const TRAIN: Split = {
  rows: 300,
  words: {
    names: ["Peter", "Anna", "David", "Laura", "Paul", "Emma", "Mark", "Julia", "James", "Sarah", "Frank", "Diana"],
    verbs: ["painted", "opened", "closed", "sold", "bought", "found", "broke", "cleaned", "used", "took"],
    nouns: ["door", "house", "car", "book", "window", "box", "bag", "cup", "picture", "machine"],
    places: ["Moscow", "Dublin", "Athens", "Prague", "Cairo", "Munich"],
  },
  frames: {
    entailment: [
      "They are sure that {}.",
      "I am sure that {}.",
      "You can be sure that {}.",
      "She was sure that {}.",
      "We are glad that {}.",
      "In truth {}.",
      "Yes indeed, {}.",
      "Certainly {}.",
      "They found that {}.",
    ],
    contradiction: [
      "It is wrong to say that {}.",
      "It is never so that {}.",
      "It is false that {}.",
      "It is a lie that {}.",
      "It is not right that {}.",
      "It is denied that {}.",
      "It is just not so that {}.",
      "It is no fact that {}.",
    ],
    neutral: [
      "If {}, we will know.",
      "Maybe he thinks {}.",
      "Who knows whether {}?",
      "Do they think {}?",
      "He asked whether {}.",
      "Who can say if {}?",
      "Maybe so: {}.",
    ],
  },
};

export const VALIDATION: Split = {
  rows: 120,
  words: {
    names: ["Robert", "Maria", "Charles", "Jane", "Arthur", "Grace", "Philip", "Mary"],
    verbs: ["lost", "burned", "stole", "cut", "gave", "hit"],
    nouns: ["clock", "hat", "key", "knife", "letter", "coin"],
    places: ["Toronto", "Naples", "Geneva", "Tokyo"],
  },
  frames: {
    entailment: ["All are sure that {}.", "We are certain that {}.", "Clearly, {}.", "He has admitted that {}."],
    contradiction: [
      "It is not at all so that {}.",
      "It is not true that {}.",
      "It is not the case that {}.",
      "It is untrue that {}.",
    ],
    neutral: ["He wants to know if {}.", "Who knows if {}?", "Who would tell whether {}?", "Who said whether {}?"],
  },
};

/** One row of CommitmentBank's JSONL. */
export interface Row {
  readonly premise: string;
  readonly hypothesis: string;
  readonly label: Label;
  readonly idx: number;
}

/** A small seeded generator of integers below `n` (a linear congruential one; its high bits are used). */
const generator = (seed: number): ((n: number) => number) => {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
};

const LABELS: readonly Label[] = ["entailment", "contradiction", "neutral"];

/** The rows of a split: labels take turns, frames of a label too, clauses are drawn; no clause occurs twice. */
export const makeRows = (split: Split, seed: number): Row[] => {
  const below = generator(seed);
  const pick = (list: readonly string[]): string => list[below(list.length)];
  const { names, verbs, nouns, places } = split.words;
  const seen = new Set<string>();
  const clause = (): string => {
    const text = `${pick(names)} ${pick(verbs)} the ${pick(nouns)} in ${pick(places)}`;
    if (seen.has(text)) return clause();
    seen.add(text);
    return text;
  };
  return Array.from({ length: split.rows }, (_, idx) => {
    const label = LABELS[idx % LABELS.length];
    const frames = split.frames[label];
    const hypothesis = clause();
    const premise = frames[Math.floor(idx / LABELS.length) % frames.length].replace("{}", hypothesis);
    return { premise, hypothesis, label, idx };
  });
};

/** The two files, by their names. */
export const makeFiles = (): Readonly<Record<string, string>> => ({
  "train.jsonl": toJsonl(makeRows(TRAIN, 1)),
  "val.jsonl": toJsonl(makeRows(VALIDATION, 2)),
});
