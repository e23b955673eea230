/**
 * @file Distributions: the numbers of `jax.random` for the same key, so that an experiment can be repeated there.
 *
 * Integers, permutations and uniform numbers in [0, 1) are equal to the last bit; the others up to the rounding of the
 * backend's elementary functions. All real numbers are float32.
 */
import { type Shape, sizeOf } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, ShapeError } from "../core/errors.js";
import { isTensor, Literal, type Tensor, type TensorLike } from "../core/tensor.js";
import { broadcastTo, reshape } from "../primitives/broadcast.js";
import { add, and, convert, lt, max, min, mul, neg, rem, sub } from "../primitives/elementwise.js";
import { erfInv } from "../primitives/erf-inv.js";
import { take } from "../primitives/gather.js";
import { log } from "../primitives/math.js";
import { iota, sliceAxis } from "../primitives/movement.js";
import { argMax } from "../primitives/reduce.js";
import { sort } from "../primitives/sort.js";
import { erf } from "../primitives/special.js";
import { bits, subkeys } from "./keys.js";

const f32 = (x: number): Tensor => new Literal(Math.fround(x), "float32");
const u32 = (x: number): Tensor => new Literal(x, "uint32");
const i32 = (x: number): Tensor => new Literal(x, "int32");

/** A number or tensor as a float32 operand that goes with `shape`. */
const operand = (x: TensorLike, shape: Shape): Tensor => {
  if (!isTensor(x)) return f32(Number(x));
  return x.ndim === 0 ? convert(x, "float32") : broadcastTo(convert(x, "float32"), shape);
};

/** The float32 next to `x` in the direction of `to`. */
const nextAfter = (x: number, to: number): number => {
  const value = new Float32Array([x]);
  if (value[0] === to) return to;
  if (value[0] === 0) return Math.sign(to) * 2 ** -149;
  const word = new Int32Array(value.buffer);
  word[0] += to > value[0] === value[0] > 0 ? 1 : -1;
  return value[0];
};

/**
 * Uniform numbers in [min, max), float32.
 *
 * The upper 23 of the 32 bits, divided by 2^23: the same numbers as JAX gets by writing them into the mantissa of a float.
 *
 * - `min`: max  numbers, or tensors that broadcast to `shape`
 */
export const uniform = composite(
  "random.uniform",
  (key: Tensor, shape: Shape = [], { min: low = 0, max: high = 1 }: { min?: TensorLike; max?: TensorLike } = {}) => {
    const unit = mul(convert(and(bits(key, shape), u32(0xfffffe00)), "float32"), f32(2 ** -32));
    if (low === 0 && high === 1) return unit;
    const from = operand(low, shape);
    return max(from, add(mul(unit, sub(operand(high, shape), from)), from));
  },
);

/** Standard normal numbers, float32: `sqrt(2) · erfInv(u)` with `u` uniform in (-1, 1). */
export const normal = composite("random.normal", (key: Tensor, shape: Shape = []): Tensor => {
  const u = uniform(key, shape, { min: nextAfter(-1, 0), max: 1 });
  return mul(f32(Math.SQRT2), erfInv(u));
});

/**
 * Standard normal numbers between `lower` and `upper`, float32.
 *
 * @throws {ArgumentError} unless lower < upper
 */
export const truncatedNormal = composite(
  "random.truncatedNormal",
  (key: Tensor, lower: number, upper: number, shape: Shape = []): Tensor => {
    if (!(lower < upper)) {
      throw new ArgumentError({
        where: "random.truncatedNormal",
        what: "the interval is empty",
        expected: "lower < upper",
        got: `${lower}, ${upper}`,
      });
    }
    const root = Math.fround(Math.SQRT2);
    const image = (x: number): number => erf(Math.fround(Math.fround(x) / root));
    const y = mul(f32(root), erfInv(uniform(key, shape, { min: image(lower), max: image(upper) })));
    return min(max(y, f32(nextAfter(lower, Infinity))), f32(nextAfter(upper, -Infinity)));
  },
);

/** true with probability `p` (a number, or a tensor that broadcasts to `shape`), bool. */
export const bernoulli = composite(
  "random.bernoulli",
  (key: Tensor, p: TensorLike = 0.5, shape: Shape = isTensor(p) ? p.shape : []): Tensor =>
    lt(uniform(key, shape), operand(p, shape)),
);

