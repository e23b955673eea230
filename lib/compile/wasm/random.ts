/** @file Random bits by a generated loop on the WebAssembly heap. */
import { bitsLoop } from "./code/threefry.js";
import type { HeapLowering } from "./context.js";

/** For each key a run of the loop over its own draw. */
export const randomBits: HeapLowering = ({ device, heap, loops }, { inAvals: [keys], outAvals: [out] }) => {
  if (out.size === 0) return undefined;
  const run = loops("random_bits", "", () => bitsLoop(heap.memory));
  const draws = keys.size / 2;
  const n = out.size / draws;
  return ([block]) => {
    const result = device.make(out.shape, out.dtype);
    const words = device.view(block).data;
    const to = device.address(result);
    for (let d = 0; d < draws; d++) run(to + 4 * n * d, n, words[2 * d], words[2 * d + 1]);
    return [result];
  };
};
