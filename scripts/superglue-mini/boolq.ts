/**
 * @file A small synthetic data set in BoolQ's layout: does the passage say so?
 *
 * A passage has a title and two sentences: one puts a clause into an affirming or denying frame, the other is a clause about somebody
 * else. The question asks for the first clause, and the answer is yes after an affirming frame and no after a denying one; a quarter of
 * the questions puts the other person into it, and the answer is no. Train and validation share no frame and no word of a clause.
 */
import { alternate, both, fill, type Half, type Material, turn, twoFiles } from "./shared.js";
import { AFFIRMING, clause, DENYING, facts, factWords } from "./words.js";

const QUESTIONS = alternate([
  "is it true that {}",
  "is it right that {}",
  "is it the case that {}",
  "is it so that {}",
  "did it happen that {}",
  "can we say that {}",
  "does the text say that {}",
  "do we learn that {}",
]);
const ROWS = { train: 300, validation: 120 };

export const MATERIAL = both(
  (half): Material => ({
    words: factWords(half),
    frames: [...QUESTIONS[half], ...AFFIRMING[half], ...DENYING[half]],
  }),
);

/** Labels by turns; of the false rows every second one asks for the other person. */
const rows = (half: Half): object[] => {
  const all = facts(half, `boolq/${half}`);
  let next = ROWS[half];
  return all.slice(0, ROWS[half]).map((fact, idx) => {
    const label = idx % 2 === 0;
    const pair = Math.floor(idx / 2);
    const swapped = !label && pair % 2 === 0;
    const frames = label || swapped ? AFFIRMING : DENYING;
    const stated = fill(turn(frames[half], label ? pair : Math.floor(pair / 2)), { "": clause(fact) });
    while (all[next].name === fact.name || all[next].verb === fact.verb) next++; // what is asked must not be what it tells
    const other = all[next++];
    const sentences = [stated, `${clause(other)}.`];
    const asked = clause(swapped ? { ...fact, name: other.name } : fact);
    return {
      question: fill(turn(QUESTIONS[half], Math.floor(idx / 4)), { "": asked.toLowerCase() }),
      passage: `${fact.place} -- ${(pair % 3 === 0 ? sentences.reverse() : sentences).join(" ")}`,
      idx,
      label,
    };
  });
};

export const makeFiles = () => twoFiles(rows);
