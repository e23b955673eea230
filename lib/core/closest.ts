/** @file The closest known name. */
import { distance, closest as nearest } from "fastest-levenshtein";

/**
 * The known name that takes the fewest changed, dropped or added letters, upper and lower case taken as one; of equally near names the first.
 *
 * @example closest("rteh", ["cb", "rte"]) // "rte"
 */
export const closest = (name: string, known: readonly string[]): string => {
  const lower = known.map((one) => one.toLowerCase());
  return known[lower.indexOf(nearest(name.toLowerCase(), lower))];
};

/** The closest name, unless more than two thirds of its letters would have to change. */
export const similar = (name: string, known: readonly string[]): string | undefined => {
  const near = closest(name, known);
  return distance(name.toLowerCase(), near.toLowerCase()) * 3 > Math.max(name.length, near.length) * 2
    ? undefined
    : near;
};
