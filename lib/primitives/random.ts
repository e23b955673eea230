/**
 * @file Random bits from keys: threefry2x32 of Random123, used the way JAX uses it.
 *
 * A key is `uint32[2]`. The bits are those of `jax.random.bits` with `jax_threefry_partitionable` on (JAX's default since 0.5):
 * element `i` is a function of the key and of `i` alone.
 *
 * Source: Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3".
 */
import { Aval, checkShape, type Shape, sameShape } from "../core/aval.js";
import { zerosHost } from "../core/host.js";
import { definePrimitive, notLinear, type Primitive } from "../core/primitive.js";
import { demand, mapped, sameDType, zeroTangents } from "../core/rules.js";
import type { Tensor } from "../core/tensor.js";
import { bind1 } from "../core/trace.js";
import { moveAxis } from "./broadcast.js";
import { mappedFront } from "./movement.js";

/** By how many bits the second word rotates in each of eight rounds, which repeat. */
export const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
/** Threefry's key schedule constant for 32-bit words, from the Skein hash. */
export const PARITY = 0x1bd11bda;

/** Applies the 20 rounds of threefry2x32 to `counter[0..1]` in place. Plain numbers, so that executors may share it. */
export const threefryRounds = (key0: number, key1: number, counter: Uint32Array): void => {
  const keys = [key0 | 0, key1 | 0, key0 ^ key1 ^ PARITY];
  let x = (counter[0] + keys[0]) | 0;
  let y = (counter[1] + keys[1]) | 0;
  for (let group = 1; group <= 5; group++) {
    const first = group % 2 === 1 ? 0 : 4;
    for (let r = first; r < first + 4; r++) {
      x = (x + y) | 0;
      y = ((y << ROTATIONS[r]) | (y >>> (32 - ROTATIONS[r]))) ^ x;
    }
    x = (x + keys[group % 3]) | 0;
    y = (y + keys[(group + 1) % 3] + group) | 0;
  }
  counter[0] = x;
  counter[1] = y;
};

export const checkWords = (where: string, aval: Aval): void => {
  sameDType(where, [aval], (a) => a.dtype === "uint32", "uint32");
  demand(
    aval.ndim > 0 && aval.shape[aval.ndim - 1] === 2,
    where,
    "the last axis does not hold two words",
    "u32[...,2]",
    `${aval}`,
  );
};

// --- threefry2x32 --------------------------------------------------------------------------------------------------------

type None = Record<never, never>;

/** Inputs: keys and counters, both `u32[...,2]` of one shape; the result has that shape. */
export const threefryP: Primitive<None> = definePrimitive<None>({
  name: "threefry2x32",
  abstractEval: ([keys, counters]) => {
    checkWords("threefry2x32", keys);
    checkWords("threefry2x32", counters);
    demand(sameShape(keys.shape, counters.shape), "threefry2x32", "the shapes differ", `${keys}`, `${counters}`);
    return [counters];
  },
  impl: ([keys, counters]) => {
    const out = zerosHost(counters);
    const pair = new Uint32Array(2);
    for (let i = 0; i < out.data.length; i += 2) {
      pair[0] = counters.data[i];
      pair[1] = counters.data[i + 1];
      threefryRounds(keys.data[i], keys.data[i + 1], pair);
      out.data.set(pair, i);
    }
    return [out];
  },
  jvp: zeroTangents(() => threefryP),
  transpose: notLinear("threefry2x32"),
  batch: (size, xs, dims, params) => {
    const fronts = xs.map((x, i) => mappedFront(x, dims[i], size));
    return [[bind1(threefryP, fronts, params)], [0]];
  },
});

/** The block cipher itself: the two words of each counter, encrypted under the two words of its key. */
export const threefry = (keys: Tensor, counters: Tensor): Tensor => bind1(threefryP, [keys, counters], {});

// --- randomBits ----------------------------------------------------------------------------------------------------------

type Draw = { readonly shape: Shape };

/** Input: keys `u32[...batch,2]`; the result is `u32[...batch,...shape]`, for each key its own draw of `shape`. */
export const randomBitsP: Primitive<Draw> = definePrimitive<Draw>({
  name: "random_bits",
  abstractEval: ([keys], { shape }) => {
    checkShape("randomBits", shape);
    checkWords("randomBits", keys);
    return [new Aval([...keys.shape.slice(0, -1), ...shape], "uint32")];
  },
  impl: ([keys], { shape }) => {
    const batch = keys.shape.slice(0, -1);
    const out = zerosHost({ shape: [...batch, ...shape], dtype: "uint32" });
    const draws = keys.data.length / 2;
    const n = draws === 0 ? 0 : out.data.length / draws;
    const pair = new Uint32Array(2);
    for (let d = 0; d < draws; d++) {
      for (let i = 0; i < n; i++) {
        pair[0] = Math.floor(i / 2 ** 32);
        pair[1] = i;
        threefryRounds(keys.data[2 * d], keys.data[2 * d + 1], pair);
        out.data[d * n + i] = pair[0] ^ pair[1];
      }
    }
    return [out];
  },
  jvp: zeroTangents(() => randomBitsP),
  transpose: notLinear("random_bits"),
  batch: (_size, [keys], [d], params) => [[bind1(randomBitsP, [moveAxis(keys, mapped(d), 0)], params)], [0]],
});

/**
 * 32 random bits for each element of `shape`: the words of the element's 64-bit number, encrypted under the key, exclusive-ored.
 *
 * @param keys  `u32[...,2]`; several keys give several draws, in front
 */
export const randomBits = (keys: Tensor, shape: Shape): Tensor => bind1(randomBitsP, [keys], { shape });
