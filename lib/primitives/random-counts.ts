/**
 * @file Poisson and binomial draws, in the order of draws of `jax.random`: a loop over the whole draw, with new keys each time,
 * until every place has a number. Small means count waiting times; beyond a mean of 10 a transformed draw is accepted or not.
 *
 * Where a place has been accepted it may be drawn again while others wait, as in JAX; the last number counts. The comparisons are
 * made in doubles here and in float32 there, so one place in a hundred thousand or so may differ.
 *
 * Sources: Knuth, The Art of Computer Programming, volume 2, 3.4.1; Hörmann 1993, "The transformed rejection method for generating
 * Poisson random variables" (PTRS) and "The generation of binomial random variates" (BTRS).
 */
import type { TypedArray } from "../core/host.js";
import type { Primitive } from "../core/primitive.js";
import { zeroTangents } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { lgamma } from "./gamma.js";
import { sampler } from "./sampler.js";
import { child, type Key, uniformAt } from "./scalar-draws.js";

type None = Record<never, never>;

/**
 * The last accepted number of each place of a draw of `n`, from two uniform numbers a round: `attempt(i, u, v)` gives a number, or
 * NaN where it is rejected.
 */
const byRejection = (start: Key, n: number, attempt: (i: number, u: number, v: number) => number): Float64Array => {
  const out = new Float64Array(n).fill(-1);
  const accepted = new Uint8Array(n);
  let [key, left] = [start, n];
  while (left > 0) {
    const [keyU, keyV] = [child(key, 1), child(key, 2)];
    for (let i = 0; i < n; i++) {
      const value = attempt(i, uniformAt(keyU, i, false) - 0.5, uniformAt(keyV, i, false));
      if (Number.isNaN(value)) continue;
      out[i] = value;
      left -= 1 - accepted[i];
      accepted[i] = 1;
    }
    key = child(key, 0);
  }
  return out;
};

// --- Poisson -------------------------------------------------------------------------------------------------------------

/** How many exponential waiting times fit into each rate. */
const poissonByWaiting = (start: Key, rates: Float64Array): Float64Array => {
  const n = rates.length;
  const counts = new Float64Array(n);
  const logProduct = new Float64Array(n);
  let [key, waiting] = [start, true];
  while (waiting) {
    const subkey = child(key, 1);
    waiting = false;
    for (let i = 0; i < n; i++) {
      if (!(logProduct[i] > -rates[i])) continue;
      counts[i]++;
      logProduct[i] += Math.log(uniformAt(subkey, i, false));
      waiting ||= logProduct[i] > -rates[i];
    }
    key = child(key, 0);
  }
  return counts.map((k) => k - 1);
};

const poissonByRejection = (key: Key, rates: Float64Array): Float64Array =>
  byRejection(key, rates.length, (i, u, v) => {
    const rate = rates[i];
    const b = 0.931 + 2.53 * Math.sqrt(rate);
    const a = -0.059 + 0.02483 * b;
    const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + rate + 0.43);
    if (us >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return k;
    if (k < 0 || (us < 0.013 && v > us)) return Number.NaN;
    const s = Math.log((v * inverseAlpha) / (a / (us * us) + b));
    return s <= k * Math.log(rate) - rate - lgamma(k + 1) ? k : Number.NaN;
  });

/** Rates and numbers of trials of places that another method serves: they take part in the loop, as in JAX, and their numbers are not used. */
const [IDLE_RATE, IDLE_COUNT] = [1e5, 1e4];
const LARGEST = 2 ** 31 - 1;

/** Inputs: keys and rates, float32. The result is int32; it is -1 where the rate is below 0 or NaN. */
export const randomPoissonP: Primitive<None> = sampler<None>({
  name: "random_poisson",
  dtypes: ["float32", "float64"],
  result: "int32",
  draw: (key, [rates], out) => {
    const small = Float64Array.from(rates, (rate) => (rate < 10 || Number.isNaN(rate) ? rate : 0));
    const large = Float64Array.from(rates, (rate) => (rate >= 10 && Number.isFinite(rate) ? rate : IDLE_RATE));
    const waited = poissonByWaiting(key, small);
    const drawn = rates.some((rate) => rate >= 10) ? poissonByRejection(key, large) : waited;
    rates.forEach((rate: number, i: number) => {
      if (rate === 0) out[i] = 0;
      else if (rate < 10 || Number.isNaN(rate)) out[i] = waited[i];
      else out[i] = Number.isFinite(rate) ? Math.min(drawn[i], LARGEST) : LARGEST;
    });
  },
  jvp: zeroTangents(() => randomPoissonP),
});
export const randomPoisson = (keys: Tensor, rate: Tensor): Tensor => bind1(randomPoissonP, [keys, rate], {});

