/**
 * @file A small synthetic data set in CommitmentBank's layout: does the premise commit its author to the hypothesis?
 *
 * A premise puts a plain clause into a frame that affirms it, denies it, or leaves it open; the hypothesis is the clause. Train and
 * validation share no frame and no name, verb, noun or place, so a model has to learn what frames of a kind have in common.
 */

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
      "It is true that {}.",
      "We know that {}.",
      "Of course {}.",
      "It is clear that {}.",
      "Everyone saw that {}.",
      "He was right that {}.",
      "I am sure that {}.",
      "They showed that {}.",
      "In fact {}.",
      "It was proved that {}.",
    ],
    contradiction: [
      "It is not true that {}.",
      "It is false that {}.",
      "No, it never happened that {}.",
      "He was wrong that {}.",
      "It was a lie that {}.",
      "It cannot be that {}.",
      "Nobody saw that {}.",
      "They never said that {}.",
      "It is no fact that {}.",
      "We know it is false that {}.",
    ],
    neutral: [
      "Perhaps {}.",
      "It may be that {}.",
      "We asked whether {}.",
      "Who knows if {}?",
      "It could be that {}.",
      "I wonder if {}.",
      "Did you hear whether {}?",
      "If {}, we will see.",
      "Some think that maybe {}.",
      "They ask if {}.",
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
    entailment: ["It is certain that {}.", "Yes, we saw that {}.", "It is a fact that {}.", "She was sure that {}."],
    contradiction: [
      "It is not so, it is false that {}.",
      "No, it is not true that {}.",
      "It was wrong to say that {}.",
      "She never saw that {}.",
    ],
    neutral: [
      "It is possible, maybe, that {}.",
      "She asked if {}.",
      "Maybe it is so that {}.",
      "Do you know whether {}?",
    ],
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

/** The text of a JSONL file. */
export const toJsonl = (rows: readonly Row[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** The two files, by their names. */
export const makeFiles = (): Readonly<Record<string, string>> => ({
  "train.jsonl": toJsonl(makeRows(TRAIN, 1)),
  "val.jsonl": toJsonl(makeRows(VALIDATION, 2)),
});
