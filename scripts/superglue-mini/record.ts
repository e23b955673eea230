/**
 * @file A small synthetic data set in ReCoRD's layout: which person or place of the passage does the query leave out?
 *
 * In three sentences three people do something to three things in three places; two highlights name one of the people and one of the
 * places again. One query leaves out who it was, the other where it was. Every fourth passage gives its people surnames, which highlights
 * leave out, so that some queries have two answers; every eighth starts with a character outside of the basic plane, so that offsets in code points and in
 * UTF-16 units differ. Train and validation share no frame and no name, verb, thing or place.
 */
import {
  alternate,
  both,
  distinct,
  fill,
  type Half,
  type Material,
  type Span,
  shuffled,
  turn,
  twoFiles,
  unmark,
} from "./shared.js";
import { NAMES, NOUNS, PLACES, VERBS } from "./words.js";

const SURNAMES = alternate("Brown Green Miller Clark Wilson Harris".split(" "));
const SENTENCES = alternate([
  "[{n}] {v} the {o} in [{p}].",
  "Near [{p}], [{n}] {v} the {o}.",
  "In [{p}] it was [{n}] who {v} the {o}.",
  "Once, in [{p}], [{n}] {v} the {o}.",
  "The {o} was {v} in [{p}] by [{n}].",
  "[{n}] from [{p}] {v} the {o}.",
]);
const PEOPLE_HIGHLIGHTS = alternate(["[{n}] is back", "Thanks to [{n}]"]);
const PLACE_HIGHLIGHTS = alternate(["News from [{p}]", "Trouble in [{p}]"]);
const WHO = alternate(["The {o} was {v} by @placeholder.", "They asked @placeholder about the {o}."]);
const WHERE = alternate(["All this happened to the {o} in @placeholder.", "Look for the {o} in @placeholder."]);
const PASSAGES = { train: 144, validation: 60 };

export const MATERIAL = both(
  (half): Material => ({
    words: [...NAMES[half], ...SURNAMES[half], ...VERBS[half], ...NOUNS[half], ...PLACES[half]],
    frames: [SENTENCES, PEOPLE_HIGHLIGHTS, PLACE_HIGHLIGHTS, WHO, WHERE].flatMap((frames) => frames[half]),
  }),
);

/** ReCoRD's `end` is the last code point of a span. */
const inclusive = ({ start, end }: Span) => ({ start, end: end - 1 });

/** The three things that passage number `i` tells, from a seed. */
const story = (half: Half, i: number, attempt: number) => {
  const pick = (list: readonly string[], what: string): string[] =>
    shuffled(list, `record/${half}/${i}/${attempt}/${what}`);
  const [names, surnames] = [pick(NAMES[half], "names"), pick(SURNAMES[half], "surnames")];
  const [nouns, places] = [pick(NOUNS[half], "nouns"), pick(PLACES[half], "places")];
  const verbs = pick(VERBS[half], "verbs");
  return pick(SENTENCES[half], "frames").map((frame, k) => {
    const name = names[k];
    const slots = { n: i % 4 === 3 ? `${name} ${surnames[k]}` : name, v: verbs[k], o: nouns[k], p: places[k] };
    return { ...slots, name, sentence: fill(frame, slots) };
  });
};

/**
 * Passage number `i` with its queries: the sentences that answers stand in, and those that highlights name again, take turns. Query ids
 * count through the split.
 */
const row = (half: Half, i: number, told: ReturnType<typeof story>): object => {
  const [who, where] = [turn(told, i), turn(told, i + Math.floor(i / told.length))];
  const [whoAgain, whereAgain] = [turn(told, Math.floor(i / 4)), turn(told, Math.floor(i / 2))];
  const marked = [
    told.map(({ sentence }) => sentence).join(" "),
    fill(PEOPLE_HIGHLIGHTS[half][0], { n: whoAgain.name }),
    fill(PLACE_HIGHLIGHTS[half][0], { p: whereAgain.p }),
  ].join("\n@highlight\n");
  const { text, spans } = unmark(i % 8 === 0 ? `📍 ${marked}` : marked);
  const qa = (query: string, right: readonly string[], q: number) => ({
    query,
    answers: spans.filter((s) => right.includes(s.text)).map((s) => ({ ...inclusive(s), text: s.text })),
    idx: i * 2 + q,
  });
  return {
    source: "synthetic",
    passage: { text, entities: spans.map(inclusive) },
    qas: [
      qa(fill(WHO[half][0], { o: who.o, v: who.v }), [who.n, who.name], 0),
      qa(fill(WHERE[half][0], { o: where.o }), [where.p], 1),
    ],
    idx: i,
  };
};

const rows = (half: Half): object[] =>
  distinct(
    PASSAGES[half],
    (i, attempt) => story(half, i, attempt),
    (told) => told.map(({ sentence }) => sentence),
  ).map((told, i) => row(half, i, told));

export const makeFiles = () => twoFiles(rows);
