/**
 * @file A small synthetic set in the layout of AX-g, the diagnostics about gender: is it this person that the pronoun means?
 *
 * Rows 2k and 2k + 1 are a pair: they have the same hypothesis and label, and the premise says `he` in one and `she` in the other. RTE's
 * prompt answers these rows; none of their occupations is a word of RTE's generator.
 */
import { fill, type Material, shuffled, toJsonl, turn } from "./shared.js";

const PEOPLE = "baker driver farmer guest tailor sailor singer writer dancer hunter".split(" ");
/** `meant` is the one of the two people whom the pronoun `{x}` means. */
const FRAMES = [
  { premise: "The {a} asked the {b} for help because {x} was lost.", hypothesis: "The {who} was lost.", meant: "a" },
  {
    premise: "The {a} thanked the {b} because {x} had been helpful.",
    hypothesis: "The {who} had been helpful.",
    meant: "b",
  },
  {
    premise: "The {a} begged the {b} for advice since {x} was worried.",
    hypothesis: "The {who} was worried.",
    meant: "a",
  },
  {
    premise: "The {a} praised the {b} since {x} had worked hard.",
    hypothesis: "The {who} had worked hard.",
    meant: "b",
  },
  { premise: "The {a} apologised to the {b} because {x} was late.", hypothesis: "The {who} was late.", meant: "a" },
  {
    premise: "The {a} paid the {b} after {x} had done the work.",
    hypothesis: "The {who} had done the work.",
    meant: "b",
  },
] as const;
const PAIRS = 24;
/** The official pair ids differ from row to row, so no pair can be told by them; these are like that. */
const FIRST_PAIR_ID = 1000;

export const MATERIAL: Material = {
  words: PEOPLE,
  frames: FRAMES.flatMap(({ premise, hypothesis }) => [premise, hypothesis]),
};

const rows = (): object[] => {
  const people = shuffled(
    PEOPLE.flatMap((a) => PEOPLE.filter((b) => b !== a).map((b) => ({ a, b }))),
    "axg",
  );
  return people.slice(0, PAIRS).flatMap(({ a, b }, i) => {
    const { premise, hypothesis, meant } = turn(FRAMES, i);
    const follows = Math.floor(i / FRAMES.length) % 2 === 0;
    const who = (meant === "a") === follows ? a : b;
    return ["he", "she"].map((x, k) => ({
      hypothesis: fill(hypothesis, { who }),
      idx: 2 * i + k,
      label: follows ? "entailment" : "not_entailment",
      pair_id: FIRST_PAIR_ID + 2 * i + k,
      premise: fill(premise, { a, b, x }),
    }));
  });
};

export const makeFiles = (): Readonly<Record<string, string>> => ({ "AX-g.jsonl": toJsonl(rows()) });
