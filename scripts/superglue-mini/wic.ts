/**
 * @file A small synthetic data set in WiC's layout: does a word mean the same in two sentences?
 *
 * Each word has two senses, each with three frames, and every frame holds a name. Pairs of one sense use two of its frames. No sentence
 * occurs twice, and train and validation share no word, frame or name.
 */

import { SENSES } from "./senses.js";
import { both, fill, type Half, type Material, shuffled, twoFiles, unmark } from "./shared.js";
import { NAMES } from "./words.js";

/** Rows a word; half of them have its two senses. */
const ROWS_A_WORD = { train: 32, validation: 16 };

export const MATERIAL = both(
  (half): Material => ({
    words: [...NAMES[half], ...SENSES[half].map(({ word }) => word)],
    frames: SENSES[half].flatMap(({ senses }) => senses.flat()),
  }),
);

/** The sentences of a sense: its frames take turns, the names of a frame come in a seeded order. */
const sentences = (half: Half, frames: readonly string[], seed: string): string[] => {
  const names = frames.map((frame) => shuffled(NAMES[half], `${seed}/${frame}`));
  return names[0].flatMap((_, i) => frames.map((frame, f) => fill(frame, { n: names[f][i] })));
};

/** The rows of a word, same senses before different ones, without ids. Sentences of all rows are different. */
const rowsOf = (half: Half, { word, senses }: (typeof SENSES)[Half][number]) => {
  const pools = senses.map((frames) => sentences(half, frames, `wic/${half}`));
  const pairs = ROWS_A_WORD[half] / 2;
  const same = Array.from({ length: pairs }, (_, i) => {
    const at = 2 * Math.floor(i / 2);
    return [pools[i % 2][at], pools[i % 2][at + 1]];
  });
  const different = Array.from({ length: pairs }, (_, i) => [pools[i % 2][pairs + i], pools[1 - (i % 2)][pairs + i]]);
  return [...same, ...different].map(([first, second], i) => ({ word, first, second, label: i < pairs }));
};

const rows = (half: Half): object[] =>
  shuffled(
    SENSES[half].flatMap((entry) => rowsOf(half, entry)),
    `wic/${half}/order`,
  ).map(({ word, first, second, label }, idx) => {
    const [one, two] = [unmark(first), unmark(second)];
    return {
      word,
      sentence1: one.text,
      sentence2: two.text,
      idx,
      label,
      start1: one.spans[0].start,
      start2: two.spans[0].start,
      end1: one.spans[0].end,
      end2: two.spans[0].end,
      version: 1.1,
    };
  });

export const makeFiles = () => twoFiles(rows);
