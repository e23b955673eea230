/**
 * @file Random bits on the WebAssembly heap: threefry2x32 of the counters 0, 1, 2, …, four at a time.
 *
 * The same rounds as `threefryRounds` in `primitives/random.ts`, which is what they are tested against.
 */
import { PARITY, ROTATIONS } from "../../../primitives/random.js";
import { type Code, countDown, i32, i32x4, instantiate, ModuleBuilder, v128 } from "./assembler.js";

/** `out` (an address), the number of elements, below 2^32, and the two words of the key. */
export type BitsFunction = (out: number, n: number, key0: number, key1: number) => void;

export const bitsModule = (): ModuleBuilder => {
  const module = new ModuleBuilder();
  const fn = module.func(4, "run");
  const [out, n, key0, key1] = fn.params;
  const left = fn.local("i32");
  const [counter, x, y] = [0, 1, 2].map(() => fn.local("v128"));
  const keys = [0, 1, 2].map(() => fn.local("v128"));

  const rotated = (bits: number): Code =>
    v128.or(i32x4.shl(y.get, i32.const(bits)), i32x4.shrU(y.get, i32.const(32 - bits)));
  const rounds = (group: number): Code => {
    const first = group % 2 === 1 ? 0 : 4;
    return [
      ROTATIONS.slice(first, first + 4).map((bits) => [
        x.set(i32x4.add(x.get, y.get)),
        y.set(v128.xor(rotated(bits), x.get)),
      ]),
      x.set(i32x4.add(x.get, keys[group % 3].get)),
      y.set(i32x4.add(i32x4.add(y.get, keys[(group + 1) % 3].get), i32x4.const(group))),
    ];
  };
  const step = (count: 1 | 4): Code => [
    // The upper word of the counter is 0.
    x.set(keys[0].get),
    y.set(i32x4.add(counter.get, keys[1].get)),
    [1, 2, 3, 4, 5].map(rounds),
    (count === 4 ? v128.store : v128.store32)(out.get, v128.xor(x.get, y.get)),
    counter.set(i32x4.add(counter.get, i32x4.const(count))),
    out.advance(i32.const(4 * count)),
  ];

  fn.define(
    keys[0].set(i32x4.splat(key0.get)),
    keys[1].set(i32x4.splat(key1.get)),
    keys[2].set(v128.xor(v128.xor(keys[0].get, keys[1].get), i32x4.const(PARITY))),
    counter.set(i32x4.lanes(0, 1, 2, 3)),
    left.set(i32.shrU(n.get, i32.const(2))),
    countDown(left, step(4)),
    left.set(i32.and(n.get, i32.const(3))),
    countDown(left, step(1)),
  );
  return module;
};

/** Compiles the loop on `memory`. */
export const bitsLoop = (memory: WebAssembly.Memory): BitsFunction =>
  instantiate<{ run: BitsFunction }>(bitsModule(), memory).run;
