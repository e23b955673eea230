/** @file What the functions of objectives refuse. */
import { ArgumentError, isFluxionError } from "../../core/errors.js";

/** An argument that objectives cannot use. */
export const refuse = (where: string, what: string, expected: string, got: unknown, hint?: string): never => {
  throw new ArgumentError({ where, what, expected, got: String(got), hint });
};

/** @throws {ArgumentError} when a number is not whole or lies below the least */
export const checkWhole = (where: string, name: string, value: number, least: number): void => {
  if (Number.isSafeInteger(value) && value >= least) return;
  refuse(where, `${name} is out of range`, `a whole number from ${least}`, value);
};

/** @throws {ArgumentError} when a density does not lie between two numbers, these included */
export const checkDensity = (where: string, density: number, most = 1): void => {
  if (density >= 0 && density <= most) return;
  refuse(where, "the noise density is out of range", `a number from 0 to ${most}`, density);
};

/** @throws {ArgumentError} when the mean length of spans is not a number from 1 */
export const checkMeanSpan = (where: string, length: number): void => {
  if (Number.isFinite(length) && length >= 1) return;
  refuse(where, "the mean length of noise spans is out of range", "a number from 1", length);
};

/** The second sentinel; undefined where there is one alone. */
const secondSentinel = (sentinelId: (k: number) => number): number | undefined => {
  try {
    return sentinelId(1);
  } catch (error) {
    if (isFluxionError(error, "ArgumentError")) return undefined;
    throw error;
  }
};

/**
 * The id of the first sentinel, from which noise functions count down.
 *
 * @throws {ArgumentError} when the vocabulary has none, or the second one is not the id before: spans would get ids of ordinary pieces
 */
export const firstSentinel = (where: string, sentinelId: (k: number) => number): number => {
  const first = sentinelId(0);
  const second = secondSentinel(sentinelId);
  if (second === undefined || second === first - 1) return first;
  const hint = "add sentinels to a vocabulary with the last one first, as T5 has them";
  return refuse(
    where,
    "the sentinels of the vocabulary do not count down",
    `<extra_id_1> at ${first - 1}`,
    second,
    hint,
  );
};
