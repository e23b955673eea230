/** @file Numbers for tests that are random but the same in every run. */

export interface Seeded {
  /** In [0, 1). */
  next(): number;
  /** In [low, high). */
  between(low: number, high: number): number;
  /** 0 to n - 1. */
  int(n: number): number;
  pick<T>(list: readonly T[]): T;
  /** True with probability `p`. */
  chance(p: number): boolean;
}

/** The generator mulberry32 (Tommy Ettinger, public domain): 32 bits of state, enough for tests. */
export const seeded = (seed: number): Seeded => {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (n: number): number => Math.floor(next() * n);
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    int,
    pick: (list) => {
      if (list.length === 0) throw new Error("nothing to pick from");
      return list[int(list.length)];
    },
    chance: (p) => next() < p,
  };
};
