/** @file Random order, and random entries of a tensor. Without weights all of it is equal to JAX's. */
import { asShape, normalizeAxis, type Shape, sizeOf } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import type { Tensor } from "../core/tensor.js";
import * as np from "../np/index.js";
import { iota, sliceAxis } from "../primitives/movement.js";
import { sort } from "../primitives/sort.js";
import { gumbel } from "./continuous.js";
import { bits, subkeys } from "./keys.js";
import { floatOf, parameter } from "./parameters.js";
import { randint, uniform } from "./uniform.js";

/** `x` sorted along `axis` by random bits, so often that equal bits do not matter. */
const shuffled = (key: Tensor, x: Tensor, axis: number): Tensor => {
  const rounds = Math.ceil((3 * Math.log(Math.max(1, x.size))) / Math.log(2 ** 32 - 1));
  let [order, next] = [x, key];
  for (let round = 0; round < rounds; round++) {
    const [rest, subkey] = subkeys(next);
    next = rest;
    const [, places] = sort(bits(subkey, x.shape), axis);
    order = np.takeAlongAxis(order, places, axis);
  }
  return order;
};

const entries = (where: string, x: number | Tensor, axis: number): { n: number; at: number } => {
  if (typeof x !== "number") {
    const at = normalizeAxis(where, axis, x.ndim);
    return { n: x.shape[at], at };
  }
  if (Number.isInteger(x) && x >= 0 && x < 2 ** 31) return { n: x, at: normalizeAxis(where, axis, 1) };
  const expected = "a tensor or a number of entries";
  throw new ArgumentError({ where, what: "nothing to choose from", expected, got: String(x) });
};

/**
 * The entries of `x` along `axis` in random order; for a number `n`, the integers from 0 to n-1.
 *
 * - `independent`: every vector along `axis` in its own order, instead of all in the same
 */
export const permutation = composite(
  "random.permutation(key, x, axis, { independent })",
  (
    key: Tensor,
    x: number | Tensor,
    axis: number = 0,
    { independent = false }: { independent?: boolean } = {},
  ): Tensor => {
    const { n, at } = entries("random.permutation", x, axis);
    if (typeof x !== "number" && independent) return shuffled(key, x, at);
    const order = shuffled(key, iota([n], "int32", 0), 0);
    return typeof x === "number" ? order : np.take(x, order, at);
  },
);

/** How `choice` draws. */
export interface ChoiceOptions {
  /** Whether an entry may come more than once; it may by default. */
  readonly replace?: boolean;
  /** The probability of each entry, `[n]`; all are equal by default. */
  readonly p?: Tensor;
  readonly axis?: number;
}

/** Indices with probabilities `p`: by the inverse of their running sum, or the largest of `log p + gumbel`. */
const weighted = (key: Tensor, p: Tensor, shape: Shape, replace: boolean): Tensor => {
  const dtype = floatOf(p);
  const weights = parameter(p, dtype);
  const [n] = p.shape;
  if (!replace) {
    const noisy = np.add(gumbel(key, [n], { dtype }), np.log(weights));
    return np.reshape(np.topK(noisy, sizeOf(shape))[1], shape);
  }
  const running = np.cumsum(weights);
  const total = np.reshape(sliceAxis(running, 0, n - 1, n), []);
  const r = np.multiply(total, np.subtract(1, uniform(key, shape, { dtype })));
  return np.sum(np.less(running, np.expandDims(r, -1)), { axis: -1 });
};

/**
 * Entries of `x` along `axis`; for a number `n`, integers from 0 to n-1.
 *
 * - `shape`: how many: takes the place of `axis` in the result
 * @throws {ArgumentError} when more entries are asked without replacement than there are
 * @throws {ShapeError} when `p` is not `[n]`
 * @example random.choice(key, 10, [3], { replace: false }) // three different integers below 10
 */
export const choice = composite(
  "random.choice(key, x, size, { replace, p, axis })",
  (
    key: Tensor,
    x: number | Tensor,
    size: Shape | number = [],
    { replace = true, p, axis = 0 }: ChoiceOptions = {},
  ): Tensor => {
    const where = "random.choice";
    const { n, at } = entries(where, x, axis);
    const shape = asShape(size);
    const count = sizeOf(shape);
    if (count > 0 && (n === 0 || (!replace && count > n))) {
      throw new ArgumentError({
        where,
        what: "there are too few entries",
        expected: replace ? "at least one entry" : `at least ${count} entries`,
        got: String(n),
      });
    }
    if (p !== undefined && (p.ndim !== 1 || p.shape[0] !== n)) {
      throw new ShapeError({ where, what: "p does not have one number per entry", expected: `p[${n}]`, got: `${p}` });
    }
    const indices = (): Tensor => {
      if (p !== undefined) return weighted(key, p, shape, replace);
      if (replace) return randint(key, shape, 0, n);
      return np.reshape(sliceAxis(shuffled(key, iota([n], "int32", 0), 0), 0, 0, count), shape);
    };
    const order = count === 0 ? np.zeros(shape, "int32") : indices();
    return typeof x === "number" ? order : np.take(x, order, at);
  },
);
