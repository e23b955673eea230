/** @file A small synthetic set in MRQA's layout, named after RACE: a story of a pupil and a present, and three questions about it. */
import { distinct, fill, type Material, turn } from "../superglue-mini/shared.js";
import { mrqaFile } from "./mrqa.js";
import { type Passage, passage, pick, VERDICTS } from "./questions.js";

const PUPILS = "Amy Ben Carl Dora Eric Fiona Greg Holly Ivan Jill Kevin Lena".split(" ");
const GIFTS = "kite puppy scarf puzzle bracelet skateboard telescope hamster necklace balloon".split(" ");
const GIVERS = "grandfather grandmother classmate coach pharmacist librarian".split(" ");
const MONTHS = "January February March April June July August October".split(" ");
const GETTING = [
  "In [{t}] {a} received a [{g}] as a present from the [{w}].",
  "The [{w}] handed {a} a [{g}] in [{t}].",
  "A [{g}] came for {a} in [{t}], a surprise from the [{w}].",
  "{a} unpacked a [{g}] in [{t}]; the [{w}] had chosen it.",
];
const DISTRACTION = ["{b} also wished for a {h}.", "At school, {b} talked about a {h}.", "{b} already had a {h}."];
const VERDICT = [
  "{a} wrote a [{r}] comment about it.",
  "In the end {a} had [{r}] feelings.",
  "The diary of {a} was [{r}] about this day.",
];
/** For each slot that is asked for, the question. */
const QUESTIONS = {
  g: "What did {a} get?",
  w: "From whom did {a} get it?",
  t: "In what month did this happen to {a}?",
  r: "What did {a} think about it?",
};
const PASSAGES = 40;

export const MATERIAL: Material = {
  words: [...PUPILS, ...GIFTS, ...GIVERS, ...MONTHS],
  frames: [...GETTING, ...DISTRACTION, ...VERDICT, ...Object.values(QUESTIONS)],
};

/** Story number `i`. Verdicts, and what is asked, take turns. */
const story = (i: number, attempt: number): Passage => {
  const seed = `race/${i}/${attempt}`;
  const [a, g] = [pick(PUPILS, `${seed}/pupil`), pick(GIFTS, `${seed}/gift`)];
  const others = { b: PUPILS.filter((name) => name !== a), h: GIFTS.filter((gift) => gift !== g) };
  const slots = {
    a,
    g,
    b: pick(others.b, `${seed}/other`),
    h: pick(others.h, `${seed}/wish`),
    w: pick(GIVERS, `${seed}/giver`),
    t: pick(MONTHS, `${seed}/month`),
    r: turn(VERDICTS, i),
  };
  const sentences = [GETTING, DISTRACTION, VERDICT].map((frames, k) => fill(pick(frames, `${seed}/${k}`), slots));
  const keys = ["g", turn(["w", "t"] as const, Math.floor(i / 2)), "r"] as const;
  const asked = keys.map((key) => ({ question: fill(QUESTIONS[key], slots), answer: slots[key] }));
  return passage(i, sentences, asked);
};

export const makeFiles = () => ({
  "RACE.jsonl.gz": mrqaFile(
    "RACE",
    distinct(PASSAGES, story, ({ text }) => [text]),
  ),
});
