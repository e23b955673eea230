/**
 * @file A small synthetic data set in RTE's layout: does the hypothesis follow from the premise?
 *
 * The premise puts a clause and a day into a frame; the hypothesis is the clause. It follows from affirming frames. It does not follow
 * from denying and open frames, nor from a premise about somebody else. Train and validation share no frame and no word of a clause.
 */
import { alternate, both, fill, type Half, type Material, turn, twoFiles } from "./shared.js";
import { AFFIRMING, clause, DENYING, type Fact, facts, factWords, NAMES, OPEN } from "./words.js";

const DAYS = alternate("Monday Tuesday Wednesday Thursday Friday Saturday".split(" "));
const ROWS = { train: 300, validation: 120 };

export const MATERIAL = both(
  (half): Material => ({
    words: [...factWords(half), ...DAYS[half]],
    frames: [...AFFIRMING[half], ...DENYING[half], ...OPEN[half]],
  }),
);

/** The fact with the name after its own in the list. */
const bySomebodyElse = (fact: Fact, half: Half): Fact => ({
  ...fact,
  name: turn(NAMES[half], NAMES[half].indexOf(fact.name) + 1),
});

/** Frames of the premise by turns: every second row entails; of the others a third each denies, leaves open, is about somebody else. */
const rows = (half: Half): object[] =>
  facts(half, `rte/${half}`)
    .slice(0, ROWS[half])
    .map((fact, idx) => {
      const entails = idx % 2 === 0;
      const pair = Math.floor(idx / 2);
      const frames = entails ? AFFIRMING : turn([DENYING, OPEN, AFFIRMING], pair);
      const frame = turn(frames[half], entails ? pair : Math.floor(pair / 3));
      const other = !entails && frames === AFFIRMING;
      return {
        premise: fill(frame, {
          "": `${clause(other ? bySomebodyElse(fact, half) : fact)} on ${turn(DAYS[half], idx)}`,
        }),
        hypothesis: `${clause(fact)}.`,
        label: entails ? "entailment" : "not_entailment",
        idx,
      };
    });

export const makeFiles = () => twoFiles(rows);
