/** @file Window functions, `n` samples each (float32). */

import { checkShape } from "../core/aval.js";
import { named } from "../core/composite.js";
import type { Tensor } from "../core/tensor.js";
import { besselIe } from "../primitives/special.js";
import { fromHost } from "./array.js";

/** Samples of a function of the place between 0 and 1; a single one is at the middle. */
const sampled = (name: string, n: number, f: (t: number) => number): Tensor => {
  checkShape(name, [n]);
  const data = Float32Array.from({ length: n }, (_, i) => f(n === 1 ? 0.5 : i / (n - 1)));
  return fromHost({ shape: [n], dtype: "float32", data });
};
const cosine = (t: number, k: number): number => Math.cos(2 * Math.PI * k * t);

/** A triangle. */
export const bartlett = named(
  "np.bartlett(n)",
  (n: number): Tensor => sampled("np.bartlett", n, (t) => 1 - Math.abs(2 * t - 1)),
);
export const hanning = named(
  "np.hanning(n)",
  (n: number): Tensor => sampled("np.hanning", n, (t) => 0.5 - 0.5 * cosine(t, 1)),
);
export const hamming = named(
  "np.hamming(n)",
  (n: number): Tensor => sampled("np.hamming", n, (t) => 0.54 - 0.46 * cosine(t, 1)),
);
export const blackman = named(
  "np.blackman(n)",
  (n: number): Tensor => sampled("np.blackman", n, (t) => 0.42 - 0.5 * cosine(t, 1) + 0.08 * cosine(t, 2)),
);
/** With the shape parameter `beta`: 0 is a rectangle, 5 like hamming, 8.6 like blackman. */
export const kaiser = named(
  "np.kaiser(n, beta)",
  (n: number, beta: number): Tensor =>
    sampled("np.kaiser", n, (t) => {
      const inside = beta * Math.sqrt(Math.max(0, 1 - (2 * t - 1) ** 2));
      return (besselIe(0, inside) / besselIe(0, beta)) * Math.exp(inside - Math.abs(beta));
    }),
);
