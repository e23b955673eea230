/** @file Threefry in WGSL; see `primitives/random.ts`. */
import { PARITY, ROTATIONS } from "../../primitives/random.js";
import type { GpuLowering } from "./context.js";

/** Twenty rounds, which leave their words in `a` and `b`. */
const rounds = (key0: string, key1: string, word0: string, word1: string): string => {
  const lines = [
    `let k0 = ${key0}; let k1 = ${key1}; let k2 = k0 ^ k1 ^ ${PARITY}u;`,
    `var a = ${word0} + k0; var b = ${word1} + k1;`,
  ];
  for (let group = 1; group <= 5; group++) {
    const first = group % 2 === 1 ? 0 : 4;
    for (const r of ROTATIONS.slice(first, first + 4)) lines.push(`a = a + b; b = rotl(b, ${r}u) ^ a;`);
    lines.push(`a = a + k${group % 3}; b = b + k${(group + 1) % 3} + ${group}u;`);
  }
  return lines.join("\n");
};

const word = (k: number, index: string): string => `bitcast<u32>(x${k}[${index}])`;

export const threefry: GpuLowering = ({ device, gpu }, { outAvals: [out] }) => {
  const body = `${rounds(word(0, "2 * i"), word(0, "2 * i + 1"), word(1, "2 * i"), word(1, "2 * i + 1"))}
    result[2 * i] = bitcast<i32>(a);
    result[2 * i + 1] = bitcast<i32>(b);`;
  return ([keys, counters]) => {
    const result = device.make(out.shape, "uint32");
    gpu.run({ body, count: out.size / 2 }, [keys.info, counters.info], result.info);
    return [result];
  };
};

export const randomBits: GpuLowering = ({ device, gpu }, { inAvals: [keys], outAvals: [out] }) => {
  const draws = keys.size / 2;
  const n = draws === 0 ? 1 : out.size / draws;
  const body = `let key = 2 * (i / ${n});
    ${rounds(word(0, "key"), word(0, "key + 1"), "0u", `u32(i % ${n})`)}
    result[i] = bitcast<i32>(a ^ b);`;
  return ([key]) => {
    const result = device.make(out.shape, "uint32");
    gpu.run({ body, count: out.size }, [key.info], result.info);
    return [result];
  };
};