/** Gumbel numbers `-log(-log(u))`, float32: added to logits, the place of the largest is a draw from their softmax. */
export const gumbel = composite("random.gumbel", (key: Tensor, shape: Shape = []): Tensor => {
  const smallestNormal = 2 ** -126;
  return neg(log(neg(log(uniform(key, shape, { min: smallestNormal, max: 1 })))));
});

/** One index (int32) along the last axis for each row of `logits[..., n]`, with probabilities `softmax(logits)`. */
export const categorical = composite("random.categorical", (key: Tensor, logits: Tensor): Tensor => {
  return argMax(add(gumbel(key, logits.shape), logits), logits.ndim - 1);
});

/**
 * Integers in [min, max), int32.
 *
 * Two draws make 64 bits, so that the bias of the remainder is below 2^-32 · (max - min). A range that is empty gives `min`.
 *
 * @throws {ArgumentError} unless -2^31 <= min, max <= 2^31, both integers
 */
export const randint = composite("random.randint", (key: Tensor, shape: Shape, low: number, high: number): Tensor => {
  if (![low, high].every((n) => Number.isInteger(n) && n >= -(2 ** 31) && n <= 2 ** 31)) {
    throw new ArgumentError({
      where: "random.randint",
      what: "the bounds do not fit int32",
      expected: "integers from -2^31 to 2^31",
      got: `${low}, ${high}`,
    });
  }
  const range = high > low ? high - low : 1;
  // 2^32 modulo the range, as a product of remainders that wraps as uint32 does; a range of 2^32 is 0, by which rem does nothing.
  const half = 2 ** 16 % range;
  const multiplier = ((half * half) % 2 ** 32) % range;
  const span = u32(range % 2 ** 32);
  const [first, second] = subkeys(key).map((k) => rem(bits(k, shape), span));
  const offset = rem(add(mul(first, u32(multiplier)), second), span);
  return add(convert(offset, "int32"), i32(low));
});

/**
 * The numbers 0 to n-1 in random order, int32: sorted by random bits, so often that equal bits do not matter.
 */
const shuffled = (key: Tensor, n: number): Tensor => {
  const rounds = Math.ceil((3 * Math.log(Math.max(1, n))) / Math.log(2 ** 32 - 1));
  let order = iota([n], "int32", 0);
  let next = key;
  for (let round = 0; round < rounds; round++) {
    const [rest, subkey] = subkeys(next);
    next = rest;
    const [, places] = sort(bits(subkey, [n]), 0);
    order = take(order, places, 0);
  }
  return order;
};

const entries = (where: string, x: number | Tensor, axis: number): number => {
  if (typeof x === "number") return x;
  if (axis >= 0 && axis < x.ndim) return x.shape[axis];
  throw new ShapeError({ where, what: `axis ${axis} is out of range`, expected: `0 to ${x.ndim - 1}`, got: `${x}` });
};

/** The entries of `x` along `axis` in random order; for a number `n`, the integers from 0 to n-1. */
export const permutation = composite(
  "random.permutation",
  (key: Tensor, x: number | Tensor, axis: number = 0): Tensor => {
    const order = shuffled(key, entries("random.permutation", x, axis));
    return typeof x === "number" ? order : take(x, order, axis);
  },
);

/**
 * Entries of `x` along `axis`, each equally likely; for a number `n`, integers from 0 to n-1.
 *
 * - `shape`: how many: takes the place of `axis` in the result
 * - `replace`: whether an entry may come more than once
 * @throws {ArgumentError} when more entries are asked without replacement than there are
 */
export const choice = composite(
  "random.choice",
  (
    key: Tensor,
    x: number | Tensor,
    shape: Shape = [],
    { replace = true, axis = 0 }: { replace?: boolean; axis?: number } = {},
  ): Tensor => {
    const n = entries("random.choice", x, axis);
    const count = sizeOf(shape);
    if (count > 0 && (n === 0 || (!replace && count > n))) {
      throw new ArgumentError({
        where: "random.choice",
        what: "there are too few entries",
        expected: replace ? "at least one entry" : `at least ${count} entries`,
        got: String(n),
      });
    }
    const order = replace ? randint(key, shape, 0, n) : reshape(sliceAxis(shuffled(key, n), 0, 0, count), shape);
    return typeof x === "number" ? order : take(x, order, axis);
  },
);
