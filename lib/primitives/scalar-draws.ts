/**
 * @file Draws of single numbers from keys, on plain numbers: what the samplers with loops in them are made of.
 *
 * The numbers of `jax.random.split`, `uniform` and `normal`. `double` stands for the dtype float64, where JAX draws 52 bits instead
 * of 23; in float32 every step is rounded as there.
 */
import { erfInvDouble, erfInvSingle } from "./erf-inv.js";
import { threefryRounds } from "./random.js";

/** The two words of a key. */
export type Key = readonly [number, number];

const pair = new Uint32Array(2);

/** The number `counter` encrypted under a key: key `counter` of a split. */
export const child = (key: Key, counter: number): Key => {
  pair[0] = 0;
  pair[1] = counter;
  threefryRounds(key[0], key[1], pair);
  return [pair[0], pair[1]];
};

/** Element `i` of a draw of uniform numbers in [0, 1). */
export const uniformAt = (key: Key, i: number, double: boolean): number => {
  const [high, low] = child(key, i);
  return double ? high * 2 ** -32 + (low >>> 12) * 2 ** -52 : ((high ^ low) >>> 9) * 2 ** -23;
};

/** Element `i` of a draw of standard normal numbers. */
export const normalAt = (key: Key, i: number, double: boolean): number => {
  const unit = uniformAt(key, i, double);
  // The open interval (-1, 1), whose length is rounded to 2.
  if (double) return Math.SQRT2 * erfInvDouble(2 * unit + (2 ** -53 - 1));
  return Math.fround(Math.fround(Math.SQRT2) * erfInvSingle(Math.fround(2 * unit + (2 ** -24 - 1))));
};

/** Rounds to the dtype. */
export const rounding = (double: boolean): ((x: number) => number) => (double ? (x) => x : Math.fround);
