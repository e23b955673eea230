/** @file Numbers of things in texts for people. */

/**
 * A number with the word of what it counts.
 *
 * @example counted(1, "answer") // "1 answer"
 * @example counted(1200, "entry", "entries") // "1,200 entries"
 */
export const counted = (count: number, one: string, several = `${one}s`): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : several}`;
