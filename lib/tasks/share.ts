/** @file A share of examples, drawn by a seed and of each label alike. */
import { DataError } from "../core/errors.js";
import { READER } from "./fields.js";
import type { Example, Share, Task } from "./task.js";

/** Mixes the bits of a text and a seed: 32 of them, equally likely. */
const hash = (text: string, seed: number): number => {
  let h = (seed ^ 0x9e3779b9) >>> 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  // The finalizer of MurmurHash3.
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

/** Examples of the same target together, where the task has labels. */
const strata = ({ labels }: Task, examples: readonly Example[]): readonly (readonly Example[])[] => {
  if (labels === undefined) return [examples];
  const byTarget = new Map<string, Example[]>();
  for (const example of examples) {
    const group = byTarget.get(example.targets);
    if (group === undefined) byTarget.set(example.targets, [example]);
    else group.push(example);
  }
  return [...byTarget.values()];
};

/** Whole numbers nearest to a share of each size, which add up to that of all: those with the largest rest are rounded up. */
const countsOf = (sizes: readonly number[], share: number): readonly number[] => {
  const exact = sizes.map((size) => size * share);
  const counts = exact.map(Math.floor);
  const missing = Math.round(exact.reduce((a, b) => a + b, 0)) - counts.reduce((a, b) => a + b, 0);
  const byRest = sizes.map((_, i) => i).sort((i, j) => exact[j] - counts[j] - (exact[i] - counts[i]) || i - j);
  for (const i of byRest.slice(0, missing)) counts[i]++;
  return counts;
};

const emptySide = ({ name }: Task, count: number, share: number, size: number): DataError =>
  new DataError({
    where: READER.where,
    what: `${name}: a share leaves ${size === 0 ? "validation" : "training"} without examples`,
    expected: "one example or more on both sides",
    got: `a share of ${share}: ${size} of ${count}`,
    at: "validation",
    hint: "take another share, or give more rows",
  });

/**
 * Parts examples into the share and the rest, each in the order in which they came. An example is drawn by its id and the seed.
 *
 * @throws {DataError} where one of both would have no example
 */
export const partShare = (
  task: Task,
  examples: readonly Example[],
  { share, seed = 0 }: Share,
): { readonly drawn: readonly Example[]; readonly rest: readonly Example[] } => {
  const groups = strata(task, examples);
  const counts = countsOf(
    groups.map(({ length }) => length),
    share,
  );
  const size = counts.reduce((a, b) => a + b, 0);
  if (size === 0 || size === examples.length) throw emptySide(task, examples.length, share, size);
  const drawn = new Set<Example>();
  groups.forEach((group, g) => {
    const ranked = group.map((example) => [hash(example.id, seed), example] as const);
    ranked.sort(([a, x], [b, y]) => a - b || (x.id < y.id ? -1 : 1));
    for (const [, example] of ranked.slice(0, counts[g])) drawn.add(example);
  });
  return { drawn: examples.filter((e) => drawn.has(e)), rest: examples.filter((e) => !drawn.has(e)) };
};
