/**
 * @file Keys: where all randomness comes from. A key is a `uint32[2]` tensor; the same key gives the same numbers.
 *
 * The arithmetic of keys is that of `jax.random` with `jax_threefry_partitionable` on, its default since 0.5: key `i` of a split
 * is the number `i` encrypted under the old key, and so is what `foldIn(key, i)` gives.
 */

import { asShape, type Shape, sameShape, sizeOf } from "../core/aval.js";
import { composite, named } from "../core/composite.js";
import { ArgumentError, DTypeError, FLOAT_HINT, ShapeError } from "../core/errors.js";
import { Literal, type Tensor } from "../core/tensor.js";
import { broadcastTo, reshape } from "../primitives/broadcast.js";
import { and, convert } from "../primitives/elementwise.js";
import { concatenate, iota, sliceAxis } from "../primitives/movement.js";
import { randomBits, threefry } from "../primitives/random.js";
import { checkInteger } from "./parameters.js";

/** One word as `uint32[1]`; a tensor's int32 is taken as its 32 bits. */
const word = (where: string, value: number | Tensor): Tensor => {
  if (typeof value === "number") return reshape(new Literal(value, "uint32"), [1]);
  if (value.ndim !== 0 || (value.dtype !== "int32" && value.dtype !== "uint32")) {
    const hint = value.dtype === "float32" ? FLOAT_HINT : undefined;
    throw new DTypeError({
      where,
      what: "not one integer",
      expected: "a number, i32[] or u32[]",
      got: value.describe(),
      hint,
    });
  }
  return reshape(convert(value, "uint32"), [1]);
};

/** @throws {ShapeError} unless `key` is `uint32[2]` */
export const checkKey = (where: string, key: Tensor): void => {
  if (key.dtype === "uint32" && sameShape(key.shape, [2])) return;
  throw new ShapeError({
    where,
    what: "not a key",
    expected: "u32[2]",
    got: `${key}`,
    hint: "make one with random.key(seed); take one of several with random.subkeys, or map over them with vmap",
  });
};

const checkKeys = (where: string, keys: Tensor): void => {
  if (keys.dtype === "uint32" && keys.ndim > 0 && keys.shape[keys.ndim - 1] === 2) return;
  throw new ShapeError({ where, what: "not keys", expected: "u32[...,2]", got: `${keys}` });
};

/**
 * A key from a seed: the two words of the seed as a 64-bit integer, high word first.
 *
 * JAX does the same in 64-bit mode; in its default mode it forgets the high word, which makes a difference only for seeds below
 * zero or from 2^32 on.
 *
 * - `seed`: a safe integer, or an int32 or uint32 scalar (whose high word is 0)
 * @example random.key(0) // u32[2]: [0, 0]
 */
export const key = composite("random.key(seed)", (seed: number | Tensor): Tensor => {
  if (typeof seed === "number") checkInteger("random.key", seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const high = typeof seed === "number" ? Math.floor(seed / 2 ** 32) >>> 0 : 0;
  const low = typeof seed === "number" ? seed >>> 0 : seed;
  return concatenate([word("random.key", high), word("random.key", low)], 0);
});

/** `key` under JAX's older name, which here is the same: keys are plain `uint32[2]` tensors. */
export const PRNGKey = key;

/** The two words of a key: the key itself, since a key is a plain tensor. @throws {ShapeError} unless it is `u32[...,2]` */
export const keyData = named("random.keyData(keys)", (keys: Tensor): Tensor => {
  checkKeys("random.keyData", keys);
  return keys;
});

/** A key from its two words, which are the key. @throws {ShapeError} unless they are `u32[...,2]` */
export const wrapKeyData = named("random.wrapKeyData(words)", (words: Tensor): Tensor => {
  checkKeys("random.wrapKeyData", words);
  return words;
});

/** The key itself: nothing here counts how often a key is used. @throws {ShapeError} unless it is `u32[...,2]` */
export const clone = named("random.clone(keys)", (keys: Tensor): Tensor => {
  checkKeys("random.clone", keys);
  return keys;
});

/**
 * `n` keys from one, stacked: `uint32[n,2]`; for a shape, `uint32[...n,2]`. Use each key once, and not the old one any more.
 *
 * @example const keys = random.split(key, 8) // vmap((k) => random.normal(k, [3]))(keys)
 */
export const split = composite("random.split(key, n)", (key: Tensor, n: number | Shape = 2): Tensor => {
  checkKey("random.split", key);
  const shape = asShape(n);
  for (const size of shape) checkInteger("random.split", size, 0, 2 ** 32);
  const count = sizeOf(shape);
  const zeros = broadcastTo(new Literal(0, "uint32"), [count, 1]);
  const counters = concatenate([zeros, iota([count, 1], "uint32", 0)], 1);
  return reshape(threefry(broadcastTo(key, [count, 2]), counters), [...shape, 2]);
});

/**
 * `n` keys from one, as separate tensors: the rows of `split(key, n)`.
 *
 * @example const [forDropout, forNoise] = random.subkeys(key)
 */
export const subkeys = composite("random.subkeys(key, n)", (key: Tensor, n: number = 2): Tensor[] => {
  const keys = split(key, n);
  return Array.from({ length: n }, (_, i) => reshape(sliceAxis(keys, 0, i, i + 1), [2]));
});

/**
 * A new key from a key and a number, such as a step or the index of a layer.
 *
 * - `data`: an integer from -2^31 to 2^32 - 1, or an int32 or uint32 scalar, which may be traced
 */
export const foldIn = composite("random.foldIn(key, data)", (key: Tensor, data: number | Tensor): Tensor => {
  checkKey("random.foldIn", key);
  if (typeof data === "number") checkInteger("random.foldIn", data, -(2 ** 31), 2 ** 32 - 1);
  const low = word("random.foldIn", typeof data === "number" ? data >>> 0 : data);
  return threefry(key, concatenate([word("random.foldIn", 0), low], 0));
});

/**
 * Random bits for each element of `shape`, uint32: 32 of them, or the lowest 8 or 16, as JAX's uint8 and uint16.
 *
 * @throws {ArgumentError} for another width
 * @example random.bits(key, [4], { width: 8 }) // four numbers from 0 to 255
 */
export const bits = composite(
  "random.bits(key, shape, { width })",
  (key: Tensor, shape: Shape | number = [], { width = 32 }: { width?: 8 | 16 | 32 } = {}): Tensor => {
    checkKey("random.bits", key);
    if (![8, 16, 32].includes(width)) {
      const expected = "8, 16 or 32";
      throw new ArgumentError({ where: "random.bits", what: "no such width", expected, got: String(width) });
    }
    const all = randomBits(key, asShape(shape));
    return width === 32 ? all : and(all, new Literal(2 ** width - 1, "uint32"));
  },
);

/** The upper and the lower of 64 random bits for each element of `shape`, as JAX draws them for float64. */
export const words = (key: Tensor, shape: Shape): readonly [high: Tensor, low: Tensor] => {
  const pairs = split(key, shape);
  const word = (i: number): Tensor => reshape(sliceAxis(pairs, shape.length, i, i + 1), shape);
  return [word(0), word(1)];
};
