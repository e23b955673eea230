/** @file Random numbers from explicit keys. */
export { bits, foldIn, key, split, subkeys } from "./keys.js";
export {
  bernoulli,
  categorical,
  choice,
  gumbel,
  normal,
  permutation,
  randint,
  truncatedNormal,
  uniform,
} from "./random.js";
