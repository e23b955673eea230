/** @file Points of a search: values for settings of a recipe, by a product, side by side, or drawn. */
import { createHash } from "node:crypto";
import { ConfigError } from "../../core/errors.js";
import { brief } from "../../edge/decode.js";
import { isRecord } from "../records.js";

/** Values by the paths of settings: `{ "method.length": [1, 5, 20], seed: [0, 1, 2] }`. */
export type Axes = Readonly<Record<string, readonly unknown[]>>;

/** Where a value is drawn from: a list, a range of numbers, one on a log scale, or whole numbers, with both ends. */
export type Distribution =
  | readonly unknown[]
  | { readonly uniform: readonly [low: number, high: number] }
  | { readonly logUniform: readonly [low: number, high: number] }
  | { readonly integer: readonly [low: number, high: number] };

/** Distributions by the paths of settings. */
export type Space = Readonly<Record<string, Distribution>>;

/** How many points are drawn, and from which seed. */
export interface Trials {
  readonly trials: number;
  /** Default 0. */
  readonly seed?: number;
}

/** One value for each of some settings. */
export type Point = readonly (readonly [path: string, value: unknown])[];

/** What messages call a place in what is read. */
export type NameOf = (path: readonly string[]) => string;

const inputError = (where: string, at: string, what: string, expected: string, got: unknown, hint?: string) =>
  new ConfigError({ where, what, expected, got: brief(got), at: at || undefined, hint });

/** @throws {ConfigError} for what is not lists of values by paths */
const checkedAxes = (where: string, axes: unknown, nameOf: NameOf): Axes => {
  const expected = 'lists of values by the paths of settings: { "method.length": [1, 5, 20] }';
  if (!isRecord(axes)) throw inputError(where, nameOf([]), "there are no axes", expected, axes);
  for (const [path, values] of Object.entries(axes)) {
    if (!Array.isArray(values) || values.length === 0)
      throw inputError(where, nameOf([path]), "an axis has no list of values", "a list of one value or more", values);
  }
  return axes as Axes;
};

/** All combinations of values; those of the last axis change fastest. */
export const gridPoints = (where: string, axes: unknown, nameOf: NameOf): readonly Point[] =>
  Object.entries(checkedAxes(where, axes, nameOf)).reduce<readonly Point[]>(
    (points, [path, values]) => points.flatMap((point) => values.map((value): Point => [...point, [path, value]])),
    [[]],
  );

/** The first values of all axes, the second ones, and so on. */
export const zipPoints = (where: string, axes: unknown, nameOf: NameOf): readonly Point[] => {
  const entries = Object.entries(checkedAxes(where, axes, nameOf));
  const [first] = entries;
  if (first === undefined) return [[]];
  const length = first[1].length;
  const other = entries.find(([, values]) => values.length !== length);
  if (other !== undefined) {
    const what = "axes that go side by side have lists of different lengths";
    const expected = `${length} values, as ${first[0]} has`;
    throw inputError(where, nameOf([other[0]]), what, expected, other[1].length);
  }
  return Array.from({ length }, (_, i) => entries.map(([path, values]) => [path, values[i]]));
};

/** A number from 0 up to 1 for an axis of a trial. It depends on nothing else, so that more trials and other axes leave it as it is. */
const share = (seed: number, trial: number, path: string): number =>
  createHash("sha256")
    .update(JSON.stringify([seed, trial, path]))
    .digest()
    .readUIntBE(0, 6) /
  2 ** 48;

/** Four digits: what is drawn stands in tables and in names. */
const rounded = (value: number): number => Number(value.toPrecision(4));

const KINDS = ["uniform", "logUniform", "integer"] as const;

/** The function from a share to a value. @throws {ConfigError} for another distribution */
const drawing = (where: string, given: unknown, at: string): ((share: number) => unknown) => {
  if (Array.isArray(given) && given.length > 0) return (u) => given[Math.floor(u * given.length)] as unknown;
  const expected =
    "a list of values, { uniform: [low, high] }, { logUniform: [low, high] } or { integer: [low, high] }";
  const kind = KINDS.find((name) => isRecord(given) && Object.hasOwn(given, name));
  const range: unknown = isRecord(given) && kind !== undefined ? given[kind] : undefined;
  const isRange = Array.isArray(range) && range.length === 2 && range.every((x) => Number.isFinite(x));
  if (kind === undefined || !isRange || Object.keys(given as object).length > 1)
    throw inputError(where, at, "an axis has no distribution", expected, given);
  const [low, high] = range as [number, number];
  const fits = kind === "logUniform" ? low > 0 : kind !== "integer" || [low, high].every(Number.isInteger);
  if (!(low < high) || !fits) {
    const kinds = { uniform: "numbers", logUniform: "numbers above 0", integer: "whole numbers" };
    throw inputError(where, at, "a range cannot be used", `${kinds[kind]}, the lower one first`, range);
  }
  if (kind === "integer") return (u) => low + Math.floor(u * (high - low + 1));
  const value = kind === "uniform" ? (u: number) => low + u * (high - low) : (u: number) => low * (high / low) ** u;
  return (u) => Math.min(high, Math.max(low, rounded(value(u))));
};

const isCount = (value: unknown, least: number): boolean => Number.isSafeInteger(value) && (value as number) >= least;

/** Points whose values are drawn, each from its own distribution. */
export const randomPoints = (where: string, space: unknown, given: unknown, nameOf: NameOf): readonly Point[] => {
  const { trials, seed = 0 } = (isRecord(given) ? given : {}) as { readonly trials?: unknown; readonly seed?: unknown };
  if (!isCount(trials, 1)) {
    throw inputError(where, nameOf([]), "the number of trials is missing", "trials: a whole number from 1 on", trials);
  }
  if (!isCount(seed, 0))
    throw inputError(where, nameOf([]), "the seed is not a number", "a whole number from 0 on", seed);
  if (!isRecord(space)) throw inputError(where, nameOf([]), "there is no space", "distributions by paths", space);
  const axes = Object.entries(space).map(([path, one]) => [path, drawing(where, one, nameOf([path]))] as const);
  return Array.from({ length: trials as number }, (_, trial) =>
    axes.map(([path, draw]) => [path, draw(share(seed as number, trial, path))]),
  );
};
