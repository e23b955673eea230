/** @file Threefry as ONNX nodes: the same bits as everywhere. */
import { type Shape, sizeOf } from "../../core/aval.js";
import { PARITY, ROTATIONS } from "../../primitives/random.js";
import type { GraphBuilder } from "./builder.js";
import { Nodes } from "./elementwise.js";
import type { Lowering } from "./lowering.js";
import { reshaped } from "./movement.js";

/** The 20 rounds on two words each of keys and counters, all int32 holding the bits of uint32. */
const rounds = (b: GraphBuilder, keys: readonly [string, string], counters: readonly [string, string]): string[] => {
  const n = new Nodes(b);
  const add = (x: string, y: string): string => n.op("Add", x, y);
  const xor = (x: string, y: string): string => n.op("BitwiseXor", x, y);
  const amount = (bits: number): string => b.constant("uint32", [], new Uint8Array(Uint32Array.of(bits).buffer));
  const rotated = (x: string, bits: number): string => {
    const word = n.unsigned(x);
    const move = (by: number, direction: string): string =>
      n.signed(b.node("BitShift", [word, amount(by)], { direction }));
    return n.op("BitwiseOr", move(bits, "LEFT"), move(32 - bits, "RIGHT"));
  };
  const schedule = [keys[0], keys[1], xor(xor(keys[0], keys[1]), n.int(PARITY))];
  let [x, y] = [add(counters[0], schedule[0]), add(counters[1], schedule[1])];
  for (let group = 1; group <= 5; group++) {
    const first = group % 2 === 1 ? 0 : 4;
    for (let r = first; r < first + 4; r++) {
      x = add(x, y);
      y = xor(rotated(y, ROTATIONS[r]), x);
    }
    x = add(x, schedule[group % 3]);
    y = add(add(y, schedule[(group + 1) % 3]), n.int(group));
  }
  return [x, y];
};

/** The two words of the last axis, without it. */
const words = (b: GraphBuilder, x: string): [string, string] => {
  const word = (i: number): string => b.node("Gather", [x, b.int(i)], { axis: -1 });
  return [word(0), word(1)];
};

export const RANDOM = {
  threefry2x32: ({ inAvals: [keys] }) => {
    if (keys.size === 0) return undefined;
    return (b, [k, c]) => {
      const pair = rounds(b, words(b, k), words(b, c));
      return [
        b.node(
          "Concat",
          pair.map((x) => reshaped(b, x, [...keys.shape.slice(0, -1), 1])),
          { axis: keys.ndim - 1 },
        ),
      ];
    };
  },
  random_bits: ({ inAvals: [keys], outAvals: [out], params }) => {
    const count = sizeOf(params.shape as Shape);
    if (out.size === 0 || count >= 2 ** 31) return undefined;
    const draws = keys.size / 2;
    return (b, [k]) => {
      const n = new Nodes(b);
      const low = n.signed(b.node("Range", [b.int(0), b.int(count), b.int(1)]));
      const [first, second] = words(b, reshaped(b, k, [draws, 1, 2]));
      const [x, y] = rounds(b, [first, second], [n.int(0), reshaped(b, low, [1, count])]);
      return [reshaped(b, n.op("BitwiseXor", x, y), out.shape)];
    };
  },
} satisfies Record<string, Lowering>;
