/**
 * @file A small synthetic data set in MRPC's layout, as GLUE has it: do two sentences of the news tell the same?
 *
 * Punctuation stands apart, as in MRPC. Train and validation share no frame and no name, verb, noun or place.
 */
import { alternate, both, type Half } from "../superglue-mini/shared.js";
import { NAMES, NOUNS, PLACES } from "../superglue-mini/words.js";
import { pairMaterial, pairs, toTsv } from "./pairs.js";

const VERBS = alternate([
  ["painted", "coloured"],
  ["lost", "mislaid"],
  ["opened", "unlocked"],
  ["burned", "scorched"],
  ["closed", "shut"],
  ["cut", "sliced"],
  ["sold", "auctioned"],
  ["hit", "struck"],
  ["bought", "purchased"],
  ["repaired", "mended"],
  ["found", "discovered"],
  ["polished", "buffed"],
  ["cleaned", "scrubbed"],
  ["wrapped", "packed"],
]);
const FRAMES = alternate([
  "{n} {v} the {o} in {p} .",
  "The {o} was {v} by {n} in {p} .",
  "In {p} , the {o} was {v} by {n} .",
  "It was {n} who {v} the {o} in {p} .",
  "Police said {n} {v} the {o} in {p} .",
  "Near {p} , {n} {v} the {o} .",
  "{n} , the radio reported , {v} the {o} in {p} .",
  "On a visit to {p} , {n} {v} the {o} .",
  "The {o} in {p} had been {v} by {n} .",
  '" {n} {v} the {o} , " a witness in {p} told us .',
  "While in {p} , {n} {v} the {o} .",
  "As was announced from {p} , {n} {v} the {o} .",
]);
const FIRST_ID = { train: 1_000_001, validation: 2_000_001 };
const HEADER = ["Quality", "#1 ID", "#2 ID", "#1 String", "#2 String"];

const wordsOf = (half: Half) => ({ names: NAMES[half], verbs: VERBS[half], nouns: NOUNS[half], places: PLACES[half] });

export const MATERIAL = both((half) => pairMaterial(wordsOf(half), FRAMES[half]));

const file = (half: Half): string =>
  toTsv(
    HEADER,
    pairs(wordsOf(half), FRAMES[half], half, "mrpc").map(({ first, second, same }, i) => {
      const id = FIRST_ID[half] + 2 * i;
      return [Number(same), id, id + 1, first, second];
    }),
  );

export const makeFiles = () => ({ "train.tsv": file("train"), "dev.tsv": file("validation") });
