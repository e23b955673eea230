/** @file What the functions of objectives refuse. */
import { ArgumentError } from "../../core/errors.js";

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
