/**
 * @file A small synthetic data set in QQP's layout: do two questions ask the same?
 *
 * Questions ask how somebody can do something with something in a country. Train and validation share no frame and no word but function
 * words, and neither shares words or frames with MRPC's sentences.
 */
import { alternate, both, type Half } from "../superglue-mini/shared.js";
import { pairMaterial, pairs, toTsv } from "./pairs.js";

const NAMES = alternate(
  "brother neighbour uncle teacher cousin aunt nephew sister daughter colleague niece son".split(" "),
);
const VERBS = alternate([
  ["cook", "boil"],
  ["grow", "cultivate"],
  ["rent", "lease"],
  ["pick", "select"],
  ["order", "request"],
  ["sort", "arrange"],
  ["inspect", "examine"],
  ["protect", "guard"],
  ["obtain", "acquire"],
  ["heat", "warm"],
  ["gather", "collect"],
  ["transport", "haul"],
  ["store", "stock"],
  ["deliver", "supply"],
]);
const NOUNS = alternate(
  (
    "potatoes guitars carrots violins onions laptops apples bicycles lemons cameras " +
    "tomatoes phones peas engines mushrooms printers pumpkins blankets cherries curtains"
  ).split(" "),
);
const PLACES = alternate("Canada India Brazil Japan Kenya France Norway Mexico Spain Egypt Chile Turkey".split(" "));
const FRAMES = alternate([
  "How can my {n} {v} {o} in {p}?",
  "Which steps let a {n} {v} {o} in {p}?",
  "What is the best way for my {n} to {v} {o} in {p}?",
  "Does anyone know how a {n} could {v} {o} in {p}?",
  "In {p}, how should my {n} {v} {o}?",
  "A {n} will {v} {o} in {p}; where to begin?",
  "What must my {n} do to {v} {o} in {p}?",
  "Will a {n} manage to {v} {o} in {p}, and how?",
  "If my {n} wants to {v} {o} in {p}, what helps?",
  "Where does a {n} find out how to {v} {o} in {p}?",
  "Is there a good method for my {n} to {v} {o} in {p}?",
  "Living in {p}, how would a {n} {v} {o}?",
]);
const HEADER = ["id", "qid1", "qid2", "question1", "question2", "is_duplicate"];
const FIRST_ID = { train: 0, validation: 1000 };

const wordsOf = (half: Half) => ({ names: NAMES[half], verbs: VERBS[half], nouns: NOUNS[half], places: PLACES[half] });

export const MATERIAL = both((half) => pairMaterial(wordsOf(half), FRAMES[half]));

const file = (half: Half): string =>
  toTsv(
    HEADER,
    pairs(wordsOf(half), FRAMES[half], half, "qqp").map(({ first, second, same }, i) => {
      const id = FIRST_ID[half] + i;
      return [id, 2 * id + 1, 2 * id + 2, first, second, Number(same)];
    }),
  );

export const makeFiles = () => ({ "train.tsv": file("train"), "dev.tsv": file("validation") });
