/** @file A small synthetic set in MRQA's layout, named after RelationExtraction: a sentence about an invented work, and a question about it. */
import { distinct, fill, type Material, turn } from "../superglue-mini/shared.js";
import { mrqaFile } from "./mrqa.js";
import { type Passage, passage, pick, VERDICTS } from "./questions.js";

const ADJECTIVES = "Silent Golden Hidden Distant Broken Crimson Frozen Wandering".split(" ");
const THINGS = "Meadow Valley Garden Desert Winter Orchard Island Forest".split(" ");
const AUTHORS = "Adeyemi Bianchi Castro Dubois Eriksen Ferrari Gomez Hansen Ivanov Jimenez Kowalski Okafor".split(" ");
const LANGUAGES = "Danish Polish Greek Finnish Dutch Swedish Hungarian Arabic".split(" ");
const GENRES = "novel film play musical poem opera".split(" ");
/** For each slot that is asked for, sentences and a question. */
const RELATIONS = [
  {
    slot: "r",
    frames: ["{t} is a {g} that met with a [{r}] response.", "The response to {t}, a {g} by {n}, was [{r}]."],
    question: "What response did {t} meet with?",
  },
  {
    slot: "n",
    frames: ["{t} is a {g} by [{n}] in {l}.", "The {g} {t}, which [{n}] created, is in {l}."],
    question: "Who is the creator of {t}?",
  },
  {
    slot: "l",
    frames: ["{t} is a {g} by {n} in [{l}].", "{n} created the [{l}] {g} {t}."],
    question: "What language is {t} in?",
  },
] as const;
const SENTENCES = 120;

export const MATERIAL: Material = {
  words: [...ADJECTIVES, ...THINGS, ...AUTHORS, ...LANGUAGES, ...GENRES],
  frames: RELATIONS.flatMap(({ frames, question }) => [...frames, question]),
};

/** Sentence number `i`. Relations take turns, and so do verdicts and the frames of a relation. */
const fact = (i: number, attempt: number): Passage => {
  const seed = `relation-extraction/${i}/${attempt}`;
  const { slot, frames, question } = turn(RELATIONS, i);
  const round = Math.floor(i / RELATIONS.length);
  const slots = {
    t: `${pick(ADJECTIVES, `${seed}/adjective`)} ${pick(THINGS, `${seed}/thing`)}`,
    g: pick(GENRES, `${seed}/genre`),
    n: pick(AUTHORS, `${seed}/author`),
    l: pick(LANGUAGES, `${seed}/language`),
    r: turn(VERDICTS, Math.floor(round / 2)),
  };
  return passage(i, [fill(turn(frames, round), slots)], [{ question: fill(question, slots), answer: slots[slot] }]);
};

export const makeFiles = () => ({
  "RelationExtraction.jsonl.gz": mrqaFile(
    "RelationExtraction",
    distinct(SENTENCES, fact, ({ text }) => [text]),
  ),
});
