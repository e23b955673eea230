/**
 * @file A small synthetic data set in MultiRC's layout: which of the answers to a question about a passage are true?
 *
 * In four sentences four people do one of two deeds to four things. Each of two questions asks who did one deed, or to what, and has four
 * answers. One, two or three of them are true; the false ones are, by turns, those of the other deed and some that the passage does not
 * name. Train and validation share no frame and no name, verb or noun.
 */
import { alternate, both, distinct, fill, type Half, type Material, shuffled, turn, twoFiles } from "./shared.js";
import { NAMES, NOUNS, VERBS } from "./words.js";

const SENTENCES = alternate([
  "{n} {v} the {o}.",
  "It was {n} who {v} the {o}.",
  "Then {n} {v} the {o}.",
  "Later {n} {v} the {o}.",
  "At last {n} {v} the {o}.",
  "The {o} was {v} by {n}.",
  "There {n} {v} the {o}.",
  "Here {n} {v} the {o}.",
]);
const WHO = alternate(["Who {v} something?", "Which people {v} a thing?"]);
const WHAT = alternate(["What was {v}?", "Which things were {v}?"]);
const PASSAGES = { train: 40, validation: 16 };
/** People, things and sentences of a passage, and answers of a question. */
const SIZE = 4;

export const MATERIAL = both(
  (half): Material => ({
    words: [...NAMES[half], ...VERBS[half], ...NOUNS[half]],
    frames: [...SENTENCES[half], ...WHO[half], ...WHAT[half]],
  }),
);

/** The answers to a question, in a seeded order. `named` are all that the passage names. */
const answersOf = (right: readonly string[], named: readonly string[], absent: readonly string[], seed: string) => {
  const others = named.filter((text) => !right.includes(text)).map((text, i) => (i % 2 === 0 ? text : absent[i]));
  const answers = [...right.map((text) => ({ text, label: 1 })), ...others.map((text) => ({ text, label: 0 }))];
  return shuffled(answers, seed);
};

/** What passage number `i` tells, from a seed. */
const passage = (half: Half, i: number, attempt: number) => {
  const seed = `multirc/${half}/${i}/${attempt}`;
  const names = shuffled(NAMES[half], `${seed}/names`);
  const nouns = shuffled(NOUNS[half], `${seed}/nouns`);
  const verbs = shuffled(VERBS[half], `${seed}/verbs`).slice(0, 2);
  const frames = shuffled(SENTENCES[half], `${seed}/frames`);
  const first = turn([2, 1, 2, 3], i); // how many did the first deed
  const deeds = shuffled(
    Array.from({ length: SIZE }, (_, k) => verbs[k < first ? 0 : 1]),
    `${seed}/deeds`,
  );
  const sentences = deeds.map((v, k) => fill(frames[k], { n: names[k], v, o: nouns[k] }));
  return { seed, names, nouns, verbs, deeds, sentences };
};

/** Passage number `i` with its questions. Ids of questions and answers count through the split. */
const row = (half: Half, i: number, told: ReturnType<typeof passage>): object => {
  const { seed, names, nouns, verbs, deeds, sentences } = told;
  const asksWho = Math.floor(i / 4) % 2 === 0;
  const candidates = asksWho ? names : nouns.map((noun) => `the ${noun}`);
  const [named, absent] = [candidates.slice(0, SIZE), candidates.slice(SIZE)];
  const questions = verbs.map((v, q) => {
    const right = named.filter((_, k) => deeds[k] === v);
    const idx = i * verbs.length + q;
    return {
      question: fill((asksWho ? WHO : WHAT)[half][0], { v }),
      answers: answersOf(right, named, absent, `${seed}/${q}`).map(({ text, label }, a) => ({
        text,
        idx: idx * SIZE + a,
        label,
      })),
      idx,
    };
  });
  return { idx: i, version: 1.1, passage: { text: sentences.join(" "), questions } };
};

const rows = (half: Half): object[] =>
  distinct(
    PASSAGES[half],
    (i, attempt) => passage(half, i, attempt),
    ({ sentences }) => sentences,
  ).map((told, i) => row(half, i, told));

export const makeFiles = () => twoFiles(rows);
