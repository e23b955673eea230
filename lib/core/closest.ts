/** @file The closest known name. */
import { closest as nearest } from "fastest-levenshtein";

/**
 * The known name that takes the fewest changed, dropped or added letters, upper and lower case taken as one; of equally near names the first.
 *
 * @example closest("rteh", ["cb", "rte"]) // "rte"
 */
export const closest = (name: string, known: readonly string[]): string => {
  const lower = known.map((one) => one.toLowerCase());
  return known[lower.indexOf(nearest(name.toLowerCase(), lower))];
};
