/**
 * @file Random numbers of objectives: functions of a seed and of how many were drawn before, so that nothing has to be saved.
 *
 * A seed is a whole number; `mix(seed, i)` is a seed that nothing else draws from.
 */
import { mix } from "../batch.js";

/** The `i`-th number that a seed draws, in `[0, 1)`. */
export const uniform = (seed: number, i: number): number => mix(seed, i) / 2 ** 32;

/** The `i`-th whole number that a seed draws; those from `least` to `most`, both included, are equally likely. */
export const uniformWhole = (seed: number, i: number, least: number, most: number): number =>
  least + Math.floor(uniform(seed, i) * (most - least + 1));

/** A number rounded to the next whole one, and halfway to the even one, as Python and TensorFlow do. */
export const roundHalfEven = (x: number): number => {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest === 0.5) return down % 2 === 0 ? down : down + 1;
  return rest < 0.5 ? down : down + 1;
};