// --- binomial ------------------------------------------------------------------------------------------------------------

/** How many geometric waiting times fit into each number of trials. */
const binomialByWaiting = (start: Key, trials: Float64Array, p: Float64Array): Float64Array => {
  const n = trials.length;
  const counts = new Float64Array(n);
  const waited = new Float64Array(n);
  let [key, waiting] = [start, true];
  while (waiting) {
    const subkey = child(key, 0);
    waiting = false;
    for (let i = 0; i < n; i++) {
      if (!(waited[i] <= trials[i])) continue;
      counts[i]++;
      waited[i] += Math.ceil(Math.log(uniformAt(subkey, i, false)) / Math.log1p(-p[i]));
      waiting ||= waited[i] <= trials[i];
    }
    key = child(key, 1);
  }
  return counts.map((k) => k - 1);
};

const binomialByRejection = (key: Key, trials: Float64Array, probabilities: Float64Array): Float64Array =>
  byRejection(key, trials.length, (i, u, v) => {
    const [n, p] = [trials[i], probabilities[i]];
    const deviation = Math.sqrt(n * p * (1 - p));
    const b = 1.15 + 2.53 * deviation;
    const a = -0.0873 + 0.0248 * b + 0.01 * p;
    const odds = p / (1 - p);
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + n * p + 0.5);
    if (us >= 0.07 && v <= 0.92 - 4.2 / b) return k;
    if (k < 0 || k > n) return Number.NaN;
    const mode = Math.floor((n + 1) * p);
    // log of the probability of k over that of the mode
    const bound =
      lgamma(mode + 1) + lgamma(n - mode + 1) - lgamma(k + 1) - lgamma(n - k + 1) + (k - mode) * Math.log(odds);
    const alpha = (2.83 + 5.1 / b) * deviation;
    return Math.log((v * alpha) / (a / (us * us) + b)) <= bound ? k : Number.NaN;
  });

/** Draws of one key: numbers of successes, NaN where the number of trials or the probability has no meaning. */
const binomials = (key: Key, n: TypedArray, p: TypedArray, out: TypedArray): void => {
  const valid = (i: number): boolean => n[i] >= 0 && p[i] >= 0 && p[i] <= 1;
  const trials = Float64Array.from(n, (v, i) => (valid(i) && Number.isFinite(v) ? Math.floor(v) : 0));
  // The rarer of success and failure is counted.
  const rarer = Float64Array.from(p, (v, i) => (valid(i) ? Math.min(v, 1 - v) : 0.5));
  const few = trials.map((count, i) => Number(count * rarer[i] <= 10));
  const waited = binomialByWaiting(
    key,
    trials.map((count, i) => count * few[i]),
    rarer,
  );
  const drawn = few.includes(0)
    ? binomialByRejection(
        key,
        trials.map((count, i) => (few[i] === 1 ? IDLE_COUNT : count)),
        rarer.map((v, i) => (few[i] === 1 ? 0.5 : v)),
      )
    : waited;
  for (let i = 0; i < out.length; i++) {
    const rare = few[i] === 1 ? waited[i] : drawn[i];
    if (!valid(i)) out[i] = Number.NaN;
    else if (!Number.isFinite(n[i])) out[i] = n[i];
    else out[i] = p[i] < 0.5 ? rare : trials[i] - rare;
  }
};

/** Inputs: keys, numbers of trials and probabilities of success; the result has their dtype. */
export const randomBinomialP: Primitive<None> = sampler<None>({
  name: "random_binomial",
  dtypes: ["float32", "float64"],
  draw: (key, [n, p], out) => binomials(key, n, p, out),
  jvp: zeroTangents(() => randomBinomialP),
});
export const randomBinomial = (keys: Tensor, n: Tensor, p: Tensor): Tensor => bind1(randomBinomialP, [keys, n, p], {});
