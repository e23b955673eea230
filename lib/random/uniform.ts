/**
 * @file Uniform numbers, and what is one comparison or one remainder away: integers, signs, coins.
 *
 * All of them are equal to JAX's to the last bit.
 */
import type { Shape } from "../core/aval.js";
import { composite } from "../core/composite.js";
import { ArgumentError, DTypeError } from "../core/errors.js";
import { isTensor, Literal, type Tensor, type TensorLike } from "../core/tensor.js";
import * as np from "../np/index.js";
import { binary } from "../np/ufunc.js";
import { add, and, convert, mul, rem } from "../primitives/elementwise.js";
import { bits, subkeys, words } from "./keys.js";
import { checkFloat, checkProbability, drawShape, type Float, floatOf, parameter } from "./parameters.js";

const u32 = (x: number): Tensor => new Literal(x, "uint32");

/** Uniform numbers in [0, 1): the upper 23 of 32 random bits over 2^23, or the upper 52 of 64 over 2^52. */
const unit = (key: Tensor, shape: Shape, dtype: Float): Tensor => {
  const scaled = (word: Tensor, kept: number, exponent: number): Tensor =>
    mul(convert(and(word, u32(kept)), dtype), new Literal(2 ** exponent, dtype));
  if (dtype === "float32") return scaled(bits(key, shape), 0xfffffe00, -32);
  const [high, low] = words(key, shape);
  return add(scaled(high, 0xffffffff, -32), scaled(low, 0xfffff000, -64));
};

/**
 * Uniform numbers in [minval, maxval).
 *
 * `minval + u · (maxval - minval)` with `u = bits / 2^23`: the numbers that JAX gets by writing the bits into the mantissa of a float.
 *
 * - `minval`, `maxval`: numbers, or tensors that broadcast to `shape`; differentiable
 * - `dtype`: float32, or float64 (the default where a bound is)
 * @throws {ShapeError} when a bound does not broadcast to `shape`
 * @example random.uniform(random.key(0)) // 0.947667
 */
export const uniform = composite(
  "random.uniform(key, shape, { minval, maxval, dtype })",
  (
    key: Tensor,
    shape: Shape | number = [],
    { minval = 0, maxval = 1, dtype }: { minval?: TensorLike; maxval?: TensorLike; dtype?: Float } = {},
  ): Tensor => {
    const float = dtype ?? floatOf(minval, maxval);
    checkFloat("random.uniform", float);
    const u = unit(key, drawShape("random.uniform", shape, minval, maxval), float);
    if (minval === 0 && maxval === 1) return u;
    const from = parameter(minval, float);
    return np.maximum(from, np.add(np.multiply(u, np.subtract(parameter(maxval, float), from)), from));
  },
);

/**
 * true with probability `p`, bool.
 *
 * - `p`: a number, or a tensor that broadcasts to `shape`, which is its own shape by default
 * - `mode`: "high" draws twice the bits, so that probabilities below 1e-7 are right
 * @throws {ArgumentError} when a number `p` is not from 0 to 1
 */
export const bernoulli = composite(
  "random.bernoulli(key, p, shape, { mode })",
  (
    key: Tensor,
    p: TensorLike = 0.5,
    shape?: Shape | number,
    { mode = "low" }: { mode?: "low" | "high" } = {},
  ): Tensor => {
    checkProbability("random.bernoulli", p);
    const size = drawShape("random.bernoulli", shape, p);
    const dtype = floatOf(p);
    const chance = parameter(p, dtype);
    if (mode === "low") return np.less(uniform(key, size, { dtype }), chance);
    const [coarse, fine] = halves(uniform(key, [2, ...size], { dtype }));
    return np.less(np.multiply(fine, dtype === "float32" ? 2 ** -23 : 2 ** -52), np.subtract(chance, coarse));
  },
);

/** The two halves of a tensor along its first axis, which goes. */
export const halves = (x: Tensor): readonly [Tensor, Tensor] => {
  const [first, second] = np.split(x, 2, 0);
  return [np.reshape(first, x.shape.slice(1)), np.reshape(second, x.shape.slice(1))];
};

/** -1 or 1, each half of the time, int32 (or `dtype`). */
export const rademacher = composite(
  "random.rademacher(key, shape, { dtype })",
  (key: Tensor, shape: Shape | number = [], { dtype = "int32" }: { dtype?: "int32" | Float } = {}): Tensor =>
    np.subtract(np.multiply(np.astype(bernoulli(key, 0.5, shape), dtype), 2), 1),
);

const checkBounds = (low: TensorLike, high: TensorLike): void => {
  for (const x of [low, high]) {
    if (!isTensor(x)) {
      if (Number.isInteger(x) && Number(x) >= -(2 ** 31) && Number(x) <= 2 ** 31) continue;
      throw new ArgumentError({
        where: "random.randint",
        what: "the bounds do not fit int32",
        expected: "integers from -2^31 to 2^31",
        got: `${low}, ${high}`,
      });
    }
    if (x.dtype === "int32") continue;
    throw new DTypeError({ where: "random.randint", what: "a bound is not int32", expected: "i32", got: x.describe() });
  }
};

/** `maxval - minval` as uint32, where 0 stands for 2^32; 1 where the range is empty. */
const spanOf = (low: TensorLike, high: TensorLike): Tensor => {
  if (!isTensor(low) && !isTensor(high)) {
    return u32((Number(high) > Number(low) ? Number(high) - Number(low) : 1) % 2 ** 32);
  }
  // 2^31 does not fit int32: it is the largest one, plus one.
  const beyond = !isTensor(high) && high === 2 ** 31;
  const [from, to] = [bound(low), bound(beyond ? 2 ** 31 - 1 : high)];
  const size = np.astype(np.subtract(to, from), "uint32");
  return np.where(np.lessEqual(to, from), u32(1), beyond ? np.add(size, 1) : size);
};
/** Unlike `np.fmod`, it gives the dividend where the divisor is 0. */
const remainder = binary("random.randint", rem);
const bound = (x: TensorLike): Tensor => (isTensor(x) ? x : new Literal(Number(x), "int32"));

/**
 * Integers in [minval, maxval), int32.
 *
 * Two draws make 64 bits, so that the bias of the remainder is below 2^-32 · (maxval - minval). A range that is empty gives `minval`.
 *
 * - `minval`, `maxval`: integers, or int32 tensors that broadcast to `shape`
 * @throws {ArgumentError} unless the numbers among them are integers from -2^31 to 2^31
 * @throws {DTypeError} when a tensor among them is not int32
 */
export const randint = composite(
  "random.randint(key, shape, minval, maxval)",
  (key: Tensor, shape: Shape | number, minval: TensorLike, maxval: TensorLike): Tensor => {
    checkBounds(minval, maxval);
    const size = drawShape("random.randint", shape, minval, maxval);
    const span = spanOf(minval, maxval);
    // 2^32 modulo the span, as a product of remainders that wraps as uint32 does; by a span of 0 (2^32) rem does nothing.
    const half = rem(u32(2 ** 16), span);
    const multiplier = rem(mul(half, half), span);
    const [first, second] = subkeys(key).map((k) => remainder(bits(k, size), span));
    const offset = remainder(np.add(np.multiply(first, multiplier), second), span);
    return np.add(convert(offset, "int32"), bound(minval));
  },
);
